//! The chain of the tiers (requirement 1.1): guidance details a special rule, a special rule serves
//! a basic rule. And the demands that entries say they meet.

use std::collections::BTreeMap;

use crate::demand::Demand;
use crate::entry::{Meta, Tier};
use crate::fault::RuleFault;
use crate::source::SourceFile;

/// What is wrong with the links of entries. A rulebook without any basic rule has no chain.
pub(crate) fn broken(
    metas: &[&Meta],
    demands: &[Demand],
    files: &BTreeMap<String, SourceFile>,
) -> Vec<RuleFault> {
    let has_basic = metas.iter().any(|meta| meta.tier == Tier::Basic);
    let mut faults = Vec::new();
    for meta in metas {
        let Some(file) = files.get(&meta.id) else { continue };
        let mut check = |key: &str, link: Option<&String>, tier: Tier, wanted: bool| match link {
            Some(id) if !metas.iter().any(|other| other.tier == tier && other.id == *id) => {
                let message = format!("there is no {} \"{id}\"", tier.en());
                faults.push(RuleFault::new(file, file.line_with(&format!("{key}:")), message));
            }
            None if wanted && has_basic => {
                let message = format!("the entry does not say which {} it belongs to", tier.en());
                let help = format!("add \"{key}: <id>\"; `jianwei rules tree` shows the chain");
                faults.push(RuleFault::new(file, file.line_with("tier:"), message).with_help(help));
            }
            _ => {}
        };
        check("serves", meta.serves.as_ref(), Tier::Basic, meta.tier == Tier::Special);
        check("details", meta.details.as_ref(), Tier::Special, meta.tier == Tier::Guidance);
        for id in &meta.demands {
            if !demands.iter().any(|demand| demand.id == *id) {
                let message = format!("there is no demand \"{id}\"");
                let help = "demands.yaml lists them";
                faults.push(RuleFault::new(file, file.line_with("demands:"), message).with_help(help));
            }
        }
    }
    faults
}
