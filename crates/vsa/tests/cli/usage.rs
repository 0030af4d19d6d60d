//! Help, completions, and what is wrong before anything is asked of the database.

use std::process::Command;

use crate::support::{World, ran};

#[test]
fn help_tells_the_exit_codes_and_needs_no_database() {
    let output = Command::new(env!("CARGO_BIN_EXE_vsa"))
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    let help = ran(&output).ok();
    for part in [
        "Exit codes:",
        "6    somebody else changed it",
        "VSA_USER",
        "--as <USER>",
    ] {
        assert!(help.contains(part), "{part}: {help}");
    }
}

#[test]
fn every_shell_gets_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let output = Command::new(env!("CARGO_BIN_EXE_vsa"))
            .args(["completions", shell])
            .env_clear()
            .output()
            .unwrap();
        let text = ran(&output).ok();
        assert!(text.contains("exclusions"), "{shell}");
    }
}

#[test]
fn without_a_database_it_says_how_to_name_one() {
    let folder = tempfile::tempdir().unwrap();
    let vsa = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_vsa"))
            .args(args)
            .env_clear()
            .current_dir(folder.path())
            .output()
            .unwrap();
        ran(&output)
    };
    vsa(&["campaigns", "list"]).fails(2, "DATABASE_URL");
    let secret = vsa(&[
        "campaigns",
        "list",
        "--database-url",
        "postgres://me:secret@:x",
    ]);
    assert!(!secret.stderr.contains("secret"), "{secret:?}");
    secret.fails(2, "--database-url");
    vsa(&[
        "campaigns",
        "list",
        "--database-url",
        "postgres://me@127.0.0.1:1/none",
    ])
    .fails(1, "127.0.0.1:1");
}

#[test]
fn global_flags_stand_before_or_after_the_command() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let before = world.vsa(&["--json", "campaigns", "list"]).ok();
        assert_eq!(before, world.vsa(&["campaigns", "--json", "list"]).ok());
        assert_eq!(before, world.vsa(&["campaigns", "list", "--json"]).ok());
        world
            .vsa(&["campaigns", "list", "--limit", "0"])
            .fails(2, "--limit");
        world
            .vsa(&["campaigns", "list", "--after", "x"])
            .fails(2, "'x' is no id");
        world
            .vsa(&["campaigns", "show", "nothing"])
            .fails(4, "no campaign is called 'nothing'");
        Ok(())
    });
}
