//! One case, whole.

use clap::Args;
use miette::{Report, miette};
use workflow::actor::Actor;
use workflow::case::{Case, Judgement, Measure};
use workflow::life::Word;
use workflow::order::Order;

use super::desk;
use crate::data::DataArg;
use crate::language::Lang;
use crate::outcome::{Done, Outcome};
use crate::screen::{Screen, Style};
use crate::table::Table;

#[derive(Args, Debug)]
pub(crate) struct Show {
    #[command(flatten)]
    data: DataArg,
    /// The case's number
    #[arg(value_name = "NUMBER")]
    case: String,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(crate) fn run(self) -> Done {
        let desk = desk(&self.data)?;
        let case = desk.disposal.cases.get(&self.case);
        let case = case.ok_or_else(|| {
            miette!(help = "`jianwei case list --all` lists them", "there is no case {}", self.case)
        })?;
        let orders: Vec<&Order> = desk.disposal.orders.of_case(&case.id).collect();
        let mut screen = Screen::stdout();
        if self.json {
            screen.json(&serde_json::json!({ "case": case, "orders": orders }))?;
            return Ok(Outcome::Fine);
        }
        self.head(&mut screen, case)?;
        self.findings(&mut screen, case)?;
        self.measures(&mut screen, case)?;
        self.orders(&mut screen, &orders)?;
        Ok(Outcome::Fine)
    }

    fn head(&self, screen: &mut Screen, case: &Case) -> Result<(), Report> {
        let lang = self.lang;
        let name = case.name.as_deref().unwrap_or_default();
        screen.line(screen.paint(Style::Bold, &format!("{} {} {name}", case.id, case.institution)))?;
        screen.line(format_args!(
            "  {} {} · {} {} · {} {}",
            lang.words("立案", "opened"),
            case.opened_at,
            lang.words("由", "by"),
            case.opened_by,
            lang.words("责任人", "owner"),
            case.owner,
        ))?;
        for stay in &case.stays {
            let due = stay.deadline.and_then(|deadline| deadline.due);
            let due = due.map(|due| format!(", {} {due}", lang.words("期限", "due"))).unwrap_or_default();
            let left = match (&stay.left_at, &stay.skipped) {
                (Some(at), Some(reason)) => format!(", {} {at}: {reason}", lang.words("跳过", "skipped")),
                (Some(at), None) => format!(", {} {at}", lang.words("完成", "left")),
                (None, _) => String::new(),
            };
            screen.line(format_args!(
                "  {}: {}{due}{left}",
                lang.words(stay.stage.zh(), stay.stage.en()),
                stay.entered_at
            ))?;
        }
        let risks = case.risks.iter().cloned().collect::<Vec<_>>().join(", ");
        screen.line(format_args!("  {}: {risks}", lang.words("风险", "risks")))?;
        screen.line("")
    }

    fn findings(&self, screen: &mut Screen, case: &Case) -> Result<(), Report> {
        let lang = self.lang;
        let headings = [
            lang.words("发现", "finding"),
            lang.words("日期", "day"),
            lang.words("账本序号", "ledger position"),
            lang.words("认定", "judgement"),
        ];
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        for finding in &case.findings {
            let judgement = match &finding.judgement {
                Judgement::Open => lang.words("待认定", "open"),
                Judgement::Confirmed { by, .. } => format!("{} {by}", lang.words("已确认", "confirmed")),
                Judgement::Dismissed(said) => {
                    format!("{} {}: {}", lang.words("已排除", "dismissed"), said.by, said.reason)
                }
            };
            table.row([
                finding.finding.entry.as_str().into(),
                finding.finding.day.to_string().into(),
                finding.finding.position.to_string().into(),
                judgement.into(),
            ]);
        }
        table.print(screen)?;
        screen.line("")
    }

    fn measures(&self, screen: &mut Screen, case: &Case) -> Result<(), Report> {
        let lang = self.lang;
        let headings = [
            lang.words("阶段", "stage"),
            lang.words("措施", "measure"),
            lang.words("必须", "mandatory"),
            lang.words("状态", "state"),
            lang.words("提出", "proposed"),
            lang.words("批准", "approved"),
        ];
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        let mut measures: Vec<(&String, &Measure)> = case.measures.iter().collect();
        measures.sort_by_key(|(key, measure)| (measure.listed.stage, *key));
        let by = |who: &Option<(Actor, model::time::Time)>| {
            who.as_ref().map(|(by, at)| format!("{by} {at}")).unwrap_or_default()
        };
        for (key, measure) in measures {
            let stage = measure.listed.stage;
            table.row([
                lang.words(stage.zh(), stage.en()).into(),
                key.as_str().into(),
                if case.is_mandatory(measure) { "✓" } else { "" }.into(),
                lang.words(measure.state.zh(), measure.state.en()).into(),
                by(&measure.proposed).into(),
                by(&measure.approved).into(),
            ]);
        }
        table.print(screen)?;
        screen.line("")
    }

    fn orders(&self, screen: &mut Screen, orders: &[&Order]) -> Result<(), Report> {
        let lang = self.lang;
        let headings = [
            lang.words("指令", "order"),
            lang.words("对象", "addressee"),
            lang.words("事项", "matter"),
            lang.words("状态", "state"),
            lang.words("期限", "due"),
        ];
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        for order in orders {
            let due = order.deadline.due.map(|due| due.to_string()).unwrap_or_default();
            table.row([
                order.id.as_str().into(),
                lang.text(&order.to.name).into(),
                lang.text(&order.order.title).into(),
                lang.words(order.state.zh(), order.state.en()).into(),
                due.into(),
            ]);
        }
        table.print(screen)
    }
}
