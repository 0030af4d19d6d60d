//! `vsa-drift`: whether schema file, migrations and a live database are one.
//!
//! Results go to stdout, talk to stderr. Exit codes: 0 the same, 3 something differs, 1 error, 2 wrong usage; 130 and
//! 143: interrupted.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::Source;
use vsa_drift::check::{Report, Request, Verdict, check};
use vsa_drift::scratch::Interrupted;

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

/// Whether schema file, migrations and a live database are one
///
/// Results go to stdout, talk to stderr. Exit codes: 0 the same, 3 something differs, 1 error, 2 wrong usage.
#[derive(Parser)]
#[command(name = "vsa-drift", version)]
enum Cli {
    /// Compare the schema file with the migrations, the migrations with a live database, and each down file with its up
    /// file
    ///
    /// `SCRATCH_URL` names a server on which databases may be created; they are dropped at the end. The live database,
    /// `LIVE_DATABASE_URL`, is only read.
    #[command(after_long_help = JSON)]
    Check(Args),
}

#[derive(clap::Args)]
struct Args {
    /// The schema file
    #[arg(long, value_name = "FILE", default_value = "schema.yaml")]
    schema: PathBuf,
    /// The folder of the migration files
    #[arg(long, value_name = "DIR", default_value = "migrations")]
    migrations: PathBuf,
    /// Compare with the live database, too
    #[arg(long)]
    live: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help is a result and goes to stdout, with 0; clap knows. When that is closed nobody is listening.
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    let Cli::Check(args) = cli;
    let outcome = run(&args).and_then(|report| tell(&report, args.json));
    match outcome {
        Ok(code) => code,
        Err(error) => {
            say(&format!("error: {error:#}"));
            let interrupted = error.downcast_ref::<Interrupted>();
            ExitCode::from(interrupted.map_or(1, |interrupted| interrupted.exit_code))
        }
    }
}

fn run(args: &Args) -> anyhow::Result<Report> {
    let server = url("SCRATCH_URL")?;
    let live = args.live.then(|| url("LIVE_DATABASE_URL")).transpose()?;
    let file = args.schema.display().to_string();
    let text = std::fs::read(&args.schema).with_context(|| format!("cannot read {file}"))?;
    let spec = vsa_schema::read(&file, &text)?;
    let migrations = Source::from_dir(Path::new(&args.migrations))?;
    let request = Request {
        file: &file,
        spec: &spec,
        migrations: &migrations,
        live: live.as_ref(),
    };
    // One thread is enough: the work is the server's.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(check(&server, &request))
}

/// From the environment: other users of this machine could see a password in the arguments.
fn url(variable: &str) -> anyhow::Result<DatabaseUrl> {
    let text = std::env::var(variable).with_context(|| {
        format!("set {variable} to postgres://user:password@host:port/database")
    })?;
    text.parse().with_context(|| variable.to_owned())
}

fn tell(report: &Report, json: bool) -> anyhow::Result<ExitCode> {
    let text = if json {
        format!("{}\n", serde_json::to_string_pretty(report)?)
    } else {
        report.render()
    };
    let mut stdout = io::stdout().lock();
    match stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush())
    {
        // A reader that has seen enough (`| head`) is no error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
        other => other?,
    }
    say(&format!("compared in {:.2} s", report.took.as_secs_f64()));
    Ok(match report.verdict() {
        Verdict::Differs => ExitCode::from(3),
        Verdict::Same | Verdict::NotCompared => ExitCode::SUCCESS,
    })
}

fn say(text: &str) {
    // Whoever closed stderr does not want to know.
    let _ = writeln!(io::stderr(), "{text}");
}
