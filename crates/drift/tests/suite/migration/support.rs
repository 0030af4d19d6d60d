//! Schemas and migrations to plan with.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::Source;
use vsa_drift::migration::{NewFile, files};
use vsa_drift::scratch;
use vsa_schema::migrations::lint;

/// `schema.yaml` as it was when there were thirteen migrations.
pub(crate) const DAY_13: &str = include_str!("day_13.yaml");

pub(crate) fn write_first_thirteen(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir(folder)?;
    for migration in &Source::embedded()?.migrations()[..13] {
        for file in [&migration.up, &migration.down] {
            let name = Path::new(&file.path).file_name().context("a file")?;
            fs::write(folder.join(name), &*file.sql)?;
        }
    }
    Ok(())
}

pub(crate) fn first_thirteen() -> anyhow::Result<Source> {
    let folder = tempfile::tempdir()?;
    let migrations = folder.path().join("migrations");
    write_first_thirteen(&migrations)?;
    Ok(Source::from_dir(&migrations)?)
}

/// The files for an edit of the schema of day 13.
pub(crate) async fn plan(
    url: &DatabaseUrl,
    edits: &[(&str, &str)],
    deletes: &[&str],
) -> anyhow::Result<Vec<NewFile>> {
    let mut text = DAY_13.to_owned();
    for (from, to) in edits {
        ensure!(text.contains(from), "the schema has no {from:?}");
        text = text.replacen(from, to, 1);
    }
    let spec = vsa_schema::read("schema.yaml", text.as_bytes())?;
    let deletes: BTreeSet<String> = deletes.iter().map(|&object| object.to_owned()).collect();
    let source = first_thirteen()?;
    let files = scratch::with(url, async |server| {
        files(
            server,
            "schema.yaml",
            &spec,
            &source,
            (14, "edit"),
            &deletes,
        )
        .await
    })
    .await?;
    for file in &files {
        let found = lint(&file.name, &file.text);
        ensure!(found.is_empty(), "{found:?}");
    }
    Ok(files)
}

pub(crate) async fn refusal(
    url: &DatabaseUrl,
    edits: &[(&str, &str)],
    deletes: &[&str],
) -> anyhow::Result<String> {
    match plan(url, edits, deletes).await {
        Ok(files) => anyhow::bail!("it was planned: {files:#?}"),
        Err(error) => Ok(format!("{error:#}")),
    }
}

pub(crate) fn names(files: &[NewFile]) -> Vec<&str> {
    files.iter().map(|file| &*file.name).collect()
}

pub(crate) const CONTACT_EMAIL: &str = "      email:
        type: text
        nullable: true
        personal: contact
        comment: Where mails about the outcome go; null sends none. Personal data.
";
/// The end of the columns of contacts.
pub(crate) const LAST_OF_CONTACTS: &str = "    unique:
      - [campaign_id, phone_number]
";

pub(crate) fn with_column(definition: &str) -> String {
    format!("      {definition}\n{LAST_OF_CONTACTS}")
}
