//! How far long work is: a bar on a terminal, nothing in a pipe.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use vsa_contacts::import::Progress;

/// Bytes so far, of how many nobody knows.
pub(crate) fn bytes(what: &'static str) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("{spinner} {msg} {bytes} {bytes_per_sec} {elapsed}")
    {
        bar.set_style(style);
    }
    bar.with_message(what)
}

/// How far a file is read, with the rows that are done, and the time left.
pub(crate) struct FileBar(ProgressBar);

/// Bytes of a file, of as many as it has.
pub(crate) fn file(size: Option<u64>) -> FileBar {
    let bar = ProgressBar::with_draw_target(size, ProgressDrawTarget::stderr());
    let template = if size.is_some() {
        "{bar:30} {percent}% {msg} {elapsed}, {eta} left"
    } else {
        "{spinner} {msg} {elapsed}"
    };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    FileBar(bar)
}

impl FileBar {
    pub(crate) fn seen(&self, Progress { rows, bytes }: Progress) {
        self.0.set_position(bytes);
        #[expect(clippy::cast_precision_loss, reason = "a rate for people")]
        let rate = rows as f64 / self.0.elapsed().as_secs_f64().max(0.001);
        self.0.set_message(format!("{rows} rows, {rate:.0}/s"));
    }

    pub(crate) fn end(self) {
        self.0.finish_and_clear();
    }
}
