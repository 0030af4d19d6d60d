//! The objects of a database, as [`read`](super::read) gives them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Objects of a kind, by name.
type Named<T> = BTreeMap<String, T>;

/// A whole database.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// The server's version as a number: 150018 is 15.18.
    pub server_version: i32,
    /// Schemas.
    pub schemas: Named<Schema>,
    /// Extensions, without plpgsql, which is always there.
    pub extensions: Named<Extension>,
    /// Enum types.
    pub enums: Named<Enum>,
    /// All other types that somebody made.
    pub types: Named<Type>,
    /// Functions, by name and types of their arguments: `set_updated_at()`.
    pub functions: Named<Function>,
    /// Tables and what looks like one: views, too.
    pub tables: Named<Table>,
    /// Sequences that belong to no identity column.
    pub sequences: Named<Sequence>,
    /// Event triggers.
    pub event_triggers: Named<EventTrigger>,
    /// Publications.
    pub publications: Named<Publication>,
    /// What new objects are granted, by what they are, who makes them and where.
    pub default_privileges: Named<DefaultPrivileges>,
    /// What is rare, by kind and full name: `collation public.german`.
    pub others: Named<Other>,
    /// What the migrator keeps its records in; no schema file speaks of it.
    pub ledger: Ledger,
}

/// The migrator's own objects.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// The function that keeps the history append-only.
    pub functions: Named<Function>,
    /// The ledger and the history; none before the first migration.
    pub tables: Named<Table>,
}

/// A schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Its comment.
    pub comment: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
    /// What differs from the usual rights.
    pub grants: Vec<String>,
}

/// An extension.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extension {
    /// Its version.
    pub version: String,
    /// The schema of its objects.
    pub schema: String,
    /// Its comment.
    pub comment: Option<String>,
}

/// An enum type.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enum {
    /// Its labels, in order.
    pub labels: Vec<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
    /// What differs from the usual rights.
    pub grants: Vec<String>,
}

/// A type that is no enum: a domain, a composite, a range.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Type {
    /// `domain`, `composite`, `range` or `base`.
    pub kind: String,
    /// What it is made of.
    pub definition: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
    /// What differs from the usual rights.
    pub grants: Vec<String>,
}

/// A function, procedure or aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Function {
    /// `function`, `procedure` or `aggregate`.
    pub kind: String,
    /// The statement that makes it; of an aggregate, what it is made of.
    pub definition: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
    /// What differs from the usual rights.
    pub grants: Vec<String>,
}

/// What kind of table something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TableKind {
    /// A table, partitions included.
    Table,
    /// A table that has partitions.
    #[serde(rename = "partitioned table")]
    Partitioned,
    /// A table of another server.
    #[serde(rename = "foreign table")]
    Foreign,
    /// A view.
    View,
    /// A view that holds its rows.
    #[serde(rename = "materialized view")]
    Materialized,
}

/// A table, or what looks like one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// What kind.
    pub kind: TableKind,
    /// A view's query, a foreign table's server, how a table is partitioned.
    pub definition: Option<String>,
    /// `logged`, `unlogged` or `temporary`.
    pub persistence: String,
    /// Whether a materialised view was ever filled; true of everything else.
    pub populated: bool,
    /// Whether its policies count.
    pub row_security: bool,
    /// Whether they count for its owner, too.
    pub row_security_forced: bool,
    /// How a row is told to subscribers: `default`, `full`, `nothing` or `index NAME`.
    pub replica_identity: String,
    /// The tables it inherits from, or is a partition of.
    pub inherits: Vec<String>,
    /// Which rows it holds as a partition.
    pub partition: Option<String>,
    /// Where that is not `heap`.
    pub access_method: Option<String>,
    /// Where that is not the database's own.
    pub tablespace: Option<String>,
    /// Storage options: `fillfactor=70`.
    pub options: Vec<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
    /// What differs from the usual rights.
    pub grants: Vec<String>,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// Its constraints; NOT NULL is a property of its column.
    pub constraints: Named<Constraint>,
    /// Indexes that belong to no constraint.
    pub indexes: Named<Index>,
    /// Its triggers.
    pub triggers: Named<Trigger>,
    /// Its rules, a view's own aside.
    pub rules: Named<Rule>,
    /// Its policies.
    pub policies: Named<Policy>,
    /// Extended statistics.
    pub statistics: Named<Statistics>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name, without quotes.
    pub name: String,
    /// Its type, as the server spells it.
    #[serde(rename = "type")]
    pub sql_type: String,
    /// Whether it is NOT NULL.
    pub not_null: bool,
    /// Whether that is known of old rows, too.
    pub not_null_validated: bool,
    /// Its DEFAULT.
    pub default: Option<String>,
    /// Of a generated column: `(expression) STORED`.
    pub generated: Option<String>,
    /// Of an identity column: `always` or `by default`.
    pub identity: Option<String>,
    /// The sequence behind it.
    pub identity_sequence: Option<String>,
    /// Its comment.
    pub identity_sequence_comment: Option<String>,
    /// Who else may use it.
    pub identity_sequence_grants: Vec<String>,
    /// Its collation where that is not its type's.
    pub collation: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// How its long values are stored, where that is not as its type says.
    pub storage: Option<String>,
    /// How they are compressed, where that is not the server's choice.
    pub compression: Option<String>,
    /// How closely ANALYZE looks, where that is not the server's choice.
    pub statistics_target: Option<i32>,
    /// Options for the planner.
    pub options: Vec<String>,
    /// Rights on this column alone.
    pub grants: Vec<String>,
}

/// A constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Constraint {
    /// `primary key`, `unique`, `foreign key`, `check` or `exclusion`.
    pub kind: String,
    /// What stands after its name in SQL, NOT VALID aside.
    pub definition: String,
    /// Whether it is known of old rows, too.
    pub validated: bool,
    /// Whether new rows are held to it; not so while its triggers are disabled.
    pub enforced: bool,
    /// Storage options, tablespace and clustering of its index.
    pub index_options: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// The comment of its index.
    pub index_comment: Option<String>,
}

/// An index that belongs to no constraint.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Index {
    /// What stands after its table in SQL: `USING btree (email) WHERE …`.
    pub definition: String,
    /// Whether it is unique.
    pub unique: bool,
    /// Whether it can be used; not so when a concurrent build failed.
    pub valid: bool,
    /// Whether CLUSTER sorts by it.
    pub clustered: bool,
    /// Where that is not the database's own.
    pub tablespace: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
}

/// A trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trigger {
    /// The statement that makes it.
    pub definition: String,
    /// `yes`, `no`, `replica` or `always`.
    pub enabled: String,
    /// Its comment.
    pub comment: Option<String>,
}

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// The statement that makes it.
    pub definition: String,
    /// `yes`, `no`, `replica` or `always`.
    pub enabled: String,
    /// Its comment.
    pub comment: Option<String>,
}

/// A policy of row security.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// For which statements.
    pub command: String,
    /// Whether it allows; otherwise it restricts.
    pub permissive: bool,
    /// For whom.
    pub roles: Vec<String>,
    /// Which rows are seen.
    pub using: Option<String>,
    /// Which rows may be written.
    pub check: Option<String>,
    /// Its comment.
    pub comment: Option<String>,
}

/// Extended statistics.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The statement that makes them.
    pub definition: String,
    /// How closely ANALYZE looks, where that is not the columns' choice.
    pub target: Option<i32>,
    /// Their owner.
    pub owner: Option<String>,
    /// Their comment.
    pub comment: Option<String>,
}

/// A sequence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sequence {
    /// Its parameters.
    pub definition: String,
    /// The column it goes with.
    pub owned_by: Option<String>,
    /// `logged`, `unlogged` or `temporary`.
    pub persistence: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
    /// What differs from the usual rights.
    pub grants: Vec<String>,
}

/// An event trigger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventTrigger {
    /// When it fires and what it calls.
    pub definition: String,
    /// `yes`, `no`, `replica` or `always`.
    pub enabled: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
}

/// A publication.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publication {
    /// Its settings.
    pub definition: String,
    /// What it publishes, where that is not everything.
    pub tables: Vec<String>,
    /// Its comment.
    pub comment: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
}

/// What new objects are granted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DefaultPrivileges {
    /// What differs from the usual rights.
    pub grants: Vec<String>,
}

/// A rare object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Other {
    /// The most important of what it is made of.
    pub definition: String,
    /// Its comment.
    pub comment: Option<String>,
    /// Its owner.
    pub owner: Option<String>,
    /// What differs from the usual rights.
    pub grants: Vec<String>,
}
