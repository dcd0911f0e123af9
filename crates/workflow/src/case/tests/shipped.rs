//! With the library as shipped: a case of each kind of risk, in each line of business, can be brought
//! from the alert to its end, and every measure can be filled in.

use super::*;
use crate::library::tests::shipped_library;
use crate::library::{Field, FieldKind, Stage};

/// A value that fits a kind of field.
fn value(kind: FieldKind) -> String {
    match kind {
        FieldKind::Date => "2026-06-01".to_owned(),
        FieldKind::Money => "1000.00".to_owned(),
        FieldKind::Text | FieldKind::List | FieldKind::Table => "某项".to_owned(),
    }
}

fn filled(fields: &[Field]) -> Filled {
    let one = |field: &Field| match field.kind {
        FieldKind::List => FieldValue::List(vec![value(FieldKind::Text)]),
        FieldKind::Table => {
            let row = field.columns.iter().map(|column| (column.name.clone(), value(column.kind)));
            FieldValue::Table(vec![row.collect()])
        }
        kind => FieldValue::Text(value(kind)),
    };
    fields.iter().map(|field| (field.name.clone(), one(field))).collect()
}

/// Proposes, approves, orders and accepts one measure.
fn take(scene: &mut Scene, key: &str) {
    let form = scene.library.measure(&scene.measure(key).listed.measure).unwrap().clone();
    scene.do_measure('a', key, propose(filled(&form.fields))).unwrap();
    let text = scene.measure(key).draft.as_ref().unwrap().order.text.clone();
    for text in [&text.zh, &text.en] {
        assert!(
            !text.contains(['{', '}']) && !text.contains("未填写") && !text.contains("not filled in"),
            "{key}"
        );
    }
    if scene.measure(key).state == MeasureState::Proposed {
        scene.do_measure('e', key, MeasureCommand::Approve).unwrap();
    }
    let to = match form.addressee {
        AddresseeKind::Institution => institution(),
        kind => partner(kind, "partner-1"),
    };
    scene.carry_out(key, to, OrderResult::Done);
    if form.milestones {
        let milestone = Milestone { day: scene.now.day(), amount_fen: None, text: Some(because()) };
        scene.do_measure('a', key, MeasureCommand::SetMilestones { milestones: vec![milestone] }).unwrap();
        scene.do_measure('a', key, MeasureCommand::KeepMilestone { milestone: 0, note: None }).unwrap();
    }
    if scene.measure(key).follow_up.is_some() {
        scene.do_measure('a', key, MeasureCommand::FollowUp { text: because() }).unwrap();
    }
}

#[test]
fn a_case_of_every_risk_comes_to_its_end() {
    let library = shipped_library();
    for risk in library.risks() {
        for line in &risk.lines {
            let mut scene = Scene { library: library.clone(), ..Scene::new() };
            let findings = risk.entries.iter().zip(1..).map(|(entry, position)| finding(entry, position));
            let opening = Opening { line: Some(line.clone()), findings: findings.collect(), ..pooling() };
            scene.open(&opening, &Who::SYSTEM).unwrap();
            assert_eq!(scene.case().risks, BTreeSet::from([risk.id.clone()]), "{line}");
            for number in 0..u32::try_from(risk.entries.len()).unwrap() {
                scene.do_case('c', CaseCommand::ConfirmFinding { finding: number, note: None }).unwrap();
            }
            for stage in Stage::OPEN {
                let keys: Vec<String> = scene
                    .case()
                    .measures
                    .values()
                    .filter(|measure| measure.listed.stage == stage)
                    .map(|measure| measure.listed.key.clone())
                    .collect();
                keys.iter().for_each(|key| take(&mut scene, key));
                let command = match stage {
                    Stage::Account => CaseCommand::Close { reason: because() },
                    _ => CaseCommand::Advance,
                };
                scene
                    .do_case('c', command)
                    .unwrap_or_else(|refusal| panic!("{} at {line}: {refusal}", risk.id));
            }
            assert!(!scene.case().is_open());
        }
    }
}
