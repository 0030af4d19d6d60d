//! What xtask says while it works. Everything goes to stderr: stdout is for results that scripts read.

use std::time::Duration;

/// Says one line on stderr.
macro_rules! say {
    ($($arg:tt)*) => { eprintln!($($arg)*) };
}
pub(crate) use say;

/// The whole chain of an error as one readable line; never a backtrace.
pub(crate) fn error(error: &anyhow::Error) {
    say!("error: {error:#}");
}

/// `0.42 s`: two digits are what a person compares.
pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
