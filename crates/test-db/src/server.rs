//! Which server the tests run on.

use anyhow::{Context as _, bail};
use vsa_db::config::{self, ConfigError, DatabaseUrl};

use crate::checkout::Checkout;
use crate::container;

/// `TEST_DATABASE_URL`; else what the environment or a `.env` configures; else a container, unless
/// `DISABLE_TESTCONTAINERS` is set to something other than 0.
pub(crate) async fn choose(checkout: &Checkout) -> anyhow::Result<DatabaseUrl> {
    if let Some(text) = variable("TEST_DATABASE_URL") {
        return text.parse().context("TEST_DATABASE_URL");
    }
    match config::from_env() {
        Err(ConfigError::Nothing) => {}
        configured => return Ok(configured?),
    }
    if variable("DISABLE_TESTCONTAINERS").is_some_and(|value| value != "0") {
        bail!(
            "no server for tests: type `cargo xtask test`, which starts one; or set \
             TEST_DATABASE_URL (DISABLE_TESTCONTAINERS forbids to start a container)"
        );
    }
    container::server(checkout).await
}

/// A variable of the environment; an empty one counts as not set.
fn variable(name: &str) -> Option<String> {
    let value = std::env::var_os(name).filter(|value| !value.is_empty())?;
    Some(value.to_string_lossy().into_owned())
}
