//! Recordings that are asked for: what does not come, comes late or is another one, and what comes
//! in time and fits.

use model::event::Medium;
use model::time::Time;

use super::Stage;
use super::sales::{sell, wealth};
use crate::call_ups::{ASKED_AFTER_DAYS, Asked, Sent};
use crate::line::Tag;

const HOUR: i64 = 3600;

/// A sale recorded as it must be, whose recording is asked for: the day of that, and the call-up.
fn called_up(stage: &mut Stage<'_>) -> Option<(u32, Asked)> {
    let day = stage.someday(ASKED_AFTER_DAYS + 3)?;
    let sale = wealth(stage, day, Some((true, true, 16)))?;
    let policy = sell(stage, day, &sale);
    let asked_on = day + ASKED_AFTER_DAYS;
    let asked_at = stage.office(asked_on);
    let ground = "消费者投诉 a client's complaint";
    Some((asked_on, Asked { policy, medium: Medium::Sound, asked_at, ground, answers: Vec::new() }))
}

/// Asks for both parts; of each is said what comes, and when.
fn ask(stage: &mut Stage<'_>, asked: &Asked, parts: [&[(Time, Sent)]; 2]) {
    for (medium, answers) in Medium::ALL.into_iter().zip(parts) {
        stage.member.extras.call_ups.push(Asked { medium, answers: answers.to_vec(), ..asked.clone() });
    }
}

fn lawful(stage: &mut Stage<'_>, day: u32, policy: Tag, why: &'static str) {
    stage.lawful("call-up", day, vec![("policy", policy.to_string())], why);
}

pub(super) fn not_produced(stage: &mut Stage<'_>) {
    let Some((_, asked)) = called_up(stage) else { return };
    ask(stage, &asked, [&[], &[]]);
}

pub(super) fn produced_late(stage: &mut Stage<'_>) {
    let Some((_, asked)) = called_up(stage) else { return };
    let in_time = asked.asked_at.plus_seconds(4 * HOUR);
    let late = asked.due_at().plus_seconds(6 * HOUR);
    ask(stage, &asked, [&[(in_time, Sent::AsFiled)], &[(late, Sent::AsFiled)]]);
}

pub(super) fn another_recording(stage: &mut Stage<'_>) {
    let Some((_, asked)) = called_up(stage) else { return };
    let at = asked.asked_at.plus_seconds(7 * HOUR);
    ask(stage, &asked, [&[(at, Sent::AsFiled)], &[(at.plus_seconds(60), Sent::Cut)]]);
}

pub(super) fn at_the_last_minute(stage: &mut Stage<'_>) {
    let Some((day, asked)) = called_up(stage) else { return };
    let at = asked.due_at().plus_seconds(-60);
    ask(stage, &asked, [&[(at, Sent::AsFiled)], &[(at, Sent::AsFiled)]]);
    lawful(stage, day, asked.policy, "both parts a minute before the deadline");
}

pub(super) fn wrong_file_first(stage: &mut Stage<'_>) {
    let Some((day, asked)) = called_up(stage) else { return };
    let (first, then) = (asked.asked_at.plus_seconds(3 * HOUR), asked.asked_at.plus_seconds(5 * HOUR));
    let picture = [(first, Sent::Cut), (then, Sent::AsFiled)];
    ask(stage, &asked, [&[(first, Sent::AsFiled)], &picture]);
    lawful(stage, day, asked.policy, "a wrong file, and within the time the right one");
}
