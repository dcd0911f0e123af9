//! The reconciliation against a naive one: lists that are searched through, names as texts.
#![expect(clippy::unwrap_used, reason = "a test's helper may panic")]

mod common;

use std::collections::{BTreeMap, BTreeSet};

use common::{Filed, breaks, totals};
use custody::{LISTED_MAX, TIMING_DAYS};
use proptest::prelude::*;
use query::RecordBatch;
use query::arrow::array::UInt32Array;
use query::arrow::compute::{concat_batches, take_record_batch};

type Text = &'static str;

/// A line of a ledger; the index in the list is its position.
#[derive(Clone, Debug)]
enum Line {
    Account {
        platform: Text,
        account: Text,
        purpose: Text,
        bank: Option<Text>,
        from: i32,
        to: Option<i32>,
    },
    Moved {
        platform: Text,
        id: Text,
        day: i32,
        accounts: [Option<Text>; 2],
        amount: Option<i64>,
    },
    States {
        bank: Text,
        platform: Text,
        account: Option<Text>,
        day: i32,
        kind: Text,
        amount: Option<i64>,
        id: Option<Text>,
    },
}

fn yuan(fen: i64) -> String {
    format!("{}{}.{:02}", if fen < 0 { "-" } else { "" }, fen.abs() / 100, fen.abs() % 100)
}

impl Line {
    fn text(&self) -> String {
        let or_dash = |text: &Option<Text>| text.unwrap_or("-").to_owned();
        let amount_or_dash = |amount: &Option<i64>| amount.map_or("-".to_owned(), yuan);
        match self {
            Self::Account { platform, account, purpose, bank, from, to } => {
                let to = to.map_or("-".to_owned(), |day| day.to_string());
                format!("account {platform} {account} {purpose} {} {from} {to}", or_dash(bank))
            }
            Self::Moved { platform, id, day, accounts: [payer, payee], amount } => {
                let (payer, payee) = (or_dash(payer), or_dash(payee));
                format!("moved {platform} {id} {day}.9 {payer} {payee} {}", amount_or_dash(amount))
            }
            Self::States { bank, platform, account, day, kind, amount, id } => {
                let (account, amount) = (or_dash(account), amount_or_dash(amount));
                format!("states {bank} {platform} {account} {day}.9 {kind} {amount} {}", or_dash(id))
            }
        }
    }
}

/// An entry, and what is to be known of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    position: usize,
    amount: i64,
    account: Text,
    id: Text,
    day: i32,
    bank: Text,
}

/// What a record does to an account; `entry` is `None` where it cannot be told.
struct Told {
    day: i32,
    account: Text,
    bank: Text,
    id: Option<Text>,
    entry: Option<Entry>,
}

/// A break, in the order of the list.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Broken {
    kind: usize,
    position: usize,
    account: Text,
    bank: Text,
    theirs: Option<Entry>,
    ours: Option<Entry>,
}

#[derive(Default)]
struct Row {
    counts: BTreeMap<Text, i64>,
    sums: BTreeMap<Text, i64>,
}

impl Row {
    fn add(&mut self, name: Text, amount: i64) {
        *self.counts.entry(name).or_default() += 1;
        *self.sums.entry(name).or_default() += amount.abs();
    }
}

struct Naive<'a> {
    lines: &'a [Line],
}

impl Naive<'_> {
    fn is_near(one: i32, other: i32) -> bool {
        (one - other).abs() <= TIMING_DAYS
    }

    fn in_custody(&self, of: Text, which: Text, on: i32) -> bool {
        self.lines.iter().any(|line| match line {
            Line::Account { platform, account, purpose, from, to, .. } => {
                let is_custody = *purpose == "custody" || *purpose == "project";
                *platform == of
                    && *account == which
                    && is_custody
                    && *from <= on
                    && to.is_none_or(|to| on <= to)
            }
            Line::States { platform, account, day, .. } => {
                *platform == of && *account == Some(which) && Self::is_near(*day, on)
            }
            Line::Moved { .. } => false,
        })
    }

    fn has_custody(&self, of: Text, on: i32) -> bool {
        ACCOUNTS.iter().any(|account| self.in_custody(of, account, on))
    }

    fn is_stated(&self, of: Text, on: i32) -> bool {
        self.lines
            .iter()
            .any(|line| matches!(line, Line::States { platform, day, .. } if *platform == of && *day == on))
    }

    fn bank_of(&self, of: Text, which: Text, on: i32) -> Text {
        let stating = |on: i32| {
            let banks = self.lines.iter().filter_map(move |line| match line {
                Line::States { bank, platform, account, day, .. } => {
                    (*platform == of && *account == Some(which) && *day == on).then_some(*bank)
                }
                _ => None,
            });
            banks.min()
        };
        let registered = self.lines.iter().filter_map(|line| match line {
            Line::Account { platform, account, purpose, bank: Some(bank), from, to } => {
                let to = to.unwrap_or(i32::MAX);
                let holds = *platform == of && *account == which && (*from..=to).contains(&on);
                (holds && *purpose != "own").then_some((*from, to, *bank))
            }
            _ => None,
        });
        let near = stating(on).or_else(|| stating(on + 1)).or_else(|| stating(on - 1));
        near.or_else(|| registered.min().map(|(.., bank)| bank)).unwrap_or("-")
    }

    fn ours(&self, of: Text) -> Vec<Told> {
        let mut found = Vec::new();
        for (position, line) in self.lines.iter().enumerate() {
            let Line::Moved { platform, id, day, accounts, amount } = line else { continue };
            for (account, sign) in accounts.iter().zip([-1, 1]) {
                let told = |account, entry| Told { day: *day, account, bank: "-", id: Some(id), entry };
                match account {
                    _ if *platform != of => {}
                    None if self.has_custody(of, *day) => found.push(told("-", None)),
                    Some(account) if self.in_custody(of, account, *day) => {
                        let entry = |amount| Entry { position, amount, account, id, day: *day, bank: "" };
                        found.push(told(account, amount.map(|amount| entry(amount * sign))));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    fn theirs(&self, of: Text) -> Vec<Told> {
        let mut found = Vec::new();
        for (position, line) in self.lines.iter().enumerate() {
            match line {
                Line::States { bank, platform, account, day, kind: "flow", amount, id }
                    if *platform == of =>
                {
                    let entry = account.zip(*amount).map(|(account, amount)| Entry {
                        position,
                        amount,
                        account,
                        id: id.unwrap_or("-"),
                        day: *day,
                        bank,
                    });
                    found.push(Told { day: *day, account: account.unwrap_or("-"), bank, id: *id, entry });
                }
                _ => {}
            }
        }
        found
    }

    fn balance(&self, of: Text, by: Text, which: Text, on: i32, what: Text) -> (Option<i64>, i64) {
        let lines = self.lines.iter().filter_map(|line| match line {
            Line::States { bank, platform, account, day, kind, amount, .. } => {
                let is_it =
                    *bank == by && *platform == of && *account == Some(which) && *day == on && *kind == what;
                is_it.then_some(*amount)
            }
            _ => None,
        });
        let amounts: Vec<Option<i64>> = lines.collect();
        (amounts.first().copied().flatten(), (amounts.len() as i64 - 1).max(0))
    }

    fn day(&self, of: Text, on: i32, found: &mut (Vec<String>, Vec<String>)) {
        let mut rows: BTreeMap<(Text, Text), Row> = BTreeMap::new();
        let mut list: Vec<Broken> = Vec::new();
        let is_stated = self.is_stated(of, on);
        if !is_stated && self.has_custody(of, on) {
            rows.entry(("-", "-")).or_default();
        }
        // Every line has its row.
        for line in self.lines {
            if let Line::States { bank, platform, account, day, .. } = line
                && *platform == of
                && *day == on
            {
                rows.entry((account.unwrap_or("-"), bank)).or_default();
            }
        }
        let (all_ours, all_theirs) = (self.ours(of), self.theirs(of));
        let untold = |told: &&Told| told.day == on && told.entry.is_none();
        for Told { account, .. } in all_ours.iter().filter(untold) {
            let is_known = is_stated && *account != "-";
            let key = if is_known { (*account, self.bank_of(of, account, on)) } else { ("-", "-") };
            rows.entry(key).or_default().add("undetermined", 0);
        }
        for Told { account, bank, .. } in all_theirs.iter().filter(untold) {
            rows.entry((*account, *bank)).or_default().add("undetermined", 0);
        }
        let named = |told: &&Told| told.id.is_some();
        let mut ours: Vec<Entry> = all_ours.iter().filter_map(|told| told.entry.clone()).collect();
        let mut theirs: Vec<Entry> =
            all_theirs.iter().filter(named).filter_map(|told| told.entry.clone()).collect();
        ours.retain(|entry| Self::is_near(entry.day, on));
        theirs.retain(|entry| Self::is_near(entry.day, on));
        ours.sort();
        theirs.sort();
        let mut pairs = Vec::new();
        for same_amount in [true, false] {
            for offset in [0, 1, -1] {
                let mut left = Vec::new();
                for one in ours {
                    let at = theirs.iter().position(|other| {
                        other.account == one.account
                            && other.id == one.id
                            && other.day == one.day + offset
                            && (!same_amount || other.amount == one.amount)
                    });
                    match at {
                        Some(at) => pairs.push((one, theirs.remove(at))),
                        None => left.push(one),
                    }
                }
                ours = left;
            }
        }
        for (one, other) in pairs.into_iter().filter(|(_, other)| other.day == on) {
            let row = rows.entry((other.account, other.bank)).or_default();
            let kind = match () {
                () if one.amount != other.amount => "amount_differs",
                () if one.day != other.day => "timing",
                () => "matched",
            };
            row.add(kind, if kind == "matched" { one.amount } else { one.amount - other.amount });
            if kind != "matched" {
                let kind = KINDS.iter().position(|known| *known == kind).unwrap();
                let (position, account, bank) = (one.position, other.account, other.bank);
                list.push(Broken { kind, position, account, bank, theirs: Some(other), ours: Some(one) });
            }
        }
        let near_id = |day: i32, id: Text, other: Text| Self::is_near(day, on) && id == other;
        for one in ours.into_iter().filter(|entry| entry.day == on) {
            let unclear = all_theirs
                .iter()
                .any(|told| told.entry.is_none() && told.id.is_some_and(|id| near_id(told.day, id, one.id)));
            let bank = self.bank_of(of, one.account, on);
            if !is_stated {
                rows.entry(("-", "-")).or_default().add("undetermined", 0);
            } else if unclear {
                rows.entry((one.account, bank)).or_default().add("undetermined", 0);
            } else {
                rows.entry((one.account, bank)).or_default().add("missing_at_bank", one.amount);
                let (position, account) = (one.position, one.account);
                list.push(Broken { kind: 2, position, account, bank, theirs: None, ours: Some(one) });
            }
        }
        let nameless =
            all_theirs.iter().filter(|told| told.id.is_none()).filter_map(|told| told.entry.clone());
        for other in theirs.into_iter().chain(nameless).filter(|entry| entry.day == on) {
            let unclear = self.lines.iter().any(|line| match line {
                Line::Moved { platform, id, day, accounts, amount } => {
                    let is_whole = amount.is_some() && accounts.iter().all(Option::is_some);
                    *platform == of && !is_whole && near_id(*day, id, other.id)
                }
                _ => false,
            });
            let row = rows.entry((other.account, other.bank)).or_default();
            if unclear {
                row.add("undetermined", 0);
            } else {
                row.add("missing_at_platform", other.amount);
                let (position, account, bank) = (other.position, other.account, other.bank);
                list.push(Broken { kind: 3, position, account, bank, theirs: Some(other), ours: None });
            }
        }
        for ((account, bank), row) in rows {
            found.0.push(self.total(of, on, bank, account, &row));
        }
        list.sort();
        let mut listed = BTreeMap::new();
        for Broken { kind, account, bank, theirs, ours, .. } in list {
            let count = listed.entry(kind).or_insert(0);
            *count += 1;
            if *count <= LISTED_MAX {
                let side = |entry: &Option<Entry>| {
                    entry.as_ref().map_or("- -".to_owned(), |entry| {
                        format!("{} {}", yuan(entry.amount), entry.position)
                    })
                };
                let id = ours.as_ref().or(theirs.as_ref()).unwrap().id;
                found.1.push(format!(
                    "{} {of} {on} {bank} {account} {id} {} {}",
                    KINDS[kind],
                    side(&ours),
                    side(&theirs)
                ));
            }
        }
    }

    fn total(&self, of: Text, on: i32, bank: Text, account: Text, row: &Row) -> String {
        let mut text = format!("{of} {on} {bank} {account}");
        if !self.is_stated(of, on) {
            text += " not_stated";
        }
        for name in
            ["matched", "timing", "amount_differs", "missing_at_bank", "missing_at_platform", "undetermined"]
        {
            text += &row.counts.get(name).map_or(String::new(), |count| format!(" {name}={count}"));
        }
        let sums = ["matched", "missing_at_bank", "missing_at_platform", "amount_differs"];
        let names =
            ["matched_amount", "missing_at_bank_amount", "missing_at_platform_amount", "difference_amount"];
        for (sum, name) in sums.iter().zip(names) {
            let sum = row.sums.get(sum).copied().unwrap_or(0);
            text += &if sum == 0 { String::new() } else { format!(" {name}={}", yuan(sum)) };
        }
        let stated = self.lines.iter().filter_map(|line| match line {
            Line::States { bank: by, platform, account: Some(which), day, kind, amount, .. } => {
                (*by == bank && *platform == of && *which == account && *day == on)
                    .then_some((*kind, *amount))
            }
            _ => None,
        });
        let stated: Vec<(Text, Option<i64>)> = stated.collect();
        let flows =
            stated.iter().filter(|(kind, _)| *kind == "flow").map(|(_, amount)| *amount).sum::<Option<i64>>();
        let flows = flows.filter(|_| !stated.is_empty());
        let (opening, openings) = self.balance(of, bank, account, on, "opening");
        let (closing, closings) = self.balance(of, bank, account, on, "closing");
        let (carried, _) = self.balance(of, bank, account, on - 1, "closing");
        for (name, amount) in [("opening", opening), ("flows", flows), ("closing", closing)] {
            text += &amount
                .filter(|amount| *amount != 0)
                .map_or(String::new(), |amount| format!(" {name}={}", yuan(amount)));
        }
        if let (Some(opening), Some(flows), Some(closing)) = (opening, flows, closing) {
            text += &format!(" balance_gap={}", yuan(closing - opening - flows));
        }
        if let (Some(opening), Some(carried)) = (opening, carried) {
            text += &format!(" carry_gap={}", yuan(opening - carried));
        }
        if openings + closings > 0 {
            text += &format!(" statement_faults={}", openings + closings);
        }
        text
    }
}

const PLATFORMS: [Text; 2] = ["P", "Q"];
const ACCOUNTS: [Text; 4] = ["A", "C", "M", "X"];
const KINDS: [Text; 4] = ["timing", "amount_differs", "missing_at_bank", "missing_at_platform"];

fn naive(lines: &[Line], days: std::ops::RangeInclusive<i32>) -> (Vec<String>, Vec<String>) {
    let mut found = (Vec::new(), Vec::new());
    for platform in PLATFORMS {
        for day in days.clone() {
            Naive { lines }.day(platform, day, &mut found);
        }
    }
    found
}

fn or_null<T: std::fmt::Debug + Clone>(
    strategy: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    prop_oneof![15 => strategy.prop_map(Some), 1 => Just(None)]
}

fn line() -> impl Strategy<Value = Line> {
    let platform = || prop_oneof![4 => Just("P"), 1 => Just("Q")];
    let account = || prop::sample::select(ACCOUNTS.to_vec());
    let id = || prop::sample::select(vec!["t1", "t2", "t3", "t4"]);
    let bank = || prop_oneof![3 => Just("B"), 1 => Just("D")];
    let registered = (
        (platform(), account(), prop::sample::select(vec!["custody", "project", "own"])),
        (prop::option::of(bank()), 1..5i32, prop::option::of(1..6i32)),
    );
    let moved = (platform(), id(), 1..6i32, [or_null(account()), or_null(account())], or_null(1..3i64));
    let kind = prop_oneof![6 => Just("flow"), 1 => Just("opening"), 1 => Just("closing")];
    let stated =
        ((bank(), platform(), or_null(account()), 1..6i32), (kind, or_null(-2..3i64), or_null(id())));
    prop_oneof![
        1 => registered.prop_map(|((platform, account, purpose), (bank, from, to))| {
            Line::Account { platform, account, purpose, bank, from, to }
        }),
        5 => moved.prop_map(|(platform, id, day, accounts, amount)| {
            Line::Moved { platform, id, day, accounts, amount }
        }),
        5 => stated.prop_map(|((bank, platform, account, day), (kind, amount, id))| {
            Line::States { bank, platform, account, day, kind, amount, id }
        }),
    ]
}

/// The same rows in another order and other batches.
fn shuffled(batches: &[RecordBatch], mut seed: u64) -> Vec<RecordBatch> {
    let Some(first) = batches.first() else { return Vec::new() };
    let all = concat_batches(&first.schema(), batches).unwrap();
    let mut next = |below: usize| {
        seed = seed.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
        (seed >> 33) as usize % below
    };
    let mut rows: Vec<u32> = (0..all.num_rows() as u32).collect();
    (1..rows.len()).for_each(|at| rows.swap(at, next(at + 1)));
    let all = take_record_batch(&all, &UInt32Array::from(rows)).unwrap();
    let mut cut = Vec::new();
    let mut from = 0;
    while from < all.num_rows() {
        let count = 1 + next(all.num_rows() - from);
        cut.push(all.slice(from, count));
        from += count;
    }
    cut
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]
    #[test]
    fn it_finds_what_the_naive_one_finds(lines in prop::collection::vec(line(), 0..40), seed in any::<u64>()) {
        let mut filed = Filed::default();
        lines.iter().for_each(|line| filed.file(&line.text()));
        let found = filed.reconcile(2..=4, 1);
        let (expected_totals, expected_breaks) = naive(&lines, 2..=4);
        prop_assert_eq!(totals(&found), expected_totals);
        prop_assert_eq!(breaks(&found), expected_breaks);

        for threads in [1, 2, 3] {
            let other = Filed {
                transactions: shuffled(&filed.transactions, seed),
                statements: shuffled(&filed.statements, seed ^ 1),
                accounts: shuffled(&filed.accounts, seed ^ 2),
                ..Filed::default()
            };
            prop_assert_eq!(&other.reconcile(2..=4, threads), &found);
        }

        let days: Vec<_> = (2..=4).map(|day| filed.reconcile(day..=day, 1)).collect();
        let set = |of: fn(&custody::Reconciliation) -> Vec<String>| -> BTreeSet<String> { days.iter().flat_map(of).collect() };
        prop_assert_eq!(set(totals), totals(&found).into_iter().collect());
        prop_assert_eq!(set(breaks), breaks(&found).into_iter().collect());
    }
}
