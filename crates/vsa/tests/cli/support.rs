//! A database with the demo seed, and the program in front of it.

use std::path::PathBuf;
use std::process::{Command, Output};

use anyhow::Context as _;
use sqlx::{Connection as _, PgConnection};
use test_db::TestDb;
use vsa_db::seed::demo;

pub(crate) const MANAGER: &str = "manager@vsa.example";
pub(crate) const VIEWER: &str = "viewer@vsa.example";

/// A campaign as people write one.
pub(crate) const CAMPAIGN: &str = "\
name: City services
language: it
intro_script: Buongiorno, due minuti per il Comune di Roma. Va bene?
questions:
  - {text: Da uno a dieci?, type: scale}
  - {text: Quante volte?, type: numeric}
  - {text: Che cosa possiamo fare meglio?, type: free_text}
call_window: {start: \"10:00\", end: \"19:30\"}
";

/// What a command did.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) code: Option<i32>,
}

impl Ran {
    /// Its stdout, for it must have gone well.
    #[track_caller]
    pub(crate) fn ok(self) -> String {
        assert_eq!(self.code, Some(0), "{self:?}");
        self.stdout
    }

    /// It must have failed with this code, and said this; nothing else is printed.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, says: &str) {
        assert_eq!(self.code, Some(code), "{self:?}");
        assert!(self.stderr.contains(says), "{says}: {self:?}");
    }

    /// Its one object.
    #[track_caller]
    pub(crate) fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.ok()).expect("one JSON object")
    }
}

pub(crate) struct World<'d> {
    pub(crate) db: &'d TestDb,
    pub(crate) folder: tempfile::TempDir,
}

impl<'d> World<'d> {
    pub(crate) async fn new(db: &'d TestDb) -> anyhow::Result<Self> {
        let mut conn = PgConnection::connect_with(&db.url().options()).await?;
        demo(&mut conn).await?;
        Ok(Self {
            db,
            folder: tempfile::tempdir()?,
        })
    }

    /// `vsa …`, in an empty environment, without saying who types.
    pub(crate) fn vsa(&self, args: &[&str]) -> Ran {
        let output = Command::new(env!("CARGO_BIN_EXE_vsa"))
            .args(args)
            .env_clear()
            .env("DATABASE_URL", self.db.url().expose())
            .current_dir(self.folder.path())
            .output()
            .expect("the program runs");
        ran(&output)
    }

    /// The same as the campaign manager of the demo.
    pub(crate) fn manager(&self, args: &[&str]) -> Ran {
        self.vsa(&[args, &["--as", MANAGER]].concat())
    }

    pub(crate) fn file(&self, name: &str, text: &str) -> anyhow::Result<PathBuf> {
        let path = self.folder.path().join(name);
        std::fs::write(&path, text).context("a file of the test")?;
        Ok(path)
    }

    /// Creates the campaign above, with a contact; its id.
    pub(crate) async fn a_campaign(&self) -> anyhow::Result<String> {
        self.file("campaign.yaml", CAMPAIGN)?;
        let id = self
            .manager(&["campaigns", "create", "--file", "campaign.yaml"])
            .ok();
        let id = id.trim().to_owned();
        sqlx::query(
            "INSERT INTO contacts (campaign_id, phone_number, email, next_attempt_at)
             VALUES ($1::text::uuid, '+390612345678', 'maria@example.org', now())",
        )
        .bind(&id)
        .execute(self.db.pool())
        .await?;
        Ok(id)
    }
}

pub(crate) fn ran(output: &Output) -> Ran {
    Ran {
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code(),
    }
}
