//! Which of squawk's rules do not hold here. Those that squawk itself leaves off unless asked for stay off.

use squawk_linter::Rule;

/// The rules that do not hold, and why; whoever waives one is told.
pub(super) const OFF: &[(Rule, &str)] = &[
    (
        Rule::RequireLockTimeout,
        "the migrator asks for every lock with a limit",
    ),
    (
        Rule::RequireStatementTimeout,
        "the migrator asks for every lock with a limit, and building an index takes the time it takes",
    ),
    (
        Rule::PreferBigintOverInt,
        "schema.yaml decides how large a number may become",
    ),
    (
        Rule::PreferBigintOverSmallint,
        "schema.yaml decides how large a number may become",
    ),
    (
        Rule::BanDropConstraint,
        "it loses no row, and to write a check otherwise begins with it",
    ),
    (
        Rule::BanDropFunction,
        "the server refuses while a trigger calls it",
    ),
    (
        Rule::BanDropType,
        "the server refuses while a column uses it",
    ),
];
