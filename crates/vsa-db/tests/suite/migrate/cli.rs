//! The program as scripts see it: stdout, stderr, exit codes.

use std::process::Stdio;
use std::time::Instant;

use serde_json::Value;
use test_db::run_empty;
use tokio::net::TcpListener;
use tokio::process::Command;

use super::relay::{relay, through};
use super::support::{Files, assert_tells, execute, name, ok, program, run, value};

fn bare(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vsa-db"));
    for variable in [
        "DATABASE_URL",
        "DB_USER",
        "DB_PASSWORD",
        "DB_HOST",
        "DB_PORT",
        "DB_NAME",
    ] {
        command.env_remove(variable);
    }
    command.args(args);
    command
}

fn block_on<T>(future: impl Future<Output = anyhow::Result<T>>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
        .unwrap()
}

#[test]
fn status_is_an_exit_code_and_stable_json() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b"]);
        ok(db, Some(&files), &["up", "--to", "1"]).await?;
        let pending = run(program(db, Some(&files), &["status", "--json"])).await?;
        assert_eq!(pending.code, Some(3), "{pending:?}");
        let json: Value = serde_json::from_str(&pending.stdout)?;
        assert_eq!(
            (&json["database"], &json["applied"], &json["pending"]),
            (&db.name().into(), &1.into(), &1.into())
        );
        assert_eq!(json["problems"], Value::Array(Vec::new()));
        let keys: Vec<_> = json["migrations"][0]
            .as_object()
            .unwrap()
            .keys()
            .cloned()
            .collect();
        assert_eq!(
            keys,
            [
                "checksum",
                "description",
                "installed_on",
                "state",
                "version"
            ]
        );
        assert_eq!(
            (
                &json["migrations"][0]["state"],
                &json["migrations"][1]["state"]
            ),
            (&"applied".into(), &"pending".into())
        );
        assert_eq!(json["migrations"][1]["installed_on"], Value::Null);

        ok(db, Some(&files), &["up"]).await?;
        let text = ok(db, Some(&files), &["status"]).await?;
        assert_tells(
            &text,
            &[
                "version  description  state",
                "0002     step         applied",
                "2 applied, 0 pending",
            ],
        );

        files.write(&name(1, "up"), "select 7;");
        let edited = run(program(db, Some(&files), &["status", "--json"])).await?;
        assert_eq!(edited.code, Some(4));
        let json: Value = serde_json::from_str(&edited.stdout)?;
        assert_tells(
            json["problems"][0].as_str().unwrap(),
            &[&name(1, "up"), "was edited"],
        );
        assert_eq!(
            run(program(db, Some(&files), &["verify"])).await?.code,
            Some(1)
        );
        Ok(())
    });
}

#[test]
fn results_go_to_stdout_and_talk_to_stderr() {
    run_empty(async |db| {
        let files = Files::tables(&["a"]);
        let up = run(program(db, Some(&files), &["up"])).await?;
        assert_eq!((up.code, up.stdout.as_str()), (Some(0), ""));
        assert_tells(&up.stderr, &["applied 0001 step in "]);
        let plan = run(program(db, Some(&files), &["down", "--dry-run"])).await?;
        assert_tells(&plan.stdout, &["0001     down", "in one transaction"]);
        let plan = run(program(db, Some(&files), &["redo", "--dry-run"])).await?;
        assert_tells(&plan.stdout, &["0001     down", "0001     up"]);
        let runs = "select count(*) from schema_migration_history";
        assert_eq!(value::<i64>(db.pool(), runs).await?, 1);
        let down = run(program(db, Some(&files), &["down"])).await?;
        assert_eq!((down.code, down.stdout.as_str()), (Some(0), ""));
        assert_tells(&down.stderr, &["reverted 0001 step in "]);
        let history: Value =
            serde_json::from_str(&ok(db, Some(&files), &["history", "--json"]).await?)?;
        assert_eq!(
            (&history[0]["direction"], &history[1]["direction"]),
            (&"up".into(), &"down".into())
        );
        assert_tells(history[0]["checksum"].as_str().unwrap(), &["sha256:"]);
        assert_tells(
            &ok(db, Some(&files), &["history"]).await?,
            &["at (UTC)", "0001     step         down"],
        );
        Ok(())
    });
}

#[test]
fn a_failing_migration_is_one_readable_error() {
    run_empty(async |db| {
        let files = Files::new(&[("select 1;\nselect oops;", "select;")]);
        let failed = run(program(db, Some(&files), &["up"])).await?;
        assert_eq!((failed.code, failed.stdout.as_str()), (Some(1), ""));
        assert_tells(
            &failed.stderr,
            &[
                "error: ",
                &name(1, "up"),
                ":2: column \"oops\" does not exist",
            ],
        );
        assert!(
            !failed.stderr.contains("backtrace") && !failed.stderr.contains("panicked"),
            "{}",
            failed.stderr
        );
        Ok(())
    });
}

#[test]
fn the_embedded_files_are_the_default_and_seeds_follow() {
    run_empty(async |db| {
        ok(db, None, &["up"]).await?;
        ok(db, None, &["seed", "--profile", "reference"]).await?;
        let demo = run(program(db, None, &["seed", "--profile", "demo"])).await?;
        assert_tells(&demo.stderr, &["seeded: 9 new rows"]);
        let again = run(program(db, None, &["seed", "--profile", "demo"])).await?;
        assert_tells(&again.stderr, &["seeded: 0 new rows"]);
        assert_eq!(
            value::<i64>(db.pool(), "select count(*) from contacts").await?,
            5
        );
        Ok(())
    });
}

#[test]
fn the_help_names_every_field_of_the_json() {
    run_empty(async |db| {
        let files = Files::tables(&["a"]);
        ok(db, Some(&files), &["up"]).await?;
        for (command, list) in [("status", "/migrations/0"), ("history", "/0")] {
            let help = ok(db, None, &[command, "--help"]).await?;
            let json: Value =
                serde_json::from_str(&ok(db, Some(&files), &[command, "--json"]).await?)?;
            let fields = [
                json.as_object(),
                json.pointer(list).and_then(Value::as_object),
            ];
            let names: Vec<_> = fields
                .into_iter()
                .flatten()
                .flat_map(|fields| fields.keys())
                .collect();
            assert!(names.len() > 8, "{names:?}");
            for name in names {
                assert_tells(&help, &[&format!("\"{name}\":")]);
            }
        }
        Ok(())
    });
}

#[test]
fn ping_asks_a_real_question() {
    run_empty(async |db| {
        assert_tells(
            &ok(db, None, &["ping"]).await?,
            &["PostgreSQL ", db.name(), "no migration"],
        );
        let json: Value =
            serde_json::from_str(&ok(db, None, &["ping", "--json", "--wait", "5"]).await?)?;
        assert_eq!(json["database"], db.name());
        Ok(())
    });
}

#[test]
fn ping_asks_again_until_there_is_an_answer() {
    run_empty(async |db| {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = through(db.url(), listener.local_addr()?.port())?;
        let child = bare(&["--database-url", url.expose(), "ping", "--wait", "20"])
            .stdout(Stdio::piped())
            .spawn()?;
        // Twice a server that hangs up, as one does that is only just starting; then the real one.
        for _ in 0..2 {
            drop(listener.accept().await?);
        }
        let (output, relayed) = tokio::join!(child.wait_with_output(), relay(&listener, db.url()));
        relayed?;
        let output = output?;
        assert!(output.status.success(), "{output:?}");
        assert_tells(&String::from_utf8(output.stdout)?, &[db.name()]);
        Ok(())
    });
}

#[test]
fn a_database_is_created_and_dropped_and_twice_is_no_error() {
    run_empty(async |db| {
        let other = format!("{} \"x\"", db.name());
        let url = db.url().with_database(&other);
        let there = format!("select count(*) from pg_database where datname = '{other}'");
        for (command, count) in [
            ("create-database", 1),
            ("create-database", 1),
            ("drop-database", 0),
            ("drop-database", 0),
        ] {
            let run = run(bare(&["--database-url", url.expose(), command])).await?;
            assert_eq!((run.code, run.stdout.as_str()), (Some(0), ""), "{run:?}");
            assert_eq!(value::<i64>(db.pool(), &there).await?, count, "{command}");
        }
        Ok(())
    });
}

#[test]
fn dropping_ends_the_sessions_of_others() {
    run_empty(async |db| {
        let url = db.url().with_database(&format!("{}_y", db.name()));
        assert_eq!(
            run(bare(&["--database-url", url.expose(), "create-database"]))
                .await?
                .code,
            Some(0)
        );
        let pool = sqlx::PgPool::connect_with(url.options()).await?;
        execute(&pool, "create table a (id int)").await?;
        assert_eq!(
            run(bare(&["--database-url", url.expose(), "drop-database"]))
                .await?
                .code,
            Some(0)
        );
        assert!(sqlx::query("select 1").execute(&pool).await.is_err());
        Ok(())
    });
}

#[test]
fn what_deletes_data_refuses_another_machine_before_it_asks_there() {
    block_on(async {
        for command in [
            &["down"][..],
            &["down", "--all"],
            &["redo"],
            &["drop-database"],
        ] {
            let started = Instant::now();
            let mut args = vec!["--database-url", "postgres://u:secret@db.example.org/vsa"];
            args.extend(command);
            let run = run(bare(&args)).await?;
            assert_eq!(run.code, Some(1), "{run:?}");
            assert_tells(
                &run.stderr,
                &[
                    "db.example.org:5432 is not on this machine",
                    "--allow-remote",
                ],
            );
            assert!(!run.stderr.contains("secret") && started.elapsed().as_secs() < 5);
        }
        let run = run(bare(&[
            "--database-url",
            "postgres://u@localhost/postgres",
            "drop-database",
        ]))
        .await?;
        assert_tells(&run.stderr, &["belongs to the server itself"]);
        Ok(())
    });
}

#[test]
fn a_server_that_is_not_there_is_an_error_in_time() {
    block_on(async {
        // A port that was free a moment ago.
        let port = std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port();
        let url = format!("postgres://u:secret@127.0.0.1:{port}/vsa");
        for command in [
            &["ping"][..],
            &["ping", "--wait", "0.1"],
            &["up"],
            &["status"],
            &["seed"],
            &["create-database"],
        ] {
            let started = Instant::now();
            let mut args = vec!["--database-url", &url];
            args.extend(command);
            let run = run(bare(&args)).await?;
            assert_eq!((run.code, run.stdout.as_str()), (Some(1), ""), "{run:?}");
            assert_tells(&run.stderr, &["error: ", &format!("127.0.0.1:{port}")]);
            assert!(!run.stderr.contains("secret"), "{}", run.stderr);
            assert!(started.elapsed().as_secs() < 10);
        }
        Ok(())
    });
}

#[test]
fn no_error_of_the_driver_is_inside_that_of_a_server_that_is_not_there() {
    block_on(async {
        let folder = tempfile::tempdir()?;
        let url = format!(
            "postgres://u@localhost/vsa?host={}",
            folder.path().display()
        )
        .parse()?;
        let migrator = Files::tables(&["a"]).migrator();
        let error = format!("{:?}", migrator.status(&url).await.unwrap_err());
        assert_tells(&error, &["Unreachable", "reason: \""]);
        Ok(())
    });
}

#[test]
fn a_malformed_url_is_refused_without_its_password() {
    block_on(async {
        for url in [
            "postgres://u:s3cret@host:port/x",
            "mysql://u:s3cret@host/x",
            "u:s3cret",
        ] {
            let run = run(bare(&["--database-url", url, "ping"])).await?;
            assert_eq!(run.code, Some(1), "{run:?}");
            assert_tells(
                &run.stderr,
                &["error: --database-url: the database URL cannot be used"],
            );
            assert!(!run.stderr.contains("s3cret"), "{}", run.stderr);
        }
        Ok(())
    });
}

#[test]
fn wrong_usage_is_code_2_and_help_is_a_result() {
    block_on(async {
        for args in [
            &["sideways"][..],
            &["down", "--all", "--to", "1"],
            &["up", "--lock-wait", "x"],
            &[],
        ] {
            let run = run(bare(args)).await?;
            assert_eq!(run.code, Some(2), "{args:?}: {run:?}");
        }
        let help = run(bare(&["up", "--help"])).await?;
        assert_eq!((help.code, help.stderr.as_str()), (Some(0), ""));
        assert_tells(
            &help.stdout,
            &["Applies what is pending", "--dry-run", "--lock-wait"],
        );
        Ok(())
    });
}

#[test]
fn migration_files_that_cannot_be_used_are_named() {
    run_empty(async |db| {
        let files = Files::tables(&["a", "b"]);
        files.write("0002_other.up.sql", "select;");
        files.write("README.md", "not sql, not ours");
        let run = run(program(db, Some(&files), &["up"])).await?;
        assert_eq!(run.code, Some(1));
        assert_tells(
            &run.stderr,
            &[
                "cannot be used",
                "number 2 is taken more than once",
                "0002_other.up.sql",
                "0002_step.up.sql",
            ],
        );
        Ok(())
    });
}
