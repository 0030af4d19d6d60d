//! How much of the schema is commented. That all of it is, `laws` demand.

use crate::laws::indexes::served;
use crate::spec::{Index, Spec, Table};

use super::model::Coverage;

/// An index alone may lack a comment: `schema.yaml` is refused where anything else does.
pub(super) fn of(spec: &Spec) -> Coverage {
    let labels: usize = spec.enums.iter().map(|one| one.labels.len()).sum();
    let (mut in_tables, mut uncommented) = (0, 0);
    for table in &spec.tables {
        let indexes = &table.indexes;
        in_tables += 1 + table.columns.len() + indexes.len() + table.triggers.len();
        let without = indexes
            .iter()
            .filter(|index| purpose(table, index).is_none());
        uncommented += without.count();
    }
    let objects = spec.areas.len() + spec.enums.len() + labels + spec.functions.len() + in_tables;
    let commented = objects - uncommented;
    Coverage {
        objects,
        commented,
        percent: (commented * 100).checked_div(objects).unwrap_or(100),
    }
}

/// What an index is for: its comment says it, or it is there for a foreign key.
pub(super) fn purpose(table: &Table, index: &Index) -> Option<String> {
    if let Some(comment) = &index.comment {
        return Some(comment.text.clone());
    }
    let to = &served(table, index)?.table;
    Some(format!(
        "Serves the foreign key to {to}: joins along it, and deletes in {to}."
    ))
}
