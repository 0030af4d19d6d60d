//! What every command reads: the schema file, the migrations, the server for scratch databases.

use std::path::PathBuf;

use anyhow::Context as _;
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::Source;
use vsa_drift::scratch::{self, Server};
use vsa_schema::Spec;

/// Where the schema is said, and where it is built.
#[derive(clap::Args)]
pub(crate) struct Input {
    /// The schema file
    #[arg(long, value_name = "FILE", default_value = "schema.yaml")]
    pub(crate) schema: PathBuf,
    /// The folder of the migration files
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    pub(crate) migrations: PathBuf,
}

/// The same, read.
pub(crate) struct Given {
    /// The schema file, as messages call it.
    pub(crate) file: String,
    pub(crate) spec: Spec,
    pub(crate) migrations: Source,
    /// The server for scratch databases.
    pub(crate) server: DatabaseUrl,
}

impl Input {
    pub(crate) fn read(&self) -> anyhow::Result<Given> {
        let server = url("SCRATCH_URL")?;
        let file = self.schema.display().to_string();
        let text = std::fs::read(&self.schema).with_context(|| format!("cannot read {file}"))?;
        Ok(Given {
            spec: vsa_schema::read(&file, &text)?,
            migrations: Source::from_dir(&self.migrations)?,
            file,
            server,
        })
    }
}

impl Given {
    /// Does `work` with a server for scratch databases.
    pub(crate) async fn with_server<T>(
        &self,
        work: impl AsyncFnOnce(&Server) -> anyhow::Result<T>,
    ) -> anyhow::Result<T> {
        scratch::with(&self.server, work).await
    }

    /// The number of the next migration.
    pub(crate) fn next_number(&self) -> u32 {
        u32::try_from(self.migrations.latest() + 1).unwrap_or(u32::MAX)
    }
}

/// From the environment: other users of this machine could see a password in the arguments.
pub(crate) fn url(variable: &str) -> anyhow::Result<DatabaseUrl> {
    let text = std::env::var(variable).with_context(|| {
        format!("set {variable} to postgres://user:password@host:port/database")
    })?;
    text.parse().with_context(|| variable.to_owned())
}
