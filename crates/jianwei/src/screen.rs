//! What a command prints goes through here: standard output, coloured where a person looks at it.

use std::fmt::Display;
use std::io::{self, IsTerminal, StdoutLock, Write};

use miette::{IntoDiagnostic, Report};
use model::event::{Grade, Verdict};

use crate::outcome::Unwritten;

/// Standard output.
pub(crate) struct Screen {
    out: StdoutLock<'static>,
    colours: bool,
}

/// How a piece of text stands out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Bold,
    Dim,
    Green,
    Yellow,
    Orange,
    Red,
}

impl Style {
    /// The style of a verdict: the colour that it is named after.
    pub(crate) fn of_verdict(verdict: Verdict) -> Self {
        match verdict.grade() {
            Some(Grade::Green) => Self::Green,
            Some(Grade::Yellow) => Self::Yellow,
            Some(Grade::Orange) => Self::Orange,
            Some(Grade::Red) => Self::Red,
            None => Self::Dim,
        }
    }

    fn code(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Bold => "1",
            Self::Dim => "2",
            Self::Green => "32",
            Self::Yellow => "33",
            Self::Orange => "38;5;208",
            Self::Red => "1;31",
        }
    }
}

impl Screen {
    /// Standard output, with colours when it is a terminal and `NO_COLOR` is not set.
    pub(crate) fn stdout() -> Self {
        let wanted = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        let stdout = io::stdout();
        Self { colours: wanted && stdout.is_terminal(), out: stdout.lock() }
    }

    /// A line.
    pub(crate) fn line(&mut self, text: impl Display) -> Result<(), Report> {
        writeln!(self.out, "{text}").map_err(|error| Unwritten(error).into())
    }

    /// Text as it is.
    pub(crate) fn text(&mut self, text: impl Display) -> Result<(), Report> {
        write!(self.out, "{text}").map_err(|error| Unwritten(error).into())
    }

    /// JSON, indented, and a line's end.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) -> Result<(), Report> {
        let text = serde_json::to_string_pretty(value).into_diagnostic()?;
        self.line(text)
    }

    /// The text in a style, where colours are wanted.
    pub(crate) fn paint(&self, style: Style, text: &str) -> String {
        match style.code() {
            "" => text.to_owned(),
            _ if !self.colours => text.to_owned(),
            code => format!("\x1b[{code}m{text}\x1b[0m"),
        }
    }

    /// Lets everything written so far be seen.
    pub(crate) fn flush(&mut self) -> Result<(), Report> {
        self.out.flush().map_err(|error| Unwritten(error).into())
    }
}
