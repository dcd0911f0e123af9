//! The persons, accounts and merchants of the market, as pseudonyms. Persons are clients of
//! several institutions, and are the same pseudonym at each.

use model::pseudonym::{PseudonymKey, PseudonymKind};

/// The secret with which the simulated institutions make pseudonyms. For simulations only.
pub const DEMO_SECRET: &[u8] = b"jianwei demo secret, for simulations only";

/// Everyone and everything that money can come from or go to.
pub(crate) struct People {
    key: PseudonymKey,
    persons: Vec<u128>,
    accounts: Vec<u128>,
    merchants: Vec<(u128, u128)>,
}

impl People {
    /// So many persons, each with an account, and one merchant for every fifty of them.
    #[expect(clippy::expect_used, reason = "the constant above is long enough for a key")]
    pub(crate) fn new(persons: u64) -> Self {
        let key = PseudonymKey::new(DEMO_SECRET).expect("the demo secret is long enough");
        let pseudonym = |kind, raw: String| key.pseudonym(kind, &raw).0;
        Self {
            persons: (0..persons)
                .map(|n| pseudonym(PseudonymKind::Person, format!("demo person {n}")))
                .collect(),
            accounts: (0..persons)
                .map(|n| pseudonym(PseudonymKind::Account, format!("demo account {n}")))
                .collect(),
            merchants: (0..persons / 50 + 5)
                .map(|n| {
                    let organisation = pseudonym(PseudonymKind::Organisation, format!("demo merchant {n}"));
                    (organisation, pseudonym(PseudonymKind::Account, format!("demo merchant account {n}")))
                })
                .collect(),
            key,
        }
    }

    /// How many persons there are.
    pub(crate) fn count(&self) -> u64 {
        self.persons.len() as u64
    }

    /// A person's pseudonym.
    pub(crate) fn person(&self, person: u64) -> u128 {
        self.persons[person as usize % self.persons.len()]
    }

    /// A person's account.
    pub(crate) fn account(&self, person: u64) -> u128 {
        self.accounts[person as usize % self.accounts.len()]
    }

    /// A merchant and its account.
    pub(crate) fn merchant(&self, merchant: u64) -> (u128, u128) {
        self.merchants[merchant as usize % self.merchants.len()]
    }

    /// The account in which an institution has its clients' money.
    pub(crate) fn client_money_account(&self, institution: usize) -> u128 {
        self.key.pseudonym(PseudonymKind::Account, &format!("demo client money {institution}")).0
    }

    /// An executive of an institution.
    pub(crate) fn executive(&self, institution: usize, post: usize) -> u128 {
        self.key.pseudonym(PseudonymKind::Person, &format!("demo executive {institution} {post}")).0
    }
}
