//! An entry in words, for a supervisor.

use std::fmt::Write;

use crate::book::Entry;
use crate::duty::Duty;
use crate::entry::{Meta, Nature, Text, Unit};
use crate::indicator::{Days, Indicator};
use crate::principle::Principle;
use crate::rule::{Measure, Rule, Window};

/// In which language to explain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    /// 中文.
    Zh,
    /// English.
    En,
}

impl Language {
    fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    fn of(self, text: &Text) -> &str {
        self.pick(&text.zh, &text.en)
    }
}

/// A block of labelled lines.
struct Lines {
    language: Language,
    text: String,
}

impl Lines {
    fn add(&mut self, zh: &str, en: &str, value: &str) {
        let label = self.language.pick(zh, en);
        let colon = self.language.pick("：", ": ");
        let _ = writeln!(self.text, "{label}{colon}{value}");
    }
}

pub(crate) fn explain(entry: Entry<'_>, language: Language) -> String {
    let meta = entry.meta();
    let mut lines = Lines { language, text: String::new() };
    head(&mut lines, meta);
    match entry {
        Entry::Rule(rule) => of_rule(&mut lines, rule),
        Entry::Indicator(indicator) => of_indicator(&mut lines, indicator),
    }
    let _ = write!(lines.text, "\n{}\n", language.of(&meta.text));
    lines.text
}

pub(crate) fn explain_principle(principle: &Principle, language: Language) -> String {
    let mut lines = Lines { language, text: String::new() };
    head(&mut lines, &principle.meta);
    let _ = write!(lines.text, "\n{}\n", language.of(&principle.meta.text));
    lines.text
}

pub(crate) fn explain_duty(duty: &Duty, language: Language) -> String {
    let mut lines = Lines { language, text: String::new() };
    head(&mut lines, &duty.meta);
    let streams = duty.streams.iter().map(|stream| match language {
        Language::Zh => format!("{} ({})", stream.zh, stream.name),
        Language::En => stream.name.to_owned(),
    });
    lines.add("数据流", "Streams", &streams.collect::<Vec<_>>().join(language.pick("、", ", ")));
    lines.add("周期", "Period", language.pick(duty.period.zh(), duty.period.en()));
    lines.add("截止", "Due", language.pick(&duty.due.zh(), &duty.due.en()));
    let nil = match duty.nil_return {
        true => language.pick("须零报告", "an empty filing is owed"),
        false => language.pick("可不报", "no filing is owed"),
    };
    lines.add("无事项时", "With nothing to report", nil);
    let _ = write!(lines.text, "\n{}\n", language.of(&duty.meta.text));
    lines.text
}

fn head(lines: &mut Lines, meta: &Meta) {
    let language = lines.language;
    let title = language.of(&meta.title);
    let _ = writeln!(lines.text, "{title} ({}, v{}, {})\n", meta.id, meta.version, meta.hash.short());
    lines.add("层级", "Tier", language.pick(meta.tier.zh(), meta.tier.en()));
    let basis = language.pick(meta.basis.zh(), meta.basis.en());
    lines.add("依据", "Basis", &format!("{basis}; {}", language.of(&meta.clause)));
    lines.add("对应要求", "Requirement", &meta.requirements.join(", "));
    let to = meta.effective.to.map(|day| day.to_string()).unwrap_or_default();
    lines.add("有效期", "In force", format!("{} – {to}", meta.effective.from).trim_end());
    let names: Vec<_> =
        meta.lines.iter().map(|line| language.pick(line.zh(), line.en().trim_end_matches('.'))).collect();
    lines.add("业态", "Lines of business", &names.join(language.pick("、", ", ")));
    lines.add("责任人", "Answerable", language.pick(meta.answerable.zh(), meta.answerable.en()));
    if let Some(basic) = &meta.serves {
        lines.add("落实的基础制度", "Serves the basic rule", basic);
    }
    if let Some(special) = &meta.details {
        lines.add("细化的专项规则", "Details the special rule", special);
    }
    if meta.nature == Nature::Judgement {
        lines.add("性质", "Nature", language.pick(meta.nature.zh(), meta.nature.en()));
    }
    if let Some(days) = meta.review_working_days {
        let within = language.pick("个工作日内人工复核", " working days for a human review");
        let eyes = match meta.review_four_eyes {
            true => language.pick("，双人复核", ", by two persons"),
            false => "",
        };
        lines.add("复核", "Review", &format!("{days}{within}{eyes}"));
    }
}

fn unit(language: Language, unit: Unit) -> &'static str {
    match language {
        Language::Zh => unit.zh(),
        Language::En => unit.en(),
    }
}

fn of_rule(lines: &mut Lines, rule: &Rule) {
    let language = lines.language;
    let stream = format!("{} ({})", language.pick(rule.stream.zh, rule.stream.name), rule.stream.name);
    lines.add("数据流", "Stream", language.pick(&stream, rule.stream.name));
    let all = language.pick("全部记录", "all records");
    lines.add("条件", "Condition", rule.when.as_ref().map_or(all, |when| when.sql()));
    let mut group: Vec<&str> = Vec::new();
    if !rule.across_institutions {
        group.push(language.pick("机构", "institution"));
    }
    group.extend(rule.group_by.iter().map(|column| {
        let field = rule.stream.fields.iter().find(|field| field.name == column);
        field.map_or("", |field| language.pick(field.zh, field.name))
    }));
    lines.add("分组", "Grouped by", &group.join(language.pick("、", ", ")));
    let window = match (rule.window, language) {
        (Window::CalendarDay, Language::Zh) => "自然日".to_owned(),
        (Window::CalendarDay, Language::En) => "calendar day".to_owned(),
        (Window::SlidingDays(days), Language::Zh) => format!("截至当日的连续 {days} 天"),
        (Window::SlidingDays(days), Language::En) => format!("the {days} days that end with the day"),
        (Window::AgainstDaysBefore(days), Language::Zh) => format!("与 {days} 天前之日比较"),
        (Window::AgainstDaysBefore(days), Language::En) => format!("against the day {days} days before"),
    };
    lines.add("窗口", "Window", &window);
    lines.add("度量", "Measure", &measure(rule, language));
    let unit = unit(language, rule.unit());
    for band in &rule.bands {
        let value = format!("{} ({unit})", band.comparison);
        lines.add(band.grade.zh(), band.grade.en(), &value);
    }
}

fn measure(rule: &Rule, language: Language) -> String {
    let column = rule.measure.column().unwrap_or_default();
    let field = rule.stream.fields.iter().find(|field| field.name == column);
    let name = field.map_or(column, |field| language.pick(field.zh, field.name));
    match (&rule.measure, language) {
        (Measure::Count, Language::Zh) => "记录笔数".to_owned(),
        (Measure::Count, Language::En) => "number of records".to_owned(),
        (Measure::Sum(_), Language::Zh) => format!("{name}之和"),
        (Measure::Sum(_), Language::En) => format!("sum of {name}"),
        (Measure::Min(_), Language::Zh) => format!("{name}的最小值"),
        (Measure::Min(_), Language::En) => format!("smallest {name}"),
        (Measure::Max(_), Language::Zh) => format!("{name}的最大值"),
        (Measure::Max(_), Language::En) => format!("largest {name}"),
        (Measure::CountDistinct(_), Language::Zh) => format!("不同{name}的个数"),
        (Measure::CountDistinct(_), Language::En) => format!("number of different {name}"),
        (Measure::GrowthPercent(_), Language::Zh) => format!("{name}的增长率"),
        (Measure::GrowthPercent(_), Language::En) => format!("growth of {name}"),
    }
}

fn of_indicator(lines: &mut Lines, indicator: &Indicator) {
    let language = lines.language;
    lines.add("层面", "Level", language.pick(indicator.level.zh(), indicator.level.en()));
    lines.add("对象", "Of", language.pick(indicator.scope.zh(), indicator.scope.en()));
    lines.add("单位", "Unit", unit(language, indicator.unit));
    let reads: Vec<_> = indicator.streams.iter().chain(&indicator.inputs).map(String::as_str).collect();
    lines.add("读取", "Reads", &reads.join(", "));
    if indicator.lookback_days > 0 {
        let days = indicator.lookback_days;
        let (zh, en) = (format!("{days} 天"), format!("{days} days"));
        lines.add("回看", "Looks back", language.pick(&zh, &en));
    }
    if indicator.lookahead_days > 0 {
        let days = indicator.lookahead_days;
        let (zh, en) = (format!("{days} 天"), format!("{days} days"));
        lines.add("后看", "Looks ahead", language.pick(&zh, &en));
    }
    if indicator.days == Days::Closed {
        lines.add("何时判定", "Read", language.pick(indicator.days.zh(), indicator.days.en()));
    }
    if !indicator.per.is_empty() {
        let columns = indicator.per.join(language.pick("、", ", "));
        lines.add("逐项发现", "A finding for each", &columns);
    }
    if indicator.weight_only {
        let (zh, en) = ("只计入综合指标，不单独评级", "feeds a composite, gives no grade by itself");
        lines.add("用途", "Use", language.pick(zh, en));
    }
    if let Some(notice) = &indicator.notice {
        let title = language.of(&notice.title);
        let columns = language.pick("列：", "columns: ");
        let (before, term, from) = (&notice.until_then, &notice.term, &notice.effective);
        lines.add(
            "通知机构",
            "Institutions are told",
            &format!("{title} ({columns}{before} → {term}, {from})"),
        );
    }
    for band in &indicator.bands {
        lines.add(band.grade.zh(), band.grade.en(), band.condition.sql());
    }
}
