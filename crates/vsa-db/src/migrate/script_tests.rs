//! What a script knows of its statements, and what it refuses.

use super::{Concurrent, Script};
use crate::migrate::source::File;

fn file(sql: &str) -> File {
    File {
        path: "m/0001_a.up.sql".to_owned(),
        sql: sql.to_owned().into(),
    }
}

fn refusal(sql: &str) -> String {
    Script::parse(&file(sql))
        .expect_err("this must be refused")
        .to_string()
}

#[test]
fn a_statement_knows_its_line_and_the_lines_within() {
    let file = file("-- first\n\nselect 1;\n/* two\n */ select\n é,\n oops;");
    let script = Script::parse(&file).unwrap();
    let lines: Vec<usize> = script
        .statements
        .iter()
        .map(|statement| statement.line)
        .collect();
    assert_eq!(lines, [3, 5]);
    let second = &script.statements[1];
    assert_eq!(
        (second.sql, second.first_line()),
        ("select\n é,\n oops;", "select".to_owned())
    );
    // The server counts characters, not bytes: "oops" is at 13.
    assert_eq!(
        (second.line_of(1), second.line_of(8), second.line_of(13)),
        (5, 6, 7)
    );
}

#[test]
fn what_the_runner_cannot_run_is_refused_with_file_and_line() {
    for (sql, expected) in [
        (
            "select 1;\n\\i x.sql",
            "m/0001_a.up.sql:2: a psql meta-command",
        ),
        (
            "select 1;\n\nBegin;",
            "m/0001_a.up.sql:3: BEGIN at top level",
        ),
        ("START TRANSACTION;", "START at top level"),
        ("commit;", "COMMIT at top level"),
        ("end;", "END at top level"),
        ("rollback;", "ROLLBACK at top level"),
        (
            "-- no-transaction\nabort;",
            "m/0001_a.up.sql:2: ABORT at top level",
        ),
        ("prepare transaction 'x';", "PREPARE at top level"),
        ("copy t (a, b) from stdin;", "COPY … FROM STDIN"),
        ("copy t from stdin with (format csv);", "COPY … FROM STDIN"),
        ("discard all;", "DISCARD ALL"),
        (
            "select 1;\nselect 'x",
            "m/0001_a.up.sql:2: this string is never closed",
        ),
        ("-- nothing", "no statement in it"),
        (
            "create index concurrently on t (a);",
            "a concurrent index needs a name",
        ),
    ] {
        let text = refusal(sql);
        assert!(text.contains(expected), "{sql}: {text}");
    }
    for sql in [
        "do $$ begin null; end $$;",
        "copy t from '/tmp/x';",
        "select 'begin;'",
        "prepare p as select 1;",
    ] {
        assert!(Script::parse(&file(sql)).is_ok(), "{sql}");
    }
}

#[test]
fn concurrent_statements_are_known() {
    let create = |index: &str, table: &str| {
        Some(Concurrent::Create {
            index: index.to_owned(),
            table: table.to_owned(),
        })
    };
    for (sql, expected) in [
        (
            "create index concurrently if not exists i on t (a);",
            create("i", "t"),
        ),
        (
            "CREATE UNIQUE INDEX CONCURRENTLY \"I x\" ON ONLY public.\"T\" USING btree (a)",
            create("\"I x\"", "public.\"T\""),
        ),
        (
            "drop index concurrently if exists i;",
            Some(Concurrent::Other),
        ),
        ("reindex (concurrently) index i;", Some(Concurrent::Other)),
        ("reindex index concurrently i;", Some(Concurrent::Other)),
        (
            "alter table t detach partition p concurrently;",
            Some(Concurrent::Other),
        ),
        ("create index i on t (a);", None),
        ("refresh materialized view concurrently v;", None),
        ("select 'concurrently';", None),
    ] {
        let file = file(sql);
        let script = Script::parse(&file).unwrap();
        assert_eq!(script.statements[0].concurrent, expected, "{sql}");
    }
}
