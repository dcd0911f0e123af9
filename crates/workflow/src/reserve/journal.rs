//! The books: entries 记账凭证, balances, the trial balance 试算平衡表 and statements 对账单.

use std::collections::BTreeMap;

use model::institution::InstitutionId;
use model::money::{AMOUNT_FEN_MAX, Fen};
use model::text::Text;
use model::time::{Day, Time};
use serde::{Deserialize, Serialize};

use super::account::{Account, Side};
use super::event::Month;

/// 分录: one line of an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The account.
    pub account: Account,
    /// The institution, for an account that is kept per institution.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub institution: Option<InstitutionId>,
    /// The side.
    pub side: Side,
    /// How much; always above zero.
    pub amount: Fen,
}

impl Line {
    /// The amount, positive on the debit side.
    fn signed_fen(&self) -> i64 {
        match self.side {
            Side::Debit => self.amount.0,
            Side::Credit => -self.amount.0,
        }
    }
}

/// 记账凭证: an entry of the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// 凭证号, counted without a gap in each month: `2026-11-0001`.
    pub voucher: String,
    /// 记账日期: the day under which it is booked.
    pub day: Day,
    /// 摘要: what it is about.
    pub text: Text,
    /// Its lines; debits and credits come to the same sum.
    pub lines: Vec<Line>,
}

impl Entry {
    /// Whether debits and credits come to the same sum, every amount is above zero, and each line
    /// names an institution where its account is kept per institution and there alone.
    pub fn balances(&self) -> bool {
        let is_sound = |line: &Line| {
            (1..=AMOUNT_FEN_MAX).contains(&line.amount.0)
                && line.institution.is_some() == line.account.is_per_institution()
        };
        let sum: i128 = self.lines.iter().map(|line| i128::from(line.signed_fen())).sum();
        sum == 0 && !self.lines.is_empty() && self.lines.iter().all(is_sound)
    }
}

/// The key of a balance: the account, and the institution where it is kept per institution.
type Key = (Account, Option<InstitutionId>);

/// The books. Balances are in fen, positive on the debit side.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Journal {
    entries: Vec<Entry>,
    balances: BTreeMap<Key, i64>,
    /// Debits and credits of each account since the beginning, both positive.
    turnover: BTreeMap<Account, (i64, i64)>,
    /// How many entries each month has.
    vouchers: BTreeMap<Month, u32>,
}

/// An amount that the books still hold; nothing beyond.
fn held(fen: i64) -> Option<i64> {
    (-AMOUNT_FEN_MAX..=AMOUNT_FEN_MAX).contains(&fen).then_some(fen)
}

impl Journal {
    /// All entries, in the order in which they were made.
    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The balance of an account, of an institution's part of it, on its own side.
    pub(super) fn balance(&self, account: Account, institution: Option<&InstitutionId>) -> Fen {
        let key = (account, institution.cloned());
        Fen(on_its_side(account, self.balances.get(&key).copied().unwrap_or(0)))
    }

    /// What the balances come to with an entry; nothing when it does not balance, a sum leaves the
    /// range, or the cash falls below zero.
    fn with(&self, entry: &Entry) -> Option<Changes> {
        if !entry.balances() {
            return None;
        }
        let mut changes = Changes::default();
        for line in &entry.lines {
            let key = (line.account, line.institution.clone());
            let before = self.balances.get(&key).copied().unwrap_or(0);
            let balance = changes.balances.entry(key).or_insert(before);
            *balance = balance.checked_add(line.signed_fen()).and_then(held)?;
            let before = self.turnover.get(&line.account).copied().unwrap_or((0, 0));
            let (debit, credit) = changes.turnover.entry(line.account).or_insert(before);
            let side = if line.side == Side::Debit { debit } else { credit };
            *side = side.checked_add(line.amount.0).and_then(held)?;
        }
        let cash = changes.balances.get(&(Account::Cash, None)).copied().unwrap_or(0);
        (cash >= 0).then_some(changes)
    }

    /// Whether an entry can be booked.
    pub(super) fn takes(&self, entry: &Entry) -> bool {
        self.with(entry).is_some()
    }

    /// Books an entry; one that cannot be booked changes nothing, and that is said.
    pub(super) fn book(&mut self, entry: &Entry) -> bool {
        let Some(changes) = self.with(entry) else { return false };
        self.balances.extend(changes.balances);
        self.turnover.extend(changes.turnover);
        let count = self.vouchers.entry(Month::of(entry.day)).or_insert(0);
        *count = count.saturating_add(1);
        self.entries.push(entry.clone());
        true
    }

    /// The number of the next entry of the month of a time.
    pub(super) fn next_voucher(&self, now: Time) -> String {
        let month = Month::of(now.day());
        let count = self.vouchers.get(&month).map_or(1, |count| count.saturating_add(1));
        format!("{month}-{count:04}")
    }

    /// 试算平衡表.
    pub(super) fn trial_balance(&self) -> TrialBalance {
        let row = |account: Account| {
            let of_account = self.balances.range((account, None)..).take_while(|(key, _)| key.0 == account);
            let fen: i128 = of_account.map(|(_, fen)| i128::from(*fen)).sum();
            let (debit, credit) = self.turnover.get(&account).copied().unwrap_or((0, 0));
            let side = |sign: i128| Fen(i64::try_from((fen * sign).max(0)).unwrap_or(i64::MAX));
            TrialBalanceRow {
                account: AccountTotal::of(account),
                debits: Fen(debit),
                credits: Fen(credit),
                debit_balance: side(1),
                credit_balance: side(-1),
            }
        };
        let rows: Vec<TrialBalanceRow> = Account::ALL.into_iter().map(row).collect();
        let sum = |of: fn(&TrialBalanceRow) -> Fen| {
            Fen(rows.iter().fold(0_i64, |sum, row| sum.saturating_add(of(row).0)))
        };
        TrialBalance {
            debits: sum(|row| row.debits),
            credits: sum(|row| row.credits),
            debit_balances: sum(|row| row.debit_balance),
            credit_balances: sum(|row| row.credit_balance),
            rows,
        }
    }

    /// 对账单 of an institution from one day to another, both included.
    pub(super) fn statement(&self, institution: &InstitutionId, from: Day, to: Day) -> Statement {
        let mut balances: BTreeMap<Account, i64> = BTreeMap::new();
        let mut accounts: BTreeMap<Account, StatementAccount> = BTreeMap::new();
        for account in Account::ALL.into_iter().filter(|account| account.is_per_institution()) {
            accounts.insert(account, StatementAccount::empty(account));
        }
        let mut movements = Vec::new();
        for entry in self.entries.iter().filter(|entry| entry.day <= to) {
            for line in entry.lines.iter().filter(|line| line.institution.as_ref() == Some(institution)) {
                let balance = balances.entry(line.account).or_insert(0);
                *balance = balance.saturating_add(line.signed_fen());
                let own = Fen(on_its_side(line.account, *balance));
                let Some(total) = accounts.get_mut(&line.account) else { continue };
                total.closing = own;
                if entry.day < from {
                    total.opening = own;
                    continue;
                }
                let (debit, credit) = match line.side {
                    Side::Debit => (Some(line.amount), None),
                    Side::Credit => (None, Some(line.amount)),
                };
                total.debits.0 = total.debits.0.saturating_add(debit.unwrap_or_default().0);
                total.credits.0 = total.credits.0.saturating_add(credit.unwrap_or_default().0);
                movements.push(Movement {
                    day: entry.day,
                    voucher: entry.voucher.clone(),
                    text: entry.text.clone(),
                    account: line.account,
                    debit,
                    credit,
                    balance: own,
                });
            }
        }
        let accounts = accounts.into_values().collect();
        Statement { institution: institution.clone(), from, to, accounts, movements }
    }
}

/// What an entry makes of balances and turnover.
#[derive(Default)]
struct Changes {
    balances: BTreeMap<Key, i64>,
    turnover: BTreeMap<Account, (i64, i64)>,
}

/// A balance as it stands on its account's own side.
fn on_its_side(account: Account, debit_fen: i64) -> i64 {
    match account.side() {
        Side::Debit => debit_fen,
        Side::Credit => -debit_fen,
    }
}

/// An account, as statements name it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AccountTotal {
    /// The account.
    pub account: Account,
    /// Its number.
    pub number: &'static str,
    /// Its name.
    pub name: Text,
    /// The side on which its balance stands.
    pub side: Side,
}

impl AccountTotal {
    fn of(account: Account) -> Self {
        use crate::life::Word;
        let name = Text::new(account.zh(), account.en());
        Self { account, number: account.number(), name, side: account.side() }
    }
}

/// A row of the trial balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialBalanceRow {
    /// The account.
    #[serde(flatten)]
    pub account: AccountTotal,
    /// 借方发生额 since the beginning.
    pub debits: Fen,
    /// 贷方发生额 since the beginning.
    pub credits: Fen,
    /// 借方余额.
    pub debit_balance: Fen,
    /// 贷方余额.
    pub credit_balance: Fen,
}

/// 试算平衡表: the balances of all accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TrialBalance {
    /// One row for each account.
    pub rows: Vec<TrialBalanceRow>,
    /// Sum of debits.
    pub debits: Fen,
    /// Sum of credits.
    pub credits: Fen,
    /// Sum of balances on the debit side.
    pub debit_balances: Fen,
    /// Sum of balances on the credit side.
    pub credit_balances: Fen,
}

impl TrialBalance {
    /// Whether both sides come to the same sums.
    pub fn is_balanced(&self) -> bool {
        self.debits == self.credits && self.debit_balances == self.credit_balances
    }
}

/// An account in a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatementAccount {
    /// The account.
    #[serde(flatten)]
    pub account: AccountTotal,
    /// 期初余额: the balance before the first day.
    pub opening: Fen,
    /// 借方发生额 of the days.
    pub debits: Fen,
    /// 贷方发生额 of the days.
    pub credits: Fen,
    /// 期末余额: the balance after the last day.
    pub closing: Fen,
}

impl StatementAccount {
    fn empty(account: Account) -> Self {
        let zero = Fen(0);
        Self { account: AccountTotal::of(account), opening: zero, debits: zero, credits: zero, closing: zero }
    }
}

/// A line of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Movement {
    /// 记账日期.
    pub day: Day,
    /// 凭证号.
    pub voucher: String,
    /// 摘要.
    pub text: Text,
    /// The account.
    pub account: Account,
    /// The amount, on the debit side.
    pub debit: Option<Fen>,
    /// The amount, on the credit side.
    pub credit: Option<Fen>,
    /// The account's balance after it, on its own side.
    pub balance: Fen,
}

/// 对账单: what an institution has with the fund.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Statement {
    /// The institution.
    pub institution: InstitutionId,
    /// The first day.
    pub from: Day,
    /// The last day.
    pub to: Day,
    /// Its accounts, with opening and closing balances.
    pub accounts: Vec<StatementAccount>,
    /// Its lines, in the order in which they were booked.
    pub movements: Vec<Movement>,
}

impl Statement {
    /// The row of an account.
    pub fn account(&self, account: Account) -> Option<&StatementAccount> {
        self.accounts.iter().find(|row| row.account.account == account)
    }
}
