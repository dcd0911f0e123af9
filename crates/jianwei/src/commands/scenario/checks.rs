//! Whether what arrived is what the ledger says, once the story is over.

use std::collections::BTreeSet;

use miette::{Report, miette};
use sha2::{Digest, Sha256};
use workflow::delivery::{Delivery, DeliveryState, Purpose};
use workflow::policy::Channel;

use super::stage::Stage;

/// Holds mails, webhooks and pushes against what was sealed, and says how many there are.
pub(super) fn check(on: &mut Stage) -> Result<(), Report> {
    let desk = on.engine.desk().clone();
    let delivered = |channel: Channel| {
        let all = desk.deliveries.all().filter(|one| one.state == DeliveryState::Delivered);
        all.filter(move |one| one.purpose.channel() == channel).collect::<Vec<_>>()
    };
    let mails = on.mail.mails()?;
    let sent = delivered(Channel::Mail);
    same("mails 邮件", mails.len(), sent.len())?;
    let mut met = BTreeSet::new();
    for delivery in &sent {
        let letter = desk.letters.get(&delivery.about);
        let sealed = letter.and_then(|letter| letter.set.as_ref()).map(|(sha256, ..)| sha256.as_str());
        let sealed =
            sealed.ok_or_else(|| miette!("letter {} has no digest in the ledger", delivery.about))?;
        let fits = |mail: &super::sinks::Mail| {
            let digests = mail.files.iter().map(|file| hex::encode(Sha256::digest(file)));
            mail.to == [delivery.address.as_str()]
                && mail.subject.contains(&delivery.title.zh)
                && digests.collect::<Vec<_>>() == [sealed]
        };
        let place =
            (0..mails.len()).find(|place| !met.contains(place) && mails.get(*place).is_some_and(fits));
        let place = place.ok_or_else(|| missing(delivery))?;
        met.insert(place);
    }
    let (hooks, (pushes, refused)) = (on.hooks.hooks(), on.hooks.counts());
    same("webhooks 签名回调", hooks.len(), delivered(Channel::Hook).len())?;
    for delivery in delivered(Channel::Hook) {
        let wanted = match delivery.purpose {
            Purpose::Publication => "public_notice.",
            _ => "order.",
        };
        let is_there = hooks.iter().any(|hook| {
            let text = |pointer: &str| hook.body.pointer(pointer).and_then(serde_json::Value::as_str);
            text("/type").is_some_and(|kind| kind.starts_with(wanted))
                && text("/data/id") == Some(&delivery.about)
        });
        if !is_there {
            return Err(missing(delivery));
        }
    }
    same("refused signatures 验签失败", refused.len(), 0)?;
    same("pushes 推送", pushes, delivered(Channel::Push).len())?;
    on.screen.line("")?;
    on.screen.line(format_args!(
        "核对 Checked: {} 封邮件的收件人、主题、PDF 附件与账本所记摘要一致 mails with recipient, subject and the sealed digest of their PDF; \
         {} 次回调验签通过 webhooks with a right signature; {pushes} 次推送 pushes",
        mails.len(),
        hooks.len(),
    ))
}

fn missing(delivery: &Delivery) -> Report {
    miette!(
        "delivery {} of {} to {} did not arrive as it was sealed",
        delivery.id,
        delivery.about,
        delivery.to
    )
}

fn same(what: &str, came: usize, wanted: usize) -> Result<(), Report> {
    match came == wanted {
        true => Ok(()),
        false => Err(miette!("{what}: {came} came, and {wanted} stand in the ledger")),
    }
}
