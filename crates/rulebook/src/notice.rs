//! What an entry has institutions told: a term that holds for each from a day on (requirement 1.9).

use query::{DataType, SchemaRef};
use serde::Deserialize;
use serde_saphyr::Spanned;

use crate::entry::{RawText, Text, check_text};
use crate::yaml::{Reader, Word};

/// The notice that an institution is given when a term moves by an indicator's readings.
///
/// A reading whose columns of term and day of effect are not NULL says what is to hold from that
/// day on. The institution is told once, and again when later readings say something else for the
/// same day; nothing where it is what holds already.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// The column of what is to hold.
    pub term: String,
    /// The column of what holds until then.
    pub until_then: String,
    /// The column of the day of effect.
    pub effective: String,
    /// The title; `{column}` stands for a column of the reading.
    pub title: Text,
    /// What the institution is told; `{column}` stands for a column of the reading.
    pub text: Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawNotice {
    term: Word,
    until_then: Word,
    effective: Word,
    title: RawText,
    text: RawText,
}

impl RawNotice {
    /// Checks it against the columns of the readings. `of_each` says whether there is one reading
    /// for an institution and day.
    pub(crate) fn check(
        &self,
        reader: &mut Reader<'_>,
        whole: &Spanned<Self>,
        schema: &SchemaRef,
        of_each: bool,
    ) -> Option<Notice> {
        let faults = reader.faults.len();
        if !of_each {
            reader.fault(whole, "a notice goes to institutions, of which each has one reading a day").help =
                Some("set \"scope: institution\" and leave \"per\" out".to_owned());
        }
        for word in [&self.term, &self.until_then, &self.effective] {
            match schema.field_with_name(&word.value) {
                Err(_) => {
                    reader.fault(word, format!("the query gives no column \"{}\"", word.value));
                }
                Ok(field)
                    if std::ptr::eq(word, &self.effective) && field.data_type() != &DataType::Date32 =>
                {
                    reader.fault(word, format!("the column \"{}\" is no date", word.value));
                }
                Ok(_) => {}
            }
        }
        let title = check_text(reader, &self.title, "title of the notice");
        let text = check_text(reader, &self.text, "text of the notice");
        for word in [&self.title.zh, &self.title.en, &self.text.zh, &self.text.en] {
            for name in placeholders(&word.value) {
                if schema.field_with_name(name).is_err() {
                    reader.fault(word, format!("the query gives no column \"{name}\"")).help =
                        Some("in a notice {name} stands for a column of the reading".to_owned());
                }
            }
        }
        (reader.faults.len() == faults).then_some(())?;
        Some(Notice {
            term: self.term.value.clone(),
            until_then: self.until_then.value.clone(),
            effective: self.effective.value.clone(),
            title: title?,
            text: text?,
        })
    }
}

impl Notice {
    /// A text with the columns' values in their places.
    pub fn fill(text: &Text, value: impl Fn(&str) -> String) -> Text {
        Text { zh: filled(&text.zh, &value), en: filled(&text.en, &value) }
    }
}

/// The names in braces.
fn placeholders(text: &str) -> impl Iterator<Item = &str> {
    text.split('{').skip(1).filter_map(|after| after.split_once('}').map(|(name, _)| name))
}

fn filled(text: &str, value: impl Fn(&str) -> String) -> String {
    let mut parts = text.split('{');
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('}') {
            Some((name, after)) => filled += &(value(name) + after),
            None => filled += part,
        }
    }
    filled
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_stand_where_the_text_names_them() {
        let text = "自{from}起由{a}%改为{b}%";
        assert_eq!(placeholders(text).collect::<Vec<_>>(), ["from", "a", "b"]);
        let value = |name: &str| name.to_uppercase();
        assert_eq!(filled(text, value), "自FROM起由A%改为B%");
        assert_eq!(filled("none", value), "none");
    }
}
