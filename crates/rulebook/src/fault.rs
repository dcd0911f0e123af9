//! What is wrong with a file of the rulebook, shown with file, line, column and caret.

use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};
use query::SqlFault;

use crate::source::SourceFile;

/// One thing that is wrong with a file of the rulebook.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct RuleFault {
    /// A sentence without a full stop.
    pub message: String,
    /// The bytes of the file that it is about; the whole file when `None`.
    pub span: Option<Range<usize>>,
    /// What to do about it.
    pub help: Option<String>,
    source_code: Arc<NamedSource<String>>,
}

impl RuleFault {
    pub(crate) fn new(file: &SourceFile, span: Option<Range<usize>>, message: impl Into<String>) -> Self {
        let source_code = NamedSource::new(&file.path, file.text.to_string());
        Self { message: message.into(), span, help: None, source_code: Arc::new(source_code) }
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// A fault of a piece of SQL that begins at byte `at` of the file.
    pub(crate) fn of_sql(file: &SourceFile, at: usize, whole: Range<usize>, fault: SqlFault) -> Self {
        let span = fault.span.map_or(whole, |span| at + span.start..at + span.end);
        let own = Self::new(file, Some(span), fault.message);
        match fault.help {
            Some(help) => own.with_help(help),
            None => own,
        }
    }

    /// The path of the file below the rulebook's folder.
    pub fn path(&self) -> &str {
        self.source_code.name()
    }

    /// The line and column, from 1, counted in characters.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        let before = self.source_code.inner().get(..self.span.as_ref()?.start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Some((line, before.get(line_start..)?.chars().count() + 1))
    }
}

impl Diagnostic for RuleFault {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source_code)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone().unwrap_or(0..0);
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, span))))
    }
}

/// Everything that is wrong with a rulebook: never empty.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the rulebook has {} fault{}", .0.len(), if .0.len() == 1 { "" } else { "s" })]
pub struct Faults(pub Vec<RuleFault>);

impl Diagnostic for Faults {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|fault| fault as &dyn Diagnostic)))
    }
}

impl Faults {
    /// All faults as text for a terminal, with file, line and caret, without colour.
    pub fn render(&self, width: usize) -> String {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(width);
        let mut text = String::new();
        for fault in &self.0 {
            if handler.render_report(&mut text, fault).is_err() {
                // A span that does not fit the text cannot be drawn; its message still is.
                text.push_str(&format!("{}: {}\n", fault.path(), fault.message));
            }
        }
        text
    }
}
