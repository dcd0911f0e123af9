//! 送达 deliveries and their failures, without whom they address: a list shows who is to be reached
//! by the roster's identifier; mail addresses and telephone numbers stay on the desk.

use model::time::Time;
use workflow::delivery::{Delivery, DeliveryState, Purpose};

use super::codes;
use crate::mask::without_addresses;
use crate::shape::{Column, Table, index};

codes!(PURPOSES, purpose: Purpose {
    Alert "alert" Purpose::Alert.zh();
    Letter "letter" Purpose::Letter.zh();
    Copy "copy" Purpose::Copy.zh();
    Publication "publication" Purpose::Publication.zh();
    Order "order" Purpose::Order.zh();
    Reminder "reminder" Purpose::Reminder.zh();
});

codes!(STATES, state: DeliveryState {
    Waiting "waiting" DeliveryState::Waiting.zh();
    Trying "trying" DeliveryState::Trying.zh();
    Delivered "delivered" DeliveryState::Delivered.zh();
    Refused "refused" DeliveryState::Refused.zh();
    Unreachable "unreachable" DeliveryState::Unreachable.zh();
});

/// Deliveries.
pub(crate) const DELIVERY: Table<Delivery> = Table {
    name: "delivery",
    zh: "送达",
    about: ("每件须送出的消息一行。", "One row for each message that has to go out."),
    key: 1,
    columns: &[
        Column::text("id", "编号", "Number", |d| d.id.clone()),
        Column::text("institution", "机构", "The institution that it is about", |d| d.institution.clone()),
        Column::bureau_of("bureau", "处室", "The bureau that looks after it", |d| &d.about),
        Column::text("about", "事项", "The number of what it is about", |d| d.about.clone()),
        Column::code("purpose", "用途", "Why it is sent", PURPOSES, |d| purpose(&d.purpose)),
        Column::text(
            "addressee",
            "收件方",
            "To whom: person:, institution: or partner: and the identifier",
            |d| d.to.to_string(),
        ),
        Column::maybe_text(
            "channel",
            "渠道",
            "The operator's channel; nothing when nobody said how to reach them",
            |d| d.channel.clone(),
        ),
        Column::flag("urgent", "紧急", "Whether it rings", |d| d.urgent),
        Column::code("state", "状态", "Where it stands", STATES, |d| state(&d.state)),
        Column::time("wanted_at", "提出时间", "When it was wanted", |d| d.wanted_at),
        Column::maybe_time(
            "next_at",
            "下次发送",
            "When it is tried next; nothing once it is no more",
            |d| matches!(d.state, DeliveryState::Waiting | DeliveryState::Trying).then_some(d.next_at),
        ),
        Column::whole("attempts", "已尝试", "Attempts so far", |d| u64::from(d.attempts)),
        Column::maybe_time("ended_at", "办结时间", "When it was delivered or refused", |d| d.ended_at),
        Column::maybe_time("read_at", "阅读时间", "When it was read", |d| d.read_at),
    ],
    indices: &[
        index("newest", "wanted_at, id"),
        index("state", "state, wanted_at, id"),
        index("about", "about, wanted_at, id"),
        index("institution", "institution, wanted_at, id"),
    ],
};

/// An attempt that did not go through.
pub(crate) struct Failure {
    pub(crate) position: u64,
    pub(crate) delivery: String,
    pub(crate) institution: String,
    pub(crate) attempt: u32,
    pub(crate) at: Time,
    pub(crate) why: String,
    pub(crate) again_at: Option<Time>,
}

/// Attempts that did not go through.
pub(crate) const DELIVERY_FAILURE: Table<Failure> = Table {
    name: "delivery_failure",
    zh: "发送失败",
    about: ("每次未成功的发送一行。", "One row for each attempt that did not go through."),
    key: 1,
    columns: &[
        Column::whole("position", "账本位置", "Where it stands in the ledger", |f| f.position),
        Column::text("delivery", "送达", "The delivery", |f| f.delivery.clone()),
        Column::text("institution", "机构", "The institution that it is about", |f| f.institution.clone()),
        Column::whole("attempt", "第几次", "Which attempt, from 1", |f| u64::from(f.attempt)),
        Column::time("failed_at", "失败时间", "When", |f| f.at),
        Column::text(
            "why",
            "原因",
            "What the other side said; addresses and long numbers are taken out",
            |f| without_addresses(&f.why),
        ),
        Column::maybe_time(
            "again_at",
            "重试时间",
            "When it is tried again; nothing when it never will",
            |f| f.again_at,
        ),
    ],
    indices: &[index("delivery", "delivery, position"), index("at", "failed_at")],
};
