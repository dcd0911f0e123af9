//! Reading the YAML of a mapping with the place of every value.

use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;
use std::sync::Arc;

use query::SqlFault;
use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, MapAccess, Visitor};
use serde_saphyr::{Error, Location, SnippetMode, Spanned};

use crate::fault::{MappingFault, nearest};

/// A text with its place.
pub(crate) type Word = Spanned<String>;

/// A YAML mapping whose keys are not known beforehand, in the order of the file.
#[derive(Clone, Debug)]
pub(crate) struct Pairs<T>(pub(crate) Vec<(Word, T)>);

impl<T> Default for Pairs<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Pairs<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct PairsVisitor<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for PairsVisitor<T> {
            type Value = Pairs<T>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("names with values")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Pairs<T>, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(Pairs(pairs))
            }
        }
        deserializer.deserialize_map(PairsVisitor(PhantomData))
    }
}

/// The text of a mapping and the faults found in it.
#[derive(Clone, Debug)]
pub(crate) struct Reader {
    pub(crate) name: String,
    pub(crate) text: Arc<String>,
    pub(crate) faults: Vec<MappingFault>,
}

impl Reader {
    pub(crate) fn new(name: &str, text: &str) -> Self {
        Self { name: name.to_owned(), text: Arc::new(text.to_owned()), faults: Vec::new() }
    }

    /// Reads the text as one value.
    pub(crate) fn read<T: DeserializeOwned>(&mut self) -> Option<T> {
        match serde_saphyr::from_str(&self.text) {
            Ok(value) => Some(value),
            Err(error) => {
                let span = error.location().and_then(|location| self.span(location));
                let (message, help) = worded(&error);
                self.fault_at(span, message).help = help;
                None
            }
        }
    }

    /// The bytes of the text at a place.
    fn span(&self, location: Location) -> Option<Range<usize>> {
        let start = usize::try_from(location.span().byte_offset()?).ok()?;
        let length = usize::try_from(location.span().byte_len()?).ok()?;
        let part = self.text.get(start..(start + length).min(self.text.len()))?;
        Some(start..start + part.trim_end().len())
    }

    /// The bytes of the text that hold a value.
    pub(crate) fn span_of<T>(&self, value: &Spanned<T>) -> Option<Range<usize>> {
        self.span(value.referenced)
    }

    pub(crate) fn fault_at(
        &mut self,
        span: Option<Range<usize>>,
        message: impl Into<String>,
    ) -> &mut MappingFault {
        self.faults.push(MappingFault::new(&self.name, &self.text, span, message));
        let last = self.faults.len() - 1;
        #[expect(clippy::indexing_slicing, reason = "it was pushed just now")]
        &mut self.faults[last]
    }

    /// Adds a fault of a value.
    pub(crate) fn fault<T>(&mut self, value: &Spanned<T>, message: impl Into<String>) -> &mut MappingFault {
        let span = self.span_of(value);
        self.fault_at(span, message)
    }

    /// Adds a fault of a name that is not known; `place` says where it is not known, such as
    /// ` in daily.csv`, or is empty.
    pub(crate) fn unknown<'a>(
        &mut self,
        word: &Word,
        what: &str,
        place: &str,
        known: impl IntoIterator<Item = &'a str> + Clone,
    ) {
        let help = match nearest(&word.value, known.clone()) {
            Some(close) => format!("did you mean \"{close}\"?"),
            None => format!("there are: {}", known.into_iter().collect::<Vec<_>>().join(", ")),
        };
        self.fault(word, format!("there is no {what} \"{}\"{place}", word.value)).help = Some(help);
    }

    /// Adds a fault of a piece of SQL that stands as a value.
    pub(crate) fn sql_fault(&mut self, value: &Word, fault: SqlFault) {
        let whole = self.span_of(value);
        let span = match (&whole, fault.span) {
            (Some(whole), Some(part)) => {
                let written = self.text.get(whole.clone()).unwrap_or_default();
                // A text that is quoted with escapes or folded differs from its value; then the
                // whole value is shown.
                written
                    .find(value.value.trim_end())
                    .map(|at| whole.start + at + part.start..whole.start + at + part.end)
            }
            _ => None,
        };
        let help = fault.help.map(sql_help);
        self.fault_at(span.or(whole), fault.message).help = help;
    }
}

/// What to do about a fault of SQL, in the words of a mapping.
fn sql_help(help: String) -> String {
    let proposed = help.strip_prefix("did you mean \"").and_then(|rest| rest.strip_suffix("\"?"));
    let is_plain = |name: &str| name.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'));
    match proposed {
        Some(name) if !is_plain(name) => format!(
            "if you mean {name}: write it in double quotes, SQL reads other names in lower case; or declare it \
             under `columns` with a name of its own"
        ),
        _ if help.contains("TRY_CAST") => "declare the column's type under `columns`: what does not fit then \
                                           refuses its row, where TRY_CAST would leave the field out in silence"
            .to_owned(),
        _ => help,
    }
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
    let message = message.split(", set DuplicateKeyPolicy").next().unwrap_or(message);
    let message = message.trim_end_matches('.').to_owned();
    // "unknown field `x`, expected one of `a`, `b`"
    let names: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let help = match names.split_first() {
        Some((wrong, known)) if message.contains("unknown") => {
            nearest(wrong, known.iter().copied()).map(|close| format!("did you mean \"{close}\"?"))
        }
        _ => None,
    };
    (message, help)
}
