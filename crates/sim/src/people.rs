//! The persons, accounts and merchants of the market, as pseudonyms. Persons are clients of
//! several institutions, and are the same pseudonym at each.
//!
//! The pseudonyms are drawn, not hashed: they have the form of pseudonyms and nobody behind them,
//! and no table of them is held, however many persons there are.

use crate::rng::mix;

/// Kinds of holders, so that the same number stands for different things in each.
#[derive(Clone, Copy)]
enum Holder {
    Person = 1,
    Account,
    Merchant,
    MerchantAccount,
    HouseAccount,
    ProjectAccount,
    Executive,
    Affiliate,
    Stranger,
}

fn drawn(kind: u8, holder: Holder, number: u64) -> u128 {
    let first = mix(number ^ mix(0x6a69_616e_7765_6900 ^ holder as u64));
    u128::from(kind) << 120 | u128::from(first) << 56 | u128::from(mix(first) >> 8)
}

/// Persons of numbers from here on are in no institution's ordinary business: whoever borrows, and
/// whoever does what was planted.
pub(crate) const APART: u64 = 1 << 40;

/// What an institution uses an account of its own for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum House {
    /// Clients' money in custody, or the clients' reserve.
    Clients = 1,
    Own,
    Fee,
    Related,
    SecondRelated,
    Guarantee,
}

/// A person's pseudonym.
pub(crate) fn person(number: u64) -> u128 {
    drawn(b'p', Holder::Person, number)
}

/// The account that a person pays from and is paid to.
pub(crate) fn account(number: u64) -> u128 {
    drawn(b'a', Holder::Account, number)
}

/// A merchant.
pub(crate) fn merchant(number: u64) -> u128 {
    drawn(b'o', Holder::Merchant, number)
}

/// A merchant's account.
pub(crate) fn merchant_account(number: u64) -> u128 {
    drawn(b'a', Holder::MerchantAccount, number)
}

/// An account of an institution.
pub(crate) fn house_account(institution: usize, house: House) -> u128 {
    drawn(b'a', Holder::HouseAccount, institution as u64 * 16 + house as u64)
}

/// The account in which a project's money is raised; `loan` tells the loans of a platform apart.
pub(crate) fn project_account(institution: usize, loan: u64) -> u128 {
    drawn(b'a', Holder::ProjectAccount, (institution as u64) << 44 ^ loan)
}

/// An executive of an institution.
pub(crate) fn executive(institution: usize, post: usize) -> u128 {
    drawn(b'p', Holder::Executive, (institution * 16 + post) as u64)
}

/// An organisation related to an institution.
pub(crate) fn affiliate(institution: usize, number: u64) -> u128 {
    drawn(b'o', Holder::Affiliate, institution as u64 * 16 + number)
}

/// An account that no register names and no client has.
pub(crate) fn strange_account(number: u64) -> u128 {
    drawn(b'a', Holder::Stranger, number)
}

/// A network address of a person.
pub(crate) fn host(person: u64) -> u32 {
    person as u32 ^ (person >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::pseudonym::{Pseudonym, PseudonymKind};
    use std::collections::HashSet;

    #[test]
    fn pseudonyms_are_of_their_kind_and_all_different() {
        let mut all = HashSet::new();
        for number in 0..2_000 {
            assert!(all.insert(person(number)) && all.insert(account(number)));
            assert!(all.insert(person(APART + number)) && all.insert(merchant(number)));
            assert!(all.insert(project_account(number as usize, 5)));
            assert!(all.insert(house_account(number as usize, House::Own)));
        }
        assert_eq!(Pseudonym(person(3)).kind(), Some(PseudonymKind::Person));
        assert_eq!(Pseudonym(account(3)).kind(), Some(PseudonymKind::Account));
        assert_eq!(Pseudonym(merchant(3)).kind(), Some(PseudonymKind::Organisation));
    }
}
