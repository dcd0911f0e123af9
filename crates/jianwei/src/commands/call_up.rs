//! `jianwei call-up` 调阅: the supervisor calls recordings up, institutions answer.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use client::{CallUpAsked, ListedCallUp};
use miette::miette;
use model::event::Medium;
use model::institution::InstitutionId;

use super::file::AccessArgs;
use crate::outcome::{Done, Outcome, plain};
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// Recordings that the supervisor calls up: ask, list, answer, fetch
#[derive(Args, Debug)]
pub(crate) struct CallUp {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Debug)]
enum What {
    Ask(Ask),
    List(List),
    Answer(Answer),
    Fetch(Fetch),
}

/// Ask an institution for the sound or the picture of a sale (supervisor)
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei call-up ask --server http://127.0.0.1:8470 --key-file supervisor.key \
                        --institution 91350100M000100Y43 --policy pol-55021 --medium sound --ground \"complaint 2026-117\""
)]
struct Ask {
    #[command(flatten)]
    access: AccessArgs,
    /// Institution that is asked
    #[arg(long, value_name = "ID", value_parser = InstitutionId::parse)]
    institution: InstitutionId,
    /// Policy whose sale was recorded
    #[arg(long, value_name = "ID")]
    policy: String,
    /// Which part of the recording
    #[arg(long, value_name = "PART", value_enum)]
    medium: Part,
    /// Within how many hours it is to come, 240 at most; without it, 24
    #[arg(long, value_name = "HOURS")]
    hours: Option<u32>,
    /// On what ground
    #[arg(long, value_name = "TEXT")]
    ground: String,
}

/// A part of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Part {
    /// 录音
    Sound,
    /// 录像
    Picture,
}

/// How a call-up stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Status {
    /// 待回复
    Open,
    /// 已回复
    Answered,
    /// 逾期
    Overdue,
    /// 摘要不符
    HashDiffers,
}

/// List the call-ups that the key sees, the newest first
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei call-up list --server http://127.0.0.1:8470 --key-file firm.key --status open"
)]
struct List {
    #[command(flatten)]
    access: AccessArgs,
    /// Of this status alone
    #[arg(long, value_name = "STATUS", value_enum)]
    status: Option<Status>,
    /// How many at most
    #[arg(long, value_name = "NUMBER", default_value_t = 50)]
    limit: usize,
    /// One JSON object a line, as the server answers
    #[arg(long)]
    json: bool,
}

/// Upload a recording that was called up (institution)
///
/// The file is first held against the digest that was filed; one that does not fit is not sent,
/// unless --as-it-is. It goes as it is, not packed.
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei call-up answer --server http://127.0.0.1:8470 --key-file firm.key \
                        --id 3f0c5d7e9a1b2c4d6e8f0a1b2c3d4e5f --media-type audio/mp4 sale-55021.m4a"
)]
struct Answer {
    #[command(flatten)]
    access: AccessArgs,
    /// The call-up
    #[arg(long, value_name = "ID")]
    id: String,
    /// What the file is, such as audio/mp4
    #[arg(long, value_name = "TYPE")]
    media_type: Option<String>,
    /// Send it though it is not the one whose digest was filed
    #[arg(long)]
    as_it_is: bool,
    /// The recording
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Fetch what came for a call-up into a new file (supervisor)
#[derive(Args, Debug)]
#[command(
    after_help = "Example:\n  jianwei call-up fetch --server http://127.0.0.1:8470 --key-file supervisor.key \
                        --id 3f0c5d7e9a1b2c4d6e8f0a1b2c3d4e5f sale-55021.m4a"
)]
struct Fetch {
    #[command(flatten)]
    access: AccessArgs,
    /// The call-up
    #[arg(long, value_name = "ID")]
    id: String,
    /// File to write, which must not be there
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl CallUp {
    pub(crate) fn run(self) -> Done {
        match self.what {
            What::Ask(ask) => ask.run(),
            What::List(list) => list.run(),
            What::Answer(answer) => answer.run(),
            What::Fetch(fetch) => fetch.run(),
        }
    }
}

impl Ask {
    fn run(self) -> Done {
        let medium = match self.medium {
            Part::Sound => Medium::Sound,
            Part::Picture => Medium::Picture,
        };
        let asked = CallUpAsked {
            institution: self.institution.to_string(),
            policy: self.policy,
            medium: medium.code().to_owned(),
            hours: self.hours,
            ground: self.ground,
        };
        let called = client::call_up(&self.access.connect()?, &asked).map_err(plain)?;
        let mut screen = Screen::stdout();
        screen
            .line(format_args!("call-up {} to {}, due {}", called.id, called.institution, called.due_at))?;
        if called.digest.is_none() {
            screen.line("  no digest of it was filed: what comes cannot be held against anything")?;
        }
        Ok(Outcome::Fine)
    }
}

impl List {
    fn run(self) -> Done {
        let status = self.status.map(|status| match status {
            Status::Open => "open",
            Status::Answered => "answered",
            Status::Overdue => "overdue",
            Status::HashDiffers => "hash_differs",
        });
        let called = client::call_ups(&self.access.connect()?, status, self.limit).map_err(plain)?;
        let mut screen = Screen::stdout();
        if self.json {
            for called in &called {
                screen.line(serde_json::to_string(called).map_err(plain)?)?;
            }
        } else {
            table(&called).print(&mut screen)?;
        }
        Ok(Outcome::Fine)
    }
}

impl Answer {
    fn run(self) -> Done {
        let connection = self.access.connect()?;
        let waiting = client::one_call_up(&connection, &self.id).map_err(plain)?;
        let digest = client::digest_of_file(&self.file).map_err(plain)?;
        let mut screen = Screen::stdout();
        if waiting.status == "answered" {
            let same = waiting.answer.is_some_and(|answer| answer.sha256 == digest);
            let how = if same { "with this file" } else { "with another file" };
            screen.line(format_args!("call-up {} was answered before {how}; nothing was sent", self.id))?;
            return Ok(Outcome::of(!same));
        }
        if let Some(filed) = waiting.digest.filter(|filed| *filed != digest && !self.as_it_is) {
            return Err(miette!(
                help = "find the file that was recorded; --as-it-is sends this one all the same, and the supervisor sees that it differs",
                "{} has the digest {digest}, filed was {filed}; nothing was sent",
                self.file.display()
            ));
        }
        let called = client::answer_call_up(&connection, &self.id, &self.file, self.media_type.as_deref())
            .map_err(plain)?;
        let (word, differs) = shown(&called);
        let word = screen.paint(if differs { Style::Red } else { Style::Green }, word);
        screen.line(format_args!("call-up {}: {word}", called.id))?;
        if let Some(answer) = &called.answer {
            let (bytes, until) = (answer.bytes, &answer.retained_until);
            screen.line(format_args!("  {bytes} bytes, SHA-256 {}, kept until {until}", answer.sha256))?;
        }
        Ok(Outcome::of(differs))
    }
}

impl Fetch {
    fn run(self) -> Done {
        if self.file.exists() {
            return Err(miette!(
                help = "name another file, or move that one away",
                "{} is there already, and nothing is written over it; nothing was fetched",
                self.file.display()
            ));
        }
        let digest = client::fetch_call_up(&self.access.connect()?, &self.id, &self.file).map_err(plain)?;
        Screen::stdout().line(format_args!("{}: SHA-256 {digest}, as sealed", self.file.display()))?;
        Ok(Outcome::Fine)
    }
}

/// How a call-up stands, and whether that is bad.
fn shown(called: &ListedCallUp) -> (&str, bool) {
    match called.status.as_str() {
        "open" => ("open 待回复", false),
        "answered" => ("answered 已回复", false),
        "overdue" => ("overdue 逾期", true),
        "hash_differs" => ("hash differs 摘要不符", true),
        other => (other, false),
    }
}

/// A part of a recording in both languages; one that this program does not know as the server says it.
fn part(code: &str) -> String {
    let known = Medium::ALL.into_iter().find(|medium| medium.code() == code);
    known.map_or(code.to_owned(), |medium| format!("{} {}", medium.zh(), medium.code()))
}

fn table(called: &[ListedCallUp]) -> Table {
    let mut table = Table::new(&[
        "asked 调阅",
        "institution 机构",
        "policy 保单",
        "part 部分",
        "ground 理由",
        "due 期限",
        "status 状态",
        "came 收到",
        "call-up 编号",
    ]);
    for called in called {
        let (word, is_bad) = shown(called);
        table.row([
            called.asked_at.as_str().into(),
            called.institution.as_str().into(),
            called.policy.as_str().into(),
            part(&called.medium).into(),
            called.ground.as_str().into(),
            called.due_at.as_str().into(),
            Cell::styled(word, if is_bad { Style::Red } else { Style::Plain }),
            called.answer.as_ref().map_or("", |answer| answer.received_at.as_str()).into(),
            called.id.as_str().into(),
        ]);
    }
    table
}
