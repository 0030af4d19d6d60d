//! `vsa contacts import`

use std::process::{Command, Stdio};

use serde_json::json;

use crate::support::{MANAGER, VIEWER, World, ran};

const PEOPLE: &str = "Telefono;E-mail;Consenso;Città\r\n\
    333 1234567;anna@example.org;sì;Roma\r\n\
    06 12345678;;no;Forlì\r\n\
    112;;no;Roma\r\n\
    333 1234567;anna@example.org;sì;Roma\r\n";

fn import(id: &str, more: &[&'static str]) -> Vec<String> {
    let args = [
        "contacts",
        "import",
        id,
        "people.csv",
        "--default-region",
        "IT",
    ];
    args.iter()
        .chain(more)
        .map(|arg| (*arg).to_owned())
        .collect()
}

fn manager(world: &World<'_>, args: &[String]) -> crate::support::Ran {
    world.manager(&args.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn an_import_with_rejects_ends_well_and_tells_each() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let id = world.a_campaign().await?;
        world.file("people.csv", PEOPLE)?;
        let dry = manager(&world, &import(&id, &["--dry-run"]));
        assert!(
            dry.stderr.contains(
                "dry run, nothing is imported: 1 accepted, 0 excluded, 2 duplicates, 1 rejected"
            ),
            "{dry:?}"
        );

        let done = manager(&world, &import(&id, &["--rejects", "rejects.csv"]));
        assert!(
            done.stderr
                .contains("1 accepted, 0 excluded, 2 duplicates, 1 rejected"),
            "{done:?}"
        );
        assert!(
            done.stderr
                .contains("columns that mean nothing here: Città"),
            "{done:?}"
        );
        let table = done.ok();
        assert!(
            table.contains("4     Telefono  too short: emergency"),
            "{table}"
        );
        let rejects = std::fs::read_to_string(world.folder.path().join("rejects.csv"))?;
        assert!(rejects.contains("4;Telefono: too short"), "{rejects}");

        let again = manager(&world, &import(&id, &["--json"])).json();
        assert_eq!(again["accepted"], json!(0));
        assert_eq!(again["duplicate"], json!(3));
        assert_eq!(again["rejects"][0]["line"], json!(4));
        Ok(())
    });
}

#[test]
fn a_file_comes_from_stdin_too() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let id = world.a_campaign().await?;
        world.file("people.csv", PEOPLE)?;
        let output = Command::new(env!("CARGO_BIN_EXE_vsa"))
            .args([
                "contacts",
                "import",
                &id,
                "-",
                "--default-region",
                "IT",
                "--json",
                "--as",
                MANAGER,
            ])
            .env_clear()
            .env("DATABASE_URL", db.url().expose())
            .stdin(Stdio::from(std::fs::File::open(
                world.folder.path().join("people.csv"),
            )?))
            .output()?;
        assert_eq!(ran(&output).json()["accepted"], json!(1));
        Ok(())
    });
}

#[test]
fn what_is_no_csv_or_no_file_is_an_error() {
    test_db::run(async |db| {
        let world = World::new(db).await?;
        let id = world.a_campaign().await?;
        manager(&world, &import(&id, &[])).fails(2, "cannot read people.csv");
        for (text, says) in [
            ("", "people.csv: the file is empty"),
            ("PK\u{3}\u{4}...", "no CSV"),
            ("333 1234567\n", "its first line must name the columns"),
            ("name,city\nA,B\n", "no column phone_number"),
        ] {
            world.file("people.csv", text)?;
            manager(&world, &import(&id, &[])).fails(2, says);
        }
        world.file("people.csv", PEOPLE)?;
        manager(&world, &import(&id, &["--encoding", "klingon"])).fails(2, "klingon");
        world
            .vsa(&["contacts", "import", &id, "people.csv", "--as", VIEWER])
            .fails(5, "a viewer may not add contacts");
        Ok(())
    });
}
