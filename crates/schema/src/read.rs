//! From the text of `schema.yaml` to a [`Spec`].

mod fields;
mod table;

use sha2::{Digest as _, Sha256};

use crate::check;
use crate::mistake::{At, Log, Mistakes, Text};
use crate::names::{self, upper_camel};
use crate::spec::{Area, Enum, Function, Label, Spec, Waiver};
use crate::types::Type;
use crate::yaml::{self, Node};

use fields::{Fields, one_expression, scalar, texts};

const START: At = At { line: 1, column: 1 };

/// Reads the schema in `bytes`, and names every mistake in it. `file` is what messages call it.
///
/// What is right by the grammar of this file may still be refused by a server: see [`crate::sql::build`].
pub fn read(file: &str, bytes: &[u8]) -> Result<Spec, Mistakes> {
    let root = yaml::parse(file, bytes)?;
    let log = Log::default();
    let spec = Fields::of(&log, root, START, "the schema".to_owned()).map(|root| whole(&log, root));
    if let Some(spec) = &spec
        && log.is_empty()
    {
        check::all(&log, spec);
    }
    log.finish(file)?;
    let mut spec = spec.unwrap_or_default();
    spec.sha256 = hex::encode(Sha256::digest(bytes));
    Ok(spec)
}

fn whole(log: &Log, mut root: Fields<'_>) -> Spec {
    let areas = root.map("areas");
    let enums = root.map("enums");
    let functions = root.map("functions");
    let tables = root.map("tables");
    let waivers = root.list("waivers");
    root.finish();

    let types: Vec<String> = enums.iter().map(|(name, _)| name.text.clone()).collect();
    let types: Vec<&str> = types.iter().map(String::as_str).collect();
    let spec = Spec {
        sha256: String::new(),
        areas: each(areas, |name, node| area(log, name, node)),
        enums: each(enums, |name, node| enumeration(log, name, node)),
        functions: each(functions, |name, node| function(log, name, node)),
        tables: each(tables, |name, node| table::table(log, name, node, &types)),
        waivers: waivers
            .into_iter()
            .filter_map(|node| waiver(log, node))
            .collect(),
    };
    if spec.tables.is_empty() && log.is_empty() {
        log.add(
            START,
            "no table",
            "write `tables:` and at least one below it",
        );
    }
    spec
}

fn each<T>(entries: Vec<(Text, Node)>, read: impl Fn(Text, Node) -> Option<T>) -> Vec<T> {
    entries
        .into_iter()
        .filter_map(|(name, node)| read(name, node))
        .collect()
}

fn area(log: &Log, name: Text, node: Node) -> Option<Area> {
    names::chosen(log, &name);
    let mut fields = Fields::of(log, node, name.at, format!("the area `{name}`"))?;
    let (title, comment) = (fields.required("title"), fields.required("comment"));
    fields.finish();
    Some(Area {
        name,
        title: title?,
        comment: comment?,
    })
}

fn enumeration(log: &Log, name: Text, node: Node) -> Option<Enum> {
    names::object(log, &name);
    if Type::is_built_in(&name) {
        log.add(
            name.at,
            format!("`{name}` is a type of PostgreSQL"),
            "choose another name",
        );
    }
    let mut fields = Fields::of(log, node, name.at, format!("the enum `{name}`"))?;
    let comment = fields.required("comment");
    let doc = fields.text("doc");
    let labels = fields.map("labels");
    let starts = fields.text("starts");
    let moves = fields.map("moves");
    let renamed_from = fields.text("renamed_from");
    fields.finish();
    if labels.is_empty() && log.is_empty() {
        log.add(
            name.at,
            format!("the enum `{name}` has no labels"),
            "write `labels:` and at least one below it",
        );
    }
    let moves = moves
        .into_iter()
        .map(|(from, to)| {
            let to = texts(log, to, &format!("the moves from `{from}`"));
            (from, to)
        })
        .collect();
    Some(Enum {
        labels: each(labels, |label, node| self::label(log, label, node)),
        name,
        comment: comment?,
        doc,
        starts,
        moves,
        renamed_from,
    })
}

fn label(log: &Log, name: Text, node: Node) -> Option<Label> {
    names::fits(log, &name, "");
    let mut label = Label {
        variant: upper_camel(&name),
        comment: name.clone(),
        renamed_from: None,
        name,
    };
    let mut variant_at = label.name.at;
    if let Node::Scalar(_) = &node {
        label.comment = scalar(log, node, || format!("the meaning of `{}`", label.name))?;
    } else {
        let mut fields = Fields::of(
            log,
            node,
            label.name.at,
            format!("the label `{}`", label.name),
        )?;
        let comment = fields.required("comment");
        if let Some(rust) = fields.text("rust") {
            label.variant = rust.text;
            variant_at = rust.at;
        }
        label.renamed_from = fields.text("renamed_from");
        fields.finish();
        label.comment = comment?;
    }
    if !names::is_upper_camel(&label.variant) {
        log.add(
            variant_at,
            format!(
                "no variant of a Rust enum can be called `{}`",
                label.variant
            ),
            "write the label as a map with `comment` and `rust: UpperCamelCase`",
        );
    }
    Some(label)
}

fn function(log: &Log, name: Text, node: Node) -> Option<Function> {
    names::object(log, &name);
    let mut fields = Fields::of(log, node, name.at, format!("the function `{name}`"))?;
    let returns = fields.required("returns");
    let language = fields.required("language");
    let comment = fields.required("comment");
    let body = fields.required("body");
    fields.finish();
    let language = language?;
    if !matches!(&*language, "plpgsql" | "sql") {
        log.add(
            language.at,
            format!("`{language}` is no language every server has"),
            "write `plpgsql` or `sql`",
        );
    }
    let returns = returns?;
    one_expression(log, &returns);
    Some(Function {
        name,
        returns,
        language,
        comment: comment?,
        body: body?,
    })
}

fn waiver(log: &Log, node: Node) -> Option<Waiver> {
    let at = node.at();
    let mut fields = Fields::of(log, node, at, "a waiver".to_owned())?;
    let law = fields.required("law");
    let object = fields.required("object");
    let reason = fields.required("reason");
    fields.finish();
    Some(Waiver {
        law: law?,
        object: object?,
        reason: reason?,
    })
}
