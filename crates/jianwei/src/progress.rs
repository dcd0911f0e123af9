//! Progress on standard error, where a person looks at it; elsewhere only what must be said.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// A progress bar, or nothing.
pub(crate) struct Bar(ProgressBar);

impl Bar {
    /// A bar that counts lines.
    pub(crate) fn lines(name: &str) -> Self {
        Self::new(name, "{prefix} [{bar:30}] {human_pos}/{human_len} lines, {per_sec}, {eta} left")
    }

    /// A bar that counts filings.
    pub(crate) fn filings(name: &str) -> Self {
        Self::new(name, "{prefix} [{bar:30}] {human_pos}/{human_len} filings, {elapsed}")
    }

    fn new(name: &str, template: &str) -> Self {
        let target = match std::io::stderr().is_terminal() {
            true => ProgressDrawTarget::stderr(),
            false => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix(name.to_owned());
        Self(bar)
    }

    /// How many there are in all.
    pub(crate) fn length(&self, length: u64) {
        self.0.set_length(length);
    }

    /// How many are done.
    pub(crate) fn at(&self, done: u64) {
        self.0.set_position(done);
    }

    /// One more is done.
    pub(crate) fn one_more(&self) {
        self.0.inc(1);
    }

    /// Something that must be said, bar or none.
    #[expect(clippy::print_stderr, reason = "this is the program's standard error")]
    pub(crate) fn say(&self, text: &str) {
        self.0.suspend(|| eprintln!("jianwei: {text}"));
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        self.0.finish_and_clear();
    }
}
