//! What the register knows of an institution: everything in order.

use std::io::{self, Write};

use model::money::Fen;
use model::streams::{ExecutivePost, LineOfBusiness};

use super::{Sink, business};
use crate::line::{Line, push_pseudonym};
use crate::world::{Member, Topic, World};

pub(super) fn write<W: Write>(world: &World, member: &Member, sink: &mut Sink<'_, W>) -> io::Result<()> {
    let mut rng = world.rng(Topic::Profile, member, 0);
    let first_day = world.plan.first_day;
    let founded = first_day.plus(-(1500 + rng.below(2500) as i32));
    let capital = Fen::from_yuan((50.0 + 400.0 * member.size * rng.unit()) as i64 * 1_000_000);
    let assessed = first_day.plus(-(20 + rng.below(200) as i32));
    let executives = [
        ExecutivePost::Chairman,
        ExecutivePost::GeneralManager,
        ExecutivePost::RiskOfficer,
        ExecutivePost::ComplianceOfficer,
    ];
    let number = member.index + 1;
    sink.record("register-1", |line| {
        let mut line = line
            // What is filed as the market begins holds from then on; what was before is nobody's duty.
            .day("effective_from", first_day)
            .text("name", &member.public.name)
            .text("line", member.public.line.code())
            .text("licence", &format!("SIM-{}-{number:04}", member.public.line.code()))
            .day("registered_on", founded)
            .money("paid_in_capital", capital);
        if member.public.line == LineOfBusiness::P2p {
            let cap_yuan = business::lending(world, member, 0).balance.0 / 100 * 5 / 2;
            line = line.money("loan_balance_cap", Fen::from_yuan(cap_yuan));
        }
        if let Some(bank) = &member.public.custody_bank {
            line = line.text("custody_bank", bank.as_str());
        }
        line.day("security_assessed_on", assessed).count("security_level", 3).list(
            "executives",
            executives.iter().enumerate(),
            |out, (place, post)| {
                let mut person = Vec::new();
                push_pseudonym(&mut person, world.people.executive(member.index, place));
                Line::begin_item(out, "person", &String::from_utf8_lossy(&person))
                    .text("post", post.code())
                    .text("qualification", &format!("SIM-Q-{number:04}-{place}"))
                    .day("qualified_until", first_day.plus(700 + rng.below(800) as i32))
                    .end_item();
            },
        )
    })
}
