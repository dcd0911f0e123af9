//! The house of the story: who works there, who the partners are, by which channels all of them are
//! reached, and the three institutions.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dispatch::House;
use miette::Report;
use model::institution::InstitutionId;
use workflow::policy::Policy;

use crate::outcome::plain;

/// A platform that takes lenders' money into an account of its own.
pub(super) fn platform() -> InstitutionId {
    InstitutionId::synthetic(101)
}

/// An insurer that promises renewal and sells what is not on file.
pub(super) fn insurer() -> InstitutionId {
    InstitutionId::synthetic(102)
}

/// A payment firm whose systems were not assessed in time.
pub(super) fn payment_firm() -> InstitutionId {
    InstitutionId::synthetic(103)
}

/// The bank that holds the platform's client money.
pub(super) fn bank() -> InstitutionId {
    InstitutionId::synthetic(901)
}

/// The authority, as the credit platform names it.
pub(super) fn authority_code() -> InstitutionId {
    InstitutionId::synthetic(1)
}

/// The partners whose systems take webhooks.
pub(super) const HOOKED: [&str; 6] =
    ["custody-bank", "telecom", "store-one", "store-two", "association", "credit-platform"];

/// The roster. 责任分工.
fn roster() -> String {
    let hook =
        |partner: &str| format!("reach: [{{for: hook, channel: {partner}}}]", partner = channel_of(partner));
    let person = |id: &str, zh: &str, en: &str, post: &str| {
        format!(
            "  - {{id: {id}, name: {{zh: {zh}, en: {en}}}, post: {post}, reach: [\
             {{for: push, channel: phones, to: duty-{id}}}, \
             {{for: mail, channel: mail, to: {id}@supervision.example}}]}}\n"
        )
    };
    let people = [
        person("li-na", "李娜", "Li Na", "officer"),
        person("wang-qiang", "王强", "Wang Qiang", "officer"),
        person("zhao-min", "赵敏", "Zhao Min", "head"),
        person("liu-yang", "刘洋", "Liu Yang", "officer"),
        person("chen-jing", "陈静", "Chen Jing", "officer"),
    ]
    .concat();
    let (platform, insurer, firm) = (platform(), insurer(), payment_firm());
    format!(
        "authority: {{zh: 见微金融监督管理局, en: Jianwei Financial Supervision Bureau}}
document_mark: 见微监
site: https://supervision.example
bureaus:
  - {{id: lending, name: {{zh: 网络借贷监管处, en: Online Lending Supervision}}, chain: [li-na, wang-qiang, zhao-min], takes: {{lines: [p2p]}}}}
  - {{id: insurance, name: {{zh: 互联网保险监管处, en: Internet Insurance Supervision}}, chain: [liu-yang, wang-qiang, zhao-min], takes: {{lines: [insurance]}}}}
  - {{id: payment, name: {{zh: 支付监管处, en: Payment Supervision}}, chain: [chen-jing, wang-qiang, zhao-min]}}
people:
{people}partners:
  - {{id: custody-bank, kind: custody-bank, name: {{zh: 示例存管银行股份有限公司, en: Example Custody Bank}}, serves: [{platform}], {bank}}}
  # 公安机关以密钥取件 The police fetches its orders by its key.
  - {{id: police, kind: police, name: {{zh: 示例市公安局经侦支队, en: Example City Economic-Crime Police}}}}
  - {{id: telecom, kind: telecom, name: {{zh: 示例省通信管理局, en: Example Province Telecommunications Authority}}, {telecom}}}
  - {{id: store-one, kind: app-store, name: {{zh: 示例应用商店甲, en: Example App Store One}}, {one}}}
  - {{id: store-two, kind: app-store, name: {{zh: 示例应用商店乙, en: Example App Store Two}}, {two}}}
  - {{id: market-regulator, kind: market-regulator, name: {{zh: 示例市市场监督管理局, en: Example City Market Regulator}}, reach: [{{for: mail, channel: mail, to: advertising@market-regulator.example}}]}}
  - {{id: association, kind: association, name: {{zh: 示例互联网金融协会, en: Example Internet Finance Association}}, {association}}}
  - {{id: credit-platform, kind: credit-platform, name: {{zh: 示例信用信息共享平台, en: Example Credit Information Platform}}, {credit}}}
contacts:
  {platform}: [chair@platform.example, manager@platform.example]
  {insurer}: [chair@insurer.example, compliance@insurer.example]
  {firm}: [manager@payment.example]
",
        bank = hook("custody-bank"),
        telecom = hook("telecom"),
        one = hook("store-one"),
        two = hook("store-two"),
        association = hook("association"),
        credit = hook("credit-platform"),
    )
}

/// The channel to a partner's system.
fn channel_of(partner: &str) -> String {
    format!("hook-{partner}")
}

/// The variable in which the secret shared with a partner stands.
fn variable_of(partner: &str) -> String {
    format!("SECRET_{}", partner.to_uppercase().replace('-', "_"))
}

/// A secret for each partner, new every time.
pub(super) fn secrets() -> Result<BTreeMap<String, String>, Report> {
    let mut secrets = BTreeMap::new();
    for partner in HOOKED {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(plain)?;
        secrets.insert(partner.to_owned(), format!("whsec_{}", STANDARD.encode(bytes)));
    }
    Ok(secrets)
}

/// The policy as shipped, under the roster of the story.
pub(super) fn policy() -> Result<Policy, Report> {
    Policy::shipped(Some(&roster())).map_err(plain)
}

/// The channels: mail to a port, everything else to an address; secrets are taken from their
/// variables, as an operator's are.
pub(super) fn channels(
    mail_port: u16,
    hooks: &str,
    secrets: &BTreeMap<String, String>,
    policy: &Policy,
) -> Result<House, Report> {
    let partners = HOOKED.map(|partner| {
        let (channel, variable) = (channel_of(partner), variable_of(partner));
        format!(
            "{channel}: {{webhook: {{url: \"{hooks}/partners/{partner}\", secret: {{env: {variable}}}}}}}\n"
        )
    });
    let text = format!(
        "phones: {{ntfy: {{server: \"{hooks}\"}}}}\n\
         mail: {{mail: {{host: 127.0.0.1, port: {mail_port}, security: plain, from: 见微 <alerts@supervision.example>}}}}\n\
         {}",
        partners.concat()
    );
    let variables: BTreeMap<String, &String> =
        secrets.iter().map(|(partner, secret)| (variable_of(partner), secret)).collect();
    let house = House::read(&text, &|name| variables.get(name).map(|secret| (*secret).clone()));
    let house = house.map_err(plain)?;
    house.check(&policy.roster).map_err(plain)?;
    Ok(house)
}
