//! The day's business figures of one line of business.

use crate::field_types::{Count, SignedFen};
use crate::money::{Fen, Percent};
use crate::spec::stream;
use crate::streams::LineOfBusiness;
use crate::time::Day;

stream! {
    /// A figure that does not exist in a line of business is left out, never filed as zero.
    BusinessDaily = 3 "business_daily" "业务日报" "Business figures of one line of business at the end of a day (requirement 2.1: loan balance, overdue rate, premium income).",
    time "date" {
        3 Clear date: Day, "日期", "The day at whose end the figures hold.";
        4 Clear line: LineOfBusiness, "业态", "The line of business.";
        5 Clear loan_balance: Option<Fen>, "贷款余额", "Loans outstanding, in yuan.";
        6 Clear overdue_balance: Option<Fen>, "逾期余额", "Principal of loans with a payment overdue, in yuan.";
        7 Clear nonperforming_balance: Option<Fen>, "不良贷款余额", "Non-performing loans (five-class: substandard, doubtful, loss), in yuan.";
        8 Clear cash_reserve: Option<Fen>, "现金储备", "Cash and what can be turned into cash within a day, in yuan.";
        9 Clear debt_due_30_days: Option<Fen>, "未来30天到期债务", "Debt that falls due in the next 30 days, in yuan.";
        10 Clear guarantee_funds: Option<Fen>, "担保资金", "Funds held to make good lenders' losses, in yuan.";
        11 Clear lenders: Option<Count>, "出借人数", "Lenders with money in projects.";
        12 Clear borrowers: Option<Count>, "借款人数", "Borrowers with money outstanding.";
        13 Clear small_lenders: Option<Count>, "小额出借人数", "Lenders with less than 10,000 yuan each.";
        14 Clear large_lenders: Option<Count>, "大额出借人数", "Lenders with 100,000 yuan or more each.";
        15 Clear large_borrowers: Option<Count>, "大额借款人数", "Borrowers with 1,000,000 yuan or more each.";
        16 Clear top10_borrower_share_percent: Option<Percent>, "前十大借款人占比(%)", "Share of the ten largest borrowers in the balance, per cent.";
        17 Clear top50_borrower_share_percent: Option<Percent>, "前五十大借款人占比(%)", "Share of the fifty largest borrowers, per cent.";
        18 Clear top10_lender_share_percent: Option<Percent>, "前十大出借人占比(%)", "Share of the ten largest lenders in the balance, per cent.";
        19 Clear top50_lender_share_percent: Option<Percent>, "前五十大出借人占比(%)", "Share of the fifty largest lenders, per cent.";
        20 Clear average_return_percent: Option<Percent>, "平均年化收益率(%)", "Average return promised to lenders, per cent a year.";
        21 Clear filling_minutes: Option<Count>, "平均满标时间(分钟)", "Average time until a project is filled, in minutes.";
        22 Clear premium_income: Option<Fen>, "保费收入", "Premiums of the day, in yuan.";
        23 Clear surrender_payments: Option<Fen>, "退保金", "Paid for surrendered policies on the day, in yuan.";
        24 Clear policy_reserve: Option<Fen>, "保单责任准备金", "Reserve held for long-term policies at the end of the day, in yuan.";
        25 Clear policies_in_force: Option<Count>, "有效保单数", "Policies in force at the end of the day.";
        26 Clear policies_surrendered: Option<Count>, "退保保单数", "Policies surrendered on the day.";
        27 Clear health_claims: Option<Fen>, "短期健康险赔付支出", "Claims on short-term health insurance incurred on the day, in yuan.";
        28 Clear health_earned_premium: Option<Fen>, "短期健康险已赚保费", "Premium of short-term health insurance earned on the day, in yuan.";
        29 Clear reserve_deposited: Option<Fen>, "集中存管备付金", "Clients' reserve deposited centrally, in yuan.";
        30 Clear reserve_total: Option<Fen>, "备付金总额", "Clients' reserve in all, in yuan.";
        31 Clear subscriptions: Option<Fen>, "申购金额", "Fund subscriptions of the day, in yuan.";
        32 Clear redemptions: Option<Fen>, "赎回金额", "Fund redemptions of the day, in yuan.";
        33 Clear fund_units_value: Option<Fen>, "基金保有规模", "Value of fund units held by clients at the end of the day, in yuan.";
        34 Clear income: Option<SignedFen>, "营业收入", "The institution's income of the day, in yuan.";
        35 Clear highest_return_percent: Option<Percent>, "最高承诺收益率(%)", "Highest return promised to lenders on any term, per cent a year.";
        36 Clear return_under_1_month_percent: Option<Percent>, "一月以内标的收益率(%)", "Average return of projects under one month; absent when none was offered, per cent a year.";
    }
}
