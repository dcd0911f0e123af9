//! What happens to a penalty, as it is sealed.

use model::field_types::Person;
use model::institution::InstitutionId;
use model::money::Fen;
use model::streams::ExecutivePost;
use model::text::Text;
use model::time::{Day, Time};
use serde::{Deserialize, Serialize};

use super::sanction::Sanctions;
use crate::actor::Actor;
use crate::life::words;
use crate::term::Deadline;

/// 当事人: on whom a penalty is imposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressee {
    /// 机构.
    Institution {
        /// Its registered name.
        name: String,
    },
    /// 责任人员, by pseudonym as in the register of executives: no raw number of a person enters
    /// the system.
    Person {
        /// Who.
        person: Person,
        /// The post held, where the person is an executive.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        post: Option<ExecutivePost>,
    },
}

impl Addressee {
    /// The person, if it is one.
    pub const fn person(&self) -> Option<Person> {
        match self {
            Self::Person { person, .. } => Some(*person),
            Self::Institution { .. } => None,
        }
    }
}

/// 违法行为: what is punished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offence {
    /// 违法行为类型.
    pub kind: String,
    /// 违法事实.
    pub facts: String,
}

/// 处罚依据: a clause that the penalty rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Basis {
    /// The clause.
    pub clause: Text,
    /// Whether the clause was checked against its text.
    pub confirmed: bool,
}

words! {
    /// 送达方式 (《民事诉讼法》第八十七条 and following; 行政处罚法 art. 61).
    ServiceWay {
        Direct "direct" "直接送达" "handed over",
        Left "left" "留置送达" "left with a witness",
        Electronic "electronic" "电子送达" "electronic, with consent",
        Entrusted "entrusted" "委托送达" "through another authority",
        Mail "mail" "邮寄送达" "by mail",
        Announced "announced" "公告送达" "by public announcement",
    }
}

words! {
    /// 救济途径: how a decision is appealed.
    AppealKind {
        Reconsideration "reconsideration" "行政复议" "administrative reconsideration",
        Lawsuit "lawsuit" "行政诉讼" "administrative lawsuit",
    }
}

words! {
    /// 变更或撤销的根据: on what ground a decision is changed or annulled.
    Ground {
        Reconsideration "reconsideration" "行政复议决定" "decision on reconsideration",
        Court "court" "人民法院裁判" "judgement of a court",
        Own "own" "自行纠正" "the authority's own correction (art. 75)",
    }
}

words! {
    /// 款项: what a payment is for.
    PaymentKind {
        Fine "fine" "罚款" "fine",
        Confiscation "confiscation" "没收违法所得" "confiscation",
        Surcharge "surcharge" "加处罚款" "additional fine for lateness",
    }
}

words! {
    /// 期限: the clocks of a penalty.
    Clock {
        Respond "respond" "陈述申辩及申请听证" "to state, defend and ask for a hearing",
        Serve "serve" "送达" "to serve",
        Publish "publish" "公示" "to publish",
        Pay "pay" "缴纳" "to pay",
        Reconsideration "reconsideration" "申请行政复议" "to ask for reconsideration",
        Lawsuit "lawsuit" "提起行政诉讼" "to sue",
        WithdrawPublication "withdraw_publication" "撤回公示" "to withdraw what was published",
    }
}

/// 处罚机关: the authority, as the credit platform names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authority {
    /// Its name.
    pub name: String,
    /// Its unified social credit code.
    pub code: String,
}

/// Something that happened to a penalty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PenaltyEvent {
    /// Its number.
    pub id: String,
    /// The institution that it is about; a person's penalty names the one that the person answered for.
    pub institution: InstitutionId,
    /// When.
    pub at: Time,
    /// By whom.
    pub by: Actor,
    /// What.
    pub step: PenaltyStep,
}

/// A step in the life of a penalty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PenaltyStep {
    /// 拟定.
    Drafted {
        /// The case that it belongs to.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        case: Option<String>,
        /// On whom it is imposed.
        addressee: Addressee,
        /// The penalties of the same offence against the others.
        with: Vec<String>,
        /// Why nobody else is punished, where the penalty is not double.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        single: Option<String>,
        /// What is punished.
        offence: Offence,
        /// What it rests on.
        basis: Vec<Basis>,
        /// What is imposed.
        sanctions: Sanctions,
    },
    /// 修改: the draft says otherwise; a notice that was served is void.
    Revised {
        /// What is imposed.
        sanctions: Sanctions,
        /// Why.
        reason: String,
    },
    /// 事先告知: the notice of what is intended was served (art. 44).
    Notified {
        /// On which day.
        on: Day,
        /// In which way.
        way: ServiceWay,
        /// Whether there is a right to a hearing (art. 63).
        hearing_right: bool,
        /// Until when to state, defend and ask for a hearing.
        respond: Deadline,
    },
    /// 陈述申辩 (art. 45).
    Defended {
        /// What the party says.
        text: String,
    },
    /// 复核陈述申辩: the authority's review of it (art. 45).
    DefenceReviewed {
        /// Which statement, from 1.
        defence: u32,
        /// Whether it is adopted.
        adopted: bool,
        /// Why.
        reason: String,
    },
    /// 放弃: the party gives up its rights to state, defend and be heard.
    Waived,
    /// 申请听证 (art. 64).
    HearingAsked {
        /// On which day.
        on: Day,
    },
    /// 通知听证 (art. 64).
    HearingCalled {
        /// On which day it is held.
        on: Day,
        /// Where.
        place: String,
    },
    /// 举行听证 (art. 64).
    HearingHeld {
        /// What the record says, in short.
        record: String,
    },
    /// 提请决定: it is put before the head.
    Proposed {
        /// What is imposed; not heavier than what was announced (art. 45).
        sanctions: Sanctions,
    },
    /// 退回: the head sends it back.
    SentBack {
        /// Why.
        reason: String,
    },
    /// 决定 (art. 57).
    Decided {
        /// 处罚决定书文号.
        document: String,
        /// On which day it was discussed collectively, where it has to be (art. 57).
        #[serde(skip_serializing_if = "Option::is_none", default)]
        discussed_on: Option<Day>,
        /// Until when it is to be served (art. 61).
        serve: Deadline,
        /// Until when it is to be published.
        publish: Deadline,
    },
    /// 不予处罚 (art. 57): it ends without a penalty.
    Dropped {
        /// Why.
        reason: String,
    },
    /// 送达 (art. 61).
    Served {
        /// On which day.
        on: Day,
        /// In which way.
        way: ServiceWay,
        /// Until when to pay (art. 67); nothing where nothing is to be paid.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        pay: Option<Deadline>,
        /// Until when to ask for reconsideration.
        reconsideration: Deadline,
        /// Until when to sue.
        lawsuit: Deadline,
    },
    /// 缴纳.
    Paid {
        /// What for.
        kind: PaymentKind,
        /// How much.
        amount: Fen,
        /// On which day.
        on: Day,
        /// The bank's reference.
        reference: String,
    },
    /// 退还: what was paid and is not owed was given back.
    Refunded {
        /// How much.
        amount: Fen,
        /// The bank's reference.
        reference: String,
    },
    /// 暂缓或者分期缴纳 (art. 66).
    Deferred {
        /// Until when to pay.
        pay: Deadline,
        /// Why.
        reason: String,
    },
    /// 申请复议或者起诉.
    Appealed {
        /// How.
        kind: AppealKind,
        /// On which day.
        on: Day,
        /// The number under which it was accepted.
        reference: String,
    },
    /// 维持: the decision stands.
    Upheld {
        /// The document that says so.
        document: String,
        /// On which day it was received.
        on: Day,
        /// Until when to sue, after reconsideration.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        lawsuit: Option<Deadline>,
    },
    /// 变更: the decision imposes something else from now on.
    Changed {
        /// On what ground.
        ground: Ground,
        /// The document that says so.
        document: String,
        /// On which day it was received.
        on: Day,
        /// What is imposed.
        sanctions: Sanctions,
        /// Until when to sue, after reconsideration.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        lawsuit: Option<Deadline>,
        /// Until when what was published is to be withdrawn (art. 48), where something was.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        withdraw: Option<Deadline>,
    },
    /// 撤销: the decision is annulled.
    Overturned {
        /// On what ground.
        ground: Ground,
        /// The document that says so.
        document: String,
        /// On which day it was received.
        on: Day,
        /// Until when what was published is to be withdrawn (art. 48), where something was.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        withdraw: Option<Deadline>,
    },
    /// 公示: sent to the national credit-information platform.
    Published {
        /// 公示截止期: the last day on which it is shown.
        until: Day,
        /// The authority.
        authority: Authority,
    },
    /// 撤回公示 (art. 48).
    PublicationWithdrawn {
        /// Why.
        reason: String,
    },
    /// 期限届满: a clock ran out.
    Lapsed {
        /// Which.
        clock: Clock,
    },
    /// 终结: it may be appealed no more, and all is paid.
    Concluded,
}
