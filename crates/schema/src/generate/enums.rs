//! The enum types, through the macro of `vsa_db::enums`.

use crate::spec::{Enum, Label, Spec, upper_camel};

use super::rust::{rustdoc, words};

pub(super) fn text(spec: &Spec) -> String {
    let all: Vec<_> = spec.enums.iter().map(one).collect();
    all.join("\n")
}

fn one(one: &Enum) -> String {
    format!(
        "pg_enum! {{\n{}    {}: \"{}\" {{\n{}    }}\n}}\n",
        rustdoc("    ", &words(one.doc.as_ref(), &one.comment)),
        upper_camel(&one.name),
        one.name,
        one.labels.iter().map(label).collect::<String>()
    )
}

fn label(label: &Label) -> String {
    format!(
        "{}        {} = {:?},\n",
        rustdoc("        ", &words(None, &label.comment)),
        label.variant,
        &*label.name
    )
}
