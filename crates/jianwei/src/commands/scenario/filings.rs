//! What the institutions of the story file, in lines of the interface standard.

use model::institution::InstitutionId;

use super::house;

/// A pseudonym of a kind, from a number.
pub(super) fn pseudonym(kind: &str, number: u32) -> String {
    format!("{kind}1:{number:030x}")
}

/// A register entry of 1 June 2026. What `assessed` names is when security was last assessed.
pub(super) fn register(name: &str, line: &str, executive: u32, assessed: &str) -> String {
    let custody = match line {
        "p2p" => format!(r#""loan_balance_cap":"500000000.00","custody_bank":"{}","#, house::bank()),
        _ => String::new(),
    };
    format!(
        r#"{{"id":"reg-{line}","effective_from":"2026-06-01","name":"{name}","line":"{line}","licence":"XK-2024-{line}","licence_until":"2030-12-31","registered_on":"2015-03-02","paid_in_capital":"200000000.00",{custody}"security_assessed_on":"{assessed}","security_level":3,"executives":[{{"person":"{}","post":"general_manager","qualification":"RZ-{line}","qualified_until":"2030-12-31"}}]}}"#,
        pseudonym("p", executive)
    )
}

/// The register entry of the custody bank.
pub(super) fn custody_bank() -> String {
    r#"{"id":"reg-bank","effective_from":"2026-06-01","name":"示例存管银行股份有限公司","line":"custody","licence":"B0001","licence_until":"2040-12-31","registered_on":"1996-01-12","paid_in_capital":"20000000000.00","executives":[]}"#
        .to_owned()
}

/// An account of the platform's, from the first of June on.
pub(super) fn account(number: u32, purpose: &str, bank: Option<&InstitutionId>) -> String {
    let bank = bank.map(|bank| format!(r#","bank":"{bank}""#)).unwrap_or_default();
    format!(
        r#"{{"id":"acc-{number}","effective_from":"2026-06-01","account":"{}","purpose":"{purpose}"{bank}}}"#,
        pseudonym("a", number)
    )
}

/// Lenders' deposits of the first of June, from their cards into an account.
pub(super) fn deposits(lenders: u32, into: u32) -> Vec<String> {
    let deposit = |number: u32| {
        format!(
            r#"{{"id":"dep-{number:03}","time":"2026-06-01T10:{:02}:00+08:00","user":"{}","payer_account":"{}","payee_account":"{}","amount":"{}.00","kind":"deposit","direction":"out","channel":"app"}}"#,
            number % 60,
            pseudonym("p", 1000 + number),
            pseudonym("a", 1000 + number),
            pseudonym("a", into),
            42_000 + number * 100
        )
    };
    (1..=lenders).map(deposit).collect()
}

/// A short-term health product that promises renewal and is not on file.
pub(super) fn product() -> String {
    r#"{"id":"prd-1","effective_from":"2026-06-01","product":"H-001","kind":"short_health","term_days":365,"guaranteed_renewal":true}"#
        .to_owned()
}

/// Policies of that product, sold on the first of June.
pub(super) fn policies(count: u32) -> Vec<String> {
    let policy = |number: u32| {
        format!(
            r#"{{"id":"sale-{number}","time":"2026-06-01T14:{number:02}:00+08:00","user":"{}","policy":"pol-{number}","product":"H-001","premium":"680.00","ends_on":"2027-06-01"}}"#,
            pseudonym("p", 2000 + number)
        )
    };
    (1..=count).map(policy).collect()
}

/// The operations of the first of June: nothing was amiss.
pub(super) fn operations() -> String {
    r#"{"id":"ops-1","date":"2026-06-01","servers":[{"address":"203.0.113.20","role":"web"}],"visits":1200,"complaints_received":0,"complaints_due":0,"complaints_resolved_in_time":0,"incidents":[]}"#
        .to_owned()
}
