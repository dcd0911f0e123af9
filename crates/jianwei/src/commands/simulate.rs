//! `jianwei simulate`: a made-up market as files, to try things on.

use std::collections::BTreeMap;
use std::fs::{File, create_dir_all};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use miette::{Report, miette};
use model::clock::Clock;
use model::time::Day;
use serde_json::{Value, json};
use sim::{CallUp, Market, MarketPlan, Truth};

use crate::outcome::{Done, Outcome, failed};
use crate::screen::Screen;

/// Write a simulated market as NDJSON files, with the list of what was planted in it
///
/// A whole market: every line of business and its banks, with every kind of conduct planted and much
/// that looks alike and is lawful. One file for each filing, OUT/<institution>/<stream>-<day>.ndjson;
/// OUT/filings.ndjson says when each arrives and how many lines it announces, OUT/market.json who is in
/// it, OUT/call_ups.ndjson which recordings the supervisor asks for and what comes (the files are in
/// OUT/call_ups), OUT/truth.ndjson what must be found and what must not. The same seed, with the same
/// --until and sizes, gives the same bytes. No real person or organisation is in it.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei simulate --out ./market\n  \
                        jianwei simulate --out ./market --seed 7 --institutions 80 --days 60 --transactions 1000000")]
pub(crate) struct Simulate {
    /// Folder to write; it must be empty or not there
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    plan: PlanArgs,
}

/// What market to make.
#[derive(Args, Clone, Debug)]
pub(crate) struct PlanArgs {
    /// The same seed gives the same market, where --until and the sizes are the same, too
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    pub(crate) seed: u64,
    /// Institutions, custody banks among them
    #[arg(long, value_name = "NUMBER", default_value_t = 40)]
    pub(crate) institutions: u32,
    /// Days
    #[arg(long, value_name = "NUMBER", default_value_t = 30)]
    pub(crate) days: u32,
    /// Transactions in all
    #[arg(long, value_name = "NUMBER", default_value_t = 200_000)]
    pub(crate) transactions: u64,
    /// The last day; without it, yesterday, or before noon the day before
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = Day::parse)]
    pub(crate) until: Option<Day>,
}

impl PlanArgs {
    /// The market of the demo: ten kinds of conduct, most institutions sound.
    pub(crate) fn market(&self, clock: &Clock) -> Market {
        Market::new(self.plan(clock))
    }

    /// The whole market.
    pub(crate) fn whole_market(&self, clock: &Clock) -> Market {
        Market::whole(self.plan(clock))
    }

    fn plan(&self, clock: &Clock) -> MarketPlan {
        // A day's filings are all there at noon of the next.
        let until = self.until.unwrap_or_else(|| clock.now().plus_seconds(-12 * 3600).day().plus(-1));
        let back = i32::try_from(self.days.max(1) - 1).unwrap_or(i32::MAX);
        MarketPlan {
            seed: self.seed,
            institutions: self.institutions.max(1),
            days: self.days.max(1),
            transactions: self.transactions,
            first_day: until.plus(-back),
        }
    }
}

impl Simulate {
    pub(crate) fn run(self) -> Done {
        create_dir_all(&self.out).map_err(failed(self.out.display()))?;
        if std::fs::read_dir(&self.out).map_err(failed(self.out.display()))?.next().is_some() {
            return Err(miette!("{} is not empty; a market begins in a new folder", self.out.display()));
        }
        let market = self.plan.whole_market(&Clock::system());
        let (mut files, mut lines) = (0_u64, 0_u64);
        let list_path = self.out.join("filings.ndjson");
        let mut list = BufWriter::new(File::create(&list_path).map_err(failed(list_path.display()))?);
        for filing in market.filings() {
            let name =
                format!("{}/{}-{}.ndjson", filing.institution.as_str(), filing.stream.name, filing.date);
            let path = self.out.join(&name);
            let folder = self.out.join(filing.institution.as_str());
            let written = create_dir_all(&folder).and_then(|()| {
                let mut file = BufWriter::new(File::create(&path)?);
                let lines = filing.write_to(&mut file)?;
                file.flush().map(|()| lines)
            });
            let written = written.map_err(failed(path.display()))?;
            let announced = written + u64::from(!filing.is_complete);
            let told = json!({ "file": name, "filed_at": filing.filed_at, "announced": announced });
            writeln!(list, "{told}").map_err(failed(list_path.display()))?;
            lines += written;
            files += 1;
        }
        list.flush().map_err(failed(list_path.display()))?;
        let truth = market.truth();
        write_truth(&self.out.join("truth.ndjson"), &truth)?;
        write_market(&self.out.join("market.json"), &market)?;
        write_call_ups(&self.out, &market.call_ups())?;
        let planted = truth.iter().filter(|truth| truth.is_planted()).count();
        Screen::stdout().line(format_args!(
            "{files} filings with {lines} records in {}; truth.ndjson has {planted} findings to be made and {} \
             lines about what is lawful or open.",
            self.out.display(),
            truth.len() - planted
        ))?;
        Ok(Outcome::Fine)
    }
}

fn write_truth(path: &Path, truth: &[Truth]) -> Result<(), Report> {
    let lines: String = truth.iter().map(|truth| format!("{truth}\n")).collect();
    std::fs::write(path, lines).map_err(failed(path.display()))
}

/// The call-ups as a list, and each file that comes for one.
fn write_call_ups(out: &Path, call_ups: &[CallUp]) -> Result<(), Report> {
    let folder = out.join("call_ups");
    create_dir_all(&folder).map_err(failed(folder.display()))?;
    let mut lines = String::new();
    for one in call_ups {
        let mut answers = Vec::new();
        for (number, answer) in one.answers.iter().enumerate() {
            let (institution, part) = (one.institution.as_str(), one.medium.code());
            let name = format!("call_ups/{institution}-{}-{part}-{number}.bin", one.policy);
            let path = out.join(&name);
            std::fs::write(&path, answer.bytes()).map_err(failed(path.display()))?;
            answers.push(json!({ "at": answer.at, "file": name }));
        }
        let told = json!({
            "institution": one.institution.as_str(),
            "policy": one.policy,
            "medium": one.medium.code(),
            "asked_at": one.asked_at,
            "hours": one.hours,
            "ground": one.ground,
            "answers": answers,
        });
        lines.push_str(&format!("{told}\n"));
    }
    let path = out.join("call_ups.ndjson");
    std::fs::write(&path, lines).map_err(failed(path.display()))
}

fn write_market(path: &Path, market: &Market) -> Result<(), Report> {
    let institutions: BTreeMap<String, Value> = market
        .institutions()
        .map(|one| {
            let bank = one.custody_bank.as_ref().map(ToString::to_string);
            (one.id.to_string(), json!({ "name": one.name, "line": one.line.code(), "custody_bank": bank }))
        })
        .collect();
    let plan = market.plan();
    let told = json!({
        "seed": plan.seed,
        "first_day": plan.first_day,
        "days": plan.days,
        "transactions": plan.transactions,
        "institutions": institutions,
    });
    let text = serde_json::to_string_pretty(&told).map_err(|error| miette!("{error}"))?;
    std::fs::write(path, text + "\n").map_err(failed(path.display()))
}
