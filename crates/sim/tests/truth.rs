//! The truth of a whole market held against its written lines: every entry's definition, naively,
//! on all that is filed. What is planted is found, and nothing else in the whole market is.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::money::Fen;
use model::time::{Day, Time};
use serde_json::Value;
use sha2::{Digest, Sha256};
use sim::{Expected, Market, MarketPlan};

/// Entry, institution, day, group.
type Finding = (String, String, Day, String);

/// A record with who filed it and its last revision.
struct Record {
    institution: String,
    day: Day,
    value: Value,
}

impl Record {
    fn text(&self, field: &str) -> Option<&str> {
        self.value.get(field)?.as_str()
    }

    fn id(&self) -> &str {
        self.text("id").unwrap()
    }

    fn fen(&self, field: &str) -> Option<i64> {
        self.text(field).map(|text| Fen::parse(text).unwrap().0)
    }

    fn time(&self, field: &str) -> Option<Time> {
        self.text(field).map(|text| Time::parse(text).unwrap())
    }

    fn date(&self, field: &str) -> Option<Day> {
        self.text(field).map(|text| Day::parse(text).unwrap())
    }

    fn hundredths(&self, field: &str) -> Option<i64> {
        self.fen(field)
    }

    /// Days from the start of an account to its end.
    fn holds_on(&self, day: Day) -> bool {
        self.date("effective_from").unwrap() <= day && self.date("effective_to").is_none_or(|to| to >= day)
    }
}

struct Filed {
    market: Market,
    streams: BTreeMap<&'static str, Vec<Record>>,
    lines: HashMap<String, String>,
    last_day: Day,
}

impl Filed {
    fn new(plan: MarketPlan) -> Self {
        let market = Market::whole(plan);
        // The last revision of each record counts.
        let mut streams: BTreeMap<&'static str, BTreeMap<(String, String), Record>> = BTreeMap::new();
        for filing in market.filings() {
            let event_day = filing.stream.fields[filing.stream.event_time].name;
            let mut bytes = Vec::new();
            filing.write_to(&mut bytes).unwrap();
            for line in bytes.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
                let value: Value = serde_json::from_slice(line).unwrap();
                let at = value[event_day].as_str().unwrap();
                let day = Day::parse(&at[..10]).unwrap();
                let institution = filing.institution.as_str().to_owned();
                let key = (institution.clone(), value["id"].as_str().unwrap().to_owned());
                let record = Record { institution, day, value };
                streams.entry(filing.stream.name).or_default().insert(key, record);
            }
        }
        let streams = streams
            .into_iter()
            .map(|(name, records)| {
                let mut records: Vec<Record> = records.into_values().collect();
                records.sort_by_key(|record| record.day);
                (name, records)
            })
            .collect();
        let lines = market
            .institutions()
            .map(|one| (one.id.as_str().to_owned(), one.line.code().to_owned()))
            .collect();
        let last_day = market.plan().first_day.plus(market.plan().days as i32 - 1);
        Self { market, streams, lines, last_day }
    }

    fn of(&self, stream: &str) -> &[Record] {
        self.streams.get(stream).map_or(&[], Vec::as_slice)
    }

    fn days(&self) -> impl Iterator<Item = Day> {
        let first = self.market.plan().first_day;
        (first.0..=self.last_day.0).map(Day)
    }
}

#[derive(Default)]
struct Findings(BTreeSet<Finding>);

impl Findings {
    fn add(&mut self, entry: &str, institution: &str, day: Day, group: &[(&str, &str)]) {
        let group: Vec<String> = group.iter().map(|(column, value)| format!("{column}={value}")).collect();
        self.0.insert((entry.to_owned(), institution.to_owned(), day, group.join(",")));
    }
}

fn clients(filed: &Filed, found: &mut Findings) {
    let mut by_user: BTreeMap<(&str, Day, &str), Vec<&Record>> = BTreeMap::new();
    for record in filed.of("transaction") {
        by_user
            .entry((&record.institution, record.day, record.text("user").unwrap()))
            .or_default()
            .push(record);
    }
    let mut below: BTreeMap<(&str, &str), BTreeMap<Day, usize>> = BTreeMap::new();
    for ((institution, day, user), records) in &by_user {
        let sum = |way: Option<&str>| -> i64 {
            let in_way =
                records.iter().filter(|one| way.is_none_or(|way| one.text("direction") == Some(way)));
            in_way.map(|one| one.fen("amount").unwrap()).sum()
        };
        if sum(None) > 5_000_000 {
            found.add("fifty-thousand-yuan-day", institution, *day, &[("user", user)]);
        }
        if records.len() > 50 {
            found.add("frequent-transactions", institution, *day, &[("user", user)]);
        }
        for way in ["in", "out"] {
            if sum(Some(way)) >= 50_000_000 {
                let group = [("user", *user), ("direction", way)];
                found.add("large-transfer", institution, *day, &group);
            }
        }
        let count = records
            .iter()
            .filter(|one| (4_500_000..=5_000_000).contains(&one.fen("amount").unwrap()))
            .count();
        if count > 0 {
            below.entry((institution, user)).or_default().insert(*day, count);
        }
    }
    for ((institution, user), days) in below {
        for day in days.keys() {
            if days.range(day.plus(-6)..=*day).map(|(_, count)| count).sum::<usize>() >= 3 {
                found.add("structuring", institution, *day, &[("user", user)]);
            }
        }
    }
    for check in filed.of("kyc_check") {
        let one_sided = check.text("online_method").is_none() || check.text("offline_method").is_none();
        if check.text("result") == Some("passed") && one_sided {
            let group = [("user", check.text("user").unwrap())];
            found.add("one-sided-kyc", &check.institution, check.day, &group);
        }
    }
}

fn accounts(filed: &Filed, found: &mut Findings) {
    let mut registered: HashMap<(&str, &str), Vec<&Record>> = HashMap::new();
    for account in filed.of("account") {
        registered.entry((&account.institution, account.text("account").unwrap())).or_default().push(account);
    }
    let is = |institution: &str, account: Option<&str>, day: Day, purposes: &[&str]| {
        account
            .and_then(|account| registered.get(&(institution, account)))
            .into_iter()
            .flatten()
            .any(|one| purposes.contains(&one.text("purpose").unwrap()) && one.holds_on(day))
    };
    for one in filed.of("transaction") {
        let kind = one.text("kind").unwrap();
        let touches = |purposes: &[&str]| {
            is(&one.institution, one.text("payer_account"), one.day, purposes)
                || is(&one.institution, one.text("payee_account"), one.day, purposes)
        };
        if kind != "fee" && touches(&["own"]) {
            found.add("client-money-own-account", &one.institution, one.day, &[]);
        }
        let lends = ["deposit", "withdrawal", "lending", "disbursement", "repayment"].contains(&kind);
        if filed.lines[&one.institution] == "p2p" && lends && !touches(&["custody", "project"]) {
            found.add("outside-custody", &one.institution, one.day, &[]);
        }
    }
    // Disbursed money that reaches an own or related account within ten days.
    let mut disbursed: HashMap<&str, Vec<&Record>> = HashMap::new();
    for one in filed.of("transaction").iter().filter(|one| one.text("kind") == Some("disbursement")) {
        disbursed.entry(one.text("payee_account").unwrap()).or_default().push(one);
    }
    for one in filed.of("transaction") {
        for paid in disbursed.get(one.text("payer_account").unwrap()).into_iter().flatten() {
            let is_after = one.time("time") >= paid.time("time") && one.day <= paid.day.plus(10);
            if is_after
                && is(&paid.institution, one.text("payee_account"), one.day, &["own", "related_party"])
            {
                let group = [("project", paid.text("project").unwrap())];
                found.add("funds-return", &paid.institution, one.day, &group);
            }
        }
    }
}

fn projects(filed: &Filed, found: &mut Findings) {
    let projects = filed.of("project");
    let by_id: HashMap<(&str, &str), &Record> =
        projects.iter().map(|one| ((one.institution.as_str(), one.id()), one)).collect();
    let has_failed = |one: &Record| one.text("status") == Some("failed");
    let stands = |one: &Record, day: Day| {
        !has_failed(one) && one.day <= day && one.date("ended_on").is_none_or(|end| end > day)
    };
    // Columns that several projects share, within a platform or (for borrowers) across all.
    for (column, across) in [
        ("receiving_account", false),
        ("collateral_registration", false),
        ("borrower", false),
        ("borrower", true),
    ] {
        let mut shared: HashMap<(&str, &str), Vec<&Record>> = HashMap::new();
        for one in projects {
            if let Some(value) = one.text(column) {
                let platform = if across { "" } else { one.institution.as_str() };
                shared.entry((platform, value)).or_default().push(one);
            }
        }
        for ((_, value), all) in &shared {
            for new in all {
                let (day, group) = (new.day, [(column, *value)]);
                let standing: Vec<&&Record> = all.iter().filter(|one| stands(one, day)).collect();
                let owed: i64 = standing.iter().map(|one| one.fen("amount").unwrap()).sum();
                let is_firm = new.text("identity_register") == Some("enterprise");
                let (cap, cap_of_all) =
                    if is_firm { (100_000_000, 500_000_000) } else { (20_000_000, 100_000_000) };
                let mut add = |entry: &str, holds: bool| {
                    if holds {
                        let institution = if across { "*" } else { new.institution.as_str() };
                        found.add(entry, institution, day, &group);
                    }
                };
                match (column, across) {
                    ("receiving_account", _) => add("shared-project-account", standing.len() >= 2),
                    ("collateral_registration", _) => add("reused-collateral", standing.len() >= 2),
                    (_, true) => add("borrower-cap-market", owed > cap_of_all),
                    _ => {
                        add("borrower-many-projects", standing.len() >= 5);
                        add("borrower-cap-platform", owed > cap);
                        let rolls = all.iter().any(|old| {
                            let amounts = (old.fen("amount").unwrap(), new.fen("amount").unwrap());
                            !has_failed(old)
                                && old.day < day
                                && old.date("ended_on").is_some_and(|end| end >= day.plus(-3) && end <= day)
                                && (95 * amounts.0..=105 * amounts.0).contains(&(100 * amounts.1))
                        });
                        add("rolled-over-projects", rolls);
                    }
                }
            }
        }
    }
    // By platform and party the first day on which the relation is known.
    let mut related: HashMap<(&str, &str), Day> = HashMap::new();
    let holders = filed.of("account").iter().filter(|one| one.text("purpose") == Some("related_party"));
    let known = holders
        .map(|one| (one, "holder"))
        .chain(filed.of("related_party_deal").iter().map(|one| (one, "party")));
    for (one, column) in known {
        let since = related.entry((&one.institution, one.text(column).unwrap())).or_insert(one.day);
        *since = (*since).min(one.day);
    }
    let mut amounts: BTreeMap<&str, Vec<(Day, f64)>> = BTreeMap::new();
    for one in projects {
        amounts.entry(&one.institution).or_default().push((one.day, one.fen("amount").unwrap() as f64));
        if one.text("identity_register") == Some("none") {
            found.add("unregistered-borrower", &one.institution, one.day, &[]);
        }
        let since = related.get(&(one.institution.as_str(), one.text("borrower").unwrap()));
        if let Some(since) = since.filter(|since| **since <= one.day.plus(31)) {
            let day = one.day.max(*since);
            found.add("self-financing", &one.institution, day, &[("project", one.id())]);
        }
    }
    for (institution, amounts) in amounts {
        for day in amounts.iter().map(|(day, _)| *day).collect::<BTreeSet<_>>() {
            let within: Vec<f64> = amounts
                .iter()
                .filter(|(on, _)| (day.plus(-29)..=day).contains(on))
                .map(|(_, fen)| *fen)
                .collect();
            let mean = within.iter().sum::<f64>() / within.len() as f64;
            let variation =
                within.iter().map(|fen| (fen / mean - 1.0).powi(2)).sum::<f64>() / within.len() as f64;
            if within.len() >= 20 && variation < 0.0025 {
                found.add("regular-projects", institution, day, &[]);
            }
        }
    }
    let mut money: BTreeMap<(&str, &str), Vec<&Record>> = BTreeMap::new();
    for one in filed.of("transaction") {
        if let ("lending" | "disbursement", Some(project)) = (one.text("kind").unwrap(), one.text("project"))
        {
            money.entry((&one.institution, project)).or_default().push(one);
        }
    }
    for ((institution, project), mut moved) in money {
        moved.sort_by_key(|one| (one.time("time"), one.text("kind") == Some("disbursement")));
        let (of, mut lent) = (by_id[&(institution, project)], 0);
        for one in moved {
            let is_early = if one.text("kind") == Some("lending") {
                lent += one.fen("amount").unwrap();
                one.time("time") < of.time("published_at")
            } else {
                lent < of.fen("amount").unwrap()
            };
            if is_early {
                found.add("lending-before-project", institution, one.day, &[("project", project)]);
            }
        }
    }
    for claim in filed.of("claim") {
        let of = by_id[&(claim.institution.as_str(), claim.text("project").unwrap())];
        let end = of.day.plus(of.value["term_days"].as_u64().unwrap() as i32);
        if claim.date("due_on").unwrap().plus(3) < end {
            found.add("split-terms", &claim.institution, claim.day, &[]);
        }
    }
}

fn custody(filed: &Filed, found: &mut Findings) {
    let mut accounts: HashMap<&str, Vec<&Record>> = HashMap::new();
    for one in filed.of("account") {
        if let Some("custody" | "project") = one.text("purpose") {
            accounts.entry(one.text("account").unwrap()).or_default().push(one);
        }
    }
    // By platform, account and transaction what each side has: day and amount.
    type Sides = (Option<(Day, i64)>, Option<(Day, i64)>);
    let mut entries: BTreeMap<(&str, &str, &str), Sides> = BTreeMap::new();
    for one in filed.of("transaction") {
        for (side, sign) in [("payer_account", -1), ("payee_account", 1)] {
            let account = one.text(side).unwrap();
            let known = accounts.get(account).into_iter().flatten();
            if known.into_iter().any(|of| of.institution == one.institution) {
                let amount = sign * one.fen("amount").unwrap();
                let key = (one.institution.as_str(), account, one.id());
                assert!(entries.entry(key).or_default().0.replace((one.day, amount)).is_none());
            }
        }
    }
    let mut balances: BTreeMap<(&str, &str, Day), (i64, i64, i64)> = BTreeMap::new();
    for one in filed.of("custody_statement") {
        let (platform, account) = (one.text("platform").unwrap(), one.text("account").unwrap());
        let amount = one.fen("amount").unwrap();
        let (opening, flows, closing) = balances.entry((platform, account, one.day)).or_default();
        match one.text("kind").unwrap() {
            "opening" => *opening = amount,
            "closing" => *closing = amount,
            _ => {
                *flows += amount;
                let key = (platform, account, one.text("transaction").unwrap());
                assert!(entries.entry(key).or_default().1.replace((one.day, amount)).is_none());
            }
        }
    }
    let mut timing: BTreeMap<(&str, Day), (usize, usize)> = BTreeMap::new();
    for ((platform, _, _), sides) in &entries {
        match sides {
            (Some((day, _)), None) => found.add("custody-missing-at-bank", platform, *day, &[]),
            (None, Some((day, _))) => found.add("custody-missing-at-platform", platform, *day, &[]),
            (Some((ours, a)), Some((theirs, b))) => {
                if a != b {
                    found.add("custody-amount-differs", platform, *theirs, &[]);
                }
                let (matched, later) = timing.entry((platform, *theirs)).or_default();
                if ours == theirs { *matched += 1 } else { *later += 1 }
            }
            (None, None) => {}
        }
    }
    for ((platform, day), (matched, later)) in timing {
        if later >= 3 && 20 * later >= matched + later {
            found.add("custody-timing", platform, day, &[]);
        }
    }
    let mut closings: HashMap<(&str, &str), (Day, i64)> = HashMap::new();
    let mut by_day: Vec<_> = balances.into_iter().collect();
    by_day.sort_by_key(|((_, _, day), _)| *day);
    for ((platform, account, day), (opening, flows, closing)) in by_day {
        let before = closings.insert((platform, account), (day, closing));
        let is_carried = before.is_none_or(|(on, before)| on.plus(1) != day || before == opening);
        if opening + flows != closing || !is_carried {
            found.add("custody-balance", platform, day, &[]);
        }
        assert!(closing >= 0 && opening >= 0, "{account} is short");
    }
}

fn house(filed: &Filed, found: &mut Findings) {
    let mut registered: BTreeMap<&str, Vec<&Record>> = BTreeMap::new();
    for one in filed.of("register") {
        registered.entry(&one.institution).or_default().push(one);
    }
    let in_force = |institution: &str, day: Day| {
        registered.get(institution)?.iter().filter(|one| one.day <= day).max_by_key(|one| one.day).copied()
    };
    let sold: HashSet<(&str, Day)> =
        filed.of("policy").iter().map(|one| (one.institution.as_str(), one.day)).collect();
    let figures: HashMap<(&str, Day), &Record> =
        filed.of("business_daily").iter().map(|one| ((one.institution.as_str(), one.day), one)).collect();
    for (institution, line) in filed.lines.iter().filter(|(_, line)| *line != "custody") {
        for day in filed.days() {
            let row = in_force(institution, day).unwrap();
            let minimum = match line.as_str() {
                "payment" => 100_000_000,
                "fund" => 20_000_000,
                _ => 50_000_000,
            };
            let mut add = |entry: &str, holds: bool| {
                if holds {
                    found.add(entry, institution, day, &[]);
                }
            };
            add("paid-in-capital", row.fen("paid_in_capital").unwrap() / 100 < minimum);
            let executives = row.value["executives"].as_array().unwrap();
            let is_bad = executives.iter().any(|one| {
                let until =
                    one.get("qualified_until").map(|text| Day::parse(text.as_str().unwrap()).unwrap());
                one.get("qualification").is_none() || until.is_some_and(|until| until < day.plus(30))
            });
            add("executive-qualification", is_bad);
            add("security-assessment", day.0 - row.date("security_assessed_on").unwrap().0 > 365);
            let has_ended = row.date("licence_until").is_none_or(|until| until < day);
            add("sales-qualification", has_ended && sold.contains(&(institution.as_str(), day)));
            if let Some(cap) = row.fen("loan_balance_cap") {
                let figure = figures.get(&(institution.as_str(), day));
                add("loan-balance-cap", figure.is_some_and(|one| one.fen("loan_balance").unwrap() > cap));
            }
            if line == "p2p" {
                let accounts = filed.of("account").iter().filter(|one| &one.institution == institution);
                let kept = accounts
                    .filter(|one| one.text("purpose") == Some("custody"))
                    .filter_map(|one| one.text("bank"));
                let is_bad = row.text("custody_bank").into_iter().chain(kept).any(|bank| {
                    let of_bank = in_force(bank, day).filter(|one| one.text("line") == Some("custody"));
                    of_bank.is_none_or(|one| one.date("licence_until").is_none_or(|until| until < day))
                });
                add("custodian-qualification", is_bad);
            }
            // Unrated firms deposit everything; in a market this short only those are certain.
            if line == "payment"
                && let Some(one) = figures.get(&(institution.as_str(), day))
            {
                let (total, deposited) =
                    (one.fen("reserve_total").unwrap(), one.fen("reserve_deposited").unwrap());
                add(
                    "reserve-ratio",
                    deposited * 10 < total
                        || deposited < total && day.0 - filed.days().next().unwrap().0 < 60,
                );
            }
        }
    }
}

fn sales(filed: &Filed, found: &mut Findings) {
    let products: HashMap<(&str, &str), &Record> = filed
        .of("product")
        .iter()
        .map(|one| ((one.institution.as_str(), one.text("product").unwrap()), one))
        .collect();
    let is_off = |product: &Record, day: Day| {
        product.text("filing").is_none() || product.date("on_sale_until").is_some_and(|until| until < day)
    };
    let recordings: HashMap<(&str, &str), &Record> = filed
        .of("dual_recording")
        .iter()
        .map(|one| ((one.institution.as_str(), one.text("policy").unwrap()), one))
        .collect();
    let years = |day: Day, years: u32| {
        let of = |less| Day::from_ymd(day.year() as u32 + years, day.month(), day.day_of_month() - less);
        of(0).or_else(|| of(1)).unwrap()
    };
    let mut wealth_sold = 0;
    for one in filed.of("policy") {
        let (name, policy) = (one.text("product").unwrap(), one.text("policy").unwrap());
        let product = products[&(one.institution.as_str(), name)];
        if is_off(product, one.day) {
            found.add("unfiled-insurance-product", &one.institution, one.day, &[("product", name)]);
        }
        let kind = product.text("kind").unwrap();
        if kind == "short_health" && product.value["guaranteed_renewal"] == true {
            found.add("short-health-renewal", &one.institution, one.day, &[("product", name)]);
        }
        let is_wealth = ["universal_life", "unit_linked", "participating", "annuity"].contains(&kind);
        let recording = recordings.get(&(one.institution.as_str(), policy));
        if is_wealth && one.hundredths("annual_yield_percent") > Some(500) {
            wealth_sold += 1;
            if recording.is_none() {
                found.add("sale-without-recording", &one.institution, one.day, &[("policy", policy)]);
            }
        }
        if let Some((recording, end)) = recording.zip(one.date("ends_on")) {
            let wanted = years(end, if end <= years(one.day, 1) { 5 } else { 10 });
            if recording.date("retained_until").unwrap() < wanted {
                found.add("recording-retention-law", &one.institution, one.day, &[("policy", policy)]);
            }
        }
    }
    assert!(wealth_sold > 50, "{wealth_sold}");
    for one in filed.of("dual_recording") {
        if one.text("sound_sha256").is_none() || one.text("picture_sha256").is_none() {
            found.add("recording-one-channel", &one.institution, one.day, &[]);
        }
        if one.date("retained_until").unwrap() < years(one.day, 10) {
            let group = [("policy", one.text("policy").unwrap())];
            found.add("recording-retention", &one.institution, one.day, &group);
        }
    }
    for one in filed.of("transaction").iter().filter(|one| one.text("kind") == Some("subscription")) {
        let fund = one.text("fund_product").unwrap();
        if is_off(products[&(one.institution.as_str(), fund)], one.day) {
            found.add("unfiled-fund", &one.institution, one.day, &[("fund_product", fund)]);
        }
    }
}

fn call_ups(filed: &Filed, found: &mut Findings) {
    let called_up = filed.market.call_ups();
    assert!(called_up.is_sorted_by_key(|one| one.asked_at));
    let mut fitting = 0;
    for one in &called_up {
        let mut recordings = filed.of("dual_recording").iter();
        let recording = recordings
            .find(|row| {
                row.institution == one.institution.as_str() && row.text("policy") == Some(&one.policy)
            })
            .unwrap();
        assert!(one.asked_at.day() >= recording.day.plus(2), "asked for before it was filed");
        let filed = recording.text(&format!("{}_sha256", one.medium.code())).unwrap();
        let due = one.asked_at.plus_seconds(i64::from(one.hours) * 3600);
        let digest = |bytes: &[u8]| -> String {
            Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
        };
        assert!(one.answers.is_sorted_by_key(|answer| answer.at));
        assert!(one.answers.iter().all(|answer| answer.at > one.asked_at && !answer.bytes().is_empty()));
        let is_fine = one.answers.iter().any(|answer| digest(&answer.bytes()) == filed && answer.at <= due);
        fitting += usize::from(is_fine);
        if !is_fine {
            let group = [("policy", one.policy.as_str())];
            found.add("call-up", one.institution.as_str(), one.asked_at.day(), &group);
        }
    }
    assert!(fitting > 8, "{fitting} of {}", called_up.len());
}

fn watch(filed: &Filed, found: &mut Findings) {
    for one in filed.of("major_event") {
        let limit = one.time("occurred_at").unwrap().plus_seconds(24 * 3600);
        if one.time("disclosed_at").is_none_or(|told| told > limit) {
            found.add("major-event-late", &one.institution, one.day, &[]);
        }
    }
    for one in filed.of("operations_daily") {
        let incidents = one.value["incidents"].as_array().unwrap();
        let is_critical = incidents.iter().any(|incident| incident["severity"] == "critical");
        let is_told = filed.of("major_event").iter().any(|event| {
            event.institution == one.institution
                && event.text("kind") == Some("security")
                && (one.day..=one.day.plus(1)).contains(&event.day)
        });
        if is_critical && !is_told {
            found.add("incident-report", &one.institution, one.day, &[]);
        }
    }
    let figures: HashMap<(&str, Day), &Record> =
        filed.of("business_daily").iter().map(|one| ((one.institution.as_str(), one.day), one)).collect();
    let mut recomputed = 0;
    for one in filed.of("disclosure") {
        if one.text("kind") == Some("quarterly") {
            let solvency = |field| one.hundredths(field).unwrap();
            if solvency("core_solvency_percent") < 6_000
                || solvency("comprehensive_solvency_percent") < 12_000
            {
                found.add("solvency", &one.institution, one.day, &[]);
            }
            continue;
        }
        let end = one.date("period_end").unwrap();
        let begin = end.first_of_month();
        let figure = |day| figures.get(&(one.institution.as_str(), day));
        let in_month =
            |other: &&Record| other.institution == one.institution && (begin..=end).contains(&other.day);
        if let (Some(told), Some(last)) = (one.hundredths("overdue_rate_percent"), figure(end)) {
            let (overdue, balance) =
                (last.fen("overdue_balance").unwrap(), last.fen("loan_balance").unwrap());
            let is = overdue as f64 / balance as f64 * 100.0;
            if (told as f64 / 100.0 - is).abs() > 0.05 {
                found.add("false-overdue", &one.institution, one.day, &[]);
            }
        }
        if figure(begin).is_none() || figure(end).is_none() {
            continue;
        }
        recomputed += 1;
        if let Some(told) = one.hundredths("annual_rate_percent") {
            let (mut amount, mut weighted) = (0.0, 0.0);
            for project in filed.of("project").iter().filter(in_month) {
                let fen = project.fen("amount").unwrap() as f64;
                amount += fen;
                weighted += fen * project.hundredths("annual_rate_percent").unwrap() as f64 / 100.0;
            }
            if (told as f64 / 100.0 - weighted / amount).abs() > 0.05 {
                found.add("false-rate", &one.institution, one.day, &[]);
            }
        }
        let deals: Vec<i64> = filed
            .of("related_party_deal")
            .iter()
            .filter(in_month)
            .map(|deal| deal.fen("amount").unwrap())
            .collect();
        let told = (
            one.value["related_party_deals"].as_u64().unwrap(),
            one.fen("related_party_amount").unwrap_or(0),
        );
        if told != (deals.len() as u64, deals.iter().sum()) {
            found.add("false-related-deals", &one.institution, one.day, &[]);
        }
    }
    assert!(recomputed > 20, "{recomputed}");
}

fn figures(filed: &Filed, found: &mut Findings) {
    let mut by_institution: BTreeMap<&str, BTreeMap<Day, &Record>> = BTreeMap::new();
    for one in filed.of("business_daily") {
        by_institution.entry(&one.institution).or_default().insert(one.day, one);
    }
    for (institution, days) in by_institution {
        let line = filed.lines[institution].as_str();
        let get = |day: Day, field: &str| days.get(&day).and_then(|one| one.fen(field)).map(|fen| fen as f64);
        let sum = |from: Day, to: Day, field: &str| -> f64 {
            days.range(from..=to).map(|(_, one)| one.fen(field).unwrap() as f64).sum()
        };
        for day in days.keys().copied() {
            let mut add = |entry: &str, holds: bool| {
                if holds {
                    found.add(entry, institution, day, &[]);
                }
            };
            let of = |field: &str| get(day, field).unwrap();
            match line {
                "p2p" => {
                    let before = get(day.plus(-7), "loan_balance");
                    add(
                        "loan-balance-surge",
                        before.is_some_and(|before| of("loan_balance") / before >= 1.3),
                    );
                    add("liquidity", of("cash_reserve") < of("debt_due_30_days"));
                    add("nonperforming-ratio", of("nonperforming_balance") / of("loan_balance") > 0.05);
                    add("overdue-ratio", of("overdue_balance") / of("loan_balance") > 0.1);
                    add("guarantee-coverage", of("guarantee_funds") / of("loan_balance") < 0.1);
                    let count = |field: &str| days[&day].value[field].as_u64().unwrap();
                    let percent = |field: &str| days[&day].hundredths(field).unwrap() as f64;
                    add("public-reach", count("lenders") >= 1000);
                    add("lenders-per-borrower", count("lenders") >= 10 * count("borrowers"));
                    add("retail-dependence", 100 * count("large_lenders") <= 15 * count("lenders"));
                    let ratio =
                        percent("top50_borrower_share_percent") / percent("top50_lender_share_percent");
                    add("concentration-ratio", ratio >= 0.5);
                    let mean = 1_000_000.0 / count("borrowers") as f64;
                    assert!(percent("top10_borrower_share_percent") / 10.0 >= mean / 100.0);
                    let mean = 1_000_000.0 / count("lenders") as f64;
                    assert!(percent("top10_lender_share_percent") / 10.0 >= mean / 100.0);
                }
                "insurance" => {
                    let from = *days.range(day.plus(-89)..).next().unwrap().0;
                    let count = days.range(from..=day).count();
                    let paid = sum(from, day, "surrender_payments");
                    let below = count as f64 / 365.0 * get(from, "policy_reserve").unwrap();
                    let rate = paid / (below + sum(from, day, "premium_income"));
                    add("surrender-rate", count >= 30 && rate >= 0.05);
                }
                "payment" => add("reserve-deposit", of("reserve_deposited") < of("reserve_total")),
                "fund" => {
                    let before = days.range(day.plus(-7)..day).next_back();
                    let net = of("redemptions") - of("subscriptions");
                    let value = before.map(|(_, one)| one.fen("fund_units_value").unwrap() as f64);
                    add("large-redemption", value.is_some_and(|value| net / value >= 0.05));
                    let week: Vec<&&Record> = days.range(..=day).rev().take(7).map(|(_, one)| one).collect();
                    let of_week =
                        |field: &str| week.iter().map(|one| one.fen(field).unwrap() as f64).sum::<f64>();
                    let is_high = of_week("redemptions") / of_week("subscriptions") >= 1.5;
                    add("redemption-pressure", week.len() == 7 && is_high);
                }
                _ => {}
            }
        }
    }
}

fn concentration(filed: &Filed, found: &mut Findings) {
    let mut moved: BTreeMap<Day, BTreeMap<&str, i64>> = BTreeMap::new();
    for one in filed.of("transaction") {
        *moved.entry(one.day).or_default().entry(&one.institution).or_default() += one.fen("amount").unwrap();
    }
    for day in filed.days() {
        let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
        for (institution, fen) in moved.range(day.plus(-29)..=day).flat_map(|(_, sums)| sums) {
            *sums.entry(institution).or_default() += fen;
        }
        let mut largest: Vec<i64> = sums.into_values().collect();
        largest.sort_unstable_by_key(|fen| -fen);
        let top: i64 = largest.iter().take(10).sum();
        if largest.len() >= 20 && 10 * top >= 8 * largest.iter().sum::<i64>() {
            found.add("transaction-concentration", "*", day, &[]);
        }
    }
}

/// The naive supervisor's findings, entry by entry.
fn findings(filed: &Filed) -> BTreeSet<Finding> {
    let mut found = Findings::default();
    for find in [clients, accounts, projects, custody, house, sales, call_ups, watch, figures, concentration]
    {
        find(filed, &mut found);
    }
    found.0
}

/// The entries that the naive supervisor knows.
const KNOWN: &str = "fifty-thousand-yuan-day frequent-transactions large-transfer structuring one-sided-kyc \
    client-money-own-account outside-custody funds-return shared-project-account reused-collateral \
    borrower-cap-platform borrower-cap-market borrower-many-projects rolled-over-projects unregistered-borrower \
    self-financing regular-projects lending-before-project split-terms custody-missing-at-bank \
    custody-missing-at-platform custody-amount-differs custody-timing custody-balance paid-in-capital \
    executive-qualification security-assessment sales-qualification loan-balance-cap custodian-qualification \
    reserve-ratio unfiled-insurance-product short-health-renewal sale-without-recording recording-retention \
    recording-retention-law recording-one-channel unfiled-fund major-event-late incident-report solvency \
    false-rate false-overdue false-related-deals loan-balance-surge liquidity nonperforming-ratio overdue-ratio \
    surrender-rate call-up guarantee-coverage reserve-deposit large-redemption redemption-pressure";

/// Entries that it knows as well, and that nothing planted need set off.
const KNOWN_TOO: &str = "public-reach transaction-concentration concentration-ratio lenders-per-borrower \
    retail-dependence";

fn plan(seed: u64, institutions: u32) -> MarketPlan {
    let first_day = Day::parse("2026-01-25").unwrap();
    MarketPlan { seed, institutions, days: 48, transactions: 60_000, first_day }
}

#[test]
fn what_is_planted_is_found_naively_and_nothing_else_is() {
    for (seed, institutions) in [(1, 60), (2, 90), (3, 36)] {
        let filed = Filed::new(plan(seed, institutions));
        let found = findings(&filed);
        let wanted: HashSet<&str> = KNOWN.split_whitespace().collect();
        let known: HashSet<&str> = wanted.iter().copied().chain(KNOWN_TOO.split_whitespace()).collect();
        let (mut planted, mut open, mut lawful) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
        for truth in filed.market.truth() {
            let Some(entry) = truth.entry.filter(|entry| known.contains(entry)) else { continue };
            let institution = if ["borrower-cap-market", "transaction-concentration"].contains(&entry) {
                "*"
            } else {
                truth.institution.as_str()
            }
            .to_owned();
            let group: Vec<String> =
                truth.group.iter().map(|(column, value)| format!("{column}={value}")).collect();
            let finding = (entry.to_owned(), institution, truth.day, group.join(","));
            match truth.expected {
                Expected::Planted { .. } => planted.insert(finding),
                Expected::Possible { .. } => open.insert(finding),
                Expected::Lawful { .. } => lawful.insert(finding),
            };
        }
        let missed: Vec<_> = planted.difference(&found).collect();
        assert!(missed.is_empty(), "seed {seed}, planted and not found: {missed:#?}");
        let wrong: Vec<_> = found.difference(&planted).filter(|finding| !open.contains(finding)).collect();
        assert!(wrong.is_empty(), "seed {seed}, found and not planted: {wrong:#?}");
        let blamed: Vec<_> = lawful.intersection(&found).collect();
        assert!(blamed.is_empty(), "seed {seed}, lawful and found: {blamed:#?}");
        if institutions >= 60 {
            let shown: HashSet<&str> = planted.iter().map(|finding| finding.0.as_str()).collect();
            let absent: Vec<_> = wanted.difference(&shown).collect();
            assert!(absent.is_empty(), "seed {seed}, never planted: {absent:?}");
        }
    }
}
