//! The arguments: one subcommand for each thing that can be done, each in a module of its own.

use clap::{Parser, Subcommand};

use crate::bench::Bench;
use crate::commands::{
    alerts, call_up, case, check, demo, erase, file, filings, grade, import, keys, letters, notices,
    penalties, prove, replay, reviews, rules, scenario, serve, simulate, standard, study, verify, witness,
};
use crate::outcome::Done;

/// Jianwei 见微: supervisory technology for internet finance
///
/// Institutions file, every record is sealed in a tamper-evident ledger, rules and indicators are
/// evaluated, and each institution and day gets a grade with its reasons.
#[derive(Parser, Debug)]
#[command(
    name = "jianwei",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = "Begin with: jianwei demo\nExit codes: 0 all is well, 1 something was found, 2 it could not be done."
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Demo(demo::Demo),
    Scenario(scenario::Scenario),
    Serve(serve::Serve),
    Standard(standard::Standard),
    Check(check::Check),
    File(file::File),
    Filings(filings::Filings),
    CallUp(call_up::CallUp),
    Import(import::Import),
    Grade(grade::Grade),
    Alerts(alerts::Alerts),
    Letters(letters::Letters),
    Case(case::Cases),
    Penalties(penalties::Penalties),
    Reviews(reviews::Reviews),
    Notices(notices::Notices),
    Rules(rules::Rules),
    Verify(verify::Verify),
    Prove(prove::Prove),
    Replay(replay::Replay),
    Erase(erase::Erase),
    Keys(keys::Keys),
    Witness(witness::Witness),
    Simulate(simulate::Simulate),
    Bench(Bench),
    Study(study::Study),
}

/// Reads the arguments and runs the command.
pub(crate) fn run() -> Done {
    match Cli::parse().command {
        Command::Demo(demo) => demo.run(),
        Command::Scenario(scenario) => scenario.run(),
        Command::Serve(serve) => serve.run(),
        Command::Standard(standard) => standard.run(),
        Command::Check(check) => check.run(),
        Command::File(file) => file.run(),
        Command::Filings(filings) => filings.run(),
        Command::CallUp(call_up) => call_up.run(),
        Command::Import(import) => import.run(),
        Command::Grade(grade) => grade.run(),
        Command::Alerts(alerts) => alerts.run(),
        Command::Letters(letters) => letters.run(),
        Command::Case(cases) => cases.run(),
        Command::Penalties(penalties) => penalties.run(),
        Command::Reviews(reviews) => reviews.run(),
        Command::Notices(notices) => notices.run(),
        Command::Rules(rules) => rules.run(),
        Command::Verify(verify) => verify.run(),
        Command::Prove(prove) => prove.run(),
        Command::Replay(replay) => replay.run(),
        Command::Erase(erase) => erase.run(),
        Command::Keys(keys) => keys.run(),
        Command::Witness(witness) => witness.run(),
        Command::Simulate(simulate) => simulate.run(),
        Command::Bench(bench) => bench.run(),
        Command::Study(study) => study.run(),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    /// Every command that does something, with the words that lead to it.
    fn leaves(command: &clap::Command, path: &str, found: &mut Vec<(String, clap::Command)>) {
        if command.get_subcommands().next().is_none() {
            found.push((path.to_owned(), command.clone()));
        }
        for sub in command.get_subcommands() {
            leaves(sub, &format!("{path} {}", sub.get_name()), found);
        }
    }

    #[test]
    fn the_arguments_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_says_what_it_does_with_an_example_of_itself() {
        let mut found = Vec::new();
        leaves(&Cli::command(), "jianwei", &mut found);
        for (path, command) in found {
            assert!(command.get_about().is_some(), "{path} says nothing about itself");
            let example = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(example.starts_with("Example"), "{path} has no example");
            assert!(example.contains(&path), "the example of `{path}` is of something else: {example}");
            for argument in command.get_arguments() {
                assert!(argument.get_help().is_some(), "{path}: {} has no help", argument.get_id());
            }
        }
    }
}
