//! Where the database is: accepted and refused URLs, the variables, `.env`, and no password anywhere.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use proptest::prelude::*;
use sqlx::postgres::PgSslMode;
use vsa_db::config::{ConfigError, DatabaseUrl, resolve};

fn url(text: &str) -> DatabaseUrl {
    text.parse()
        .unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn refusal(text: &str) -> String {
    match text.parse::<DatabaseUrl>() {
        Ok(url) => panic!("{text} was accepted as {url}"),
        Err(error) => error.to_string(),
    }
}

/// What `resolve` finds with these variables, below a folder with this `.env`.
fn surroundings(
    variables: &[(&str, &str)],
    env_file: Option<&str>,
) -> Result<DatabaseUrl, ConfigError> {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("a/b");
    fs::create_dir_all(&below).unwrap();
    // An empty file ends the search here, whatever lies above the scratch folder.
    fs::write(folder.path().join(".env"), env_file.unwrap_or_default()).unwrap();
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    resolve(|name| variables.get(name).map(ToString::to_string), &below)
}

#[test]
fn both_schemes_and_all_parts_are_read() {
    for scheme in ["postgres", "postgresql"] {
        let url = url(&format!(
            "{scheme}://vsa:s%40fe@db.example:6543/survey?sslmode=verify-full&application_name=x"
        ));
        let options = url.options();
        assert_eq!(options.get_username(), "vsa");
        assert_eq!(options.get_host(), "db.example");
        assert_eq!(options.get_port(), 6543);
        assert_eq!(url.database(), "survey");
        assert!(matches!(options.get_ssl_mode(), PgSslMode::VerifyFull));
        assert_eq!(options.get_application_name(), Some("x"));
        assert_eq!(url.server(), "db.example:6543");
        assert_eq!(
            url.to_string(),
            format!(
                "{scheme}://vsa:***@db.example:6543/survey?sslmode=verify-full&application_name=x"
            )
        );
        assert!(url.expose().contains("s%40fe"));
    }
}

#[test]
fn a_unix_socket_is_a_folder() {
    for text in [
        "postgres://vsa@localhost/survey?host=/run/postgresql&port=6543",
        "postgres://vsa@/survey?host=/run/postgresql&port=6543",
        "postgres://vsa@%2Frun%2Fpostgresql:6543/survey",
        "postgres:///survey?user=vsa&host=%2Frun%2Fpostgresql&port=6543",
    ] {
        let url = url(text);
        assert_eq!(url.server(), "/run/postgresql/.s.PGSQL.6543", "{text}");
        assert_eq!(
            (url.options().get_username(), url.database()),
            ("vsa", "survey"),
            "{text}"
        );
        assert!(url.is_local(), "{text}");
    }
}

#[test]
fn local_is_this_machine_only() {
    for host in [
        "localhost",
        "LocalHost",
        "127.0.0.1",
        "127.9.9.9",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "%2Ftmp",
    ] {
        assert!(url(&format!("postgres://u@{host}/d")).is_local(), "{host}");
    }
    for host in [
        "db",
        "10.0.0.1",
        "localhost.example",
        "127.0.0.1.example",
        "[2001:db8::1]",
    ] {
        assert!(!url(&format!("postgres://u@{host}/d")).is_local(), "{host}");
    }
    assert!(
        !url("postgres://u@localhost/d?host=db.example").is_local(),
        "the parameter decides"
    );
}

#[test]
fn another_database_on_the_same_server() {
    let other =
        url("postgres://u:p@h:1/first?dbname=second&sslmode=require").with_database("odd name/é");
    assert_eq!(other.database(), "odd name/é");
    assert_eq!(
        other.expose(),
        "postgres://u:p@h:1/odd%20name%2F%C3%A9?sslmode=require"
    );
    assert_eq!(url(other.expose()).database(), "odd name/é");
    assert_eq!(url("postgres://u:p@h").database(), "u", "as in libpq");
    for name in [".", ".."] {
        let other = url("postgres://u@h/first").with_database(name);
        assert_eq!(url(other.expose()).database(), name);
    }
}

#[test]
fn a_plus_in_a_parameter_is_a_plus_as_in_psql() {
    assert_eq!(
        url("postgres://u@h/d?application_name=a+b")
            .options()
            .get_application_name(),
        Some("a+b")
    );
}

#[test]
fn a_bad_url_is_refused_with_the_reason_and_an_example() {
    for (text, reason) in [
        ("", "begin with postgres://"),
        ("mysql://u:p@h/d", "begin with postgres://"),
        ("u:p@h/d", "begin with postgres://"),
        ("postgres:u:p@h/d", "begin with postgres://"),
        ("postgres://u:p@h:port/d", "port is not a number"),
        ("postgres://u:p@h:70000/d", "port is not a number"),
        ("postgres://u:p@h:0/d", "port is not a number"),
        ("postgres://u:p@h/d?port=0", "port is not a number"),
        ("postgres://u:pa#ss@h/d", "encode it"),
        ("postgres://u:1/2@h/d", "encode it"),
        ("postgres://u:1?2@h/d", "encode it"),
        ("postgres://u:100%@h/d", "% is not followed"),
        ("postgres://u:%00@h/d", "% is not followed"),
        ("postgres://u:%FF@h/d", "% is not followed"),
        ("postgres://u:%é@h/d", "% is not followed"),
        ("postgres://u:p@h/d/e", "holds a /"),
        ("postgres://u:p@h/d?sslmod=require", "is not one of host,"),
        ("postgres://u:p@h/d?sslmode=on", "sslmode is not disable,"),
        ("postgres://u:p@h/d?host=a&host=b", "given twice"),
        ("postgres://u:p@%2Ftmp/d?host=b", "given twice"),
        ("postgres://u:p@h x/d", "invalid"),
        ("postgres://u:p\n@h/d", "control character"),
    ] {
        let error = refusal(text);
        assert!(error.contains(reason), "{text}: {error}");
        assert!(
            error.contains("looks like postgres://user:password@127.0.0.1:5432/vsa"),
            "{error}"
        );
    }
}

#[test]
fn the_environment_wins_over_the_file_and_the_url_over_its_parts() {
    let file =
        Some("DATABASE_URL=postgres://file@h/url\nDB_USER=file\nDB_NAME=parts\nDB_HOST=filehost\n");
    let shown =
        |variables: &[(&str, &str)], file| surroundings(variables, file).unwrap().to_string();
    assert_eq!(
        shown(
            &[("DATABASE_URL", "postgres://real@h/url"), ("DB_NAME", "x")],
            file
        ),
        "postgres://real@h/url"
    );
    assert_eq!(
        shown(&[("DB_NAME", "real")], file),
        "postgres://file@filehost:5432/real"
    );
    assert_eq!(
        shown(&[("DATABASE_URL", ""), ("DB_NAME", "")], file),
        "postgres://file@h/url",
        "empty is not set"
    );
    assert_eq!(shown(&[], file), "postgres://file@h/url");
    assert_eq!(
        shown(&[], Some("DB_USER=u\nDB_NAME=n\nDB_PASSWORD=p")),
        "postgres://u:***@127.0.0.1:5432/n"
    );
}

#[test]
fn parts_serve_sockets_and_every_kind_of_address() {
    let with_host = |host| {
        let variables = [
            ("DB_USER", "u"),
            ("DB_NAME", "n"),
            ("DB_HOST", host),
            ("DB_PORT", "6543"),
        ];
        surroundings(&variables, None).unwrap()
    };
    assert_eq!(
        with_host("/run/postgresql").server(),
        "/run/postgresql/.s.PGSQL.6543"
    );
    assert_eq!(with_host("::1").server(), "[::1]:6543");
    assert_eq!(with_host("[::1]").server(), "[::1]:6543");
    assert_eq!(with_host("db.example").server(), "db.example:6543");
}

#[test]
fn nothing_or_too_little_says_what_to_set() {
    let nothing = surroundings(&[], None).unwrap_err().to_string();
    for word in [
        "DATABASE_URL",
        "DB_USER",
        "DB_PASSWORD",
        "DB_HOST",
        "DB_PORT",
        "DB_NAME",
        "cargo xtask db-up",
    ] {
        assert!(nothing.contains(word), "{nothing}");
    }
    let incomplete = surroundings(&[("DB_HOST", "h")], None)
        .unwrap_err()
        .to_string();
    assert!(
        incomplete.starts_with("DB_USER and DB_NAME not set, though DB_HOST is"),
        "{incomplete}"
    );
    let stray = surroundings(
        &[("DB_HOST", "prod")],
        Some("DATABASE_URL=postgres://u@h/d"),
    )
    .unwrap_err();
    assert!(
        matches!(stray, ConfigError::Incomplete { .. }),
        "never silently another server: {stray}"
    );
}

#[test]
fn errors_name_the_variable_and_the_place_but_not_the_password() {
    let variables = [
        ("DB_USER", "u"),
        ("DB_NAME", "n"),
        ("DB_PORT", "S3CRET"),
        ("DB_PASSWORD", "S3CRET"),
    ];
    let error = surroundings(&variables, None).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("DB_PORT in the environment: "),
        "{error}"
    );
    assert!(
        !format!("{error} {error:?}").contains("S3CRET"),
        "{error:?}"
    );

    let error = surroundings(&[], Some("DATABASE_URL=postgres://u:S3CRET#@h/d")).unwrap_err();
    assert!(
        error.to_string().starts_with("DATABASE_URL in /"),
        "{error}"
    );
    assert!(
        !format!("{error} {error:?}").contains("S3CRET"),
        "{error:?}"
    );

    let error = surroundings(&[], Some("DB_USER=u\nDB_PASSWORD=S3CRET and more\n")).unwrap_err();
    assert!(error.to_string().contains("entry 2"), "{error}");
    assert!(
        !format!("{error} {error:?}").contains("S3CRET"),
        "{error:?}"
    );
}

#[test]
fn the_environment_of_the_process_is_left_alone() {
    surroundings(
        &[],
        Some("DATABASE_URL=postgres://u@h/d\nVSA_NEVER_SET_BY_ANYONE=1\n"),
    )
    .unwrap();
    assert_eq!(std::env::var_os("VSA_NEVER_SET_BY_ANYONE"), None);
}

#[test]
fn a_folder_without_any_file_above_it_is_no_error_of_its_own() {
    assert!(matches!(
        resolve(|_| None, Path::new("/")),
        Err(ConfigError::Nothing)
    ));
}

proptest! {
    /// Two passwords, one text: then nothing of the password can be in it.
    #[test]
    fn what_is_shown_does_not_depend_on_the_password(one in "\\PC{1,20}", two in "\\PC{1,20}") {
        let shown = |password: &str| {
            let parts = [("DB_USER", "u"), ("DB_NAME", "n"), ("DB_PASSWORD", password)];
            let url = surroundings(&parts, None).unwrap();
            format!("{url} {url:?}")
        };
        prop_assert_eq!(shown(&one), shown(&two));
        prop_assert!(shown(&one).contains("u:***@"));
    }

    /// However a password is put into a URL, by hand and without encoding: accepted or refused,
    /// nothing shows it.
    #[test]
    fn a_carelessly_written_password_is_never_shown(
        before in "[a1:/?#@%&=\\[\\] +.é-]{0,6}", after in "[a1:/?#@%&=\\[\\] +.é-]{0,6}",
        tail in "(/d|/d\\?sslmode=require|:77/d|:x/d||/a/b|/d\\?x=1)",
    ) {
        let text = match format!("postgres://u:{before}S3CRET{after}@h{tail}").parse::<DatabaseUrl>() {
            Ok(url) => format!("{url} {url:?} {}", url.server()),
            Err(error) => format!("{error} {error:?}"),
        };
        prop_assert!(!text.contains("S3CRET"), "{}", text);
    }

    /// Any user, password and database name arrive at the server as they are, also through the text
    /// that child processes are given.
    #[test]
    fn parts_survive_the_url(user in "[^\\x00]{1,12}", password in "[^\\x00]{1,12}", name in "[^\\x00]{1,12}") {
        let parts = [("DB_USER", &*user), ("DB_NAME", &*name), ("DB_PASSWORD", &*password)];
        let url = surroundings(&parts, None).unwrap();
        let again: DatabaseUrl = url.expose().parse().unwrap();
        prop_assert_eq!(&again, &url);
        let options = again.options();
        prop_assert_eq!(options.get_username(), &*user);
        prop_assert_eq!(again.database(), &*name);
        // The driver has no getter for the password; its Debug form shows it.
        let shown = format!("{options:?}");
        let wanted = format!("password: Some({password:?})");
        prop_assert!(shown.contains(&wanted));
    }
}

#[test]
fn a_password_in_a_parameter_is_masked_too() {
    let url = url("postgres://u@h/d?password=S3CRET&sslkey=/k&sslmode=require");
    assert_eq!(
        url.to_string(),
        "postgres://u@h/d?password=***&sslkey=***&sslmode=require"
    );
}
