//! `check`: whether schema file, migrations and a live database are one.

use std::process::ExitCode;

use vsa_drift::check::{Report, Request, Verdict, check};

use crate::input::{Input, url};
use crate::output;

const JSON: &str = r#"JSON:
  {"verdict": "same" | "differs", "scratch_version": text, "live_version": text or null, "notes": [text],
   "duration_ms": number,
   "comparisons": [{"name": "spec_migrations" | "migrations_live" | "round_trip",
                    "verdict": "same" | "differs" | "not_compared", "expected": text, "found": text,
                    "pending": [text], "problems": [text], "duration_ms": number,
                    "differences": [{"severity": "breaking" | "additive" | "cosmetic", "after": text or null,
                                     "object": text, "kind": text, "table": text or null, "name": text,
                                     "change": "missing" | "unexpected" | "changed" | "reordered",
                                     "property": text (changed), "expected": value, "found": value}]}]}"#;

/// Compare the schema file with the migrations, the migrations with a live database, and each down file with its up file
///
/// `SCRATCH_URL` names a server on which databases may be created; they are dropped at the end. The live database,
/// `LIVE_DATABASE_URL`, is only read. Exit codes: 0 the same, 3 something differs, 1 error.
#[derive(clap::Args)]
#[command(after_long_help = JSON)]
pub(crate) struct Args {
    #[command(flatten)]
    input: Input,
    /// Compare with the live database, too
    #[arg(long)]
    live: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Args {
    pub(crate) async fn run(self) -> anyhow::Result<ExitCode> {
        let given = self.input.read()?;
        let live = self.live.then(|| url("LIVE_DATABASE_URL")).transpose()?;
        let request = Request {
            file: &given.file,
            spec: &given.spec,
            migrations: &given.migrations,
            live: live.as_ref(),
        };
        let report = check(&given.server, &request).await?;
        tell(&report, self.json)
    }
}

fn tell(report: &Report, json: bool) -> anyhow::Result<ExitCode> {
    output::print(&if json {
        format!("{}\n", serde_json::to_string_pretty(report)?)
    } else {
        report.render()
    })?;
    output::say(&format!("compared in {:.2} s", report.took.as_secs_f64()));
    Ok(match report.verdict() {
        Verdict::Differs => ExitCode::from(3),
        Verdict::Same | Verdict::NotCompared => ExitCode::SUCCESS,
    })
}
