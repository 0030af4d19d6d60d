//! Imports beside `\copy`, and the do-not-call list at the size of the table: `cargo xtask bench contacts`.
//!
//! The two ways of a comparison take turns in databases that are alike, so that a busy machine hurts both.

use std::fs;
use std::io::{BufWriter, Cursor, Write as _};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use sqlx::{Connection as _, PgConnection};
use test_db::TestDb;
use test_db::bench::{Ratio, Report, Sizes, a_manager, with_database};
use time::OffsetDateTime;
use time::macros::datetime;
use vsa_contacts::exclusion::{self, ExclusionFile, NewExclusion};
use vsa_contacts::import::{ImportOptions, import};
use vsa_contacts::{ContactFile, FileOptions};
use vsa_db::actor::Actor;
use vsa_db::enums::ExclusionSource;
use vsa_db::ids::{CampaignId, ContactId};
use vsa_db::seed::load::{LoadOptions, load};

const NOW: OffsetDateTime = datetime!(2026-11-22 10:00 UTC);
/// Numbers of a do-not-call list.
const LIST: u32 = 100_000;
/// Campaigns in which one person is.
const CAMPAIGNS: u64 = 100;

fn main() -> Result<ExitCode> {
    let sizes = Sizes::from_args();
    let mut report = Report::default();
    for &size in &sizes.contacts {
        imports(size, sizes.rounds, &mut report)?;
    }
    for &size in &sizes.contacts {
        exclusions(size, sizes.rounds, &mut report)?;
    }
    Ok(report.print())
}

async fn a_campaign(conn: &mut PgConnection, actor: &Actor) -> Result<CampaignId> {
    Ok(sqlx::query_scalar(
        "INSERT INTO campaigns (
            name, intro_script, question_1_text, question_1_type, question_2_text, question_2_type,
            question_3_text, question_3_type, created_by_user_id
        )
        VALUES ('Bench', 'Hello', 'One?', 'scale', 'Two?', 'scale', 'Three?', 'scale', $1)
        RETURNING id",
    )
    .bind(actor.id())
    .fetch_one(conn)
    .await?)
}

/// Numbers in no order, as people have them.
fn number(n: u64) -> String {
    format!("+39333{:07}", n * 7_919 % 10_000_000)
}

/// An import of a file, screened against a list of a hundred thousand numbers, and psql's `\copy` of the same rows, ready-made, into the same table.
fn imports(size: u64, rounds: u32, report: &mut Report) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("people.csv");
    let mut out = BufWriter::new(fs::File::create(&file)?);
    writeln!(
        out,
        "phone_number,external_contact_id,email,has_prior_consent"
    )?;
    for n in 0..size {
        writeln!(out, "{},id-{n},person{n}@example.org,yes", number(n))?;
    }
    out.flush()?;
    let mut ratio = Ratio::of(format!("import, {size} contacts"), "\\copy", Some(0.75));
    for round in 0..rounds {
        ratio.ours(with_database(async |db| imported(db, &file, size).await)?);
        if round == 0 {
            report.peak_memory(&format!("import, {size} contacts"));
        }
        ratio.peers(with_database(async |db| {
            copied(db, folder.path(), size).await
        })?);
    }
    report.add(ratio);
    Ok(())
}

async fn imported(db: &TestDb, file: &Path, size: u64) -> Result<f64> {
    let mut conn = db.pool().acquire().await?;
    let manager = a_manager(&mut conn).await?;
    let campaign = a_campaign(&mut conn, &manager).await?;
    sqlx::query(
        "INSERT INTO exclusion_list_entries (phone_number, source)
         SELECT '+3902' || lpad(n::text, 7, '0'), 'import' FROM generate_series(1, $1) AS n",
    )
    .bind(i64::from(LIST))
    .execute(&mut *conn)
    .await?;
    let started = Instant::now();
    let contacts = ContactFile::open(fs::File::open(file)?, &FileOptions::default(), None)?;
    let rejects: Option<Vec<u8>> = None;
    let done = import(
        db.pool(),
        &mut StdRng::seed_from_u64(1),
        NOW,
        &manager,
        campaign,
        contacts,
        rejects,
        ImportOptions::default(),
        |_| {},
    )
    .await?;
    let took = started.elapsed().as_secs_f64();
    ensure!(done.accepted == size, "{done:?}");
    Ok(took)
}

async fn copied(db: &TestDb, folder: &Path, size: u64) -> Result<f64> {
    let mut conn = db.pool().acquire().await?;
    let manager = a_manager(&mut conn).await?;
    let campaign = a_campaign(&mut conn, &manager).await?;
    let file = folder.join("rows.txt");
    let mut out = BufWriter::new(fs::File::create(&file)?);
    let mut rng = StdRng::seed_from_u64(2);
    for n in 0..size {
        let at = NOW + time::Duration::microseconds(n.cast_signed());
        let id = ContactId::generate(at, &mut rng);
        writeln!(
            out,
            "{id}\t{campaign}\tid-{n}\t{}\tperson{n}@example.org\tt\tpending\t{NOW}",
            number(n)
        )?;
    }
    out.flush()?;
    let copy = format!(
        "\\copy contacts (id, campaign_id, external_contact_id, phone_number, email, has_prior_consent, state, next_attempt_at) from '{}'",
        file.display()
    );
    let started = Instant::now();
    let psql = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", &copy])
        .arg(db.url().expose())
        .output()
        .context("\\copy needs psql")?;
    let took = started.elapsed().as_secs_f64();
    ensure!(
        psql.status.success(),
        "{}",
        String::from_utf8_lossy(&psql.stderr)
    );
    Ok(took)
}

/// Beside a campaign of `size` contacts: one number that a hundred campaigns have, and a list of a hundred thousand, a
/// tenth of which are contacts.
fn exclusions(size: u64, rounds: u32, report: &mut Report) -> Result<()> {
    with_database(async |db| {
        let mut conn = db.pool().acquire().await?;
        load(&mut conn, LoadOptions::new(size, 1), |_, _| {}).await?;
        let manager = a_manager(&mut conn).await?;
        let people = u64::from(rounds) * 20;
        for _ in 0..CAMPAIGNS {
            let campaign = a_campaign(&mut conn, &manager).await?;
            sqlx::query(
                "INSERT INTO contacts (campaign_id, phone_number, next_attempt_at)
                 SELECT $1, '+3906' || lpad(n::text, 7, '0'), now() FROM generate_series(1, $2) AS n",
            )
            .bind(campaign)
            .bind(people.cast_signed())
            .execute(&mut *conn)
            .await?;
        }
        sqlx::query("ANALYZE contacts").execute(&mut *conn).await?;
        let mut rng = StdRng::seed_from_u64(3);
        let mut times = Vec::new();
        for n in 1..=people {
            let new = NewExclusion {
                phone_number: format!("+3906{n:07}").parse()?,
                reason: None,
            };
            let started = Instant::now();
            // One session, as a service keeps it.
            let mut tx = conn.begin().await?;
            let done = exclusion::add(
                &mut tx,
                &mut rng,
                NOW,
                &manager,
                ExclusionSource::Manual,
                &new,
            )
            .await?;
            tx.commit().await?;
            times.push(started.elapsed().as_secs_f64());
            ensure!(done.contacts == CAMPAIGNS, "{done:?}");
        }
        report.time(
            format!("one number off {CAMPAIGNS} campaigns, beside {size} contacts"),
            &mut times,
            Some(0.005),
        );
        let known: Vec<String> = sqlx::query_scalar(
            "SELECT phone_number FROM contacts WHERE state = 'pending' ORDER BY id LIMIT $1",
        )
        .bind(i64::from(LIST / 10))
        .fetch_all(&mut *conn)
        .await?;
        let mut text = b"phone_number\n".to_vec();
        for n in 0..LIST {
            match known.get(n as usize) {
                Some(number) => writeln!(text, "{number}")?,
                None => writeln!(text, "{}", number(u64::from(n)))?,
            }
        }
        let file = ExclusionFile::open(Cursor::new(text), &FileOptions::default(), None)?;
        let rejects: Option<Vec<u8>> = None;
        let started = Instant::now();
        let done = exclusion::import(
            db.pool(),
            &mut rng,
            NOW,
            &manager,
            file,
            rejects,
            ImportOptions::default(),
            |_| {},
        )
        .await?;
        let mut times = vec![started.elapsed().as_secs_f64()];
        ensure!(done.rejected < u64::from(LIST) / 10, "{done:?}");
        report.time(
            format!("a list of {LIST} numbers, beside {size} contacts"),
            &mut times,
            Some(5.0),
        );
        Ok(())
    })
}
