//! What is missing before a stage is left or a case closed: all of it is named at once.

use model::text::Text;

use super::measure::Measure;
use super::setting::Setting;
use super::state::{Case, Judgement};
use super::table::{MEASURE, MeasureVerb};
use crate::actor::{Actor, Post, Who};
use crate::library::{Approval, Demand, Stage};
use crate::life::Word as _;
use crate::order::Orders;
use crate::{Refusal, Why};

/// Refuses with everything that is missing, if anything is.
pub(super) fn nothing(missing: &[Text], of: &Text) -> Result<(), Refusal> {
    if missing.is_empty() {
        return Ok(());
    }
    let zh: Vec<_> = missing.iter().map(|one| one.zh.as_str()).collect();
    let en: Vec<_> = missing.iter().map(|one| one.en.as_str()).collect();
    Err(Refusal::new(
        Why::Missing,
        format!("{}：{}。", of.zh, zh.join("；")),
        format!("{}: {}.", of.en, en.join("; ")),
    ))
}

/// A case that is not left or closed yet, as a sentence begins.
pub(super) fn not_yet(case: &Case, closing: bool) -> Text {
    let (id, stage) = (&case.id, case.stage);
    match closing {
        true => Text::new(format!("案件{id}尚不能结案"), format!("Case {id} cannot be closed yet")),
        false => Text::new(
            format!("案件{id}尚不能离开“{}”阶段", stage.zh()),
            format!("Case {id} cannot leave the stage \"{}\" yet", stage.en()),
        ),
    }
}

/// A measure as a sentence names it.
pub(super) fn named(measure: &Measure) -> Text {
    let listed = &measure.listed;
    Text::new(
        format!("“{}”（{}）", listed.title.zh, listed.key),
        format!("\"{}\" ({})", listed.title.en, listed.key),
    )
}

/// A mandatory measure that is neither done nor waived.
pub(super) fn unsettled(measure: &Measure) -> Text {
    let name = named(measure);
    Text::new(
        format!("必须采取的措施{}现为“{}”，既未办结也未免除", name.zh, measure.state.zh()),
        format!("the mandatory measure {} is {}: neither done nor waived", name.en, measure.state.en()),
    )
}

/// What is missing before the case leaves its stage.
pub(super) fn to_advance(case: &Case, orders: &Orders, setting: &Setting<'_>) -> Vec<Text> {
    let mut missing: Vec<Text> = case.unsettled_mandatory(case.stage).into_iter().map(unsettled).collect();
    let demands = setting.library.stage(case.stage).map_or(&[][..], |stage| &stage.leaves_with);
    for demand in demands {
        match demand {
            Demand::ConfirmedFinding if !has_confirmed(case) => {
                missing.push(Text::new("没有一项发现经人工确认", "no finding was confirmed by a person"))
            }
            Demand::NoOpenOrders => missing.extend(open_orders(case, orders)),
            Demand::ConfirmedFinding | Demand::MandatoryMeasures => {}
        }
    }
    missing
}

/// What would be left behind if the case were closed.
pub(super) fn loose_ends(case: &Case, orders: &Orders) -> Vec<Text> {
    let mut missing = Vec::new();
    let open = case.findings.iter().filter(|finding| finding.judgement == Judgement::Open).count();
    if open > 0 {
        missing.push(Text::new(
            format!("{open}项发现既未确认也未排除"),
            format!("findings neither confirmed nor dismissed: {open}"),
        ));
    }
    let mut add = |measure: &Measure, zh: &str, en: &str| {
        let name = named(measure);
        missing.push(Text::new(format!("措施{}{zh}", name.zh), format!("the measure {} {en}", name.en)));
    };
    for measure in case.measures.values() {
        if measure.is_under_way() {
            add(measure, "仍在办理", "is under way");
        }
        if measure.waiver.is_some() {
            add(measure, "的免除申请未答复", "has a request for a waiver that nobody answered");
        }
        if measure.lift.is_some() {
            add(measure, "的解除申请未答复", "has a request to lift it that nobody answered");
        }
        if measure.running_instalments().next().is_some() {
            add(measure, "尚有未到期的分期或节点", "has milestones still to come");
        }
        if measure.lacks_instalments() {
            add(measure, "尚未列明分期安排", "has no milestones yet");
        }
        if measure.open_follow_up().is_some() {
            add(measure, "尚未跟踪核查", "was not followed up");
        }
    }
    missing.extend(open_orders(case, orders));
    missing
}

/// What holds a case that would be dropped: something that was found holds, or something holds
/// somebody.
pub(super) fn to_drop(case: &Case, orders: &Orders) -> Vec<Text> {
    let mut missing: Vec<Text> = case.unsettled_mandatory(case.stage).into_iter().map(unsettled).collect();
    let confirmed = case.findings.iter().filter(|finding| is_confirmed(&finding.judgement)).count();
    if confirmed > 0 {
        missing.push(Text::new(
            format!("{confirmed}项发现已经确认，未予排除"),
            format!("findings that were confirmed and not dismissed: {confirmed}"),
        ));
    }
    for measure in
        case.measures.values().filter(|measure| measure.in_force.iter().any(|span| span.until.is_none()))
    {
        let name = named(measure);
        missing.push(Text::new(
            format!("措施{}仍然有效，须先解除", name.zh),
            format!("the measure {} is in force and has to be lifted first", name.en),
        ));
    }
    missing.extend(loose_ends(case, orders));
    missing
}

fn is_confirmed(judgement: &Judgement) -> bool {
    matches!(judgement, Judgement::Confirmed { .. })
}

fn has_confirmed(case: &Case) -> bool {
    case.findings.iter().any(|finding| is_confirmed(&finding.judgement))
}

fn open_orders(case: &Case, orders: &Orders) -> Vec<Text> {
    let open = orders.of_case(&case.id).filter(|order| !order.state.is_settled());
    open.map(|order| {
        Text::new(
            format!("发给{}的指令{}现为“{}”，未验收也未解除", order.to.name.zh, order.id, order.state.zh()),
            format!(
                "order {} to {} is {}: neither accepted nor lifted",
                order.id,
                order.to.name.en,
                order.state.en()
            ),
        )
    })
    .collect()
}

/// Whether a stage may be skipped for a case, and what that takes.
pub(super) fn may_skip(case: &Case, setting: &Setting<'_>) -> Result<Approval, Refusal> {
    let stage = case.stage;
    let Some(skippable) = setting.library.stage(stage).and_then(|stage| stage.skippable.as_ref()) else {
        return Err(Refusal::new(
            Why::NotNow,
            format!("“{}”阶段不得跳过。", stage.zh()),
            format!("The stage \"{}\" is never skipped.", stage.en()),
        ));
    };
    let barring: Vec<&String> = skippable.never.intersection(&case.risks).collect();
    if barring.is_empty() {
        return Ok(skippable.approval);
    }
    let title = |id: &&String| {
        setting
            .library
            .risk(id)
            .map_or_else(|| Text::new(id.as_str(), id.as_str()), |risk| risk.title.clone())
    };
    let titles: Vec<Text> = barring.iter().map(title).collect();
    let zh: Vec<_> = titles.iter().map(|title| title.zh.as_str()).collect();
    let en: Vec<_> = titles.iter().map(|title| title.en.as_str()).collect();
    Err(Refusal::new(
        Why::NotNow,
        format!("本案涉及{}，“{}”阶段不得跳过。", zh.join("、"), stage.zh()),
        format!(
            "The case is about {}, for which the stage \"{}\" is never skipped.",
            en.join(", "),
            stage.en()
        ),
    ))
}

/// The mandatory measures that skipping the stage waives, and what stands against it: those of
/// stages before, and those that are past a waiver.
pub(super) fn waived_by_skip(case: &Case) -> (Vec<&Measure>, Vec<Text>) {
    let can_be_waived = |measure: &&Measure| {
        measure.listed.stage == case.stage && MEASURE.leads(measure.state, MeasureVerb::Waive).is_some()
    };
    let (waived, rest): (Vec<_>, Vec<_>) =
        case.unsettled_mandatory(case.stage).into_iter().partition(can_be_waived);
    (waived, rest.into_iter().map(unsettled).collect())
}

/// Refuses who may not agree to what somebody asked for: four eyes, or a head.
pub(super) fn may_agree(approval: Approval, asked: &Actor, who: &Who, what: &Text) -> Result<(), Refusal> {
    if approval == Approval::None {
        return Ok(());
    }
    if asked.is_same_person(&who.actor) {
        return Err(Refusal::new(
            Why::FourEyes,
            format!("{}：由您本人提出，须由另一人办理。", what.zh),
            format!("The step {}: you proposed it yourself, so another person has to.", what.en),
        ));
    }
    if approval == Approval::Head && !who.is_at_least(Post::Head) {
        return Err(Refusal::new(
            Why::NotAllowed,
            format!("{}：须由负责人办理。", what.zh),
            format!("The step {}: it takes a head.", what.en),
        ));
    }
    Ok(())
}

/// The stage that comes next has this deadline.
pub(super) fn term_of(stage: Stage, setting: &Setting<'_>) -> Option<crate::term::Term> {
    setting.library.stage(stage).and_then(|rule| rule.within)
}
