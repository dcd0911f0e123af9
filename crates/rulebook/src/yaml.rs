//! Reading YAML with the place of every value.

use std::ops::Range;

use model::spec::StreamSpec;
use model::streams::STREAMS;
use query::SqlFault;
use serde::de::DeserializeOwned;
use serde_saphyr::{Error, Location, SnippetMode, Spanned};

use crate::fault::RuleFault;
use crate::source::SourceFile;

/// A text with its place.
pub(crate) type Word = Spanned<String>;

/// A part of a file that is read as YAML, and the faults found in it.
pub(crate) struct Reader<'a> {
    pub(crate) file: &'a SourceFile,
    /// Where the part begins in the file.
    base: usize,
    yaml: &'a str,
    pub(crate) faults: Vec<RuleFault>,
}

impl<'a> Reader<'a> {
    /// A reader of a part of a file.
    pub(crate) fn new(file: &'a SourceFile, part: Range<usize>) -> Self {
        let yaml = file.text.get(part.clone()).unwrap_or_default();
        Self { file, base: part.start, yaml, faults: Vec::new() }
    }

    /// A reader of a whole file.
    pub(crate) fn whole(file: &'a SourceFile) -> Self {
        Self::new(file, 0..file.text.len())
    }

    /// Reads the part as one value.
    pub(crate) fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        match serde_saphyr::from_str(self.yaml) {
            Ok(value) => Some(value),
            Err(error) => {
                let span = error.location().and_then(|location| self.span(location));
                let (message, help) = worded(&error);
                let mut fault = RuleFault::new(self.file, span, message);
                fault.help = help;
                self.faults.push(fault);
                None
            }
        }
    }

    /// The bytes of the file at a place.
    pub(crate) fn span(&self, location: Location) -> Option<Range<usize>> {
        let start = usize::try_from(location.span().byte_offset()?).ok()?;
        let length = usize::try_from(location.span().byte_len()?).ok()?;
        let text = self.yaml.get(start..(start + length).min(self.yaml.len()))?;
        let start = self.base + start;
        Some(start..start + text.trim_end().len())
    }

    /// The bytes of the file that hold a value.
    pub(crate) fn span_of<T>(&self, value: &Spanned<T>) -> Option<Range<usize>> {
        self.span(value.referenced)
    }

    /// Adds a fault of a value.
    pub(crate) fn fault<T>(&mut self, value: &Spanned<T>, message: impl Into<String>) -> &mut RuleFault {
        let span = self.span_of(value);
        self.push(RuleFault::new(self.file, span, message))
    }

    fn push(&mut self, fault: RuleFault) -> &mut RuleFault {
        self.faults.push(fault);
        let last = self.faults.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "it was pushed just now")]
        &mut self.faults[last]
    }

    /// Adds a fault of a piece of SQL that stands as a value.
    pub(crate) fn sql_fault(&mut self, value: &Word, fault: SqlFault) {
        let whole = self.span_of(value).unwrap_or(0..0);
        let written = self.file.text.get(whole.clone()).unwrap_or_default();
        let at = |offset: usize| place_in(written, &value.value, offset).map(|place| whole.start + place);
        // A text that is folded or has escapes differs from its value; then the whole value is shown.
        let span = fault.span.clone().and_then(|span| {
            let last = span.end.checked_sub(1)?;
            Some(at(span.start)?..at(last)? + 1)
        });
        let fault = RuleFault::of_sql(self.file, 0, whole.clone(), SqlFault { span, ..fault });
        self.faults.push(fault);
    }

    /// Looks a word up in a list of those that are allowed.
    pub(crate) fn one_of<T: Copy>(
        &mut self,
        word: &Word,
        what: &str,
        allowed: &[(&'static str, T)],
    ) -> Option<T> {
        let found = allowed.iter().find(|(name, _)| *name == word.value);
        if found.is_none() {
            let names: Vec<_> = allowed.iter().map(|(name, _)| *name).collect();
            let message = format!("\"{}\" is no {what}", word.value);
            self.fault(word, message).help = Some(format!("write one of: {}", names.join(", ")));
        }
        found.map(|(_, value)| *value)
    }

    /// Looks a stream up by its name.
    pub(crate) fn stream(&mut self, word: &Word) -> Option<&'static StreamSpec> {
        let streams: Vec<_> = STREAMS.iter().map(|stream| (stream.name, *stream)).collect();
        self.one_of(word, "stream", &streams)
    }
}

/// Where byte `offset` of a value stands in its written form, when each line of the value stands
/// there as it is: after a quotation mark or an indentation.
fn place_in(written: &str, value: &str, offset: usize) -> Option<usize> {
    let mut from = 0;
    let mut line_start = 0;
    for line in value.split_inclusive('\n') {
        let text = line.trim_end();
        let found = from + written.get(from..)?.find(text)?;
        if offset < line_start + line.len() {
            return (offset - line_start <= text.len()).then_some(found + offset - line_start);
        }
        from = found + text.len();
        line_start += line.len();
    }
    None
}

/// An error of the YAML reader in one sentence, and what to do about it.
fn worded(error: &Error) -> (String, Option<String>) {
    let options = serde_saphyr::render_options! { snippets: SnippetMode::Off };
    let text = error.without_snippet().render_with_options(options);
    let first = text.lines().next().unwrap_or_default();
    let message = match first.rfind(" at line ") {
        Some(at) => first.get(..at).unwrap_or(first),
        None => first,
    };
    let message = message.trim_end_matches('.');
    if let Some((what, _)) = message.split_once(", set DuplicateKeyPolicy") {
        let key = what.rsplit(": ").next().unwrap_or_default();
        return (format!("the key \"{key}\" stands twice"), Some("keep one of them".to_owned()));
    }
    if message.starts_with("invalid u") {
        return ("this is not a whole number".to_owned(), None);
    }
    if message == "invalid boolean" {
        return ("this is neither true nor false".to_owned(), None);
    }
    if message == "simple key expected ':'" {
        return ("a colon is missing after a key, here or in a line below".to_owned(), None);
    }
    (message.to_owned(), None)
}
