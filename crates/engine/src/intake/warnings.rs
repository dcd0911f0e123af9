//! What an institution should look at though nothing was refused for it: read off the sealed
//! receipt, so that a receipt asked for after a restart says what it said.

use model::event::FilingReceipt;
use model::institution::{IdentifierCheck, check_identifier};

/// The warnings that a receipt gives rise to.
pub(crate) fn of_receipt(sealed: &FilingReceipt) -> Vec<String> {
    let mut warnings = Vec::new();
    if let Some(announced) = sealed.announced
        && announced != sealed.lines
    {
        warnings.push(format!(
            "{announced} lines were announced, {} came: the filing counts as incomplete.",
            sealed.lines
        ));
    }
    if let Some(listed) = sealed.refusals_listed {
        warnings.push(format!(
            "Of {} refused lines the first {listed} are listed; the others were counted only.",
            sealed.refused
        ));
    }
    if check_identifier(sealed.institution.as_str()) == IdentifierCheck::CheckDigitMismatch {
        warnings.push("The check character of your unified social credit code does not fit (GB 32100-2015); some early codes are like that.".to_owned());
    }
    warnings
}

/// That persons are known by new keys, which the receipt does not say.
pub(crate) fn renewed(persons: u64) -> String {
    format!(
        "{persons} persons among the records had been erased before; they are known by new keys from now on."
    )
}
