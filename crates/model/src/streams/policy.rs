//! Policies sold (保单).

use crate::field_types::{Person, RecordId};
use crate::money::{Fen, Percent};
use crate::spec::stream;
use crate::time::{Day, Time};

stream! {
    Policy = 15 "policy" "保单" "The sale of an insurance policy (requirements 1.3, 1.8).",
    time "time", subject "user" {
        3 Clear time: Time, "销售时间", "When it was sold.";
        4 Committed user: Person, "投保人", "The policyholder.";
        5 Clear policy: RecordId, "保单号", "The policy's number, as recordings bear it.";
        6 Clear product: RecordId, "产品编号", "The product sold.";
        7 Committed premium: Fen, "保费", "The premium in yuan.";
        8 Clear annual_yield_percent: Option<Percent>, "演示年化收益率(%)", "The yield shown to the client, per cent a year; absent when none was.";
        9 Clear ends_on: Option<Day>, "合同终止日", "The day on which the contract ends; absent for cover without an end.";
    }
}
