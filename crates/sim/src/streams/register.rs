//! What the register knows of an institution, the accounts that it uses, and what it sells. Where
//! nothing is planted, everything is in order.

use std::io::{self, Write};

use model::money::Fen;
use model::streams::{AccountPurpose, ExecutivePost, LineOfBusiness, ProductKind};
use model::time::Day;

use super::{Sink, business, lending};
use crate::line::Tag;
use crate::people::{self, House};
use crate::rows::{AccountRow, ExecutiveItem, ProductRow, RegisterRow, Row};
use crate::world::{Member, Topic, World};

const POSTS: [ExecutivePost; 4] = [
    ExecutivePost::Chairman,
    ExecutivePost::GeneralManager,
    ExecutivePost::RiskOfficer,
    ExecutivePost::ComplianceOfficer,
];

/// What an institution's line must have paid in at least, in yuan: for payment by law, for the
/// others by the plan of this market.
pub(crate) fn capital_minimum_yuan(line: LineOfBusiness) -> i64 {
    match line {
        LineOfBusiness::Payment => 100_000_000,
        LineOfBusiness::P2p | LineOfBusiness::Insurance => 50_000_000,
        LineOfBusiness::Fund => 20_000_000,
        LineOfBusiness::Custody => 1_000_000_000,
    }
}

/// Days after which the register is brought up to date: security is assessed every year.
pub(crate) const RENEWED_DAYS: u32 = 180;

/// Whether an entry is filed on a day.
pub(crate) fn is_renewed(day: u32) -> bool {
    day.is_multiple_of(RENEWED_DAYS)
}

/// An institution's entry from a day on: the market's first, or one on which it is renewed.
pub(crate) fn entry(world: &World, member: &Member, day: u32) -> RegisterRow {
    let mut rng = world.rng(Topic::Profile, member, 0);
    let (flags, line) = (&member.extras.flags, member.public.line);
    let first_day = world.plan.first_day;
    let number = member.index as u64 + 1;
    let founded = first_day.plus(-(1500 + rng.below(2500) as i32));
    let capital = 2.0 + 4.0 * member.size * rng.unit();
    let assessed =
        first_day.plus(-(20 + rng.below(200) as i32)).max(first_day.plus(world.plan.days as i32 - 360));
    let licensed_until = first_day.plus(world.plan.days as i32 + 200 + rng.below(1500) as i32);
    let executives = POSTS.into_iter().enumerate().map(|(place, post)| {
        let until = first_day.plus(world.plan.days as i32 + 400 + rng.below(800) as i32);
        let is_unqualified = post == ExecutivePost::RiskOfficer && flags.is_unqualified;
        let ends = if post == ExecutivePost::ComplianceOfficer { flags.qualified_until } else { None };
        ExecutiveItem {
            person: people::executive(member.index, place),
            post,
            qualification: (!is_unqualified).then(|| Tag::new("RZ", founded, number * 10 + place as u64)),
            qualified_until: (!is_unqualified).then(|| ends.unwrap_or(until)),
        }
    });
    RegisterRow {
        id: Tag::new("DJ", world.day(day), 0),
        // What is filed as the market begins holds from then on; what was before is nobody's duty.
        effective_from: world.day(day),
        name: member.public.name.clone(),
        line,
        licence: Some(Tag::new("XK", founded, number)),
        licence_until: Some(match flags.licence_renewed {
            Some(from) if world.day(day) >= from => from.plus(1095),
            _ => flags.licence_until.unwrap_or(licensed_until),
        }),
        registered_on: founded,
        paid_in_capital: flags.paid_in_capital.unwrap_or_else(|| {
            Fen::from_yuan((capital * capital_minimum_yuan(line) as f64 / 1e6) as i64 * 1_000_000)
        }),
        loan_balance_cap: (line == LineOfBusiness::P2p).then(|| {
            let first = business::lending(world, member, 0).balance.0 as f64;
            Fen::from_yuan((first * flags.cap_ratio.unwrap_or(2.5)) as i64 / 100)
        }),
        custody_bank: flags.custody_bank.clone().or_else(|| member.public.custody_bank.clone()),
        security_assessed_on: flags.assessed_on.unwrap_or(assessed),
        security_level: 3,
        executives: executives.collect(),
    }
}

/// The account to which clients' money goes, by line.
fn purposes(line: LineOfBusiness) -> &'static [(House, AccountPurpose)] {
    use AccountPurpose::{Custody, Fee, Guarantee, Own, RelatedParty, Reserve};
    match line {
        LineOfBusiness::P2p => &[
            (House::Clients, Custody),
            (House::Own, Own),
            (House::Fee, Fee),
            (House::Related, RelatedParty),
            (House::SecondRelated, RelatedParty),
            (House::Guarantee, Guarantee),
        ],
        LineOfBusiness::Custody => &[],
        _ => {
            &[(House::Clients, Reserve), (House::Own, Own), (House::Fee, Fee), (House::Related, RelatedParty)]
        }
    }
}

pub(super) fn write_accounts<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    if day == 0 {
        for (number, (house, purpose)) in purposes(member.public.line).iter().enumerate() {
            let holder = match house {
                House::Related => Some(people::affiliate(member.index, 0)),
                House::SecondRelated => Some(people::affiliate(member.index, 1)),
                _ => None,
            };
            let bank = (*house == House::Clients).then(|| member.public.custody_bank.clone()).flatten();
            sink.row(&Row::Account(AccountRow {
                id: Tag::new("AH", world.plan.first_day, number as u64),
                revision: 0,
                effective_from: world.plan.first_day,
                account: people::house_account(member.index, *house),
                purpose: *purpose,
                holder,
                bank,
                project: None,
                effective_to: None,
            }))?;
        }
    }
    if member.public.line == LineOfBusiness::P2p {
        lending::write_accounts(world, member, day, sink)?;
    }
    Ok(())
}

/// A product that an institution sells.
#[derive(Clone, Copy)]
pub(crate) struct Product {
    pub(crate) tag: Tag,
    pub(crate) kind: ProductKind,
    pub(crate) term_days: Option<u64>,
    /// Bounds of the yield shown, in hundredths of a per cent; none where none is shown.
    pub(crate) yields: Option<(i64, i64)>,
}

/// Kind, term in days, bounds of the yield shown.
type Kind = (ProductKind, Option<u64>, Option<(i64, i64)>);

/// The products of an insurer or a fund's seller, all on file.
pub(crate) fn products(world: &World, member: &Member) -> Vec<Product> {
    use ProductKind::{
        Annuity, Fund, Life, LongHealth, MoneyFund, Participating, Property, ShortHealth, UnitLinked,
        UniversalLife,
    };
    let kinds: &[Kind] = match member.public.line {
        LineOfBusiness::Insurance => &[
            (ShortHealth, Some(365), None),
            (Property, Some(365), None),
            (UniversalLife, Some(1825), Some((350, 580))),
            (LongHealth, Some(7300), None),
            (ShortHealth, Some(180), None),
            (Participating, Some(3650), Some((300, 490))),
            (Property, Some(30), None),
            (Annuity, Some(5475), Some((280, 450))),
            (Life, None, None),
            (UnitLinked, Some(2555), Some((400, 620))),
        ],
        LineOfBusiness::Fund => &[
            (MoneyFund, None, None),
            (MoneyFund, None, None),
            (Fund, None, None),
            (Fund, None, None),
            (Fund, Some(365), None),
            (Fund, None, None),
        ],
        _ => &[],
    };
    let begun = world.plan.first_day.plus(-400);
    let product = |(number, (kind, term_days, yields)): (usize, &Kind)| {
        let tag = Tag::new("CP", begun, member.index as u64 * 100 + number as u64);
        Product { tag, kind: *kind, term_days: *term_days, yields: *yields }
    };
    kinds.iter().enumerate().map(product).collect()
}

/// How a product is registered.
pub(crate) fn product_row(product: &Product, effective_from: Day, filing: Option<Tag>) -> ProductRow {
    let is_short = product.kind == ProductKind::ShortHealth;
    ProductRow {
        id: Tag::new("PR", effective_from, product.tag.number),
        effective_from,
        product: product.tag,
        kind: product.kind,
        filing,
        on_sale_until: None,
        term_days: product.term_days,
        guaranteed_renewal: is_short.then_some(false),
    }
}

pub(super) fn write_products<W: Write>(
    world: &World,
    member: &Member,
    day: u32,
    sink: &mut Sink<'_, W>,
) -> io::Result<()> {
    if day == 0 {
        for product in products(world, member) {
            let filing = Tag::new("BA", product.tag.day, product.tag.number);
            sink.row(&Row::Product(product_row(&product, product.tag.day, Some(filing))))?;
        }
    }
    Ok(())
}
