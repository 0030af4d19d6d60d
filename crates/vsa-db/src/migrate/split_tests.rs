//! Laws of the splitter, and the cases that splitters get wrong.

use super::{SplitError, split};
use proptest::prelude::*;

fn statements(sql: &str) -> Vec<&str> {
    let pieces = split(sql).unwrap();
    pieces
        .iter()
        .filter_map(|piece| Some(piece.text[piece.statement?..].trim()))
        .collect()
}

fn unterminated(sql: &str) -> (&'static str, usize) {
    match split(sql) {
        Err(SplitError::Unterminated(open)) => (open.what, open.start),
        other => panic!("{sql:?} gave {other:?}"),
    }
}

#[test]
fn a_semicolon_ends_a_statement_and_the_last_may_lack_it() {
    assert_eq!(
        statements("select 1; select 2;\n"),
        ["select 1;", "select 2;"]
    );
    assert_eq!(
        statements("select 1;\n select 2"),
        ["select 1;", "select 2"]
    );
    assert_eq!(statements(" -- nothing\n/* at all */ "), [] as [&str; 0]);
}

#[test]
fn a_semicolon_in_quotes_ends_nothing() {
    for sql in [
        "select ';';",
        "select 'it''s; fine';",
        r"select E'it\'s; fine';",
        r"select e'\\';",
        "select E'a'\n 'it\\'s; still the same string';",
        "select E'a' -- a comment between\n 'it\\';s';",
        r#"select 1 as "a;""b";"#,
        "select $$ ; $$;",
        "do $body$ begin perform '$$;'; end $body$;",
        "select $é$;$é$;",
        "/* ; /* nested ; */ ; */ select 1;",
        "-- no; really\nselect 1;",
        "create rule r as on insert to t do also (insert into u values (1); insert into v values (2));",
        "create function f() returns int begin atomic select 1; select case when true then 1 else 2 end; end;",
        "create or replace procedure p() begin atomic insert into t values (1); end;",
    ] {
        assert_eq!(split(sql).unwrap().len(), 1, "{sql}");
    }
}

#[test]
fn what_only_looks_like_a_quote_splits() {
    for sql in [
        r"select '\'; select 1;",
        "select a$b$c; select 1 as b$c;",
        "select $1; select $1;",
        "select namee'x'; select 1;",
        "create table begin_end (x int); select 1;",
        "create table t (\"begin\" int); select 1;",
        "select U&'\\0041'; select 1;",
        "select 4 /-- not a block comment\n 2; select 1;",
    ] {
        assert_eq!(split(sql).unwrap().len(), 2, "{sql}");
    }
}

#[test]
fn what_never_ends_is_named_with_its_beginning() {
    assert_eq!(unterminated("select 1;\nselect 'abc;"), ("string", 17));
    assert_eq!(unterminated(r"select E'abc\'"), ("string", 7));
    assert_eq!(unterminated("select \"a"), ("quoted identifier", 7));
    assert_eq!(unterminated("/* /* */"), ("comment", 0));
    assert_eq!(unterminated("do $a$ $b$"), ("dollar-quoted string", 3));
    assert_eq!(unterminated("select (1;"), ("parenthesis", 7));
    assert_eq!(
        unterminated(" create function f() begin atomic select 1;"),
        ("BEGIN … END body", 1)
    );
}

#[test]
fn a_meta_command_is_found_outside_of_quotes_only() {
    assert_eq!(
        split("select 1;\n\\i other.sql\n"),
        Err(SplitError::MetaCommand(10))
    );
    assert!(split(r"select '\i'; -- \i").is_ok());
}

/// Parts that each hold semicolons but never end a statement.
fn opaque() -> impl Strategy<Value = String> {
    prop_oneof![
        "[^']*".prop_map(|text| format!("'{text}'")),
        "[^'\\\\]*".prop_map(|text| format!("E'{text}\\';'")),
        "[^\"]*".prop_map(|text| format!("\"{text}\"")),
        "[^$]*".prop_map(|text| format!("$tag${text}$tag$")),
        "[^\n]*".prop_map(|text| format!("--{text}\n")),
        "[^*/]*".prop_map(|text| format!("/*{text}/*;*/{text}*/")),
        "[a-z0-9_ ;]*".prop_map(|text| format!("({text})")),
    ]
}

proptest! {
    #[test]
    fn joining_the_pieces_gives_the_text_back(sql in "(?s)[ -~\n\u{e9}]*|([;'\"$a-e/*()-]|--|\\$\\$|E')*") {
        if let Ok(pieces) = split(&sql) {
            prop_assert_eq!(pieces.iter().map(|piece| piece.text).collect::<String>(), &sql[..]);
            for piece in pieces {
                prop_assert!(sql[piece.offset..].starts_with(piece.text));
            }
        }
    }

    #[test]
    fn what_is_quoted_never_splits(parts in prop::collection::vec(opaque(), 1..6)) {
        // The blank between them keeps an identifier or another quote from swallowing the next part.
        let statement = format!("select {} x;", parts.join(" , "));
        let twice = format!("{statement}\n{statement}");
        prop_assert_eq!(statements(&twice), [statement.trim(), statement.trim()]);
    }
}
