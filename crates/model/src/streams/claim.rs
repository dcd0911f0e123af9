//! Lenders' claims (债权): who is to have how much back from which project, and when.

use crate::field_types::{Person, RecordId};
use crate::money::Fen;
use crate::spec::stream;
use crate::time::{Day, Time};

stream! {
    /// The term that the lender was promised stands here, that of the loan in the project: where the
    /// two differ, terms are split (requirement 1.2).
    Claim = 13 "claim" "债权" "A lender's claim on a project, from lending to it or from buying another lender's claim (requirement 1.2: maturity mismatch).",
    time "time", subject "user" {
        3 Clear time: Time, "取得时间", "When the lender acquired it.";
        4 Committed user: Person, "出借人", "Who lends.";
        5 Clear project: RecordId, "标的", "The project that it is a claim on.";
        6 Committed amount: Fen, "本金", "Principal in yuan.";
        7 Clear due_on: Day, "应还日期", "The day on which the lender was promised the money back.";
        8 Clear transferred_from: Option<RecordId>, "受让自", "The claim that was bought; absent when the lender lent to the project.";
    }
}
