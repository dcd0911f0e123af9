//! What is wrong with a mapping, shown with file, line, column and caret.

use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, SourceCode};

/// One thing that is wrong with a mapping.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct MappingFault {
    /// A sentence without a full stop.
    pub message: String,
    /// The bytes of the mapping that it is about; the whole file when `None`.
    pub span: Option<Range<usize>>,
    /// What to do about it.
    pub help: Option<String>,
    text: NamedSource<Arc<String>>,
}

impl MappingFault {
    pub(crate) fn new(
        name: &str,
        text: &Arc<String>,
        span: Option<Range<usize>>,
        message: impl Into<String>,
    ) -> Self {
        Self { message: message.into(), span, help: None, text: NamedSource::new(name, Arc::clone(text)) }
    }

    /// The line and column, from 1, counted in characters.
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        let before = self.text.inner().get(..self.span.as_ref()?.start)?;
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        Some((line, before.get(line_start..)?.chars().count() + 1))
    }
}

impl Diagnostic for MappingFault {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let span = self.span.clone()?;
        Some(Box::new(std::iter::once(LabeledSpan::new_with_span(None, span))))
    }
}

/// Everything that is wrong with a mapping: never empty.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.summary())]
pub struct MappingFaults(pub Vec<MappingFault>);

impl Diagnostic for MappingFaults {
    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.0.iter().map(|fault| fault as &dyn Diagnostic)))
    }
}

impl MappingFaults {
    fn summary(&self) -> String {
        let name = self.0.first().map_or("the mapping", |fault| fault.text.name());
        let count = self.0.len();
        format!("{name} has {count} fault{}", if count == 1 { "" } else { "s" })
    }

    /// All faults as text for a terminal, with file, line and caret, without colour.
    pub fn render(&self, width: usize) -> String {
        let handler = GraphicalReportHandler::new_themed(GraphicalTheme::unicode_nocolor()).with_width(width);
        let mut text = String::new();
        for fault in &self.0 {
            if handler.render_report(&mut text, fault).is_err() {
                // A span that does not fit the text cannot be drawn; its message still is.
                text.push_str(&format!("{}: {}\n", fault.text.name(), fault.message));
            }
        }
        text
    }
}

/// The known name that is most like a wrong one, if any is like it: at most a third of its
/// characters differ.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = name.to_lowercase();
    let (distance, candidate) = known
        .into_iter()
        .map(|candidate| (edit_distance(&folded, &candidate.to_lowercase()), candidate))
        .min_by_key(|(distance, _)| *distance)?;
    (distance * 3 <= name.chars().count().max(candidate.chars().count())).then_some(candidate)
}

fn edit_distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = i;
        let mut before = i + 1;
        for (cell, b) in row.iter_mut().skip(1).zip(&right) {
            let value = (diagonal + usize::from(a != *b)).min(before + 1).min(*cell + 1);
            diagonal = *cell;
            *cell = value;
            before = value;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_single_edits() {
        for (left, right, distance) in
            [("", "", 0), ("abc", "", 3), ("abc", "abd", 1), ("kitten", "sitting", 3)]
        {
            assert_eq!(edit_distance(left, right), distance, "{left} {right}");
        }
    }

    #[test]
    fn only_what_is_alike_is_proposed() {
        assert_eq!(nearest("lender", ["lenders", "borrowers"]), Some("lenders"));
        assert_eq!(nearest("TX_AMOUNT", ["tx_amount"]), Some("tx_amount"));
        assert_eq!(nearest("premium", ["lenders", "borrowers"]), None);
    }
}
