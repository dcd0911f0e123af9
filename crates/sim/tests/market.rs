//! The market as a supervisor would receive it: read by the standard's reader, and the planted
//! truth recomputed naively from the lines.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test may fail loudly")]

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use model::columns::Columns;
use model::money::Fen;
use model::pseudonym::Pseudonym;
use model::read::LineReader;
use model::streams::LineOfBusiness;
use model::time::{Day, Time};
use serde_json::Value;
use sim::{Conduct, Filing, Market, MarketPlan, Planted};

fn plan(seed: u64) -> MarketPlan {
    MarketPlan {
        seed,
        institutions: 40,
        days: 24,
        transactions: 60_000,
        first_day: Day::parse("2024-02-19").unwrap(),
    }
}

fn bytes(filing: &Filing) -> Vec<u8> {
    let mut bytes = Vec::new();
    let lines = filing.write_to(&mut bytes).unwrap();
    assert_eq!(lines, bytes.iter().filter(|b| **b == b'\n').count() as u64);
    bytes
}

fn all_bytes(plan: MarketPlan) -> Vec<(String, String, Day, Time, Vec<u8>)> {
    let name = |filing: Filing| {
        let bytes = bytes(&filing);
        let institution = filing.institution.as_str().to_owned();
        (institution, filing.stream.name.to_owned(), filing.date, filing.filed_at, bytes)
    };
    Market::new(plan).filings().map(name).collect()
}

#[test]
fn the_same_plan_gives_the_same_bytes() {
    let small = |seed| MarketPlan { institutions: 12, days: 10, transactions: 2_000, ..plan(seed) };
    assert!(all_bytes(small(1)) == all_bytes(small(1)));
    assert!(all_bytes(small(1)) != all_bytes(small(2)));
}

/// 64-bit FNV-1a, which no library's change of mind changes.
fn digest(bytes: &[u8], seed: u64) -> u64 {
    bytes.iter().fold(seed, |digest, byte| (digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[test]
fn filings_are_the_same_in_any_order_and_again() {
    let small = MarketPlan { institutions: 30, days: 20, transactions: 9_000, ..plan(8) };
    let market = Market::whole(small.clone());
    let filings: Vec<Filing> = market.filings().collect();
    let in_order: Vec<u64> = filings.iter().map(|filing| digest(&bytes(filing), 0)).collect();
    // Backwards, and of another market of the same plan, of which nothing was written before.
    let other: Vec<Filing> = Market::whole(small).filings().collect();
    assert_eq!(other.len(), filings.len());
    for (place, filing) in other.iter().enumerate().rev() {
        assert_eq!(digest(&bytes(filing), 0), in_order[place], "{} of {}", filing.stream.name, filing.date);
    }
    for (place, filing) in filings.iter().enumerate().step_by(7) {
        assert_eq!(digest(&bytes(filing), 0), in_order[place]);
    }
}

#[test]
fn a_seed_means_the_same_on_every_machine() {
    let small = MarketPlan { institutions: 30, days: 12, transactions: 5_000, ..plan(20) };
    let market = Market::whole(small);
    let written = market.filings().fold(0xcbf2_9ce4_8422_2325, |sum, filing| digest(&bytes(&filing), sum));
    let told = market
        .truth()
        .iter()
        .fold(0xcbf2_9ce4_8422_2325, |sum, truth| digest(truth.to_string().as_bytes(), sum));
    let told = market.call_ups().iter().fold(told, |sum, one| {
        one.answers
            .iter()
            .fold(digest(one.policy.as_bytes(), sum), |sum, answer| digest(&answer.bytes(), sum))
    });
    assert_eq!(
        (format!("{written:016x}"), format!("{told:016x}")),
        ("b017622b926e8fd1".to_owned(), "9ba765fa2371311c".to_owned())
    );
}

#[test]
fn every_line_is_accepted_and_filings_come_in_order_of_time() {
    let mut latest = Time(i64::MIN);
    let mut ids = HashSet::new();
    let mut streams = BTreeSet::new();
    let mut transactions = 0;
    let market = Market::whole(MarketPlan { institutions: 60, ..plan(1) });
    for truth in market.truth() {
        serde_json::from_str::<Value>(&truth.to_string()).unwrap();
    }
    for filing in market.filings() {
        assert!(filing.filed_at >= latest);
        latest = filing.filed_at;
        streams.insert(filing.stream.name);
        let reader = LineReader::new(filing.stream, filing.filed_at);
        let mut columns = Columns::new(filing.stream.fields);
        for line in bytes(&filing).split(|b| *b == b'\n').filter(|line| !line.is_empty()) {
            reader
                .read(line, &mut columns)
                .unwrap_or_else(|faults| panic!("{}: {faults:?}", String::from_utf8_lossy(line)));
        }
        assert!(!columns.is_empty() || filing.stream.name == "transaction");
        for row in 0..columns.len() {
            let id = (filing.institution.clone(), filing.stream.name, columns.id(row).to_owned());
            assert!(ids.insert((id, columns.revision(row))), "{} twice", columns.id(row));
        }
        if filing.stream.name == "transaction" {
            transactions += columns.len();
        }
    }
    assert_eq!(transactions, 60_000);
    let expected = "account business_daily claim custody_statement disclosure dual_recording kyc_check \
                    major_event operations_daily policy product project register related_party_deal \
                    transaction";
    assert_eq!(streams.into_iter().collect::<Vec<_>>().join(" "), expected);
}

/// The records of one stream by institution and business day.
type Records = BTreeMap<(String, Day), Vec<Value>>;

/// Everything that the market files, as a naive reader has it.
struct Received {
    streams: HashMap<&'static str, Records>,
    filed_at: HashMap<(String, &'static str, Day), Time>,
}

fn receive(market: &Market) -> Received {
    let mut received = Received { streams: HashMap::new(), filed_at: HashMap::new() };
    for filing in market.filings() {
        let institution = filing.institution.as_str().to_owned();
        received.filed_at.insert((institution.clone(), filing.stream.name, filing.date), filing.filed_at);
        let bytes = bytes(&filing);
        let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        let records = lines.map(|line| serde_json::from_slice(line).unwrap()).collect();
        received.streams.entry(filing.stream.name).or_default().insert((institution, filing.date), records);
    }
    received
}

fn yuan(record: &Value, field: &str) -> Option<Fen> {
    record.get(field)?.as_str().map(|text| Fen::parse(text).unwrap())
}

/// What a naive supervisor finds, with the thresholds that [`Conduct`] documents.
fn find(market: &Market, received: &Received) -> Vec<Planted> {
    let mut found = Vec::new();
    for ((institution, day), records) in &received.streams["transaction"] {
        let mut by_user: BTreeMap<&str, (u32, i64)> = BTreeMap::new();
        for record in records {
            let (count, sum) = by_user.entry(record["user"].as_str().unwrap()).or_default();
            *count += 1;
            *sum += yuan(record, "amount").unwrap().0;
        }
        for (user, (transactions, sum)) in by_user {
            let user = Pseudonym::parse(user).unwrap();
            if transactions > 50 {
                found.push((institution, *day, Conduct::BusyUser { user, transactions }));
            }
            if sum > 5_000_000 {
                found.push((institution, *day, Conduct::LargeDay { user, amount: Fen(sum) }));
            }
        }
    }
    let business = &received.streams["business_daily"];
    let figure = |institution: &String, day: Day, field: &str| {
        business
            .get(&(institution.clone(), day))
            .and_then(|records| records.first())
            .and_then(|r| yuan(r, field))
    };
    for (institution, day) in business.keys() {
        let value = |field| figure(institution, *day, field);
        let ratio = |a: Option<Fen>, b: Option<Fen>| Some(a?.0 as f64 / b?.0 as f64);
        let before = figure(institution, day.plus(-7), "loan_balance");
        let balance = value("loan_balance");
        let mut add = |what| found.push((institution, *day, what));
        if ratio(balance, before) > Some(1.3) {
            add(Conduct::LoanSurge { balance: balance.unwrap(), before: before.unwrap() });
        }
        let (cash, due) = (value("cash_reserve"), value("debt_due_30_days"));
        if ratio(cash, due).is_some_and(|ratio| ratio < 0.5) {
            add(Conduct::RunningDry { cash_reserve: cash.unwrap(), debt_due_30_days: due.unwrap() });
        }
        let nonperforming = value("nonperforming_balance");
        if ratio(nonperforming, balance) > Some(0.1) {
            add(Conduct::BadLoans { nonperforming: nonperforming.unwrap(), balance: balance.unwrap() });
        }
        let (paid, policy_reserve) = (value("surrender_payments"), value("policy_reserve"));
        if ratio(paid, policy_reserve) > Some(0.003) {
            add(Conduct::Surrenders { paid: paid.unwrap(), policy_reserve: policy_reserve.unwrap() });
        }
        let (deposited, total) = (value("reserve_deposited"), value("reserve_total"));
        if ratio(deposited, total).is_some_and(|ratio| ratio < 0.5) {
            add(Conduct::ReserveShort { deposited: deposited.unwrap(), total: total.unwrap() });
        }
        let (redeemed, units) = (value("redemptions"), value("fund_units_value"));
        if ratio(redeemed, units) > Some(0.05) {
            add(Conduct::MassRedemption { redeemed: redeemed.unwrap(), units_value: units.unwrap() });
        }
    }
    let institutions: Vec<(String, LineOfBusiness)> =
        market.institutions().map(|i| (i.id.as_str().to_owned(), i.line)).collect();
    for (institution, line) in &institutions {
        if *line == LineOfBusiness::Custody {
            continue;
        }
        for offset in 0..market.plan().days {
            let day = market.plan().first_day.plus(offset as i32);
            match received.filed_at.get(&(institution.clone(), "business_daily", day)) {
                None => found.push((institution, day, Conduct::Silent)),
                Some(filed_at) if filed_at.day() > day.plus(1) => {
                    found.push((institution, day, Conduct::Late { filed_at: *filed_at }));
                }
                Some(_) => {}
            }
        }
    }
    let planted = |(institution, day, what): (&String, Day, Conduct)| Planted {
        institution: model::institution::InstitutionId::parse(institution).unwrap(),
        day,
        what,
    };
    found.into_iter().map(planted).collect()
}

#[test]
fn what_is_planted_is_there_and_nothing_else_is() {
    for seed in [1, 2, 3] {
        let market = Market::new(plan(seed));
        let key =
            |planted: &Planted| (planted.institution.clone(), planted.day, format!("{:?}", planted.what));
        let planted: BTreeSet<_> = market.planted().iter().map(key).collect();
        let found: BTreeSet<_> = find(&market, &receive(&market)).iter().map(key).collect();
        assert_eq!(planted, found, "seed {seed}");
        let name = |planted: Planted| {
            format!("{:?}", planted.what).split([' ', '{']).next().unwrap_or_default().to_owned()
        };
        let kinds: BTreeSet<_> = market.planted().into_iter().map(name).collect();
        assert_eq!(kinds.len(), 10, "{kinds:?}");
        let culprits: BTreeSet<_> = planted.iter().map(|(institution, ..)| institution).collect();
        assert_eq!(culprits.len(), 10, "most institutions are healthy");
    }
}

#[test]
fn the_banks_statements_agree_with_the_platforms() {
    let market = Market::new(plan(4));
    let received = receive(&market);
    let mut closings: HashMap<String, Fen> = HashMap::new();
    let mut booked: HashSet<(String, Value, Value)> = HashSet::new();
    for ((_, day), records) in &received.streams["custody_statement"] {
        let mut own: HashMap<(&str, &str), &Value> = HashMap::new();
        for ((platform, _), transactions) in
            received.streams["transaction"].iter().filter(|((_, on), _)| on == day)
        {
            own.extend(transactions.iter().map(|t| ((platform.as_str(), t["id"].as_str().unwrap()), t)));
        }
        let mut balances: HashMap<&str, Fen> = HashMap::new();
        for record in records {
            let platform = record["platform"].as_str().unwrap();
            let account = record["account"].as_str().unwrap();
            let amount = yuan(record, "amount").unwrap();
            match record["kind"].as_str().unwrap() {
                "opening" => {
                    balances.insert(account, amount);
                    if let Some(closing) = closings.get(account) {
                        assert_eq!(amount, *closing);
                    }
                }
                "flow" => {
                    let balance = balances.get_mut(account).unwrap();
                    balance.0 += amount.0;
                    assert!(balance.0 >= 0, "{account} is short on {day}");
                    let own = own[&(platform, record["transaction"].as_str().unwrap())];
                    let sign = if own["payee_account"] == account { 1 } else { -1 };
                    assert!(own["payee_account"] == account || own["payer_account"] == account);
                    assert_eq!(amount.0, sign * yuan(own, "amount").unwrap().0);
                    let key = (platform.to_owned(), record["account"].clone(), record["transaction"].clone());
                    assert!(booked.insert(key), "booked twice");
                }
                _ => {
                    assert_eq!(balances[account], amount);
                    closings.insert(account.to_owned(), amount);
                }
            }
        }
    }
    // And every movement of an account in custody is in the statement.
    let in_custody: HashMap<&str, &str> = received.streams["account"]
        .iter()
        .flat_map(|((platform, _), rows)| rows.iter().map(move |row| (platform, row)))
        .filter(|(_, row)| row["purpose"] == "custody" || row["purpose"] == "project")
        .map(|(platform, row)| (row["account"].as_str().unwrap(), platform.as_str()))
        .collect();
    let mut entries = 0;
    for ((platform, _), records) in &received.streams["transaction"] {
        for record in records {
            for side in ["payer_account", "payee_account"] {
                if in_custody.get(record[side].as_str().unwrap()) == Some(&platform.as_str()) {
                    entries += 1;
                    let key = (platform.clone(), record[side].clone(), record["id"].clone());
                    assert!(booked.contains(&key), "not booked: {record}");
                }
            }
        }
    }
    assert_eq!(entries, booked.len());
    assert!(entries > 10_000, "{entries}");
}

#[test]
fn loans_are_filled_paid_out_and_paid_back_in_that_order() {
    let market = Market::new(MarketPlan { days: 45, transactions: 120_000, ..plan(6) });
    let received = receive(&market);
    let (mut settled, mut failed, mut claims, mut bought) = (0, 0, 0, 0);
    let mut lendings: HashMap<(String, String), Vec<&Value>> = HashMap::new();
    let mut refunds: HashMap<(String, String), Vec<&Value>> = HashMap::new();
    let mut purchases: HashMap<(String, String), Vec<&Value>> = HashMap::new();
    let mut others: HashMap<(String, String, String), &Value> = HashMap::new();
    for ((platform, _), records) in &received.streams["transaction"] {
        for record in records.iter().filter(|record| record.get("project").is_some()) {
            let key = (platform.clone(), record["project"].as_str().unwrap().to_owned());
            match record["kind"].as_str().unwrap() {
                "lending" => lendings.entry(key).or_default().push(record),
                "refund" => refunds.entry(key).or_default().push(record),
                "transfer" => purchases.entry(key).or_default().push(record),
                kind => assert!(others.insert((key.0, key.1, kind.to_owned()), record).is_none()),
            }
        }
    }
    let time = |record: &Value, field: &str| Time::parse(record[field].as_str().unwrap()).unwrap();
    let mut borrowed: HashMap<String, i64> = HashMap::new();
    for ((platform, day), records) in &received.streams["project"] {
        for project in records {
            let key =
                |kind: &str| (platform.clone(), project["id"].as_str().unwrap().to_owned(), kind.to_owned());
            let amount = yuan(project, "amount").unwrap();
            let lent = lendings.get(&(platform.clone(), key("").1));
            match project["status"].as_str().unwrap() {
                "raising" => {
                    *borrowed.entry(project["borrower"].as_str().unwrap().to_owned()).or_default() +=
                        amount.0;
                    assert_eq!(time(project, "published_at").day(), *day);
                }
                "repaying" => {
                    let lent = lent.unwrap();
                    assert_eq!(lent.iter().map(|t| yuan(t, "amount").unwrap().0).sum::<i64>(), amount.0);
                    let paid_out = others[&key("disbursement")];
                    assert_eq!(yuan(paid_out, "amount"), Some(amount));
                    for lending in lent {
                        assert!(time(lending, "time") > time(project, "published_at"));
                        assert!(time(lending, "time") < time(paid_out, "time"));
                        assert_eq!(lending["payee_account"], project["receiving_account"]);
                    }
                }
                "failed" => {
                    failed += 1;
                    assert!(!others.contains_key(&key("disbursement")));
                    let (lent, back) = (lent.unwrap(), &refunds[&(platform.clone(), key("").1)]);
                    let sums = |moved: &[&Value]| {
                        let mut sums: BTreeMap<String, i64> = BTreeMap::new();
                        for one in moved {
                            *sums.entry(one["user"].as_str().unwrap().to_owned()).or_default() +=
                                yuan(one, "amount").unwrap().0;
                        }
                        sums
                    };
                    assert_eq!(sums(lent), sums(back), "everybody has back what was lent");
                    assert!(sums(lent).values().sum::<i64>() < amount.0);
                    for one in back {
                        assert_eq!(
                            time(one, "time").day().to_string(),
                            project["ended_on"].as_str().unwrap()
                        );
                        assert_eq!(one["payer_account"], project["receiving_account"]);
                    }
                }
                "settled" => {
                    settled += 1;
                    let paid_back = others[&key("repayment")];
                    assert!(yuan(paid_back, "amount").unwrap() > amount);
                    assert_eq!(
                        time(paid_back, "time").day().to_string(),
                        project["ended_on"].as_str().unwrap()
                    );
                }
                status => assert_eq!(status, "overdue"),
            }
        }
    }
    assert!(borrowed.values().all(|sum| *sum <= 20_000_000), "nobody borrows beyond 200,000 yuan");
    let all_claims: HashMap<(&str, &str), &Value> = received.streams["claim"]
        .iter()
        .flat_map(|((platform, _), records)| records.iter().map(move |one| (platform.as_str(), one)))
        .map(|(platform, claim)| ((platform, claim["id"].as_str().unwrap()), claim))
        .collect();
    let mut sold = HashSet::new();
    for ((platform, _), records) in &received.streams["claim"] {
        for claim in records {
            if let Some(from) = claim.get("transferred_from") {
                bought += 1;
                let from = all_claims[&(platform.as_str(), from.as_str().unwrap())];
                assert!(sold.insert((platform.clone(), from["id"].clone())), "sold twice");
                for field in ["project", "amount", "due_on"] {
                    assert_eq!(claim[field], from[field]);
                }
                assert!(time(claim, "time") > time(from, "time") && claim["user"] != from["user"]);
                let paid = &purchases[&(platform.clone(), claim["project"].as_str().unwrap().to_owned())];
                let its_own: Vec<_> = paid
                    .iter()
                    .filter(|t| t["user"] == claim["user"] && t["time"] == claim["time"])
                    .collect();
                let [paid] = its_own.as_slice() else { panic!("{claim}: {its_own:?}") };
                assert_eq!(paid["counterparty"], from["user"]);
                assert!(yuan(paid, "amount") > yuan(claim, "amount"), "interest so far is paid too");
                continue;
            }
            claims += 1;
            let lent = &lendings[&(platform.clone(), claim["project"].as_str().unwrap().to_owned())];
            let its_own = lent.iter().filter(|t| t["user"] == claim["user"] && t["time"] == claim["time"]);
            assert_eq!(its_own.map(|t| &t["amount"]).collect::<Vec<_>>(), [&claim["amount"]]);
        }
    }
    assert_eq!(claims, lendings.values().map(Vec::len).sum::<usize>());
    assert_eq!(bought, purchases.values().map(Vec::len).sum::<usize>());
    assert!(settled > 100 && failed > 9 && bought > 20, "{settled} {failed} {bought}");
}

/// Sums of some kinds of transactions of an institution on some days.
fn moved(received: &Received, institution: &str, days: std::ops::Range<i32>, kinds: [&str; 2]) -> [i64; 2] {
    kinds.map(|kind| {
        let of_days = days
            .clone()
            .filter_map(|day| received.streams["transaction"].get(&(institution.to_owned(), Day(day))));
        let of_kind = of_days.flatten().filter(|record| record["kind"] == kind);
        of_kind.map(|record| yuan(record, "amount").unwrap().0).sum()
    })
}

#[test]
fn a_run_shows_in_what_clients_take_out() {
    let market = Market::new(MarketPlan { days: 60, transactions: 400_000, ..plan(7) });
    let received = receive(&market);
    let mut seen = BTreeSet::new();
    for planted in market.planted() {
        let id = planted.institution.as_str();
        let day = planted.day.0;
        match planted.what {
            // The cash reserve is below half on the third day or the fourth.
            Conduct::RunningDry { .. } if seen.insert("run") => {
                let share = |id: &str, days| {
                    let [out, back] = moved(&received, id, days, ["withdrawal", "repayment"]);
                    out as f64 / back as f64
                };
                let (before, run) = (share(id, day - 20..day - 5), share(id, day - 4..day + 2));
                assert!(before < 0.6 && run > 1.0, "{before} {run}");
                let platforms: Vec<_> =
                    market.institutions().filter(|one| one.line == LineOfBusiness::P2p).collect();
                let all: f64 = platforms.iter().map(|one| share(one.id.as_str(), day - 20..day + 20)).sum();
                assert!((all - share(id, day - 20..day + 20)) / (platforms.len() as f64 - 1.0) < 0.6);
            }
            Conduct::MassRedemption { .. } if seen.insert("redemptions") => {
                let kinds = ["redemption", "subscription"];
                let [out, into] = moved(&received, id, day..day + 4, kinds);
                let [out_before, into_before] = moved(&received, id, day - 14..day, kinds);
                assert!(out > 4 * into && out_before < 2 * into_before);
                assert!(out > out_before, "in four days more than in two weeks: {out} {out_before}");
            }
            Conduct::Surrenders { .. } if seen.insert("surrenders") => {
                let kinds = ["surrender", "premium"];
                let [out, into] = moved(&received, id, day..day + 14, kinds);
                let [out_before, into_before] = moved(&received, id, day - 14..day, kinds);
                assert!(3 * out > into && 5 * out_before < into_before);
            }
            _ => {}
        }
    }
    assert_eq!(seen.len(), 3);
}

#[test]
fn persons_are_clients_of_several_institutions() {
    let market = Market::new(plan(5));
    let mut at: HashMap<String, HashSet<String>> = HashMap::new();
    for ((institution, _), records) in &receive(&market).streams["transaction"] {
        for record in records {
            at.entry(record["user"].as_str().unwrap().to_owned()).or_default().insert(institution.clone());
        }
    }
    let shared = at.values().filter(|institutions| institutions.len() > 1).count();
    assert!(shared * 10 > at.len(), "{shared} of {}", at.len());
}

#[test]
fn odd_plans_are_made_too() {
    for (institutions, days, transactions) in
        [(0, 5, 10), (1, 1, 0), (1, 1, 10_000), (3, 0, 9), (7, 2, 100), (90, 9, 400)]
    {
        let odd = MarketPlan { institutions, days, transactions, ..plan(9) };
        assert!(Market::new(odd.clone()).call_ups().is_empty());
        for market in [Market::new(odd.clone()), Market::whole(odd.clone())] {
            let filings: Vec<_> = market.filings().map(|filing| bytes(&filing)).collect();
            assert!(days == 0 || filings.len() >= institutions as usize);
            market.planted();
            assert!(market.truth().iter().all(|truth| truth.day < odd.first_day.plus(days as i32)));
        }
    }
}
