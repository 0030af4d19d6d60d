//! Ctrl-C and SIGTERM: the server is told, nothing is left half done, the exit code says it.

use std::future::Future;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context as _;
use tokio::signal::unix::{SignalKind, signal};
use vsa_db::config::DatabaseUrl;
use vsa_db::migrate::{Backend, Settings, terminate};

use crate::output;

/// The server process that works for this program, once it is known.
#[derive(Debug, Clone, Default)]
pub(crate) struct Working(Arc<Mutex<Option<Backend>>>);

impl Working {
    pub(crate) fn set(&self, backend: Backend) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(backend);
    }

    fn take(&self) -> Option<Backend> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Does the work unless it is interrupted; then ends the server process that `working` names, waits until it has
/// rolled back and says `outcome`: what became of the work, and what to do next.
pub(crate) async fn unless_interrupted<T>(
    url: &DatabaseUrl,
    working: &Working,
    outcome: &str,
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<Result<T, ExitCode>> {
    let mut ctrl_c = signal(SignalKind::interrupt()).context("cannot listen for Ctrl-C")?;
    let mut term = signal(SignalKind::terminate()).context("cannot listen for SIGTERM")?;
    // The work is dropped, and its connection closed, before anything else is done.
    let code = tokio::select! {
        biased;
        _ = ctrl_c.recv() => 130,
        _ = term.recv() => 143,
        result = work => return result.map(Ok),
    };
    let interrupted = Ok(Err(ExitCode::from(code)));
    let Some(backend) = working.take() else {
        output::say("interrupted before anything was done");
        return interrupted;
    };
    output::say("interrupted: ending the session on the server");
    let settings = Settings::default();
    tokio::select! {
        // A second Ctrl-C: whoever is in that much of a hurry leaves it to the server, which notices half a
        // second after the connection is gone.
        _ = ctrl_c.recv() => {}
        ended = terminate(url, &backend, &settings) => match ended {
            Ok(()) => output::say(&format!("interrupted: {outcome}")),
            Err(error) => output::say(&format!("could not see it end: {error}")),
        },
    }
    interrupted
}
