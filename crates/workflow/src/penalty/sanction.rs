//! What a penalty imposes, with the computation of the fine and its limits.

use std::fmt;

use model::money::{AMOUNT_FEN_MAX, DecimalError, Fen, format_scaled, parse_scaled};
use model::text::Text;
use model::time::Day;
use serde::{Deserialize, Serialize};

use super::dates::months_after;
use crate::{Refusal, Why};

/// The most that the illegal income is multiplied by (requirement 3.4).
pub const MULTIPLE_MAX: Multiple = Multiple(500);
/// The longest bar for a term, in months; beyond it is for life.
const BAR_MONTHS_MAX: u32 = 600;

/// How many times the illegal income a fine is, in hundredths. `"2.5"` on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Multiple(i64);

impl Multiple {
    /// Reads a decimal number with at most two decimals.
    ///
    /// # Errors
    /// [`DecimalError`].
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        parse_scaled(text, 2, 1_000_000).map(Self)
    }

    /// So many times an amount, rounded half up to the fen; nothing where it leaves the range.
    pub fn of(self, amount: Fen) -> Option<Fen> {
        let product = i128::from(amount.0.max(0)) * i128::from(self.0.max(0));
        let fen = i64::try_from((product + 50) / 100).ok()?;
        (fen <= AMOUNT_FEN_MAX).then_some(Fen(fen))
    }
}

impl fmt::Display for Multiple {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format_scaled(self.0, 2);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

impl TryFrom<String> for Multiple {
    type Error = DecimalError;

    fn try_from(text: String) -> Result<Self, DecimalError> {
        Self::parse(&text)
    }
}

impl From<Multiple> for String {
    fn from(multiple: Multiple) -> Self {
        multiple.to_string()
    }
}

/// 罚款: a fine, as it is computed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fine {
    /// 违法所得的倍数: so many times the illegal income, at most five.
    Multiple {
        /// How many times.
        multiple: Multiple,
    },
    /// 定额: an amount in a range that a law names.
    Fixed {
        /// How much.
        amount: Fen,
        /// The least that the law names.
        least: Fen,
        /// The most that the law names.
        most: Fen,
        /// The illegal income from which on the law has a multiple instead, where it says so.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        below_income: Option<Fen>,
        /// The clause that names the range.
        clause: Text,
    },
}

/// 吊销许可证: the licence that is revoked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Licence {
    /// What it is called.
    pub name: String,
    /// Its number.
    pub number: String,
}

/// 从业禁止: how long a person is barred.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bar {
    /// For a term, in months from service.
    Months(u32),
    /// 终身: for life.
    Life,
}

impl Bar {
    /// The last day of a bar that begins on a day; nothing for life.
    pub fn last_day(self, from: Day) -> Option<Day> {
        match self {
            Self::Months(months) => Some(months_after(from, months).plus(-1)),
            Self::Life => None,
        }
    }

    fn zh(self) -> String {
        match self {
            Self::Months(months) if months % 12 == 0 => format!("{}年", months / 12),
            Self::Months(months) => format!("{months}个月"),
            Self::Life => "终身".to_owned(),
        }
    }
}

/// What a penalty imposes on its addressee.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sanctions {
    /// 警告: a warning (art. 9).
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    pub warning: bool,
    /// 违法所得: the illegal income, from which the fine and the confiscation are computed.
    #[serde(default)]
    pub illegal_income: Fen,
    /// 退赔: what of it was given back to those who had lost it, and is not confiscated (art. 28).
    #[serde(default)]
    pub given_back: Fen,
    /// 没收违法所得: what is confiscated.
    #[serde(default)]
    pub confiscated: Fen,
    /// The fine.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fine: Option<Fine>,
    /// The licence that is revoked; of institutions alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revoked: Option<Licence>,
    /// How long the person is barred; of persons alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub bar: Option<Bar>,
    /// 移送司法机关: to whom, and for what crime, the matter is referred (art. 27).
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub referral: Option<String>,
}

fn bad(zh: String, en: String) -> Refusal {
    Refusal::new(Why::BadValue, zh, en)
}

impl Sanctions {
    /// The fine's amount; nothing for no fine, or one that cannot be.
    pub fn fine_amount(&self) -> Fen {
        match &self.fine {
            None => Fen(0),
            Some(Fine::Multiple { multiple }) => multiple.of(self.illegal_income).unwrap_or_default(),
            Some(Fine::Fixed { amount, .. }) => *amount,
        }
    }

    /// That it imposes something, that it can be imposed on such an addressee, and that fine and
    /// confiscation are within their limits.
    ///
    /// # Errors
    /// [`Why::BadValue`], [`Why::Missing`].
    pub fn check(&self, is_person: bool) -> Result<(), Refusal> {
        let is_nothing = !self.warning
            && self.confiscated == Fen(0)
            && self.fine.is_none()
            && self.revoked.is_none()
            && self.bar.is_none();
        if is_nothing {
            return Err(Refusal::new(
                Why::Missing,
                "请至少写明一项处罚（警告、罚款、没收违法所得、吊销许可证或从业禁止）。",
                "Impose something: a warning, a fine, a confiscation, a revocation or a bar.",
            ));
        }
        if is_person && self.revoked.is_some() || !is_person && self.bar.is_some() {
            return Err(bad(
                "吊销许可证只适用于机构，从业禁止只适用于个人。".to_owned(),
                "A licence is revoked of an institution, and a person is barred; not the other way round."
                    .to_owned(),
            ));
        }
        if let Some(Bar::Months(months)) = self.bar
            && !(1..=BAR_MONTHS_MAX).contains(&months)
        {
            return Err(bad(
                format!("从业禁止的期限须为1至{BAR_MONTHS_MAX}个月，更长者为终身。"),
                format!("A bar for a term has 1 to {BAR_MONTHS_MAX} months; beyond it is for life."),
            ));
        }
        if let Some(Licence { name, number }) = &self.revoked
            && (name.trim().is_empty() || number.trim().is_empty())
        {
            return Err(Refusal::new(
                Why::Missing,
                "请写明吊销的许可证名称及编号。",
                "Say the name and the number of the licence that is revoked.",
            ));
        }
        self.check_money()
    }

    fn check_money(&self) -> Result<(), Refusal> {
        let amounts = [self.illegal_income, self.given_back, self.confiscated];
        if amounts.iter().any(|amount| !(0..=AMOUNT_FEN_MAX).contains(&amount.0)) {
            return Err(bad(
                "金额不得为负，也不得超出标准允许的范围。".to_owned(),
                "Amounts are not below zero and not larger than the standard allows.".to_owned(),
            ));
        }
        let left = Fen(self.illegal_income.0 - self.given_back.0);
        if self.confiscated > left {
            return Err(bad(
                format!(
                    "没收{}元超过违法所得{}元减去已退赔{}元的余额{left}元。",
                    self.confiscated, self.illegal_income, self.given_back
                ),
                format!(
                    "A confiscation of {} yuan is more than the {left} yuan that are left of an illegal income of {} yuan, of which {} yuan were given back.",
                    self.confiscated, self.illegal_income, self.given_back
                ),
            ));
        }
        match &self.fine {
            None => Ok(()),
            Some(Fine::Multiple { multiple }) => self.check_multiple(*multiple),
            Some(Fine::Fixed { amount, least, most, below_income, clause }) => {
                if clause.zh.trim().is_empty() {
                    return Err(Refusal::new(
                        Why::Missing,
                        "定额罚款须写明规定幅度的法律条款。",
                        "A fixed fine names the clause of the law that has the range.",
                    ));
                }
                self.check_fixed(*amount, (*least, *most), *below_income)
            }
        }
    }

    fn check_multiple(&self, multiple: Multiple) -> Result<(), Refusal> {
        let income = self.illegal_income;
        if income == Fen(0) {
            return Err(Refusal::new(
                Why::Missing,
                "没有违法所得，不能按倍数计算罚款；请按法律规定的定额幅度。",
                "There is no illegal income to multiply; take the fixed range of the law.",
            ));
        }
        let limit = Fen(income.0.saturating_mul(5));
        if multiple > MULTIPLE_MAX || multiple <= Multiple(0) {
            return Err(bad(
                format!("罚款为违法所得{income}元的{multiple}倍，不在五倍以下（上限{limit}元）的幅度之内。"),
                format!(
                    "A fine of {multiple} times the illegal income of {income} yuan is not above zero and at most five times ({limit} yuan)."
                ),
            ));
        }
        match multiple.of(income) {
            Some(Fen(1..)) => Ok(()),
            _ => Err(bad(
                "罚款金额超出标准允许的范围，或不足一分。".to_owned(),
                "The fine is larger than the standard allows, or less than a fen.".to_owned(),
            )),
        }
    }

    fn check_fixed(&self, amount: Fen, range: (Fen, Fen), below_income: Option<Fen>) -> Result<(), Refusal> {
        let (least, most) = range;
        let income = self.illegal_income;
        if let Some(threshold) = below_income
            && income >= threshold
        {
            return Err(bad(
                format!("违法所得{income}元已达{threshold}元，法律规定按倍数罚款，不适用定额幅度。"),
                format!(
                    "The illegal income of {income} yuan is not below {threshold} yuan: the law has a multiple of it, not the fixed range."
                ),
            ));
        }
        let is_in_range = least <= amount && amount <= most && amount.0 > 0 && most.0 <= AMOUNT_FEN_MAX;
        match is_in_range {
            true => Ok(()),
            false => Err(bad(
                format!("罚款{amount}元不在法律规定的{least}元至{most}元幅度之内。"),
                format!("A fine of {amount} yuan is not within the law's {least} to {most} yuan."),
            )),
        }
    }

    /// What is heavier here than in what was announced; nothing when nothing is.
    pub fn heavier_than(&self, announced: &Self) -> Option<Text> {
        let rank = |bar: Option<Bar>| match bar {
            None => 0,
            Some(Bar::Months(months)) => months,
            Some(Bar::Life) => u32::MAX,
        };
        let money = |zh: &str, en: &str, now: Fen, before: Fen| {
            (now > before).then(|| {
                Text::new(
                    format!("{zh}由{before}元增至{now}元"),
                    format!("{en} grew from {before} to {now} yuan"),
                )
            })
        };
        let said = |is_heavier: bool, zh: &str, en: &str| is_heavier.then(|| Text::new(zh, en));
        money("罚款", "the fine", self.fine_amount(), announced.fine_amount())
            .or_else(|| money("没收金额", "the confiscation", self.confiscated, announced.confiscated))
            .or_else(|| {
                let is_new = self.revoked.is_some() && self.revoked != announced.revoked;
                said(is_new, "增加了吊销许可证", "a revocation was added")
            })
            .or_else(|| said(rank(self.bar) > rank(announced.bar), "从业禁止加重", "the bar became longer"))
            .or_else(|| said(self.warning && !announced.warning, "增加了警告", "a warning was added"))
    }

    /// 处罚类别, in the words of the standard (art. 9).
    pub fn kinds_zh(&self) -> String {
        let kinds = [
            (self.warning, "警告"),
            (self.fine.is_some(), "罚款"),
            (self.confiscated.0 > 0, "没收违法所得、没收非法财物"),
            (self.revoked.is_some(), "暂扣许可证件、降低资质等级、吊销许可证件"),
            (self.bar.is_some(), "限制开展生产经营活动、责令停产停业、责令关闭、限制从业"),
        ];
        kinds.into_iter().filter(|(is_there, _)| *is_there).map(|(_, zh)| zh).collect::<Vec<_>>().join(";")
    }

    /// 处罚内容, as a sentence.
    pub fn content_zh(&self) -> String {
        let mut parts = Vec::new();
        if self.warning {
            parts.push("警告".to_owned());
        }
        if self.confiscated.0 > 0 {
            parts.push(format!("没收违法所得{}元", self.confiscated));
        }
        match &self.fine {
            None => {}
            Some(Fine::Multiple { multiple }) => {
                parts.push(format!("处违法所得{multiple}倍罚款{}元", self.fine_amount()));
            }
            Some(Fine::Fixed { amount, .. }) => parts.push(format!("罚款{amount}元")),
        }
        if let Some(licence) = &self.revoked {
            parts.push(format!("吊销{}（{}）", licence.name, licence.number));
        }
        if let Some(bar) = self.bar {
            parts.push(format!("禁止从业{}", bar.zh()));
        }
        if let Some(referral) = &self.referral {
            parts.push(format!("移送司法机关（{referral}）"));
        }
        parts.join("；")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn yuan(text: &str) -> Fen {
        Fen::parse(text).unwrap()
    }

    fn times(multiple: &str, income: &str) -> Sanctions {
        let fine = Some(Fine::Multiple { multiple: Multiple::parse(multiple).unwrap() });
        Sanctions { illegal_income: yuan(income), fine, ..Sanctions::default() }
    }

    fn fixed(amount: &str, income: &str) -> Sanctions {
        let fine = Fine::Fixed {
            amount: yuan(amount),
            least: yuan("500000"),
            most: yuan("2000000"),
            below_income: Some(yuan("500000")),
            clause: Text::new("某法第四十五条", "Article 45"),
        };
        Sanctions { illegal_income: yuan(income), fine: Some(fine), ..Sanctions::default() }
    }

    #[test]
    fn the_limits_of_a_fine() {
        let table = [
            // Five times is the limit, and is allowed.
            (times("5", "1000000"), Ok("5000000.00")),
            (times("5.01", "1000000"), Err("5.01倍，不在五倍以下（上限5000000.00元）")),
            (times("0", "1000000"), Err("0倍")),
            (times("2.5", "0.33"), Ok("0.83")),
            (times("2", "0"), Err("没有违法所得")),
            (fixed("500000", "0"), Ok("500000.00")),
            // More than five times of little illegal income, where the law has a range.
            (fixed("2000000", "499999.99"), Ok("2000000.00")),
            (fixed("2000000", "500000"), Err("法律规定按倍数罚款")),
            (fixed("2000000.01", "0"), Err("不在法律规定的500000.00元至2000000.00元")),
            (fixed("499999.99", "0"), Err("不在法律规定的")),
        ];
        for (sanctions, expected) in table {
            match (sanctions.check(false), expected) {
                (Ok(()), Ok(amount)) => assert_eq!(sanctions.fine_amount(), yuan(amount)),
                (Err(refusal), Err(part)) => assert!(refusal.zh.contains(part), "{refusal:?}"),
                (found, expected) => panic!("{sanctions:?}: {found:?}, not {expected:?}"),
            }
        }
    }

    #[test]
    fn what_was_given_back_is_not_confiscated() {
        let of = |confiscated: &str| Sanctions {
            illegal_income: yuan("100"),
            given_back: yuan("30"),
            confiscated: yuan(confiscated),
            ..Sanctions::default()
        };
        assert_eq!(of("70").check(false), Ok(()));
        let refusal = of("70.01").check(false).unwrap_err();
        assert!(refusal.en.contains("more than the 70.00 yuan"), "{refusal}");
    }

    #[test]
    fn persons_are_barred_and_licences_revoked() {
        let barred = |bar| Sanctions { bar: Some(bar), ..Sanctions::default() };
        assert_eq!(barred(Bar::Life).check(true), Ok(()));
        for (sanctions, is_person) in [(barred(Bar::Life), false), (barred(Bar::Months(0)), true)] {
            assert_eq!(sanctions.check(is_person).map_err(|refusal| refusal.why), Err(Why::BadValue));
        }
        assert_eq!(Sanctions::default().check(true).map_err(|refusal| refusal.why), Err(Why::Missing));
        let from = Day::parse("2026-11-24").unwrap();
        assert_eq!(Bar::Months(60).last_day(from).map(|day| day.to_string()).as_deref(), Some("2031-11-23"));
    }

    #[test]
    fn a_defence_makes_nothing_heavier() {
        let months = |months| Sanctions { bar: Some(Bar::Months(months)), ..times("2", "100") };
        assert_eq!(months(12).heavier_than(&months(12)), None);
        assert_eq!(months(11).heavier_than(&months(12)), None);
        assert!(months(13).heavier_than(&months(12)).is_some());
        let heavier = times("3", "100").heavier_than(&times("2", "100")).unwrap();
        assert_eq!(heavier.zh, "罚款由200.00元增至300.00元");
    }
}
