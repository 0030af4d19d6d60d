//! What xtask says while it works. Everything goes to stderr: stdout is for results that scripts read.

use std::fmt::Display;
use std::io::{ErrorKind, Write as _};
use std::time::Duration;

use anyhow::Context as _;

/// Says one line on stderr. `eprintln!` would panic where nobody reads any more, `… 2>&1 | head`, in the middle of cleaning up.
macro_rules! say {
    ($($arg:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($arg)*);
    }};
}
pub(crate) use say;

/// Prints a result, a line, on stdout. A reader that went away has what it wanted; a full disk is an error.
pub(crate) fn print(text: impl Display) -> anyhow::Result<()> {
    match writeln!(std::io::stdout(), "{text}") {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to stdout")
        }
        _ => Ok(()),
    }
}

/// The whole chain of an error as one readable line; never a backtrace.
pub(crate) fn error(error: &anyhow::Error) {
    say!("error: {error:#}");
}

/// `0.42 s`: two digits are what a person compares.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
