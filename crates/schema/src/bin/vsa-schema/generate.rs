//! `vsa-schema generate`.

use std::path::Path;
use std::process::ExitCode;

use vsa_schema::generate::{self, Change};

use crate::output::{print, say};

/// Write the Rust and the pages that follow from schema.yaml, or say what in them is out of date
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Change nothing; name each file that differs and fail if there is any
    #[arg(long)]
    check: bool,
}

impl Args {
    pub(crate) fn run(self, root: &Path) -> anyhow::Result<ExitCode> {
        let spec = crate::spec(root)?;
        let changes = generate::changes(&spec, root)?;
        if !self.check {
            generate::apply(root, &changes)?;
        }
        for change in &changes {
            print(&match (change, self.check) {
                (Change::Write(output), _) => output.path.clone(),
                (Change::Remove(path), true) => format!("{path} (no table asks for it)"),
                (Change::Remove(path), false) => format!("{path} (removed)"),
            })?;
        }
        match changes.len() {
            0 => say("what follows from schema.yaml is up to date"),
            n if self.check => {
                say(&format!(
                    "{n} of the files that follow from schema.yaml are out of date; type: {}",
                    generate::COMMAND
                ));
                return Ok(ExitCode::FAILURE);
            }
            _ => {}
        }
        Ok(ExitCode::SUCCESS)
    }
}
