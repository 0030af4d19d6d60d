//! SIGTERM in the middle of the work. It reaches the whole process, so that this test has one of its own.

use std::process::Command;

use vsa_drift::scratch::{self, Interrupted};

#[test]
fn a_scratch_database_is_dropped_when_the_work_is_terminated() {
    test_db::run(async |db| {
        let mut name = None;
        let ended = scratch::with(db.url(), async |server| -> anyhow::Result<()> {
            name = Some(server.create().await?.database().to_owned());
            let sent = Command::new("kill")
                .args(["-TERM", &std::process::id().to_string()])
                .status()?;
            anyhow::ensure!(sent.success(), "the signal could not be sent");
            std::future::pending().await
        })
        .await;
        let interrupted = ended.unwrap_err().downcast::<Interrupted>()?;
        assert_eq!(interrupted.exit_code, 143);
        assert!(name.is_some(), "it was made before");
        let there: bool =
            sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
                .bind(name)
                .fetch_one(db.pool())
                .await?;
        assert!(!there);
        Ok(())
    });
}
