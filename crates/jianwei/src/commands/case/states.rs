//! The tables by which steps are decided, as text.

use clap::Args;
use model::text::Text;
use workflow::actor::Post;
use workflow::{Cell as Step, case, life, penalty, report, reserve};

use crate::language::Lang;
use crate::outcome::{Done, Outcome};
use crate::screen::Screen;
use crate::table::Table;

#[derive(Args, Debug)]
pub(crate) struct States {
    /// Also what is refused, each with its sentence
    #[arg(long)]
    refused: bool,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl States {
    pub(crate) fn run(self) -> Done {
        let mut screen = Screen::stdout();
        let steps = case::states_table();
        let lives = [
            (Text::new("风险准备金动用", "draw on the risk reserve"), reserve::table()),
            (Text::new("处罚", "penalty"), penalty::table()),
            (Text::new("举报", "report"), report::table()),
        ];
        if self.json {
            let lives = lives.iter().map(|(name, rows)| serde_json::json!({ "of": name, "rows": rows }));
            screen.json(&serde_json::json!({ "machines": steps, "lives": lives.collect::<Vec<_>>() }))?;
            return Ok(Outcome::Fine);
        }
        let mut machines: Vec<&Text> = Vec::new();
        for step in &steps {
            if !machines.contains(&&step.machine) {
                machines.push(&step.machine);
            }
        }
        for machine in machines {
            screen.line(self.lang.text(machine))?;
            self.machine(&mut screen, steps.iter().filter(|step| step.machine == *machine))?;
            screen.line("")?;
        }
        for (name, rows) in &lives {
            screen.line(self.lang.text(name))?;
            self.life(&mut screen, rows)?;
            screen.line("")?;
        }
        Ok(Outcome::Fine)
    }

    fn machine<'s>(
        &self,
        screen: &mut Screen,
        steps: impl Iterator<Item = &'s Step>,
    ) -> Result<(), miette::Report> {
        let lang = self.lang;
        let headings = [
            lang.words("状态", "state"),
            lang.words("步骤", "step"),
            lang.words("转入", "leads to"),
            lang.words("职级", "post"),
        ];
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        for step in steps.filter(|step| self.refused || step.next.is_some()) {
            let leads = match (&step.next, &step.refusal) {
                (Some(next), _) if step.next_code == Some(step.state_code) => {
                    format!("= {}", lang.text(next))
                }
                (Some(next), _) => lang.text(next),
                (None, refusal) => {
                    format!("✗ {}", refusal.as_ref().map(|refusal| lang.text(refusal)).unwrap_or_default())
                }
            };
            let post = step.next.as_ref().and(step.post);
            table.row([
                lang.text(&step.state).into(),
                lang.text(&step.step).into(),
                leads.into(),
                post.map(|post: Post| lang.words(post.zh(), post.en())).unwrap_or_default().into(),
            ]);
        }
        table.print(screen)
    }

    fn life(&self, screen: &mut Screen, rows: &[life::Row]) -> Result<(), miette::Report> {
        let lang = self.lang;
        let headings = [
            lang.words("步骤", "step"),
            lang.words("可从", "from"),
            lang.words("转入", "leads to"),
            lang.words("由谁", "by"),
            lang.words("另一人", "another person"),
        ];
        let mut table = Table::new(&headings.each_ref().map(String::as_str));
        let names =
            |states: &[Text]| states.iter().map(|state| lang.text(state)).collect::<Vec<_>>().join(", ");
        for row in rows {
            table.row([
                lang.text(&row.step).into(),
                names(&row.from).into(),
                names(&row.to).into(),
                lang.text(&row.by).into(),
                if row.four_eyes { "✓" } else { "" }.into(),
            ]);
        }
        table.print(screen)
    }
}
