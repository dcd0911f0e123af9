//! Texts with placeholders, filled in as their place wants it.

use crate::ConfigError;
use crate::http::percent_encoded;

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    /// In the query of an address.
    Query,
    /// In a form.
    Form,
    /// In a string of JSON.
    Json,
    /// In a header.
    Header,
}

/// What placeholders stand for.
pub(super) struct Values<'a> {
    pub(super) phone: &'a str,
    /// Nothing for a phone abroad.
    pub(super) mobile: Option<&'a str>,
    pub(super) text: &'a str,
    pub(super) id: &'a str,
    pub(super) secret: &'a str,
}

impl Values<'_> {
    /// Values for checking.
    pub(super) fn sample() -> Self {
        Self {
            phone: "+8613800138000",
            mobile: Some("13800138000"),
            text: "\"文\"",
            id: "id",
            secret: "secret",
        }
    }
}

/// A text with placeholders.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Template {
    parts: Vec<Part>,
    encoding: Encoding,
    field: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Field {
        name: &'static str,
        /// Escaped for JSON before it is written for its place.
        json: bool,
    },
}

const NAMES: [&str; 5] = ["phone", "mobile", "text", "id", "secret"];

impl Template {
    /// Reads a text. `{` begins a placeholder where letters and `}` follow; JSON's own braces have
    /// none of these.
    pub(super) fn parse(text: &str, encoding: Encoding, field: &'static str) -> Result<Self, ConfigError> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            literal.push_str(before);
            let is_word = |word: &str| {
                !word.is_empty()
                    && word.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'|' | b'_'))
            };
            match after.split_once('}').filter(|(word, _)| is_word(word)) {
                Some((word, after)) => {
                    let (name, json) = match word.strip_suffix("|json") {
                        Some(name) => (name, true),
                        None => (word, false),
                    };
                    let name = NAMES.into_iter().find(|known| *known == name).ok_or_else(|| {
                        ConfigError::new(field, format!("{{{word}}} is no placeholder; there are {NAMES:?}"))
                    })?;
                    if encoding == Encoding::Header && name == "text" {
                        return Err(ConfigError::new(field, "{text} does not stand in a header"));
                    }
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                    parts.push(Part::Field { name, json });
                    rest = after;
                }
                None => {
                    literal.push('{');
                    rest = after;
                }
            }
        }
        literal.push_str(rest);
        parts.push(Part::Literal(literal));
        Ok(Self { parts, encoding, field })
    }

    /// Whether a placeholder stands in it.
    pub(super) fn uses(&self, wanted: &str) -> bool {
        self.parts.iter().any(|part| matches!(part, Part::Field { name, .. } if *name == wanted))
    }

    /// The text with its placeholders filled in.
    ///
    /// # Errors
    /// `{mobile}` is wanted of a phone abroad.
    pub(super) fn filled(&self, values: &Values<'_>) -> Result<String, ConfigError> {
        let mut filled = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => filled.push_str(text),
                Part::Field { name, json } => {
                    let value = match *name {
                        "phone" => values.phone,
                        "mobile" => values.mobile.ok_or_else(|| {
                            ConfigError::new(self.field, "this gateway reaches Chinese mobiles only")
                        })?,
                        "text" => values.text,
                        "id" => values.id,
                        _ => values.secret,
                    };
                    let value = if *json { json_escaped(value) } else { value.to_owned() };
                    filled.push_str(&match self.encoding {
                        Encoding::Query => percent_encoded(&value),
                        Encoding::Form => percent_encoded(&value).replace("%20", "+"),
                        Encoding::Json => json_escaped(&value),
                        Encoding::Header => value,
                    });
                }
            }
        }
        Ok(filled)
    }
}

/// A text as it stands between the quotes of a JSON string.
fn json_escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(text: &str, encoding: Encoding) -> Result<String, String> {
        let values =
            Values { phone: "+14155552671", mobile: None, text: "a \"b\"&中", id: "i/1", secret: "s+" };
        let template = Template::parse(text, encoding, "body").map_err(|error| error.to_string())?;
        template.filled(&values).map_err(|error| error.to_string())
    }

    #[test]
    fn placeholders_are_written_as_their_place_wants_it() {
        let table = [
            ("To={phone}&Body={text}", Encoding::Form, "To=%2B14155552671&Body=a+%22b%22%26%E4%B8%AD"),
            ("?t={text}&i={id}", Encoding::Query, "?t=a%20%22b%22%26%E4%B8%AD&i=i%2F1"),
            (
                r#"{"a": {"p": "{phone}", "t": "{text}"}, "e": {}}"#,
                Encoding::Json,
                r#"{"a": {"p": "+14155552671", "t": "a \"b\"&中"}, "e": {}}"#,
            ),
            (r#"P={"t":"{text|json}"}"#, Encoding::Form, r#"P={"t":"a+%5C%22b%5C%22%26%E4%B8%AD"}"#),
            ("Key {secret}", Encoding::Header, "Key s+"),
            ("a { b } c", Encoding::Form, "a { b } c"),
            ("{", Encoding::Form, "{"),
        ];
        for (text, encoding, wanted) in table {
            assert_eq!(filled(text, encoding).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_is_no_placeholder_is_named() {
        assert_eq!(
            filled("{fone}", Encoding::Form).unwrap_err(),
            r#"body: {fone} is no placeholder; there are ["phone", "mobile", "text", "id", "secret"]"#
        );
        assert_eq!(
            filled("{text}", Encoding::Header).unwrap_err(),
            "body: {text} does not stand in a header"
        );
        assert_eq!(
            filled("{mobile}", Encoding::Form).unwrap_err(),
            "body: this gateway reaches Chinese mobiles only"
        );
    }
}
