//! A database URL that a person set: `--database-url`, else the environment, else the nearest `.env`, in the checkout or
//! above it. The order is the one `vsa-db` follows, and so is what reads the file: both speak of the same server.

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
        match self.origin.split_once(" in ") {
            _ if self.origin == "--database-url" => "leave --database-url out".to_owned(),
            Some((what, file)) => format!("take {what} out of {file}"),
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
    resolve(&environment, &ctx.root)
}

fn resolve(
    environment: &dyn Fn(&str) -> Option<String>,
    folder: &Path,
) -> anyhow::Result<Option<Configured>> {
    let environment = |name: &str| environment(name).filter(|value| !value.is_empty());
    if let Some(text) = environment("DATABASE_URL") {
        return whole(&text, "DATABASE_URL").map(Some);
    }
    let nearest = folder
        .ancestors()
        .map(|folder| folder.join(".env"))
        .find(|path| path.is_file());
    let from_file = match &nearest {
        Some(path) => read_env_file(path)?,
        None => HashMap::new(),
    };
    let file = match &nearest {
        Some(path) if path.parent() != Some(folder) => path.display().to_string(),
        _ => ".env".to_owned(),
    };
    if PARTS.iter().any(|name| environment(name).is_some()) {
        let either = |name: &str| environment(name).or_else(|| from_file.get(name).cloned());
        return parts(&either, "DB_* variables").map(Some);
    }
    if let Some(text) = from_file.get("DATABASE_URL") {
        return whole(text, &format!("DATABASE_URL in {file}")).map(Some);
    }
    if PARTS.iter().any(|name| from_file.contains_key(*name)) {
        return parts(
            &|name| from_file.get(name).cloned(),
            &format!("DB_* variables in {file}"),
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

fn read_env_file(path: &Path) -> anyhow::Result<HashMap<String, String>> {
    let shown = path.display();
    let entries = dotenvy::from_path_iter(path)
        .ok()
        .with_context(|| format!("cannot open {shown}; check its permissions"))?;
    let mut values = HashMap::new();
    for (index, entry) in entries.enumerate() {
        // The error of the library would repeat the line, and with it a password.
        let (name, value) = entry.ok().with_context(|| {
            format!(
                "{shown}: entry {} is not NAME=value; put a value with blanks, # or $ in single quotes",
                index + 1
            )
        })?;
        if !value.is_empty() {
            // The first one counts, as when dotenvy fills the environment.
            values.entry(name).or_insert(value);
        }
    }
    Ok(values)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(
        environment: &[(&str, &str)],
        file: &str,
    ) -> anyhow::Result<Option<(String, String)>> {
        let temp = tempfile::tempdir().unwrap();
        std::fs::write(temp.path().join(".env"), file).unwrap();
        let get = |name: &str| {
            environment
                .iter()
                .find(|(n, _)| *n == name)
                .map(|(_, v)| (*v).to_owned())
        };
        Ok(resolve(&get, temp.path())?.map(|found| (found.url.expose().to_owned(), found.origin)))
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
    fn the_nearest_file_above_is_read_too() {
        let temp = tempfile::tempdir().unwrap();
        let below = temp.path().join("checkout");
        std::fs::create_dir(&below).unwrap();
        let file = temp.path().join(".env");
        std::fs::write(&file, "DB_USER=ann\nDB_NAME=vsa\nDB_PASSWORD='pa$word'\n").unwrap();
        let found = resolve(&|_| None, &below).unwrap().unwrap();
        assert_eq!(
            found.url.expose(),
            "postgres://ann:pa%24word@127.0.0.1:5432/vsa"
        );
        assert_eq!(
            found.way_out(),
            format!("take DB_* variables out of {}", file.display())
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
            (&[], "DB_PASSWORD=s3 cret", "entry 1 is not NAME=value"),
        ] {
            let error = format!("{:#}", resolved(environment, file).unwrap_err());
            assert!(
                error.contains(place) && !error.contains("s3cret"),
                "{error}"
            );
        }
    }
}
