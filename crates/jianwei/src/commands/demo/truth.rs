//! The grades beside the truth: what was planted and found, what was not, and who was suspected
//! for nothing.

use std::collections::{BTreeMap, BTreeSet};

use miette::Report;
use model::event::Grade;
use model::time::{Day, Time};
use sim::{Market, Planted};

use crate::conduct;
use crate::graded::Graded;
use crate::language::Lang;
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// Planted conduct of one kind. It may last for days; it is found when one of them shows it.
#[derive(Default)]
struct Kind {
    zh: String,
    en: String,
    /// By institution: days on which it is planted, and on which it was found.
    days: BTreeMap<String, (usize, usize)>,
}

impl Kind {
    fn institutions_found(&self) -> usize {
        self.days.values().filter(|(_, found)| *found > 0).count()
    }
}

/// Prints for each kind of conduct how much of it was found.
pub(super) fn compare(
    screen: &mut Screen,
    market: &Market,
    graded: &Graded,
    now: Time,
    lang: Lang,
) -> Result<(), Report> {
    let mut planted = market.planted();
    // What has not happened yet cannot have been found.
    planted.retain(|planted| Time::start_of(planted.day.plus(1)) <= now);
    let mut kinds: BTreeMap<String, Kind> = BTreeMap::new();
    for planted in &planted {
        let name = conduct::name(&planted.what);
        let kind = kinds.entry(name.en.clone()).or_default();
        (kind.zh, kind.en) = (name.zh, name.en);
        let (days, found) = kind.days.entry(planted.institution.to_string()).or_default();
        *days += 1;
        *found += usize::from(is_found(graded, planted));
    }
    let headings = [
        lang.words("植入的行为", "planted conduct"),
        lang.words("机构", "institutions"),
        lang.words("发现", "found"),
        lang.words("漏掉", "missed"),
        lang.words("植入次数", "times planted"),
        lang.words("当日发现", "found that day"),
    ];
    let mut table = Table::new(&headings.each_ref().map(String::as_str));
    for kind in kinds.values() {
        let missed = kind.days.len() - kind.institutions_found();
        let style = if missed > 0 { Style::Red } else { Style::Green };
        table.row([
            lang.words(&kind.zh, &kind.en).into(),
            Cell::number(kind.days.len()),
            Cell::number(kind.institutions_found()),
            Cell::number(missed).in_style(style),
            Cell::number(kind.days.values().map(|(days, _)| days).sum::<usize>()),
            Cell::number(kind.days.values().map(|(_, found)| found).sum::<usize>()),
        ]);
    }
    table.print(screen)?;
    screen.line(lang.words(
        "逐日累计的行为（如集中退保），到越过界限之日才被发现。",
        "Conduct that adds up over days, such as surrenders, is found on the day on which it passes the limit.",
    ))?;
    let all: usize = kinds.values().map(|kind| kind.days.len()).sum();
    let found: usize = kinds.values().map(Kind::institutions_found).sum();
    screen.line(format_args!(
        "{}: {found}/{all}; {}: {}",
        lang.words("植入的行为已发现", "Planted conduct found"),
        lang.words("未植入而评为橙或红的机构", "institutions orange or red with nothing planted"),
        suspected(market, &planted, graded),
    ))
}

/// Whether an entry that is to find it gave a reason, worse than green, for that very day.
fn is_found(graded: &Graded, planted: &Planted) -> bool {
    let key = (planted.institution.to_string(), planted.day);
    graded.grades.get(&key).is_some_and(|sealed| {
        let hits = sealed.grade.reasons.iter().filter(|reason| reason.verdict.grade() > Some(Grade::Green));
        hits.into_iter().any(|reason| conduct::found_by(&planted.what).contains(&reason.entry.as_str()))
    })
}

/// Institutions without anything planted, in the list above or in the whole truth, that were orange
/// or red on some day.
fn suspected(market: &Market, planted: &[Planted], graded: &Graded) -> usize {
    let truth = market.truth();
    let culprits: BTreeSet<_> = (truth.iter())
        .filter(|truth| !matches!(truth.expected, sim::Expected::Lawful { .. }))
        .map(|truth| &truth.institution)
        .chain(planted.iter().map(|planted| &planted.institution))
        .collect();
    let honest = market.institutions().filter(|one| !culprits.contains(&one.id));
    honest
        .filter(|one| {
            let worst =
                graded.of(one.id.as_str(), None::<Day>).filter_map(|grade| grade.verdict.grade()).max();
            worst >= Some(Grade::Orange)
        })
        .count()
}
