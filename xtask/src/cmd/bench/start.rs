//! From nothing to a migrated, seeded database: `db-up` beside what a person would type by hand.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::Row;
use crate::cmd::ci::fresh::{self, Fresh, TempFolder};
use crate::cmd::image;
use crate::context::Context;
use crate::db::{binaries, docker, embedded, owner};
use crate::talk::say;
use crate::{interrupt, proc};

const LIMIT: Duration = Duration::from_mins(3);
/// Aims in milliseconds: a first `db-up` with installed programs, and one that finds everything running.
const COLD_LOCAL: f64 = 3000.0;
const WARM: f64 = 300.0;

/// By hand, from installed programs. `$BIN`, `$SQL` (the files in order) and `$HOME` are set.
const BARE_LOCAL: &str = r#"
"$BIN/initdb" -D data -U vsa -A trust >/dev/null
"$BIN/pg_ctl" -D data -w -l log -o "-c listen_addresses= -k $PWD" start >/dev/null
"$BIN/createdb" -h "$PWD" -U vsa vsa
cat "$SQL" | "$BIN/psql" -h "$PWD" -U vsa -q -v ON_ERROR_STOP=1 vsa >/dev/null
touch done
"#;
const END_LOCAL: &str =
    r#"if [ -e data/postmaster.pid ]; then "$BIN/pg_ctl" -D data -m immediate stop; fi"#;

/// By hand, in a container: the first real answer over TCP, then everything in one psql inside. `$IMAGE`, `$SQL` and
/// `$NAME` are set.
const BARE_DOCKER: &str = r#"
docker run --detach --name "$NAME" -e POSTGRES_USER=vsa -e POSTGRES_PASSWORD=vsa -e POSTGRES_DB=vsa "$IMAGE" >/dev/null
until docker exec -e PGPASSWORD=vsa "$NAME" psql -h 127.0.0.1 -U vsa -qAtc 'SELECT 1' vsa >/dev/null 2>&1; do sleep 0.05; done
docker exec --interactive "$NAME" psql -U vsa -q -v ON_ERROR_STOP=1 vsa < "$SQL" >/dev/null
touch done
"#;
const END_DOCKER: &str = r#"docker rm --force --volumes "$NAME""#;

/// Cold and warm `db-up` for every provider that works here, and the bare minimum where there is one.
pub(super) fn measure(ctx: &Context, rounds: u32) -> Result<Vec<Row>> {
    let temp = TempFolder::create("bench")?;
    let sql = temp.path.join("all.sql");
    std::fs::write(&sql, all_sql(&ctx.root)?)
        .context("cannot write the SQL of the bare minimum")?;
    let local = binaries::find().ok();
    // The one from packages first: asking for the official one may pull it.
    let image = match image::existing() {
        Ok(Some(image)) => Some(image),
        _ => docker::usable_image().ok(),
    };
    let mut hands = Vec::new();
    if let Some(local) = &local {
        hands.push(ByHand::programs("local", &local.dir, &sql));
    }
    if let Some(image) = &image {
        hands.push(ByHand::container(image, &sql));
    }
    if let Ok(folder) = embedded::ensure() {
        hands.push(ByHand::programs("embedded", &folder, &sql));
    }
    say!(
        "starting: {} providers, {rounds} rounds of cold and warm db-up and of the bare minimum",
        hands.len()
    );

    let mut cold = vec![Vec::new(); hands.len()];
    let mut warm = vec![Vec::new(); hands.len()];
    let mut bare = vec![Vec::new(); hands.len()];
    for _ in 0..rounds {
        for (nth, hand) in hands.iter().enumerate() {
            let provider = hand.provider;
            interrupt::check()?;
            let copy = Fresh::copy(ctx)?;
            let both = up(ctx, &copy, provider, image.as_deref())
                .and_then(|cold| Ok((cold, up(ctx, &copy, provider, image.as_deref())?)));
            let (first, second) = copy.end(ctx, both)?;
            cold[nth].push(first);
            warm[nth].push(second);
            interrupt::check()?;
            bare[nth].push(hand.run()?);
        }
    }
    let mut rows = Vec::new();
    for (nth, ByHand { provider, .. }) in hands.iter().enumerate() {
        let mut row = Row::of(format!("db-up cold, {provider}"), &cold[nth])?;
        if *provider == "local" {
            row.aim_ms = Some(COLD_LOCAL);
        }
        rows.push(row);
        rows.push(Row::of(format!("  by hand, {provider}"), &bare[nth])?);
        let mut row = Row::of(format!("db-up warm, {provider}"), &warm[nth])?;
        row.aim_ms = Some(WARM);
        rows.push(row);
    }
    Ok(rows)
}

fn up(ctx: &Context, copy: &Fresh, provider: &str, image: Option<&str>) -> Result<Duration> {
    let mut up = fresh::shell(ctx, &copy.checkout)?;
    up.env_remove("CARGO_TARGET_DIR");
    up.envs(image.map(|image| ("VSA_POSTGRES_IMAGE", image)));
    up.args([
        "-euc",
        // `exec`: what Ctrl-C ends must be db-up itself, not a shell that leaves it behind.
        r#"exec "$VSA_XTASK" db-up --provider "$0" --seed demo"#,
        provider,
    ]);
    let started = Instant::now();
    let output = proc::capture(&mut up, LIMIT)?;
    ensure!(
        output.status.success(),
        "db-up --provider {provider} failed: {}",
        proc::tail(&output.stderr, 10)
    );
    Ok(started.elapsed())
}

/// What a person would type without us.
struct ByHand {
    provider: &'static str,
    script: &'static str,
    /// Ends what the script started, at whatever point it stopped.
    end: &'static str,
    variables: Vec<(&'static str, String)>,
}

impl ByHand {
    fn programs(provider: &'static str, folder: &Path, sql: &Path) -> Self {
        Self {
            provider,
            script: BARE_LOCAL,
            end: END_LOCAL,
            variables: vec![
                ("BIN", folder.to_string_lossy().into_owned()),
                ("SQL", sql.to_string_lossy().into_owned()),
            ],
        }
    }

    fn container(image: &str, sql: &Path) -> Self {
        Self {
            provider: "docker",
            script: BARE_DOCKER,
            end: END_DOCKER,
            variables: vec![
                ("IMAGE", image.to_owned()),
                ("NAME", format!("vsa-bench-{}", std::process::id())),
                ("SQL", sql.to_string_lossy().into_owned()),
            ],
        }
    }

    /// Runs the script in a folder of its own. What ends it does not count.
    fn run(&self) -> Result<Duration> {
        let temp = TempFolder::create("by-hand")?;
        let owner = owner::unprivileged()?.filter(|_| self.provider != "docker");
        owner::give(&temp.path, owner)?;
        let bash = |script: &str| {
            let mut command = Command::new("bash");
            command
                .args(["-euc", script])
                .envs(self.variables.iter().map(|(name, value)| (*name, value)));
            // Only the server refuses root; docker's socket needs it.
            owner::run_as(&mut command, owner, &temp.path);
            proc::capture(&mut command, LIMIT)
        };
        let ran = bash(&format!("touch begun\n{}", self.script));
        let ended = interrupt::shielded(|| bash(self.end));
        let (ran, ended) = (ran?, ended?);
        for (what, output) in [("", ran), ("'s end", ended)] {
            ensure!(
                output.status.success(),
                "the bare minimum{what} failed: {}",
                proc::tail(&output.stderr, 10)
            );
        }
        let at = |name: &str| {
            std::fs::metadata(temp.path.join(name))
                .and_then(|file| file.modified())
                .context("the bare minimum left no mark")
        };
        at("done")?
            .duration_since(at("begun")?)
            .context("the clock went backwards")
    }
}

/// All up files in order, then the seeds.
fn all_sql(root: &Path) -> Result<String> {
    let mut files: Vec<_> = std::fs::read_dir(root.join("migrations"))
        .context("cannot read migrations/")?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.to_string_lossy().ends_with(".up.sql"))
        .collect();
    files.sort();
    files.extend(["seed/reference.sql", "seed/demo.sql"].map(|file| root.join(file)));
    let mut all = String::new();
    for file in files {
        all += &std::fs::read_to_string(&file)
            .with_context(|| format!("cannot read {}", file.display()))?;
        all.push('\n');
    }
    Ok(all)
}
