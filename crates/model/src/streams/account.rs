//! Accounts that are not clients' own (账户登记): which account serves what.

use crate::field_types::{Account, Party, RecordId};
use crate::institution::InstitutionId;
use crate::spec::{codes, stream};
use crate::time::Day;

codes! {
    /// What an account serves.
    AccountPurpose "账户用途" {
        Custody = 1 "custody" "存管账户" "Clients' money in custody at a bank.",
        Own = 2 "own" "自有资金账户" "The institution's own money.",
        RelatedParty = 3 "related_party" "关联方账户" "An account of a related party.",
        Guarantee = 4 "guarantee" "担保账户" "Funds that make good lenders' losses.",
        Reserve = 5 "reserve" "备付金账户" "Clients' reserve of a payment institution.",
        Project = 6 "project" "标的募集账户" "Money raised for a project.",
        Fee = 7 "fee" "手续费账户" "Fees that the institution charges.",
    }
}

stream! {
    AccountRegister = 16 "account" "账户登记" "An account that an institution uses beside its clients' own, from a day on (requirements 1.2, 1.5).",
    time "effective_from" {
        3 Clear effective_from: Day, "启用日", "From this day on it is used.";
        4 Committed account: Account, "账户", "The account.";
        5 Clear purpose: AccountPurpose, "用途", "What it serves.";
        6 Committed holder: Option<Party>, "户主", "Whose account it is, where that is not the institution.";
        7 Clear bank: Option<InstitutionId>, "开户银行", "The bank that keeps it.";
        8 Clear project: Option<RecordId>, "标的", "The project that it raises money for.";
        9 Clear effective_to: Option<Day>, "停用日", "Last day of its use.";
    }
}
