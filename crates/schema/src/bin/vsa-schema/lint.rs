//! `vsa-schema lint`.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use serde::Serialize;
use vsa_schema::migrations::{self, Finding};
use vsa_schema::{At, laws};

use crate::FILE;
use crate::output::{print, say};

/// Hold schema.yaml to the laws, and new migrations to the rules of squawk
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Print one JSON array
    #[arg(long)]
    json: bool,
}

/// A finding, as JSON has it.
#[derive(Serialize)]
struct Row<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    rule: &'a str,
    what: &'a str,
    write: &'a str,
}

impl Args {
    pub(crate) fn run(self, root: &Path) -> anyhow::Result<ExitCode> {
        let spec = crate::spec(root)?;
        let breaches = laws::check(&spec).into_iter().map(|breach| Finding {
            file: FILE.to_owned(),
            at: breach.at,
            rule: breach.law.to_owned(),
            what: breach.what,
            write: breach.write,
        });
        let mut findings: Vec<Finding> = breaches.collect();
        findings
            .extend(migrations::check(root).context("cannot read the folder of the migrations")?);
        if self.json {
            let rows: Vec<Row<'_>> = findings.iter().map(row).collect();
            print(&serde_json::to_string_pretty(&rows)?)?;
        } else {
            for finding in &findings {
                print(&finding.to_string())?;
            }
        }
        if findings.is_empty() {
            say("schema.yaml keeps the laws, and the new migrations the rules");
            return Ok(ExitCode::SUCCESS);
        }
        say(&format!(
            "{} to mend, or to waive with a reason; CONTRIBUTING.md says how",
            findings.len()
        ));
        Ok(ExitCode::FAILURE)
    }
}

fn row(finding: &Finding) -> Row<'_> {
    let At { line, column } = finding.at;
    Row {
        file: &finding.file,
        line,
        column,
        rule: &finding.rule,
        what: &finding.what,
        write: &finding.write,
    }
}
