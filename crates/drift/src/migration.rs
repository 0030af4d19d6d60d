//! A plan as migration files, and the proof of them.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt::Write as _;

use anyhow::{Context as _, bail, ensure};
use sqlx::Connection as _;
use vsa_db::migrate::{DownOptions, DownTarget, Migrator, Source, UpOptions};
use vsa_schema::Spec;
use vsa_schema::migrations::{lint, rules_of};

use crate::build::build;
use crate::catalog::{self, Catalog};
use crate::compare::{ColumnOrder, Sides, tell};
use crate::connect::connect;
use crate::plan::{Hazard, Part, Phase, Plan, Step, plan};
use crate::scratch::Server;

/// A file of a migration, not yet written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewFile {
    /// `0014_add_locale.up.sql`
    pub name: String,
    /// What it says.
    pub text: String,
}

/// What leads from `migrations` to `spec`; `file` is what messages call the schema file.
pub async fn diff(
    server: &Server,
    file: &str,
    spec: &Spec,
    migrations: &Source,
) -> anyhow::Result<Plan> {
    let goal = goal(server, file, spec).await?;
    plan_to(server, file, spec, migrations, &goal).await
}

/// The same as files, the first of number `first`, after they have been run: up gives exactly the schema, each down
/// exactly what was. Nothing is written. Whatever the way up deletes must be in `deletes`, and nothing else may be.
pub async fn files(
    server: &Server,
    file: &str,
    spec: &Spec,
    migrations: &Source,
    (first, name): (u32, &str),
    deletes: &BTreeSet<String>,
) -> anyhow::Result<Vec<NewFile>> {
    let goal = goal(server, file, spec).await?;
    let plan = plan_to(server, file, spec, migrations, &goal).await?;
    named(&plan, deletes)?;
    let files = render(&plan, first, name);
    if !files.is_empty() {
        keep_the_rules(&files)?;
        prove(server, migrations, &files, &goal)
            .await
            .context("the planned files do not prove right; nothing is written")?;
    }
    Ok(files)
}

/// What is planned is held to the rules as what is written by hand.
fn keep_the_rules(files: &[NewFile]) -> anyhow::Result<()> {
    let findings: Vec<String> = files
        .iter()
        .flat_map(|file| lint(&file.name, &file.text))
        .map(|finding| finding.to_string())
        .collect();
    ensure!(
        findings.is_empty(),
        "the planned steps break rules that nothing excuses; write this migration by hand:\n{}",
        findings.join("\n")
    );
    Ok(())
}

async fn goal(server: &Server, file: &str, spec: &Spec) -> anyhow::Result<Catalog> {
    let mut conn = connect(&server.create().await?).await?;
    build(&mut conn, file, spec).await?;
    let goal = catalog::read(&mut conn).await?;
    conn.close().await?;
    Ok(goal)
}

async fn plan_to(
    server: &Server,
    file: &str,
    spec: &Spec,
    migrations: &Source,
    goal: &Catalog,
) -> anyhow::Result<Plan> {
    let url = server.create().await?;
    Migrator::new(migrations.clone())
        .up(&url, UpOptions::default())
        .await
        .context("the migrations do not run from zero")?;
    let mut conn = connect(&url).await?;
    let plan = plan(&mut conn, file, spec, goal).await?;
    conn.close().await?;
    Ok(plan)
}

/// Data is deleted only where somebody has said so.
fn named(plan: &Plan, deletes: &BTreeSet<String>) -> anyhow::Result<()> {
    let found = plan.deletes();
    let unsaid: Vec<_> = found
        .iter()
        .filter(|object| !deletes.contains(**object))
        .collect();
    if !unsaid.is_empty() {
        let flags: Vec<_> = unsaid
            .iter()
            .map(|object| format!("--deletes {object}"))
            .collect();
        bail!(
            "this migration deletes what is in {}; if that is meant, add {}, and if something only gets another name, write \
             `renamed_from` in the schema",
            unsaid
                .iter()
                .map(|object| format!("`{object}`"))
                .collect::<Vec<_>>()
                .join(", "),
            flags.join(" ")
        );
    }
    if let Some(object) = deletes
        .iter()
        .find(|object| !found.contains(object.as_str()))
    {
        bail!("this migration deletes nothing called `{object}`; leave out --deletes {object}");
    }
    Ok(())
}

/// Every part as a pair of files, the first of number `first`.
pub fn render(plan: &Plan, first: u32, name: &str) -> Vec<NewFile> {
    let mut files = Vec::new();
    for (number, part) in (first..).zip(&plan.parts) {
        // A plan of one part needs no word to tell its files apart.
        let suffix = part.phase.suffix().filter(|_| plan.parts.len() > 1);
        let suffix = suffix
            .map(|suffix| format!("_{suffix}"))
            .unwrap_or_default();
        let stem = format!("{number:04}_{name}{suffix}");
        files.push(NewFile {
            name: format!("{stem}.up.sql"),
            text: text(
                part,
                &part.up,
                &waivers(part),
                up_words(part),
                !part.phase.is_transaction(),
            ),
        });
        files.push(NewFile {
            name: format!("{stem}.down.sql"),
            text: text(
                part,
                &part.down,
                &[],
                down_words(part),
                part.down_without_transaction,
            ),
        });
    }
    files
}

fn down_words(part: &Part) -> &'static str {
    if part
        .down
        .iter()
        .any(|step| step.hazards.contains(&Hazard::FailsOnRows))
    {
        "Takes it back, if the rows that are there by then fit: the schema is exactly what it was before."
    } else {
        "Takes it back: the schema is exactly what it was before."
    }
}

fn up_words(part: &Part) -> &'static str {
    let blocks = |step: &Step| step.hazards.contains(&Hazard::BlocksWrites);
    match part.phase {
        Phase::Change if part.up.iter().any(blocks) => {
            "In one transaction, which keeps its locks to its end: see what blocks writes."
        }
        Phase::Rename => "New names for what is there; no row is touched.",
        Phase::Labels => {
            "New labels, in a file of their own: nothing may use one before it is committed."
        }
        Phase::Change => "What takes a short lock, in one transaction.",
        Phase::Fill => {
            "Rows that are there get their value, some at a time; broken off, it can be run again."
        }
        Phase::Indexes => "Indexes are built and dropped while others write.",
        Phase::Finish => "What was added NOT VALID is validated, and indexes become keys.",
    }
}

/// The rules that a planned step may break: with this hazard, which is said above it, or because `schema.yaml` asks for
/// exactly that. Whatever else a step breaks, it is not excused, and the migration is not written.
const EXCUSED: &[(&str, Option<Hazard>)] = &[
    // The rule takes every function for volatile; the server was asked, and the hazard stands above those that are.
    ("adding-field-with-default", None),
    ("adding-foreign-key-constraint", Some(Hazard::BlocksWrites)),
    ("adding-not-nullable-field", Some(Hazard::FailsOnRows)),
    ("adding-required-field", Some(Hazard::FailsOnRows)),
    ("ban-alter-identity", None),
    ("ban-char-field", None),
    ("ban-drop-column", Some(Hazard::BreaksPrograms)),
    ("ban-drop-column", Some(Hazard::DeletesData)),
    ("ban-drop-default", None),
    ("ban-drop-index", None),
    ("ban-drop-not-null", None),
    ("ban-drop-table", Some(Hazard::DeletesData)),
    ("ban-drop-trigger", None),
    ("ban-set-default", None),
    ("changing-column-type", Some(Hazard::RewritesTable)),
    ("constraint-missing-not-valid", Some(Hazard::BlocksWrites)),
    ("disallowed-unique-constraint", Some(Hazard::BlocksWrites)),
    ("prefer-text-field", None),
    ("prefer-timestamp-tz", None),
    ("renaming-column", Some(Hazard::BreaksPrograms)),
    ("renaming-object", None),
    ("renaming-table", Some(Hazard::BreaksPrograms)),
    (
        "require-concurrent-index-creation",
        Some(Hazard::BlocksWrites),
    ),
];

fn is_excused(rule: &str, step: &Step) -> bool {
    // Of a number more digits are allowed, and no row is written: the rule cannot tell.
    let only_wider = rule == "changing-column-type" && step.hazards.is_empty();
    only_wider
        || EXCUSED.iter().any(|(known, hazard)| {
            *known == rule && hazard.is_none_or(|hazard| step.hazards.contains(&hazard))
        })
}

/// For each step up the comment that excuses it from the rules it breaks.
fn waivers(part: &Part) -> Vec<String> {
    let statements: Vec<&str> = part.up.iter().map(|step| &*step.sql).collect();
    let rules = rules_of(&statements, part.phase.is_transaction());
    let waiver = |(step, rules): (&Step, BTreeSet<String>)| {
        let rules: Vec<String> = rules
            .into_iter()
            .filter(|rule| is_excused(rule, step))
            .collect();
        if rules.is_empty() {
            return String::new();
        }
        let reason = if step.hazards.contains(&Hazard::DeletesData) {
            format!("meant: --deletes {}", step.object)
        } else {
            "schema.yaml asks for it".to_owned()
        };
        format!("-- squawk-ignore {} -- {reason}\n", rules.join(", "))
    };
    part.up.iter().zip(rules).map(waiver).collect()
}

fn text(
    part: &Part,
    steps: &[Step],
    waivers: &[String],
    words: &str,
    without_transaction: bool,
) -> String {
    let mut text = String::new();
    if without_transaction {
        text += "-- no-transaction\n";
    }
    // A comment comes with what it is about, unless it is all that changes.
    let is_comment = |step: &&Step| step.sql.starts_with("COMMENT ON");
    let only_comments = part.up.iter().all(|step| is_comment(&step));
    let mut objects: Vec<&str> = Vec::new();
    for step in part
        .up
        .iter()
        .filter(|step| only_comments || !is_comment(step))
    {
        if !objects.contains(&&*step.object) {
            objects.push(&step.object);
        }
    }
    let _ = writeln!(text, "-- {}.\n-- {words}", objects.join(", "));
    let mut last = "";
    for (n, step) in steps.iter().enumerate() {
        // Statements about one thing stand together.
        if step.object != last || !step.hazards.is_empty() {
            text.push('\n');
        }
        last = &step.object;
        if !step.hazards.is_empty() {
            let hazards: Vec<_> = step.hazards.iter().map(ToString::to_string).collect();
            let _ = writeln!(text, "-- {}: {}.", step.object, hazards.join(", "));
        }
        text += waivers.get(n).map_or("", String::as_str);
        let _ = writeln!(text, "{};", step.sql);
    }
    text
}

/// Runs the files as the migrator will.
async fn prove(
    server: &Server,
    migrations: &Source,
    files: &[NewFile],
    goal: &Catalog,
) -> anyhow::Result<()> {
    let url = server.create().await?;
    let new = files
        .iter()
        .map(|file| (file.name.clone(), Cow::Owned(file.text.clone())));
    let all = migrations.with(new)?;
    let migrator = Migrator::new(all);
    let mut conn = connect(&url).await?;
    let mut states = Vec::new();
    migrator
        .up_watched(&url, UpOptions::default(), async |done| {
            if done.version >= migrations.latest() {
                states.push(catalog::read(&mut conn).await?);
            }
            anyhow::Ok(())
        })
        .await?;
    let last = states.pop().context("no migration was run")?;
    same(
        goal,
        &last,
        ColumnOrder::Counts,
        "up does not lead to the schema",
    )?;
    let options = DownOptions {
        target: DownTarget::Version(migrations.latest()),
        allow_remote: true,
    };
    migrator
        .down_watched(&url, options, async |_| {
            let before = states.pop().context("one file too many was run")?;
            let found = catalog::read(&mut conn).await?;
            same(
                &before,
                &found,
                ColumnOrder::Free,
                "down does not lead back",
            )
        })
        .await?;
    conn.close().await?;
    Ok(())
}

fn same(expected: &Catalog, found: &Catalog, order: ColumnOrder, what: &str) -> anyhow::Result<()> {
    let sides = Sides {
        expected: "wanted",
        found: "found",
    };
    let differences = tell(expected, found, sides, order);
    ensure!(differences.is_empty(), "{what}:\n{differences}");
    Ok(())
}
