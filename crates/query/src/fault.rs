//! What is wrong with a piece of SQL, and where.

use std::fmt;
use std::ops::Range;

use datafusion::common::utils::datafusion_strsim::normalized_levenshtein;
use datafusion::common::{DataFusionError, SchemaError, Span};
use datafusion::sql::sqlparser::dialect::DuckDbDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

use crate::SQL_BYTES_MAX;

/// What is wrong with a piece of SQL, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlFault {
    /// One sentence without a full stop.
    pub message: String,
    /// The bytes of the SQL text that it is about, where they are known.
    pub span: Option<Range<usize>>,
    /// What to do about it.
    pub help: Option<String>,
}

impl fmt::Display for SqlFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.help {
            Some(help) => write!(f, " ({help})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for SqlFault {}

impl SqlFault {
    /// A fault of the whole text.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), span: None, help: None }
    }

    pub(crate) fn at(mut self, span: Option<Range<usize>>) -> Self {
        self.span = span;
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Words an error of the planner.
    pub(crate) fn of(sql: &str, error: &DataFusionError) -> Self {
        let noted =
            error.diagnostic().and_then(|diagnostic| diagnostic.span).and_then(|span| byte_span(sql, span));
        let fault = match error.find_root() {
            DataFusionError::SchemaError(schema_error, _) => of_schema(sql, schema_error),
            DataFusionError::Collection(errors) => match errors.first() {
                Some(first) => Self::of(sql, first),
                None => Self::new("the statement cannot be planned"),
            },
            root => of_message(sql, &plain(root)),
        };
        if fault.span.is_none() { fault.at(noted) } else { fault }
    }
}

/// The message without the engine's own prefixes and backtraces.
fn plain(error: &DataFusionError) -> String {
    let text = error.strip_backtrace();
    let mut text = text.as_str();
    for prefix in [
        "Error during planning: ",
        "SQL error: ",
        "Schema error: ",
        "This feature is not implemented: ",
        "Invalid or Unsupported Configuration: ",
    ] {
        text = text.strip_prefix(prefix).unwrap_or(text);
    }
    let text = text.strip_prefix("ParserError(\"").and_then(|t| t.strip_suffix("\")")).unwrap_or(text);
    text.replace("\\\"", "\"").replace("\\n", "\n")
}

fn of_schema(sql: &str, error: &SchemaError) -> SqlFault {
    match error {
        SchemaError::FieldNotFound { field, valid_fields } => {
            let valid: Vec<&str> = valid_fields.iter().map(|column| column.name.as_str()).collect();
            let fault = SqlFault::new(format!("there is no column \"{}\"", field.name))
                .at(find_word(sql, &field.name));
            match nearest(&field.name, &valid) {
                Some(close) => fault.with_help(format!("did you mean \"{close}\"?")),
                None => fault.with_help(format!("the columns are: {}", valid.join(", "))),
            }
        }
        SchemaError::AmbiguousReference { field } => {
            SqlFault::new(format!("the column \"{}\" stands in more than one table", field.name))
                .at(find_word(sql, &field.name))
                .with_help("write the table's name before it")
        }
        SchemaError::DuplicateQualifiedField { name, .. }
        | SchemaError::DuplicateUnqualifiedField { name } => {
            SqlFault::new(format!("the column \"{name}\" is given twice")).at(find_word(sql, name))
        }
    }
}

fn of_message(sql: &str, message: &str) -> SqlFault {
    if let Some((what, place)) = message.split_once(" at Line: ") {
        let location = place.split_once(", Column: ").and_then(|(line, column)| {
            let digits = |text: &str| text.chars().take_while(char::is_ascii_digit).collect::<String>();
            Some(Location { line: line.parse().ok()?, column: digits(column).parse().ok()? })
        });
        return SqlFault::new(what).at(location.and_then(|location| token_at(sql, location)));
    }
    if message.contains("single SQL statement") {
        let semicolon = tokens(sql).into_iter().find(|token| token.token == Token::SemiColon);
        let span = semicolon.and_then(|token| byte_range(sql, token.span.start, token.span.end));
        return SqlFault::new("only one statement is taken").at(span);
    }
    if let Some(name) = quoted_after(message, "table '") {
        let name = name.rsplit('.').next().unwrap_or(name);
        return SqlFault::new(format!("there is no table \"{name}\"")).at(find_word(sql, name));
    }
    if let Some(name) = quoted_after(message, "Invalid function '") {
        let fault = SqlFault::new(format!("there is no function \"{name}\"")).at(find_word(sql, name));
        if IMPURE.contains(&name) {
            return fault.with_help("a result must not depend on the clock or on chance");
        }
        return match quoted_after(message, "Did you mean '").and_then(|close| nearest(name, &[close])) {
            Some(close) => fault.with_help(format!("did you mean \"{close}\"?")),
            None => fault,
        };
    }
    if message.contains("found: EOF") {
        let last = tokens(sql).into_iter().rfind(|token| !matches!(token.token, Token::Whitespace(_)));
        let span = last.and_then(|token| byte_range(sql, token.span.start, token.span.end));
        return SqlFault::new(message.replace("EOF", "the end")).at(span);
    }
    SqlFault::new(message.lines().next().unwrap_or_default())
}

/// Functions that people look for and that are not there on purpose.
const IMPURE: &[&str] =
    &["now", "current_timestamp", "current_date", "current_time", "today", "random", "uuid"];

fn quoted_after<'a>(message: &'a str, start: &str) -> Option<&'a str> {
    message.split_once(start)?.1.split('\'').next()
}

/// The known name that is most like a wrong one, if any is like it.
fn nearest<'a>(name: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|candidate| (normalized_levenshtein(name, candidate), *candidate))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

pub(crate) fn tokens(sql: &str) -> Vec<TokenWithSpan> {
    Tokenizer::new(&DuckDbDialect {}, sql).tokenize_with_location().unwrap_or_default()
}

/// Refuses a text that is too long or too involved for the planner, which recurses.
pub(crate) fn check_size(sql: &str, operators_max: usize) -> Result<(), SqlFault> {
    if sql.len() > SQL_BYTES_MAX {
        let message = format!("the text has {} bytes; at most {SQL_BYTES_MAX} are taken", sql.len());
        return Err(SqlFault::new(message));
    }
    let operators = tokens(sql).iter().filter(|token| is_operator(&token.token)).count();
    if operators > operators_max {
        return Err(SqlFault::new(format!(
            "the text has {operators} operators; at most {operators_max} are taken"
        )));
    }
    Ok(())
}

fn is_operator(token: &Token) -> bool {
    match token {
        Token::Word(word) => {
            matches!(word.keyword, Keyword::AND | Keyword::OR | Keyword::NOT | Keyword::UNION)
        }
        Token::Whitespace(_) | Token::Comma | Token::Period | Token::Number(..) | Token::EOF => false,
        Token::LParen | Token::RParen | Token::SemiColon | Token::SingleQuotedString(_) => false,
        _ => true,
    }
}

/// The first identifier with a name.
pub(crate) fn find_word(sql: &str, name: &str) -> Option<Range<usize>> {
    tokens(sql)
        .iter()
        .find(|token| matches!(&token.token, Token::Word(word) if word.value.eq_ignore_ascii_case(name)))
        .and_then(|token| byte_range(sql, token.span.start, token.span.end))
}

/// What a division in the text divides by: the first word after a `/` or `%` that is `divisor`,
/// else the first `/` or `%`.
pub(crate) fn find_division(sql: &str, divisor: &str) -> Option<Range<usize>> {
    let tokens = tokens(sql);
    let range = |token: &TokenWithSpan| byte_range(sql, token.span.start, token.span.end);
    let is_division = |token: &&TokenWithSpan| matches!(token.token, Token::Div | Token::Mod);
    let mut after = false;
    for token in &tokens {
        match &token.token {
            Token::Div | Token::Mod => after = true,
            Token::Whitespace(_) | Token::LParen => {}
            Token::Word(word) if after && word.value.eq_ignore_ascii_case(divisor) => return range(token),
            // A column may stand behind its table's name.
            Token::Period => {}
            Token::Word(_) => {}
            _ => after = false,
        }
    }
    tokens.iter().find(is_division).and_then(range)
}

/// The first cast in the text.
pub(crate) fn find_cast(sql: &str) -> Option<Range<usize>> {
    let is_cast = |token: &&TokenWithSpan| match &token.token {
        Token::Word(word) => word.keyword == Keyword::CAST,
        token => *token == Token::DoubleColon,
    };
    tokens(sql).iter().find(is_cast).and_then(|token| byte_range(sql, token.span.start, token.span.end))
}

/// The token that begins at a place, or the character there.
fn token_at(sql: &str, location: Location) -> Option<Range<usize>> {
    let start = byte_offset(sql, location)?;
    let token = tokens(sql).into_iter().find(|token| token.span.start == location);
    let range = token.and_then(|token| byte_range(sql, token.span.start, token.span.end));
    let width = || sql.get(start..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    range.or_else(|| Some(start..start + width()))
}

fn byte_span(sql: &str, span: Span) -> Option<Range<usize>> {
    let location = |place: datafusion::common::Location| Location { line: place.line, column: place.column };
    byte_range(sql, location(span.start), location(span.end))
}

/// The bytes between two places; the second one is exclusive.
pub(crate) fn byte_range(sql: &str, start: Location, end: Location) -> Option<Range<usize>> {
    let (start, end) = (byte_offset(sql, start)?, byte_offset(sql, end)?);
    (start < end).then_some(start..end)
}

/// The byte at a line and column, both counted from 1 in characters.
fn byte_offset(sql: &str, location: Location) -> Option<usize> {
    let line = usize::try_from(location.line).ok()?.checked_sub(1)?;
    let column = usize::try_from(location.column).ok()?.checked_sub(1)?;
    let line_start = match line {
        0 => 0,
        _ => sql.match_indices('\n').nth(line - 1)?.0 + 1,
    };
    let rest = sql.get(line_start..)?;
    let in_line = rest.char_indices().map(|(at, _)| at).chain([rest.len()]).nth(column)?;
    Some(line_start + in_line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_characters() {
        let sql = "a\n红 > b";
        assert_eq!(byte_offset(sql, Location { line: 1, column: 1 }), Some(0));
        assert_eq!(byte_offset(sql, Location { line: 2, column: 1 }), Some(2));
        assert_eq!(byte_offset(sql, Location { line: 2, column: 2 }), Some(5));
        assert_eq!(byte_offset(sql, Location { line: 3, column: 1 }), None);
        assert_eq!(byte_offset(sql, Location { line: 0, column: 0 }), None);
    }

    #[test]
    fn a_word_in_a_text_or_comment_is_no_identifier() {
        assert_eq!(find_word("'abc' = abc -- abc", "abc"), Some(8..11));
        assert_eq!(find_word("'abc'", "abc"), None);
    }
}
