//! A database URL that a person set: `--database-url`, else the environment, else `.env` in the checkout. The order is
//! the one `vsa-db` follows, so that both speak of the same server.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context as _, bail};

use crate::context::Context;
use crate::db::url::Url;

const PARTS: [&str; 5] = ["DB_USER", "DB_PASSWORD", "DB_HOST", "DB_PORT", "DB_NAME"];

/// A URL and where it came from.
#[derive(Debug)]
pub(crate) struct Configured {
    pub(crate) url: Url,
    /// For the reader: `--database-url`, `DATABASE_URL`, `DATABASE_URL in .env`, …
    pub(crate) origin: String,
}

impl Configured {
    /// What a person does to be rid of the URL.
    pub(crate) fn way_out(&self) -> String {
        match self.origin.strip_suffix(" in .env") {
            _ if self.origin == "--database-url" => "leave --database-url out".to_owned(),
            Some(what) => format!("take {what} out of .env"),
            None => format!("unset {}", self.origin),
        }
    }
}

/// The URL of a `--database-url` flag.
pub(crate) fn from_flag(text: &str) -> anyhow::Result<Configured> {
    Ok(Configured {
        url: text.parse().context("--database-url")?,
        origin: "--database-url".to_owned(),
    })
}

/// The URL that the environment or `.env` names, if any. An empty variable counts as not set.
pub(crate) fn find(ctx: &Context) -> anyhow::Result<Option<Configured>> {
    let environment = |name: &str| std::env::var(name).ok();
    resolve(&environment, &ctx.root.join(".env"))
}

fn resolve(
    environment: &dyn Fn(&str) -> Option<String>,
    file: &Path,
) -> anyhow::Result<Option<Configured>> {
    let environment = |name: &str| environment(name).filter(|value| !value.is_empty());
    if let Some(text) = environment("DATABASE_URL") {
        return whole(&text, "DATABASE_URL").map(Some);
    }
    let from_file = match std::fs::read_to_string(file) {
        Ok(text) => parse_env_file(&text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => HashMap::new(),
        Err(error) => return Err(error).with_context(|| format!("cannot read {}", file.display())),
    };
    if PARTS.iter().any(|name| environment(name).is_some()) {
        let either = |name: &str| environment(name).or_else(|| from_file.get(name).cloned());
        return parts(&either, "DB_* variables").map(Some);
    }
    if let Some(text) = from_file.get("DATABASE_URL") {
        return whole(text, "DATABASE_URL in .env").map(Some);
    }
    if PARTS.iter().any(|name| from_file.contains_key(*name)) {
        return parts(
            &|name| from_file.get(name).cloned(),
            "DB_* variables in .env",
        )
        .map(Some);
    }
    Ok(None)
}

fn whole(text: &str, origin: &str) -> anyhow::Result<Configured> {
    let url = text.trim().parse().with_context(|| origin.to_owned())?;
    Ok(Configured {
        url,
        origin: origin.to_owned(),
    })
}

fn parts(get: &dyn Fn(&str) -> Option<String>, origin: &str) -> anyhow::Result<Configured> {
    let (Some(user), Some(name)) = (get("DB_USER"), get("DB_NAME")) else {
        bail!("{origin}: DB_USER and DB_NAME are needed; set both, or DATABASE_URL alone");
    };
    let host = get("DB_HOST").unwrap_or_else(|| "127.0.0.1".to_owned());
    let port = match get("DB_PORT") {
        None => 5432,
        Some(text) => text
            .parse()
            .ok()
            .with_context(|| format!("{origin}: DB_PORT is not a number up to 65535"))?,
    };
    let url = Url::from_parts(
        Some(&user),
        get("DB_PASSWORD").as_deref(),
        &host,
        port,
        &name,
    )
    .with_context(|| origin.to_owned())?;
    Ok(Configured {
        url,
        origin: origin.to_owned(),
    })
}

/// `NAME=value` lines, with `export`, comments and quotes as people write them. Lines that are none of this are left to
/// whoever they are for.
fn parse_env_file(text: &str) -> HashMap<String, String> {
    let mut values = HashMap::new();
    for line in text.lines() {
        let line = line.trim();
        let line = line.strip_prefix("export ").unwrap_or(line);
        if let Some((name, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            let value = unquoted(value.trim());
            if !value.is_empty() {
                // The first one counts, as in dotenv.
                values.entry(name.trim().to_owned()).or_insert(value);
            }
        }
    }
    values
}

fn unquoted(value: &str) -> String {
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value
            .strip_prefix(quote)
            .and_then(|rest| rest.split_once(quote))
        {
            return inner.to_owned();
        }
    }
    value
        .split(" #")
        .next()
        .unwrap_or_default()
        .trim_end()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(
        environment: &[(&str, &str)],
        file: &str,
    ) -> anyhow::Result<Option<(String, String)>> {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join(".env");
        std::fs::write(&path, file).unwrap();
        let get = |name: &str| {
            environment
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        Ok(resolve(&get, &path)?.map(|found| (found.url.expose().to_owned(), found.origin)))
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_url_over_its_parts() {
        let file = "DATABASE_URL=postgres://f@file/f\nDB_USER=x\n";
        let url = |environment: &[(&str, &str)]| resolved(environment, file).unwrap().unwrap().0;
        assert_eq!(url(&[]), "postgres://f@file/f");
        assert_eq!(
            url(&[("DATABASE_URL", "postgres://e@env/e"), ("DB_NAME", "n")]),
            "postgres://e@env/e"
        );
        assert_eq!(
            url(&[("DATABASE_URL", ""), ("DB_NAME", "n")]),
            "postgres://x@127.0.0.1:5432/n"
        );
        assert_eq!(
            resolved(&[], "# DATABASE_URL=postgres://a@b/c\n").unwrap(),
            None
        );
    }

    #[test]
    fn quotes_exports_and_comments_are_read_as_people_mean_them() {
        let file = "export DB_USER='ann'\nDB_PASSWORD=\"a#b c\" # why\nDB_NAME = vsa # ours\nDB_HOST=h\nDB_PORT=1\n";
        assert_eq!(
            resolved(&[], file).unwrap().unwrap().0,
            "postgres://ann:a%23b%20c@h:1/vsa"
        );
    }

    #[test]
    fn a_wrong_value_names_its_place_and_not_the_value() {
        for (environment, file, place) in [
            (
                &[("DATABASE_URL", "postgres://u:s3cret@h:x/d")][..],
                "",
                "DATABASE_URL:",
            ),
            (&[], "DATABASE_URL=u:s3cret", "DATABASE_URL in .env"),
            (&[("DB_PASSWORD", "s3cret")][..], "", "DB_USER and DB_NAME"),
        ] {
            let error = format!("{:#}", resolved(environment, file).unwrap_err());
            assert!(
                error.contains(place) && !error.contains("s3cret"),
                "{error}"
            );
        }
    }
}
