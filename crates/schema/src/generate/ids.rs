//! The types of ids, through the macro of `vsa_db::ids`.

use crate::spec::{Spec, Table};

use super::rust::{id_type, rustdoc};

pub(super) fn text(spec: &Spec) -> String {
    let ids: String = spec.tables.iter().filter_map(one).collect();
    format!("ids! {{\n{ids}}}\n")
}

fn one(table: &Table) -> Option<String> {
    let says = format!(
        "Names a row of `{}`; see [`{model}`](crate::models::{model}).",
        table.name,
        model = table.model
    );
    Some(format!(
        "{}    {};\n",
        rustdoc("    ", &says),
        id_type(table)?
    ))
}
