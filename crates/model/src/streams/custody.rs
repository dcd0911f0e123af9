//! The custody bank's own statement of the flows (requirement 1.5).

use crate::field_types::{Account, RecordId, SignedFen};
use crate::institution::InstitutionId;
use crate::spec::{codes, stream};
use crate::time::Time;

codes! {
    /// What a line of a statement is.
    CustodyEntryKind "对账单行类型" {
        Opening = 1 "opening" "期初余额" "Balance at the beginning of the day.",
        Flow = 2 "flow" "流水" "One movement.",
        Closing = 3 "closing" "期末余额" "Balance at the end of the day.",
    }
}

stream! {
    CustodyStatement = 5 "custody_statement" "存管对账单" "One line of a custody bank's statement of a platform's accounts, filed by the bank every day (requirement 1.5).",
    time "time" {
        3 Clear time: Time, "时间", "When the money moved, or when the balance held.";
        4 Clear platform: InstitutionId, "平台", "The institution whose clients' money it is.";
        5 Committed account: Account, "存管账户", "The account in custody.";
        6 Clear kind: CustodyEntryKind, "类型", "What the line is.";
        7 Committed amount: SignedFen, "金额", "The balance, or the movement (negative: out of the account), in yuan.";
        8 Committed counter_account: Option<Account>, "对方账户", "The account on the other side of a movement.";
        9 Clear transaction: Option<RecordId>, "平台交易编号", "The platform's own id of the transaction, as the platform's order to the bank bore it.";
    }
}
