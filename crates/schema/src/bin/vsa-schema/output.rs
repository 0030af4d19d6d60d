//! Results to stdout, talk to stderr.

use std::io::{self, Write as _};

use vsa_schema::Mistakes;
use vsa_schema::generate;

/// Tells a person something.
pub(crate) fn say(text: &str) {
    // Whoever closed stderr does not want to know.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Prints a result. A reader that has seen enough (`| head`) is no error.
pub(crate) fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    match writeln!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        other => other,
    }
}

/// Tells why it did not work. A mistake in a file begins with its place, as compilers print it.
pub(crate) fn error(error: &anyhow::Error) {
    let in_a_file =
        error.is::<Mistakes>() || matches!(error.downcast_ref(), Some(generate::Error::Mark(_)));
    if in_a_file {
        say(&format!("{error}"));
    } else {
        say(&format!("error: {error:#}"));
    }
}
