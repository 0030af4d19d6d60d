//! The commands that the documents name exist, with every flag and value that is written there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

fn document(name: &str) -> String {
    let manifest = std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo and nextest set it");
    let path = Path::new(&manifest).join("..").join(name);
    fs::read_to_string(path).unwrap()
}

/// `cargo xtask WORDS --help`; `None` where there is no such command.
fn help(words: &[&str]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(words)
        .arg("--help")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    output.status.success().then_some(text)
}

/// The names below `Commands:` in a help text.
fn commands(help: &str) -> BTreeSet<&str> {
    let list = help.split_once("Commands:\n").map_or("", |(_, list)| list);
    list.lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|name| !name.is_empty() && *name != "help")
        .collect()
}

/// The flags a text speaks of; a lone `--` is none.
fn flags(text: &str) -> Vec<&str> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| word.starts_with("--") && word.len() > 2)
        .collect()
}

/// What is wrong with one command line; `more` may name further flags of the same command.
fn faults(line: &str, more: &str) -> Vec<String> {
    let line = line.split(" #").next().unwrap_or_default();
    // What follows a lone `--` is another program's.
    let line = line
        .split(" -- ")
        .next()
        .unwrap_or_default()
        .replace("\\|", "|");
    let words: Vec<&str> = line
        .split_whitespace()
        .map(|word| word.trim_matches(['[', ']', '…', '.', ',', ';', ')']))
        .filter(|word| !word.is_empty())
        .collect();
    let Some(command) = words.first() else {
        return Vec::new();
    };
    let Some(mut text) = help(&[command]) else {
        return vec![format!("there is no command {command}")];
    };
    let mut found = Vec::new();
    if !commands(&text).is_empty() {
        for action in words.get(1).unwrap_or(&"").split('|') {
            match help(&[command, action]) {
                Some(more) => text += &more,
                None => found.push(format!("{command} has no {action}")),
            }
        }
    }
    let has = |wanted: &str| {
        text.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '_'))
            .any(|word| word == wanted)
    };
    for flag in flags(&line).into_iter().chain(flags(more)) {
        if !has(flag) {
            found.push(format!("{command} has no {flag}"));
        }
    }
    for pair in words.windows(2).filter(|pair| pair[0].starts_with("--")) {
        // `reference|demo` and `embedded` are values; `N` and `"$x"` stand for one.
        let values = pair[1].split('|');
        let written = |value: &&str| value.bytes().all(|b| b.is_ascii_lowercase());
        if text.contains("ossible values") && pair[1].contains('|') {
            found.extend(
                values
                    .filter(written)
                    .filter(|value| !has(value))
                    .map(|value| format!("{command} {} takes no {value}", pair[0])),
            );
        }
    }
    found
}

/// The rows of the README's table of commands: what is typed, and the rest of the row.
fn rows(readme: &str) -> Vec<(&str, &str)> {
    let (_, table) = readme.split_once("| `cargo xtask …` |").unwrap();
    table
        .lines()
        .take_while(|line| !line.trim().is_empty() || line.is_empty())
        .skip(2)
        .take_while(|line| line.starts_with("| `"))
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .collect()
}

#[test]
fn the_table_of_commands_is_true_and_complete() {
    let readme = document("README.md");
    let rows = rows(&readme);
    let mut found = Vec::new();
    let mut named = BTreeSet::new();
    for (line, rest) in &rows {
        found.extend(faults(line, rest));
        named.extend(line.split(' ').next());
    }
    assert_eq!(found, [""; 0]);
    let all = help(&[]).unwrap();
    assert_eq!(named, commands(&all));
}

#[test]
fn every_command_line_in_the_documents_can_be_typed() {
    let mut found = BTreeMap::new();
    let mut seen = 0;
    for name in [
        "README.md",
        "CONTRIBUTING.md",
        "ARCHITECTURE.md",
        "ci/HOWTO.md",
    ] {
        for line in document(name).lines() {
            for rest in line.split("cargo xtask ").skip(1) {
                let typed = rest.split(['`', '(', '"']).next().unwrap_or_default();
                if typed.starts_with(|c: char| c.is_ascii_lowercase()) {
                    seen += 1;
                    let wrong = faults(typed, "");
                    if !wrong.is_empty() {
                        found.insert(format!("{name}: {typed}"), wrong);
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(seen > 15, "only {seen} command lines were found");
}

#[test]
fn a_wrong_command_flag_action_or_value_is_found() {
    for (line, fault) in [
        ("db-upp", "there is no command db-upp"),
        ("db-up [--provid P]", "db-up has no --provid"),
        ("migrate up\\|sideways", "migrate has no sideways"),
        (
            "seed --profile demo\\|nonsense",
            "seed --profile takes no nonsense",
        ),
    ] {
        assert_eq!(faults(line, ""), [fault]);
    }
    assert_eq!(
        faults("db-down", "with `--purge` and `--urge`"),
        ["db-down has no --urge"]
    );
    assert_eq!(faults("psql -- --nothing # --of-ours", ""), [""; 0]);
}

#[test]
fn every_variable_of_ours_is_in_the_readme() {
    let readme = document("README.md");
    for name in [
        "DATABASE_URL",
        "TEST_DATABASE_URL",
        "DISABLE_TESTCONTAINERS",
        "VSA_POSTGRES_IMAGE",
        "VSA_PG_BIN",
        "VSA_STATE_DIR",
        "VSA_CACHE_DIR",
    ] {
        assert!(readme.contains(&format!("| `{name}`")), "{name}");
    }
}

/// `docs/rules.md` names a test for each rule of the domain; a name that is none would hold nobody to it.
#[test]
fn every_rule_names_tests_that_are_there() {
    let rules = document("docs/rules.md");
    let mut sources = String::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                sources += &fs::read_to_string(path).unwrap();
            }
        }
    }
    let rows: Vec<&str> = rules
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| Rule"))
        .collect();
    assert!(rows.len() > 40, "{} rules", rows.len());
    for row in rows {
        let tests = row.trim_end_matches(" |").rsplit(" | ").next().unwrap();
        for test in tests.split(", ") {
            let name = test.trim_matches('`');
            assert!(
                sources.contains(&format!("#[test]\nfn {name}()"))
                    || sources.contains(&format!("#[test]\n    fn {name}(")),
                "no test is called {name}: {row}"
            );
        }
    }
}
