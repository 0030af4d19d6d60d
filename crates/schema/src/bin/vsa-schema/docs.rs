//! `vsa-schema docs`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use vsa_schema::{generate, pages};

use crate::output::{print, say};

/// Write the pages about the schema, and print where the first of them is
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Open it in the browser
    #[arg(long)]
    open: bool,
}

impl Args {
    pub(crate) fn run(self, root: &Path) -> anyhow::Result<ExitCode> {
        let spec = crate::spec(root)?;
        let changes = generate::page_changes(&spec, root)?;
        generate::apply(root, &changes)?;
        for change in &changes {
            say(&format!("changed {}", change.path()));
        }
        let index = root.join(pages::INDEX);
        print(&index.display().to_string())?;
        if self.open {
            open::that_detached(&index)
                .with_context(|| format!("no program opens {}", index.display()))?;
        }
        Ok(ExitCode::SUCCESS)
    }
}
