//! What the simulator plants, in words, and which entries of the rulebook are to find it.

use rulebook::Text;
use sim::Conduct;

/// The conduct in both languages.
pub(crate) fn name(conduct: &Conduct) -> Text {
    let (zh, en) = match conduct {
        Conduct::BusyUser { .. } => ("单日交易超 50 笔", "more than 50 transactions in a day"),
        Conduct::LargeDay { .. } => ("单日超 5 万元", "more than 50,000 yuan in a day"),
        Conduct::LoanSurge { .. } => ("借贷余额一周增超 30%", "loan balance up by more than 30% in a week"),
        Conduct::RunningDry { .. } => ("流动性枯竭", "liquidity runs dry"),
        Conduct::BadLoans { .. } => ("不良贷款", "bad loans"),
        Conduct::Surrenders { .. } => ("集中退保", "mass surrenders"),
        Conduct::ReserveShort { .. } => ("备付金交存不足", "clients' reserve not deposited"),
        Conduct::MassRedemption { .. } => ("集中赎回", "mass redemption"),
        Conduct::Late { .. } => ("迟报", "late filing"),
        Conduct::Silent => ("漏报", "no filing"),
    };
    Text { zh: zh.to_owned(), en: en.to_owned() }
}

/// The entries of which one at least must find it.
pub(crate) fn found_by(conduct: &Conduct) -> &'static [&'static str] {
    match conduct {
        Conduct::BusyUser { .. } => &["frequent-transactions"],
        Conduct::LargeDay { .. } => &["fifty-thousand-yuan-day"],
        Conduct::LoanSurge { .. } => &["loan-balance-surge"],
        Conduct::RunningDry { .. } => &["liquidity"],
        Conduct::BadLoans { .. } => &["nonperforming-ratio"],
        Conduct::Surrenders { .. } => &["surrender-rate"],
        Conduct::ReserveShort { .. } => &["reserve-deposit"],
        Conduct::MassRedemption { .. } => &["redemption-pressure", "large-redemption"],
        Conduct::Late { .. } | Conduct::Silent => &["late-filing"],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_planted_has_an_entry_that_finds_it() {
        let book = rulebook::load::embedded().unwrap();
        let market = sim::Market::new(sim::MarketPlan {
            seed: 1,
            institutions: 40,
            days: 30,
            transactions: 0,
            first_day: model::time::Day::from_ymd(2026, 3, 1).unwrap(),
        });
        let planted = market.planted();
        assert!(!planted.is_empty());
        for planted in planted {
            for id in found_by(&planted.what) {
                assert!(book.entry(id).is_some(), "{:?}: there is no entry {id}", planted.what);
            }
        }
    }
}
