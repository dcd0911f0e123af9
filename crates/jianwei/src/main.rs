//! The command line of Jianwei: one program for the supervisor who runs a ledger, the institution
//! that files, the witness that cosigns and the auditor who checks. It reads its arguments, calls
//! the crate that does the work, and says what came of it.
//!
//! **Invariant:** no rule, format or decision lives here: what a command prints was computed below.
//! **Invariant:** exit code 0 means that all is well, 1 that something was found (a refused line, a
//! faulty rule, a proof that does not hold), 2 that the command could not do its work.

mod bench;
mod cli;
mod commands;
mod conduct;
mod data;
mod evidence;
mod grade_table;
mod graded;
mod language;
mod log;
mod market;
mod outcome;
mod progress;
mod scratch;
mod screen;
mod server;
mod site;
mod table;
mod value;

use std::process::ExitCode;

fn main() -> ExitCode {
    outcome::exit_code(cli::run())
}
