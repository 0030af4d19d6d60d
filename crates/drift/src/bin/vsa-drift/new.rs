//! `new`: the plan as migration files.

use std::collections::BTreeSet;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use vsa_drift::migration::{self, NewFile};

use crate::input::Input;
use crate::output;

/// Write what leads from the migrations to the schema file as the next migration files
///
/// They are run before they are written: up gives exactly the schema, down exactly what was. Prints their paths. With
/// nothing to do no file is written. `SCRATCH_URL` names a server on which databases may be created; they are dropped at
/// the end.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What changes, such as `add_contact_locale`
    name: String,
    /// A column, table or value that the migration may delete, such as contacts.email; may be given again
    #[arg(long, value_name = "OBJECT")]
    deletes: Vec<String>,
    #[command(flatten)]
    input: Input,
}

impl Args {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let given = self.input.read()?;
        let deletes: BTreeSet<String> = self.deletes.into_iter().collect();
        let files = given
            .with_server(async |server| {
                let called = (given.next_number(), self.name.as_str());
                migration::files(
                    server,
                    &given.file,
                    &given.spec,
                    &given.migrations,
                    called,
                    &deletes,
                )
                .await
            })
            .await?;
        if files.is_empty() {
            output::say(&format!(
                "nothing to do: the migrations build what {} says",
                given.file
            ));
        }
        for path in write(&self.input.migrations, &files)? {
            output::print(&format!("{}\n", path.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// All files, or none.
fn write(folder: &Path, files: &[NewFile]) -> anyhow::Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for file in files {
        let path = folder.join(&file.name);
        let result = fs::File::create_new(&path)
            .and_then(|mut open| {
                written.push(path.clone());
                open.write_all(file.text.as_bytes())
            })
            .with_context(|| format!("cannot write {}", path.display()));
        if let Err(error) = result {
            for path in &written {
                fs::remove_file(path)
                    .with_context(|| format!("cannot take {} away again", path.display()))?;
            }
            return Err(error);
        }
    }
    Ok(written)
}
