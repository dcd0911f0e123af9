//! The scorecard, reckoned by hand.

use model::event::Grade;
use model::time::Time;
use workflow::alert::{AlertCommand, AlertStep};
use workflow::delivery::Outcome;
use workflow::desk::DeskCommand;

use super::history::House;
use super::{Database, on_both};
use crate::{Batch, Month, ViewsError, Words};

on_both!(a_scorecard_is_what_one_reckons_by_hand);

fn a_scorecard_is_what_one_reckons_by_hand(database: &Database) {
    let mut house = House::new();
    let start = house.now;
    let at = |minutes: i64| start.plus_seconds(minutes * 60);
    let does = |house: &mut House, institution: &str, command| {
        let id = house.desk.alerts.open_of(institution).unwrap().id.clone();
        house.does(&DeskCommand::Alert { id, command }, "li").unwrap();
    };
    let reason = || "理由".to_owned();
    // Red: told after three minutes, acknowledged by the second in the chain after 14.
    house.graded("platform", start.day(), Grade::Red);
    house.now = at(3);
    house.send_all(&Outcome::Delivered { receipt: None });
    house.now = at(10);
    house.tick();
    house.now = at(14);
    does(&mut house, "platform", AlertCommand::Acknowledge);
    // Orange in the other bureau: nobody sees to its letter in time; a false alarm in the end.
    house.graded("careful", start.day(), Grade::Orange);
    house.now = at(14 + 24 * 60);
    house.tick();
    does(&mut house, "careful", AlertCommand::Dismiss { reason: reason(), mute_until: None });
    // Red again at another one, on the last evening of the month and closed in the next.
    house.now = Time::parse("2026-06-30T23:59:00+08:00").unwrap();
    house.graded("lender", house.now.day(), Grade::Red);
    house.now = house.now.plus_seconds(120);
    does(&mut house, "lender", AlertCommand::Acknowledge);
    house.ends("lender", "li", AlertStep::Closed { reason: Some(reason()) });
    // The record that made the first one came 400 ms before it.
    let first = house.desk.alerts.all().next().unwrap().as_of;
    let filed_at = |as_of: u64| (as_of == first).then_some(Time(start.0 - 400_000));
    database.open().write(&Batch::with_filing(&house.sealed, &house.desk, &filed_at)).unwrap();
    let month = |text: &str| text.parse::<Month>().unwrap();
    let reader = database.reader();
    let card = reader.scorecard(month("2026-06"), month("2026-07"), None).unwrap();
    let wanted = "\
month,bureau,figure,part,count,total,percent,median_seconds,p90_seconds
2026-06,one,alerts_opened,orange,0,2,0.0,,
2026-06,one,alerts_opened,red,2,2,100.0,,
2026-06,one,alerts_opened,yellow,0,2,0.0,,
2026-06,one,record_to_alert,,1,2,50.0,1,1
2026-06,one,deadlines_kept,acknowledge,1,2,50.0,,
2026-06,one,deadlines_kept,push,1,1,100.0,,
2026-06,one,time_taken,acknowledge,1,1,100.0,240,240
2026-06,one,time_taken,push,1,1,100.0,180,180
2026-06,one,delivered,alert,1,3,33.3,,
2026-06,two,alerts_opened,orange,1,1,100.0,,
2026-06,two,alerts_opened,red,0,1,0.0,,
2026-06,two,alerts_opened,yellow,0,1,0.0,,
2026-06,two,record_to_alert,,0,1,0.0,,
2026-06,two,false_alarms,,1,1,100.0,,
2026-06,two,deadlines_kept,acknowledge,0,1,0.0,,
2026-06,two,deadlines_kept,letter,0,1,0.0,,
2026-06,two,alert_to_end,orange,1,1,100.0,86400,86400
2026-06,two,delivered,alert,0,1,0.0,,
2026-06,two,delivered,reminder,0,2,0.0,,
";
    let csv = card.csv(Words::Codes).replace("\r\n", "\n");
    let june: String =
        csv.lines().filter(|line| !line.starts_with("2026-07")).map(|line| format!("{line}\n")).collect();
    assert_eq!(june, wanted);
    let one = reader.scorecard(month("2026-07"), month("2026-07"), Some("one")).unwrap().csv(Words::Chinese);
    assert!(
        one.starts_with("月份,处室,指标,分项,数量,总数,百分比,中位用时（秒）,九成用时（秒）\r\n"),
        "{one}"
    );
    assert!(one.contains("2026-07,one,误报率,,0,1,0.0,,\r\n"), "{one}");
    assert!(one.contains("2026-07,one,预警办结用时,red,1,1,100.0,120,120\r\n"), "{one}");
    for (from, to) in [("2026-07", "2026-06"), ("2016-01", "2026-06")] {
        let refused = reader.scorecard(month(from), month(to), None).unwrap_err();
        assert!(matches!(refused, ViewsError::BadQuestion(_)), "{refused}");
    }
}
