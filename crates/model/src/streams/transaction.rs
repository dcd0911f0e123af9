//! Transactions: every movement of clients' money.

use crate::field_types::{Account, Ip, Party, Person, RecordId};
use crate::money::Fen;
use crate::spec::{codes, stream};
use crate::time::Time;

codes! {
    /// What a transaction is for.
    TransactionKind "交易类型" {
        Deposit = 1 "deposit" "充值" "Money put into the user's account at the institution.",
        Withdrawal = 2 "withdrawal" "提现" "Money taken out of the user's account at the institution.",
        Lending = 3 "lending" "出借" "A lender's money goes into a project.",
        Disbursement = 4 "disbursement" "放款" "A project's money goes to its borrower.",
        Repayment = 5 "repayment" "还款" "A borrower pays back.",
        Premium = 6 "premium" "保费" "A policyholder pays a premium.",
        Surrender = 7 "surrender" "退保" "A policy is surrendered and paid out.",
        Claim = 8 "claim" "理赔" "A claim is paid.",
        Payment = 9 "payment" "支付" "A user pays a merchant.",
        Refund = 10 "refund" "退款" "A merchant pays back.",
        Transfer = 11 "transfer" "转账" "Money goes from one user to another.",
        Subscription = 12 "subscription" "申购" "Units of a fund are bought.",
        Redemption = 13 "redemption" "赎回" "Units of a fund are sold back.",
        Fee = 14 "fee" "费用" "The institution charges a fee.",
    }
}

codes! {
    /// Direction of the funds, seen from the user.
    Direction "资金方向" {
        Out = 1 "out" "流出" "From the user.",
        In = 2 "in" "流入" "To the user.",
    }
}

codes! {
    /// How the user gave the order.
    Channel "渠道" {
        App = 1 "app" "手机应用" "Mobile application.",
        Web = 2 "web" "网页" "Web site.",
        MiniProgram = 3 "mini_program" "小程序" "Mini-program inside another application.",
        Pos = 4 "pos" "销售终端" "Terminal at a merchant.",
        Counter = 5 "counter" "柜台" "Counter.",
        Api = 6 "api" "接口" "The institution's programming interface.",
        Automatic = 7 "automatic" "自动" "Standing order or automatic bidding.",
    }
}

stream! {
    Transaction = 1 "transaction" "交易" "One movement of a client's money (requirement 2.1: user id, amount, counterparty, direction of funds).",
    time "time", subject "user" {
        3 Clear time: Time, "交易时间", "When the money moved.";
        4 Committed user: Person, "用户", "The client whose transaction it is.";
        5 Committed payer_account: Option<Account>, "付款账户", "The account that paid.";
        6 Committed payee_account: Option<Account>, "收款账户", "The account that was paid.";
        7 Committed counterparty: Option<Party>, "对手方", "The other side: a person, or a merchant or other organisation.";
        8 Committed amount: Fen, "金额", "Amount in yuan, above zero.";
        9 Clear kind: TransactionKind, "交易类型", "What it is for.";
        10 Clear direction: Direction, "资金方向", "Direction of the funds, seen from the user.";
        11 Clear project: Option<RecordId>, "标的", "The project that it belongs to.";
        12 Clear order: Option<RecordId>, "订单", "The order that it settles.";
        13 Clear policy: Option<RecordId>, "保单", "The policy that it belongs to.";
        14 Clear fund_product: Option<RecordId>, "基金产品", "The fund product that it belongs to.";
        15 Clear previous: Option<RecordId>, "上一环节", "The transaction from which the same money came, where the institution knows it.";
        16 Clear channel: Option<Channel>, "渠道", "How the user gave the order.";
        17 Committed ip: Option<Ip>, "网络地址", "The user's network address.";
    }
}
