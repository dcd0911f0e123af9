//! 信用信息公示: the export for the national credit-information platform (requirement 3.4), in the
//! fields of the standard for administrative penalties of 双公示 (发改办财金〔2018〕424号). The codes are
//! those that collecting platforms use; the standard itself was not at hand.
//!
//! No raw number of a person enters the system: of a person's penalty the name is the pseudonym,
//! and name and document are filled in outside, by the authority that knows them.

use model::money::{Fen, format_scaled};
use model::time::{Day, Time};
use serde::Serialize;

use super::event::{Addressee, Authority};
use super::state::{Penalties, Penalty, Publication};

/// 长期: how the standard writes a date that never comes.
const FOR_EVER: &str = "2099-12-31";

/// A column of the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CreditColumn {
    /// Its code.
    pub code: &'static str,
    /// Its name.
    pub zh: &'static str,
    /// Its name in English.
    pub en: &'static str,
}

macro_rules! credit_row {
    ($($field:ident $code:literal $zh:literal $en:literal,)*) => {
        /// A penalty as the credit platform takes it; texts as they stand in its cells.
        #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
        pub struct CreditRow {
            $(#[doc = concat!($zh, ": ", $en, ".")] #[serde(rename = $code)] pub $field: String,)*
        }

        /// The columns, in their order.
        pub const CREDIT_COLUMNS: &[CreditColumn] =
            &[$(CreditColumn { code: $code, zh: $zh, en: $en }),*];

        impl CreditRow {
            /// The cells, in the order of [`CREDIT_COLUMNS`].
            pub fn cells(&self) -> Vec<&str> {
                vec![$(&self.$field),*]
            }
        }
    };
}

credit_row! {
    name "CF_XDR_MC" "行政相对人名称" "name of the party",
    party_kind "CF_XDR_LB" "行政相对人类别" "kind of the party",
    credit_code "CF_XDR_SHXYM" "行政相对人代码_1(统一社会信用代码)" "unified social credit code",
    document "CF_WSH" "行政处罚决定书文号" "number of the decision",
    offence "CF_WFXW" "违法行为类型" "kind of the offence",
    facts "CF_SY" "违法事实" "facts of the offence",
    basis "CF_YJ" "处罚依据" "what the penalty rests on",
    kinds "CF_CFLB" "处罚类别" "kinds of the penalty",
    content "CF_NR" "处罚内容" "content of the penalty",
    fine "CF_NR_FK" "罚款金额（万元）" "fine, in ten thousand yuan",
    confiscated "CF_NR_WFFF" "没收违法所得、没收非法财物的金额（万元）" "confiscation, in ten thousand yuan",
    licence "CF_NR_ZKDX" "暂扣或吊销证照名称及编号" "licence revoked, name and number",
    decided_on "CF_JDRQ" "处罚决定日期" "day of the decision",
    valid_until "CF_YXQ" "处罚有效期" "last day of the penalty",
    shown_until "CF_GSJZQ" "公示截止期" "last day of the publication",
    authority "CF_CFJG" "处罚机关" "authority",
    authority_code "CF_CFJGDM" "处罚机关统一社会信用代码" "the authority's credit code",
    source "CF_SJLY" "数据来源单位" "source of the data",
    source_code "CF_SJLYDM" "数据来源单位统一社会信用代码" "the source's credit code",
    remark "BZ" "备注" "remark",
}

/// An amount in ten thousand yuan, exact to the fen; empty for nothing.
fn ten_thousands(amount: Fen) -> String {
    match amount.0 {
        0 => String::new(),
        fen => format_scaled(fen, 6).trim_end_matches('0').trim_end_matches('.').to_owned(),
    }
}

impl CreditRow {
    /// The row of a penalty that was decided; nothing before.
    pub fn of(penalty: &Penalty, until: Day, authority: &Authority) -> Option<Self> {
        let decision = penalty.decision.as_ref()?;
        let (name, party_kind, credit_code, remark) = match &penalty.addressee {
            Addressee::Institution { name } => {
                let code = penalty.institution.to_string();
                (name.clone(), "法人及非法人组织", code, String::new())
            }
            Addressee::Person { person, .. } => {
                let remark = format!(
                    "姓名、证件类型及证件号码由报送机关在系统外填写；所属机构统一社会信用代码：{}",
                    penalty.institution
                );
                (person.0.to_string(), "自然人", String::new(), remark)
            }
        };
        let basis: Vec<&str> = penalty.basis.iter().map(|basis| basis.clause.zh.as_str()).collect();
        let sanctions = &penalty.sanctions;
        let licence = sanctions.revoked.as_ref();
        let bar = sanctions.bar.map(|bar| bar.last_day(penalty.served_on.unwrap_or(decision.on)));
        let valid_until = match (licence, bar) {
            (Some(_), _) | (_, Some(None)) => FOR_EVER.to_owned(),
            (_, Some(Some(day))) => day.to_string(),
            (None, None) => until.to_string(),
        };
        Some(Self {
            name,
            party_kind: party_kind.to_owned(),
            credit_code,
            document: decision.document.clone(),
            offence: penalty.offence.kind.clone(),
            facts: penalty.offence.facts.clone(),
            basis: basis.join("；"),
            kinds: sanctions.kinds_zh(),
            content: sanctions.content_zh(),
            fine: ten_thousands(sanctions.fine_amount()),
            confiscated: ten_thousands(sanctions.confiscated),
            licence: licence
                .map(|licence| format!("{}（{}）", licence.name, licence.number))
                .unwrap_or_default(),
            decided_on: decision.on.to_string(),
            valid_until,
            shown_until: until.to_string(),
            authority: authority.name.clone(),
            authority_code: authority.code.clone(),
            source: authority.name.clone(),
            source_code: authority.code.clone(),
            remark,
        })
    }
}

/// A row that was sent to the platform, with its withdrawal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CreditEntry {
    /// The penalty.
    pub penalty: String,
    /// When it was sent.
    pub published_at: Time,
    /// When it was withdrawn; nothing while it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_at: Option<Time>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub withdrawn_because: Option<String>,
    /// The row as it was sent.
    pub row: CreditRow,
}

/// All that was sent to the platform, withdrawn rows with it: the platform takes them off by the
/// number of the decision.
pub fn credit_entries(penalties: &Penalties) -> Vec<CreditEntry> {
    let entry = |penalty: &Penalty, publication: &Publication| CreditEntry {
        penalty: penalty.id.clone(),
        published_at: publication.at,
        withdrawn_at: publication.withdrawn,
        withdrawn_because: publication.reason.clone(),
        row: publication.row.clone(),
    };
    let pairs = penalties
        .all()
        .flat_map(|penalty| penalty.publications.iter().map(move |publication| (penalty, publication)));
    pairs.map(|(penalty, publication)| entry(penalty, publication)).collect()
}
