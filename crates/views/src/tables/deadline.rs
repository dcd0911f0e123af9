//! 时限 deadlines of whatever has one: what runs, what is overdue, what was kept.

use workflow::alert::{Alert, Clock};
use workflow::plan::{Plan, PlanState};
use workflow::term::Deadline;

use crate::shape::{Code, Column, Index, Table, index};

/// What a deadline belongs to.
pub(crate) const TOPICS: &[Code] = &[("alert", "预警"), ("plan", "整改方案")];
/// What deadlines run for.
pub(crate) const CLOCKS: &[Code] = &[
    ("push", Clock::Push.zh()),
    ("acknowledge", Clock::Acknowledge.zh()),
    ("letter", Clock::Letter.zh()),
    ("publish", Clock::Publish.zh()),
    ("plan", Clock::Plan.zh()),
    ("plan_answer", "方案答复"),
];

fn clock(clock: Clock) -> &'static str {
    match clock {
        Clock::Push => "push",
        Clock::Acknowledge => "acknowledge",
        Clock::Letter => "letter",
        Clock::Publish => "publish",
        Clock::Plan => "plan",
    }
}

/// A deadline with what it belongs to.
pub(crate) struct Due {
    topic: &'static str,
    id: String,
    institution: String,
    clock: &'static str,
    /// The how-manieth time that this clock was started, from 1.
    run: u64,
    deadline: Deadline,
    /// Whether what it runs for is still asked for.
    is_asked: bool,
}

impl Due {
    /// All that an alert ever started; of each clock the latest counts.
    pub(crate) fn of_alert(alert: &Alert) -> Vec<Self> {
        let now = alert.clocks.iter().map(|(clock, deadline)| (*clock, *deadline, alert.is_open()));
        let earlier = alert.earlier_clocks.iter().map(|(clock, deadline)| (*clock, *deadline, false));
        let mut runs = [0u64; Clock::ALL.len()];
        let row = |(kind, deadline, is_asked): (Clock, Deadline, bool)| {
            let run = runs.get_mut(kind as usize).map_or(1, |run| {
                *run += 1;
                *run
            });
            let (id, institution) = (alert.id.clone(), alert.institution.clone());
            Self { topic: "alert", id, institution, clock: clock(kind), run, deadline, is_asked }
        };
        earlier.chain(now).map(row).collect()
    }

    /// That of the answer to a plan.
    pub(crate) fn of_plan(plan: &Plan) -> Self {
        Self {
            topic: "plan",
            id: plan.id.clone(),
            institution: plan.institution.clone(),
            clock: "plan_answer",
            run: 1,
            deadline: plan.answer,
            is_asked: plan.state == PlanState::Filed,
        }
    }
}

/// Deadlines.
pub(crate) const DEADLINE: Table<Due> = Table {
    name: "deadline",
    zh: "时限",
    about: (
        "每次起算的时限一行，起算时写定，不随政策变化。pending 且 due 已过者即为逾期。",
        "One row for each start of a clock, written down when it starts. Overdue is what is pending with its due time past.",
    ),
    key: 4,
    columns: &[
        Column::code("topic", "事项类别", "What it belongs to", TOPICS, |d| d.topic),
        Column::text("id", "编号", "The number of what it belongs to", |d| d.id.clone()),
        Column::code("clock", "时限", "What it runs for", CLOCKS, |d| d.clock),
        Column::whole("run", "次数", "The how-manieth time that this clock was started, from 1", |d| d.run),
        Column::text("institution", "机构", "The institution; * for the industry", |d| {
            d.institution.clone()
        }),
        Column::bureau_of("bureau", "处室", "The bureau that looks after it", |d| &d.id),
        Column::time("started", "起算时间", "When it started", |d| d.deadline.started),
        Column::text("term", "期限", "How long there was", |d| d.deadline.term.to_string()),
        Column::maybe_time(
            "due",
            "截止时间",
            "When it is over; nothing while the calendar of working days does not reach so far",
            |d| d.deadline.due,
        ),
        Column::maybe_time("kept", "完成时间", "When what was due was done, late or not", |d| {
            d.deadline.kept
        }),
        Column::maybe_time("missed", "逾期时间", "When it was noticed that the time was over", |d| {
            d.deadline.missed
        }),
        Column::maybe_flag(
            "in_time",
            "按期",
            "Whether it was done in time; nothing while it still may be",
            |d| d.deadline.in_time(),
        ),
        Column::flag("pending", "待办", "Whether what it runs for is still to be done", |d| {
            d.is_asked && d.deadline.kept.is_none()
        }),
    ],
    indices: &[
        Index { name: "pending", columns: "due, topic, id, clock, run", only: Some("pending = 1") },
        Index {
            name: "pending_bureau",
            columns: "bureau, due, topic, id, clock, run",
            only: Some("pending = 1"),
        },
        index("due", "due"),
        index("kept", "kept"),
        index("institution", "institution, due"),
    ],
};
