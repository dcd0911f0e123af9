//! The mappings that come with Jianwei, on made-up files with the columns of the real ones.

mod common;

use common::{import_with, options, outcome};

fn shown(mapping: &str, files: &[(&str, &str)]) -> String {
    let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
    outcome(import_with(mapping, &files, &options()))
}

#[test]
fn platforms_by_month() {
    let monthly = "\
_id,background,day,investor_0to1w,investor_100w_up,investor_10to100w,investor_1to10w,name,plat_id,wdzj_plat_id,borrower_0to20w,borrower_100w_up,borrower_20to100w,return_rate_diff_0to1m,return_rate_diff_1to2m,return_rate_diff_2to3m,return_rate_diff_3to6m,return_rate_diff_6m_up,complete_time_diff_0to1m,complete_time_diff_1to2m,complete_time_diff_2to3m,complete_time_diff_3to6m,complete_time_diff_6m_up,top_ten_borrower_to_repay,top_ten_investor_to_receice,top_fifty_borrower_to_repay,top_fifty_investor_to_receice,finished
a,x,2017-08-31,40,1,9,50,甲,wd1,1,3,1,2,0,7.5,0,8.25,9,1,1,1,1,1,0,4.5,1.5,7.75,
b,x,2017-09-30,40,1,9,50,甲,wd1,1,3,1,2,6.1,0,0,0,0,1,1,1,1,1,0.5,4.5,0,7.75,
c,x,2017-08-31,,,,,乙,1001,1001,,,,,,,,,,,,,,,,,,
";
    insta::assert_snapshot!(shown(
        include_str!("../../../examples/mappings/wdzj.yaml"),
        &[("monthly.csv", monthly)]
    ));
}

#[test]
fn a_fund_by_day() {
    insta::assert_snapshot!(shown(
        include_str!("../../../examples/mappings/yuebao.yaml"),
        &[
            (
                "purchase.csv",
                "report_date, total_purchase_amt, zfb00, share\n20130701,1005,1000,5\n20130702,7,7,0\n"
            ),
            ("redeem.csv", "report_date,total_redeem_amt,tftobal_amt, zfb00\n20130701,250,0,250\n"),
        ]
    ));
}

#[test]
fn card_payments() {
    let payments = "\
TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_TIME_SECONDS,TX_TIME_DAYS,TX_FRAUD,TX_FRAUD_SCENARIO
0,2018-04-01 00:00:31,5,3,57.16,31,0,0,0
1,2018-04-01 23:59:59,5,4,146.0,86399,0,1,2
2,2018-04-02 00:00:00,6,3,0.0,86400,1,0,0
3,2018-04-02 08:25:22,6,3,85.64999999999999,116722,1,1,3
";
    insta::assert_snapshot!(shown(
        include_str!("../../../examples/mappings/payments.yaml"),
        &[("transactions.csv", payments)]
    ));
}

#[test]
fn loans_with_arrears() {
    let loans = "\
emp_title,loan_purpose,loan_amount,term,interest_rate,issue_month,loan_status,balance
a ,moving,28000,60,14.07,Mar-2018,Current,27015.86
b,car,5000,36,12.61,Feb-2018,Late (31-120 days),4651.37
c,car,5000,36,12.61,Feb-2018,In Grace Period,100.13
d,car,5000,36,12.61,Feb-2018,Charged Off,0
e,car,5000,36,12.61,Jan-2018,Fully Paid,0
f,car,5000,36,12.61,Jan-2018,New Status,1
";
    insta::assert_snapshot!(shown(
        include_str!("../../../examples/mappings/loans.yaml"),
        &[("lendingclub_2018q1.csv", loans)]
    ));
}

#[test]
fn savings_policies() {
    let policies = "\
policy.ID,issue.date,termination.date,lapse.reason,premium.frequency,gender,underwriting.age,face.amount,risk.premium,saving.premium
N1,1999-01-30,1999-02-03,Claim,unique,Male,77,1.1,265.86,29795.27
N2,1999-01-30,1999-02-02,Surrender,unique,Male,77,1.1,1,100
N3,1999-02-01,1999-02-02,Surrender,unique,Female,72,1.1,0.43,10.5
N4,1999-02-01,1999-02-06,In force,unique,Female,72,1.1,0.43,10.5
";
    insta::assert_snapshot!(shown(
        include_str!("../../../examples/mappings/insurance.yaml"),
        &[("policies.csv", policies)]
    ));
}
