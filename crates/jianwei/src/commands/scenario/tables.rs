//! How everything stands at the end of the story, as tables.

use miette::Report;
use workflow::desk::Desk;
use workflow::life::Word as _;

use super::tell::{moment, stands};
use crate::screen::Screen;
use crate::table::{Cell, Table};

/// Prints alerts, cases, orders, letters, notices, penalties and deliveries.
pub(super) fn print(screen: &mut Screen, desk: &Desk) -> Result<(), Report> {
    alerts(screen, desk)?;
    cases(screen, desk)?;
    orders(screen, desk)?;
    penalties(screen, desk)?;
    letters(screen, desk)?;
    deliveries(screen, desk)
}

fn heading(screen: &mut Screen, text: &str) -> Result<(), Report> {
    screen.line("")?;
    screen.line(text)
}

fn alerts(screen: &mut Screen, desk: &Desk) -> Result<(), Report> {
    heading(screen, "预警与公示 Alerts and public notices")?;
    let mut table =
        Table::new(&["编号 id", "等级 grade", "触发 opened", "时限 clocks", "案件 case", "结束 ended"]);
    for alert in desk.alerts.all() {
        let earlier = alert.earlier_clocks.iter().map(|(clock, deadline)| (clock, deadline));
        let clocks = earlier.chain(alert.clocks.iter());
        let clocks = clocks.map(|(clock, deadline)| format!("{} {}", clock.zh(), stands(Some(deadline)).zh));
        let ended = alert.ended.as_ref().map(|end| moment(end.at));
        table.row([
            alert.id.as_str().into(),
            format!("{} {}", alert.worst.zh(), alert.worst.en()).into(),
            moment(alert.opened_at).into(),
            clocks.collect::<Vec<_>>().join("；").into(),
            alert.case.as_deref().unwrap_or("–").into(),
            ended.unwrap_or_else(|| "未结 open".to_owned()).into(),
        ]);
    }
    for notice in desk.notices.all() {
        table.row([
            notice.id.as_str().into(),
            "公示 notice".into(),
            moment(notice.published_at).into(),
            "".into(),
            "–".into(),
            format!("{} {:?}", moment(notice.updated_at), notice.standing).into(),
        ]);
    }
    table.print(screen)
}

fn cases(screen: &mut Screen, desk: &Desk) -> Result<(), Report> {
    heading(screen, "案件与措施 Cases and measures")?;
    let mut table = Table::new(&["案件 case", "阶段／措施 stage or measure", "状态 state", "时限 deadline"]);
    for case in desk.disposal.cases.iter() {
        for stay in &case.stays {
            let state = match (&stay.skipped, stay.left_at) {
                (Some(_), _) => "跳过 skipped".to_owned(),
                (None, Some(left)) => format!("离开 left {}", moment(left)),
                (None, None) => moment(stay.entered_at),
            };
            let deadline = stay.deadline.as_ref().map(|deadline| {
                let stands = stands(Some(deadline));
                format!("{} {}", stands.zh, stands.en)
            });
            table.row([
                case.id.as_str().into(),
                format!("{} {}", stay.stage.zh(), stay.stage.en()).into(),
                state.into(),
                deadline.unwrap_or_default().into(),
            ]);
        }
        let (suggested, taken): (Vec<_>, Vec<_>) = case
            .measures
            .values()
            .partition(|measure| measure.state == workflow::case::MeasureState::Suggested);
        for measure in taken {
            let mark = if case.is_mandatory(measure) { "！" } else { "　" };
            table.row([
                case.id.as_str().into(),
                format!("{mark}{}", measure.listed.key).into(),
                format!("{} {}", measure.state.zh(), measure.state.en()).into(),
                "".into(),
            ]);
        }
        let rest = format!("　其余建议未采用 suggested, not taken: {}", suggested.len());
        table.row([case.id.as_str().into(), rest.into(), "".into(), "".into()]);
    }
    table.print(screen)
}

fn orders(screen: &mut Screen, desk: &Desk) -> Result<(), Report> {
    heading(screen, "指令 Orders")?;
    let mut table =
        Table::new(&["编号 id", "措施 measure", "受文单位 to", "下达 issued", "状态 state", "时限 deadline"]);
    for order in desk.disposal.orders.iter() {
        let stands = stands(Some(&order.deadline));
        table.row([
            order.id.as_str().into(),
            order.measure.as_str().into(),
            order.to.name.zh.as_str().into(),
            moment(order.issued_at).into(),
            format!("{} {}", order.state.zh(), order.state.en()).into(),
            format!("{} {}", stands.zh, stands.en).into(),
        ]);
    }
    table.print(screen)
}

fn penalties(screen: &mut Screen, desk: &Desk) -> Result<(), Report> {
    heading(screen, "处罚 Penalties")?;
    let mut table =
        Table::new(&["编号 id", "文号 document", "状态 state", "处罚内容 sanctions", "信用平台 published"]);
    for penalty in desk.penalties.all() {
        table.row([
            penalty.id.as_str().into(),
            penalty.decision.as_ref().map_or("–", |decision| decision.document.as_str()).into(),
            format!("{} {}", penalty.state.zh(), penalty.state.en()).into(),
            penalty.sanctions.content_zh().into(),
            if penalty.published().is_some() { "是 yes" } else { "否 no" }.into(),
        ]);
    }
    table.print(screen)
}

fn letters(screen: &mut Screen, desk: &Desk) -> Result<(), Report> {
    heading(screen, "函件 Letters")?;
    let mut table =
        Table::new(&["编号 id", "文号 document", "格式 form", "关于 about", "页 pages", "收件人 to"]);
    for letter in desk.letters.all() {
        let pages = letter.set.as_ref().map_or_else(|| "–".to_owned(), |(_, _, pages)| pages.to_string());
        table.row([
            letter.id.as_str().into(),
            letter.number.as_str().into(),
            letter.form.as_str().into(),
            letter.about.as_str().into(),
            Cell::number(pages),
            letter.to.to_string().into(),
        ]);
    }
    table.print(screen)
}

fn deliveries(screen: &mut Screen, desk: &Desk) -> Result<(), Report> {
    heading(screen, "送达 Deliveries")?;
    let mut table = Table::new(&[
        "编号 id",
        "事由 purpose",
        "关于 about",
        "收件人 to",
        "渠道 channel",
        "次 tries",
        "状态 state",
        "时间 at",
    ]);
    for delivery in desk.deliveries.all() {
        let state = match delivery.read_at {
            Some(_) => "已阅 read".to_owned(),
            None => format!("{} {}", delivery.state.zh(), delivery.state.en()),
        };
        table.row([
            delivery.id.as_str().into(),
            format!("{} {}", delivery.purpose.zh(), delivery.purpose.en()).into(),
            delivery.about.as_str().into(),
            delivery.to.to_string().into(),
            delivery.channel.as_deref().unwrap_or("–").into(),
            Cell::number(delivery.attempts),
            state.into(),
            delivery.ended_at.map(moment).unwrap_or_default().into(),
        ]);
    }
    table.print(screen)
}
