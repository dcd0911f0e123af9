//! `jianwei rules diff`: what differs between two rulebooks.

use std::path::{Path, PathBuf};

use clap::Args;
use engine::{DataDir, rulebooks};
use miette::{Report, miette};
use rulebook::SourceFile;
use rulebook::diff::{CaseChange, Change, Edition, KeyChange, Line, RowChange, compare};

use crate::language::Lang;
use crate::outcome::{Done, Outcome, failed};
use crate::screen::{Screen, Style};

/// The name of the rulebook inside the program.
const EMBEDDED: &str = "embedded";
/// The fewest digits of a digest that name a kept rulebook.
const DIGEST_DIGITS_MIN: usize = 8;
/// Digits of a digest that are shown.
const DIGEST_DIGITS: usize = 16;

/// Show what differs between two rulebooks: entries, duties, reference tables, grading
///
/// A side is a folder, `embedded` for the rulebook inside this program, or, with --data, the first
/// digits (eight at least) of the digest of a rulebook that was in force over that data directory. The texts
/// are compared, so a rulebook that this program would not take can be, too.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  jianwei rules diff embedded ./rulebook\n  \
    jianwei rules diff 1a2b3c4d5e6f7081 embedded --data ./data --lang en\n\
    Exit codes: 0 they say the same, 1 they differ.")]
pub(crate) struct Diff {
    /// The one before
    #[arg(value_name = "OLD")]
    old: String,
    /// The one after
    #[arg(value_name = "NEW")]
    new: String,
    /// Data directory in which rulebooks are kept
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Language
    #[arg(long, value_enum, default_value_t)]
    lang: Lang,
    /// Print the changes as JSON
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub(super) fn run(self, screen: &mut Screen) -> Done {
        let (old, new) = (self.files(&self.old)?, self.files(&self.new)?);
        let diff = compare(&old, &new);
        if self.json {
            screen.json(&diff)?;
            return Ok(Outcome::of(!diff.is_empty()));
        }
        let lang = self.lang;
        for change in &diff.changes {
            Shown { screen: &mut *screen, lang }.change(change)?;
        }
        let words = if diff.is_empty() {
            lang.words("两个规则库相同。", "The rulebooks say the same.")
        } else {
            let count = diff.changes.len();
            let en =
                if count == 1 { "1 thing differs.".to_owned() } else { format!("{count} things differ.") };
            lang.words(&format!("共 {count} 处不同。"), &en)
        };
        screen.line(words)?;
        Ok(Outcome::of(!diff.is_empty()))
    }

    /// The files of one side.
    fn files(&self, side: &str) -> Result<Vec<SourceFile>, Report> {
        if side == EMBEDDED {
            return Ok(rulebook::load::embedded_files());
        }
        if Path::new(side).is_dir() {
            return Ok(rulebook::load::directory_files(Path::new(side))?);
        }
        let help = "a side is a folder, \"embedded\", or with --data the digest of a rulebook kept there";
        let Some(data) = &self.data else {
            return Err(miette!(help = help, "there is no folder {side}"));
        };
        let kept = DataDir::new(data).rulebooks();
        let digests = rulebooks::digests(&kept);
        let digits = side.to_ascii_lowercase();
        let mut fitting = digests.iter().filter(|digest| digest.starts_with(&digits));
        match (fitting.next(), fitting.next()) {
            (Some(digest), None) if digits.len() >= DIGEST_DIGITS_MIN => {
                rulebooks::files(&kept, digest).map_err(failed(format_args!("rulebook {digest}")))
            }
            _ => {
                let short = |digest: &String| digest.chars().take(DIGEST_DIGITS).collect::<String>();
                let all: Vec<String> = digests.iter().map(short).collect();
                let kept = format!("{} keeps: {}", data.display(), all.join(", "));
                if digits.len() < DIGEST_DIGITS_MIN && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
                    return Err(miette!(
                        help = kept,
                        "\"{side}\" is too short for a digest: give its first {DIGEST_DIGITS_MIN} digits at least"
                    ));
                }
                Err(miette!(
                    help = kept,
                    "\"{side}\" names no folder and no one rulebook of {}",
                    data.display()
                ))
            }
        }
    }
}

/// Prints changes.
struct Shown<'s> {
    screen: &'s mut Screen,
    lang: Lang,
}

impl Shown<'_> {
    fn change(&mut self, change: &Change) -> Result<(), Report> {
        let (style, sign, verb) = match (&change.old, &change.new) {
            (None, _) => (Style::Green, "+", self.lang.words("新增", "added")),
            (_, None) => (Style::Red, "-", self.lang.words("删除", "removed")),
            _ => (Style::Yellow, "~", self.lang.words("修改", "changed")),
        };
        let part = self.lang.words(change.part.zh(), change.part.en());
        let title = change.title.as_ref().map(|(zh, en)| self.lang.words(zh, en)).unwrap_or_default();
        let head = format!("{sign} {}", change.id);
        let head = self.screen.paint(style, &head);
        self.screen.line(format!("{head}  {part}, {verb}  {title}").trim_end())?;
        self.editions(change)?;
        if change.keeps_version() {
            let words = self.lang.words(
                "版本号未变：用过旧文本的数据目录不会以此启动，须把 version 加一",
                "the version was not raised: no server starts with it over a ledger where the old text was used",
            );
            let words = self.screen.paint(Style::Red, &words);
            self.screen.line(format_args!("    ! {words}"))?;
        }
        for key in &change.keys {
            if self.is_wanted(key, &change.keys) {
                self.key(key)?;
            }
        }
        self.rows(&change.rows)?;
        self.cases(&change.cases)?;
        self.screen.line("")
    }

    fn editions(&mut self, change: &Change) -> Result<(), Report> {
        let shown = |edition: &Edition| {
            let version = edition.version.map(|version| format!("v{version} ")).unwrap_or_default();
            format!("{version}{}", edition.hash.short())
        };
        let line = match (&change.old, &change.new) {
            (Some(old), Some(new)) if old.hash == new.hash => shown(new),
            (Some(old), Some(new)) => format!("{} → {}", shown(old), shown(new)),
            (Some(one), None) | (None, Some(one)) => shown(one),
            (None, None) => return Ok(()),
        };
        self.screen.line(format_args!("    {line}"))
    }

    /// Whether a key is shown: of a text in both languages that changed in both, those asked for.
    fn is_wanted(&self, change: &KeyChange, all: &[KeyChange]) -> bool {
        let other = match (self.lang, change.key.rsplit_once('.')) {
            (Lang::Zh, Some((text, "en"))) => format!("{text}.zh"),
            (Lang::En, Some((text, "zh"))) => format!("{text}.en"),
            _ => return true,
        };
        !all.iter().any(|change| change.key == other)
    }

    fn key(&mut self, change: &KeyChange) -> Result<(), Report> {
        let name = match key_in_chinese(&change.key) {
            // Shown in Chinese, the English text says that it is that.
            Some(zh) if change.key.ends_with(".en") => self.lang.words(&format!("{zh}（英文）"), &change.key),
            Some(zh) => self.lang.words(zh, &change.key),
            None => change.key.clone(),
        };
        let name = self.screen.paint(Style::Bold, &name);
        match change.lines.as_slice() {
            // Short values stand in one line, as they do in the file.
            [Line::Old(old), Line::New(new)]
                if !old.is_empty() && old.chars().count() + new.chars().count() < 80 =>
            {
                let (old, new) = (self.screen.paint(Style::Red, old), self.screen.paint(Style::Green, new));
                self.screen.line(format_args!("    {name}: {old} → {new}"))
            }
            lines => {
                self.screen.line(format_args!("    {name}:"))?;
                lines.iter().try_for_each(|line| self.line(line))
            }
        }
    }

    fn line(&mut self, line: &Line) -> Result<(), Report> {
        let text = match line {
            Line::Old(text) => self.screen.paint(Style::Red, format!("- {text}").trim_end()),
            Line::New(text) => self.screen.paint(Style::Green, format!("+ {text}").trim_end()),
            Line::Same(text) => format!("  {text}").trim_end().to_owned(),
            Line::Skipped(count) => {
                let words = self.lang.words(&format!("略 {count} 行"), &format!("{count} lines as before"));
                self.screen.paint(Style::Dim, &format!("  … {words}"))
            }
        };
        self.screen.line(format!("      {text}").trim_end())
    }

    fn rows(&mut self, rows: &[RowChange]) -> Result<(), Report> {
        if rows.is_empty() {
            return Ok(());
        }
        let count = |wanted: fn(&RowChange) -> bool| rows.iter().filter(|row| wanted(row)).count();
        let added = count(|row| row.old.is_none());
        let removed = count(|row| row.new.is_none());
        let changed = rows.len() - added - removed;
        let words = self.lang.words(
            &format!("行：新增 {added}，删除 {removed}，修改 {changed}"),
            &format!("rows: {added} added, {removed} removed, {changed} changed"),
        );
        let words = self.screen.paint(Style::Bold, &words);
        self.screen.line(format_args!("    {words}"))?;
        for row in rows {
            for line in row.old.iter().cloned().map(Line::Old).chain(row.new.iter().cloned().map(Line::New)) {
                self.line(&line)?;
            }
        }
        Ok(())
    }

    fn cases(&mut self, cases: &[CaseChange]) -> Result<(), Report> {
        for case in cases {
            let verb = match (case.in_old, case.in_new) {
                (false, _) => self.lang.words("新增用例", "case added"),
                (_, false) => self.lang.words("删除用例", "case removed"),
                _ => self.lang.words("修改用例", "case changed"),
            };
            let name = self.lang.words(&case.zh, &case.en);
            self.screen.line(format_args!("    {verb}: {name}"))?;
        }
        Ok(())
    }
}

/// The Chinese names of keys, as the rulebook's README has them.
fn key_in_chinese(key: &str) -> Option<&'static str> {
    Some(match key {
        "id" => "编号",
        "version" => "版本",
        "tier" => "层级",
        "requirement" => "对应要求",
        "clause.zh" | "clause.en" => "条款",
        "basis" => "依据",
        "effective.from" => "生效日",
        "effective.to" => "失效日",
        "lines" => "适用业态",
        "answerable" => "责任人",
        "title.zh" | "title.en" => "标题",
        "text.zh" | "text.en" => "正文",
        "serves" => "所属基础制度",
        "details" => "所细化的专项规则",
        "demands" => "对应要求条目",
        "nature" => "性质",
        "review.working_days" => "人工复核期限",
        "review.four_eyes" => "双人复核",
        "stream" | "streams" => "数据流",
        "when" => "条件",
        "group_by" | "per" => "分组",
        "across_institutions" => "跨机构",
        "measure" => "度量",
        "bands.yellow" => "黄色档",
        "bands.orange" => "橙色档",
        "bands.red" => "红色档",
        "level" => "层面",
        "scope" => "范围",
        "unit" => "单位",
        "inputs" => "所用指标",
        "lookback_days" => "回看天数",
        "lookahead_days" => "后看天数",
        "weight_only" => "只计入综合指标",
        "query" => "查询",
        "period" => "周期",
        "due.at" | "due.days_after" | "due.day_of_next_month" => "截止",
        "nil_return" => "零报告",
        "undetermined" => "无法判定的处理",
        "without" => "不参评的条目",
        "known_from" | "known_to" => "知识期限",
        "source.zh" | "source.en" => "来源",
        "columns" => "列",
        "path" => "文件",
        "layout" => "注释或排版",
        _ if key.starts_with("window") => "窗口",
        _ => return None,
    })
}
