//! `diff`: what the migrations lack, as a plan.

use std::process::ExitCode;

use vsa_drift::migration;

use crate::input::Input;
use crate::output;

/// Say what leads from the migrations to the schema file, and back
///
/// Prints the files that `new` would write: SQL up and down, each step with its hazards. `SCRATCH_URL` names a server on
/// which databases may be created; they are dropped at the end. Exit codes: 0 nothing to do, 3 a plan, 1 error.
#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Print JSON: the parts of the plan, each with its steps up and down, their SQL and hazards
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let given = self.input.read()?;
        let plan = given
            .with_server(async |server| {
                migration::diff(server, &given.file, &given.spec, &given.migrations).await
            })
            .await?;
        if self.json {
            output::print(&format!("{}\n", serde_json::to_string_pretty(&plan)?))?;
        } else {
            let first = given.next_number();
            for file in migration::render(&plan, first, "name") {
                output::print(&format!("== {}\n{}\n", file.name, file.text))?;
            }
        }
        if plan.parts.is_empty() {
            output::say(&format!(
                "nothing to do: the migrations build what {} says",
                given.file
            ));
            return Ok(ExitCode::SUCCESS);
        }
        Ok(ExitCode::from(3))
    }
}
