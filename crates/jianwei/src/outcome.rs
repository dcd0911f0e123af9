//! How a command ends: well, with something found, or not at all.

use std::process::ExitCode;
use std::{fmt, io};

use miette::Report;

/// What a command came to that did its work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Nothing is wrong.
    Fine,
    /// Something was found, and printed.
    Faults,
}

impl Outcome {
    /// Faults when there are any.
    pub(crate) fn of(faults: bool) -> Self {
        if faults { Self::Faults } else { Self::Fine }
    }
}

/// What a command returns: how it ended, or why it could not do its work.
pub(crate) type Done = Result<Outcome, Report>;

/// A failure from any error, with a word before it on what was tried.
pub(crate) fn failed<E: std::fmt::Display>(what: impl std::fmt::Display) -> impl FnOnce(E) -> Report {
    move |error| miette::miette!("{what}: {error}")
}

/// A failure from any error that says enough by itself.
pub(crate) fn plain<E: std::fmt::Display>(error: E) -> Report {
    miette::miette!("{error}")
}

/// Standard output cannot be written.
#[derive(Debug, miette::Diagnostic)]
pub(crate) struct Unwritten(pub(crate) io::Error);

impl fmt::Display for Unwritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "standard output: {}", self.0)
    }
}

impl std::error::Error for Unwritten {}

/// The process's exit code; a failure is told on standard error.
pub(crate) fn exit_code(done: Done) -> ExitCode {
    match done {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Faults) => ExitCode::from(1),
        // Whoever reads us has seen enough: `jianwei grade … | head`.
        Err(report) if is_broken_pipe(&report) => ExitCode::SUCCESS,
        Err(report) => {
            tell(&report);
            ExitCode::from(2)
        }
    }
}

fn is_broken_pipe(report: &Report) -> bool {
    report
        .downcast_ref::<Unwritten>()
        .is_some_and(|Unwritten(error)| error.kind() == io::ErrorKind::BrokenPipe)
}

/// A fault in a file is shown with its place; everything else is one line, and one of help.
#[expect(clippy::print_stderr, reason = "this is the program's standard error")]
fn tell(report: &Report) {
    if report.source_code().is_some() || report.related().is_some() {
        eprintln!("{report:?}");
        return;
    }
    let mut causes: Vec<String> = report.chain().map(ToString::to_string).collect();
    causes.dedup();
    eprintln!("jianwei: {}", causes.join(": "));
    if let Some(help) = report.help() {
        eprintln!("  help: {help}");
    }
}
