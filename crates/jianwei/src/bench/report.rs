//! Figures, and how they are shown: tables as they come, or all of them as JSON at the end.

use serde::Serialize;

use super::Fallible;
use crate::screen::{Screen, Style};
use crate::table::{Cell, Table};

/// One figure.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Figure {
    section: String,
    name: String,
    value: f64,
    unit: &'static str,
    /// What it is to be held against: an aim, a bound, a published figure.
    #[serde(skip_serializing_if = "String::is_empty")]
    beside: String,
}

impl Figure {
    /// A figure that stands for itself.
    pub(super) fn new(name: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { section: String::new(), name: name.into(), value, unit, beside: String::new() }
    }

    /// The same, with what it is to be held against.
    pub(super) fn beside(mut self, text: impl Into<String>) -> Self {
        self.beside = text.into();
        self
    }
}

/// All figures of a run.
pub(super) struct Report {
    json: bool,
    figures: Vec<Figure>,
}

impl Report {
    /// A report without figures.
    pub(super) fn new(json: bool) -> Self {
        Self { json, figures: Vec::new() }
    }

    /// Adds a section, and shows it at once unless JSON is wanted.
    pub(super) fn section(&mut self, title: &str, figures: Vec<Figure>) -> Fallible<()> {
        if !self.json {
            let mut screen = Screen::stdout();
            let title = screen.paint(Style::Bold, title);
            screen.line(title)?;
            let mut table = Table::new(&["", "", "", ""]);
            for figure in &figures {
                table.row([
                    Cell::from(figure.name.as_str()),
                    Cell::number(number(figure.value)),
                    Cell::from(figure.unit),
                    Cell::styled(figure.beside.as_str(), Style::Dim),
                ]);
            }
            table.print(&mut screen)?;
            screen.line("")?;
            screen.flush()?;
        }
        let titled = figures.into_iter().map(|figure| Figure { section: title.to_owned(), ..figure });
        self.figures.extend(titled);
        Ok(())
    }

    /// Ends the report.
    pub(super) fn end(self) -> Fallible<()> {
        if self.json {
            Screen::stdout().json(&self.figures)?;
        }
        Ok(())
    }
}

/// Says on standard error what is being measured, so that nobody waits in the dark.
#[expect(clippy::print_stderr, reason = "progress of a measuring tool")]
pub(super) fn progress(what: &str) {
    eprintln!("… {what}");
}

/// A number as people read it: three digits that count, thousands apart.
pub(super) fn number(value: f64) -> String {
    let decimals = match value.abs() {
        whole if whole.fract() == 0.0 => 0,
        below if below < 0.1 => 4,
        below if below < 10.0 => 3,
        below if below < 100.0 => 2,
        below if below < 1000.0 => 1,
        _ => 0,
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').map_or((text.as_str(), ""), |parts| parts);
    let (sign, digits) = whole.strip_prefix('-').map_or(("", whole), |digits| ("-", digits));
    let mut grouped = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if fraction.is_empty() { grouped } else { format!("{grouped}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_as_people_read_them() {
        let table = [
            (0.0, "0"),
            (0.012345, "0.0123"),
            (0.6, "0.600"),
            (4.5678, "4.568"),
            (123.456, "123.5"),
            (256.0, "256"),
            (2497.0, "2,497"),
            (1_234_567.8, "1,234,568"),
            (-1234.0, "-1,234"),
        ];
        for (value, text) in table {
            assert_eq!(number(value), text);
        }
    }
}
