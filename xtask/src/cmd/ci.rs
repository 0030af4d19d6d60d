//! `cargo xtask ci`.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use crate::cmd::doctor::{self, Engine};
use crate::cmd::image::{self, ensure_image};
use crate::cmd::lint;
use crate::cmd::prepare::prepare;
use crate::cmd::test::{Server, in_ci, run_tests};
use crate::context::Context;
use crate::db::provider::Choice;
use crate::interrupt;
use crate::talk::{print, say, seconds};

mod cases;
pub(crate) mod fresh;
mod junit;
mod migrations;
mod run_case;
mod table;

use cases::Case;
use table::{Count, Line, Outcome, table};

/// Everything, as CI runs it
///
/// Stages, in order: tools, those of `cargo xtask lint`, migrations, psql-twice, drift, prepare, image, tests, cases. The last
/// line, alone on stdout, is `N passed, N failed`. What a stage starts (servers, containers, an engine) ends with the run.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Run only these stages
    #[arg(value_name = "STAGE")]
    stages: Vec<String>,
    /// Go on after a stage has failed
    #[arg(long)]
    keep_going: bool,
    /// Of the stage `cases`, run only the case of this name
    #[arg(long, value_name = "NAME")]
    case: Option<String>,
    /// The file of cases
    #[arg(long, value_name = "FILE", default_value = "ci/LTC.json")]
    cases: PathBuf,
}

impl Args {
    pub(crate) fn run(self, ctx: &Context) -> Result<ExitCode> {
        let stages = self.chosen()?;
        fresh::program()?;
        // A broken list of cases must not be found after a quarter of an hour.
        let cases = self.chosen_cases(ctx)?;
        let mut run = Run {
            ctx,
            cases,
            server: None,
            engine: None,
            image: None,
        };
        let mut lines = Vec::new();
        let mut total = Count::default();
        let started = Instant::now();
        for (name, stage) in stages {
            interrupt::check()?;
            if total.failed > 0 && !self.keep_going {
                lines.push(Line {
                    name,
                    result: Outcome::NotRun,
                    count: Count::default(),
                    took: Duration::ZERO,
                });
                continue;
            }
            say!("== {name}");
            let stage_started = Instant::now();
            let (count, result) = match run.stage(stage) {
                Ok(Verdict {
                    count,
                    skipped: None,
                }) if count.failed == 0 => (count, Outcome::Passed),
                Ok(Verdict {
                    count,
                    skipped: None,
                }) => (count, Outcome::Failed),
                Ok(Verdict {
                    count,
                    skipped: Some(why),
                }) => {
                    say!("NOT CHECKED: {why}");
                    (count, Outcome::NotChecked(why))
                }
                Err(error) if error.is::<interrupt::Interrupted>() => return Err(error),
                Err(error) => {
                    say!("error: {error:#}");
                    (
                        Count {
                            passed: 0,
                            failed: 1,
                        },
                        Outcome::Failed,
                    )
                }
            };
            total.add(count);
            let took = stage_started.elapsed();
            say!("== {name}: {} after {}", result.word(), seconds(took));
            lines.push(Line {
                name,
                result,
                count,
                took,
            });
        }
        drop(run);
        say!("\n{}all in {}", table(&lines), seconds(started.elapsed()));
        print(format_args!(
            "{} passed, {} failed",
            total.passed, total.failed
        ))?;
        Ok(if total.failed == 0 {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        })
    }

    fn chosen(&self) -> Result<Vec<(&'static str, Stage)>> {
        let all = stages();
        if self.case.is_some() && self.stages.is_empty() {
            return Ok(all
                .into_iter()
                .filter(|(name, _)| *name == "cases")
                .collect());
        }
        for name in &self.stages {
            if !all.iter().any(|(known, _)| known == name) {
                let known: Vec<_> = all.iter().map(|(known, _)| *known).collect();
                bail!("there is no stage {name}; there are: {}", known.join(", "));
            }
        }
        let wanted =
            |name: &str| self.stages.is_empty() || self.stages.iter().any(|stage| stage == name);
        Ok(all.into_iter().filter(|(name, _)| wanted(name)).collect())
    }

    fn chosen_cases(&self, ctx: &Context) -> Result<Vec<Case>> {
        let mut cases = cases::read(&ctx.root.join(&self.cases))?;
        if let Some(name) = &self.case {
            let names: Vec<_> = cases.iter().map(|case| case.name.clone()).collect();
            cases.retain(|case| case.name == *name);
            ensure!(
                !cases.is_empty(),
                "there is no case {name}; there are: {}",
                names.join(", ")
            );
        }
        Ok(cases)
    }
}

#[derive(Clone, Copy)]
enum Stage {
    Tools,
    Lint(lint::Step),
    Migrations,
    PsqlTwice,
    Drift,
    Prepare,
    Tests,
    Image,
    Cases,
}

/// What CI does, in order: what fails soonest and costs least comes first.
fn stages() -> Vec<(&'static str, Stage)> {
    let mut all = vec![("tools", Stage::Tools)];
    all.extend(lint::STEPS.map(|step| (step.0, Stage::Lint(step))));
    all.extend([
        ("migrations", Stage::Migrations),
        ("psql-twice", Stage::PsqlTwice),
        ("drift", Stage::Drift),
        ("prepare", Stage::Prepare),
        ("image", Stage::Image),
        ("tests", Stage::Tests),
        ("cases", Stage::Cases),
    ]);
    all
}

struct Verdict {
    count: Count,
    skipped: Option<String>,
}

/// One check that passed.
const PASSED: Verdict = Verdict {
    count: Count {
        passed: 1,
        failed: 0,
    },
    skipped: None,
};

/// What the stages share. Dropped at the end of the run on every path: the server first, then the engine.
struct Run<'a> {
    ctx: &'a Context,
    cases: Vec<Case>,
    server: Option<Server>,
    engine: Option<Engine>,
    image: Option<String>,
}

impl Run<'_> {
    fn stage(&mut self, stage: Stage) -> Result<Verdict> {
        match stage {
            Stage::Tools => self.tools(),
            Stage::Lint((_, step)) => Ok(match step(self.ctx)? {
                lint::Outcome::Fine => PASSED,
                lint::Outcome::Skipped(why) => Verdict {
                    count: Count::default(),
                    skipped: Some(why),
                },
            }),
            Stage::Migrations => {
                let ctx = self.ctx;
                migrations::up_down_up(ctx, self.server()?)?;
                Ok(PASSED)
            }
            Stage::PsqlTwice => {
                let ctx = self.ctx;
                let files = migrations::each_file_twice(ctx, self.server()?)?;
                Ok(Verdict {
                    count: Count {
                        passed: files,
                        failed: 0,
                    },
                    skipped: None,
                })
            }
            Stage::Drift => {
                let ctx = self.ctx;
                migrations::one_schema(ctx, self.server()?)?;
                Ok(PASSED)
            }
            Stage::Prepare => {
                let ctx = self.ctx;
                ensure!(
                    prepare(ctx, self.server()?.url(), true)?,
                    "the committed metadata is not right, see above"
                );
                Ok(PASSED)
            }
            Stage::Tests => self.tests(),
            Stage::Image => {
                self.image()?;
                Ok(PASSED)
            }
            Stage::Cases => self.cases(),
        }
    }

    /// A CI machine gets what it lacks; anybody else's is left as it is, and what is missing is named.
    fn tools(&mut self) -> Result<Verdict> {
        if in_ci() {
            self.engine = doctor::install(self.ctx)?;
        }
        let findings = doctor::probe_all(self.ctx);
        let image = matches!(image::existing(), Ok(Some(_)));
        let missing: Vec<String> = findings
            .iter()
            .filter(|finding| finding.found.is_none())
            .filter(|finding| match finding.name {
                "rust" | "nextest" | "postgresql" | "psql" | "docker" | "pip or uv"
                | "cargo-deny" | "chromium" => true,
                "debootstrap" => !image,
                _ => false,
            })
            .map(|finding| {
                format!(
                    "{}: {}",
                    finding.name,
                    finding.advice.as_deref().unwrap_or(finding.used_for)
                )
            })
            .collect();
        ensure!(
            missing.is_empty(),
            "missing on this machine:\n  {}",
            missing.join("\n  ")
        );
        Ok(PASSED)
    }

    /// The server of the stages that need one: started by the first of them, on the local provider.
    fn server(&mut self) -> Result<&Server> {
        if self.server.is_none() {
            self.server = Some(Server::start(self.ctx, Choice::Local)?);
        }
        self.server
            .as_ref()
            .context("the test server was not started")
    }

    fn tests(&mut self) -> Result<Verdict> {
        let report = self.ctx.target_dir.join("nextest/ci/junit.xml");
        // One of an earlier run must not be taken for this one's.
        let _ = std::fs::remove_file(&report);
        let ctx = self.ctx;
        // Alone, this stage takes the image that is there and builds none.
        let image = match self.image.clone() {
            None => image::existing().ok().flatten(),
            built => built,
        };
        let status = run_tests(ctx, self.server()?, &[], true, image.as_deref())?;
        self.server = None;
        let count = match std::fs::read_to_string(&report)
            .ok()
            .as_deref()
            .and_then(junit::count)
        {
            Some((tests, failed)) => Count {
                passed: tests - failed,
                failed,
            },
            None => Count {
                passed: u64::from(status.success()),
                failed: u64::from(!status.success()),
            },
        };
        ensure!(
            status.success() || count.failed > 0,
            "the tests did not run to their end, see above"
        );
        Ok(Verdict {
            count,
            skipped: None,
        })
    }

    fn image(&mut self) -> Result<String> {
        if let Some(image) = &self.image {
            return Ok(image.clone());
        }
        let image = ensure_image(self.ctx, false)?;
        self.image = Some(image.clone());
        Ok(image)
    }

    fn cases(&mut self) -> Result<Verdict> {
        let mut count = Count::default();
        for case in self.cases.clone() {
            interrupt::check()?;
            say!("case {}", case.name);
            let started = Instant::now();
            let image = if case.wants_image() {
                Some(self.image()?)
            } else {
                None
            };
            match run_case::run(self.ctx, &case, image.as_deref()) {
                Ok(()) => {
                    count.passed += 1;
                    say!("  passed, {}", seconds(started.elapsed()));
                }
                Err(error) if error.is::<interrupt::Interrupted>() => return Err(error),
                Err(error) => {
                    count.failed += 1;
                    say!("  FAILED after {}: {error:#}", seconds(started.elapsed()));
                }
            }
        }
        Ok(Verdict {
            count,
            skipped: None,
        })
    }
}
