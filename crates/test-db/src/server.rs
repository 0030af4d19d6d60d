//! Which server the tests run on.

use anyhow::Context as _;
use vsa_db::config::{self, ConfigError, DatabaseUrl};

use crate::checkout::Checkout;

/// `TEST_DATABASE_URL`, else `DATABASE_URL` or a `.env`.
pub(crate) async fn choose(_checkout: &Checkout) -> anyhow::Result<DatabaseUrl> {
    if let Some(text) = std::env::var_os("TEST_DATABASE_URL").filter(|text| !text.is_empty()) {
        return text.to_string_lossy().parse().context("TEST_DATABASE_URL");
    }
    match config::from_env() {
        Err(ConfigError::Nothing) => {
            anyhow::bail!("no server for tests: type `cargo xtask test`, or set TEST_DATABASE_URL")
        }
        found => Ok(found?),
    }
}
