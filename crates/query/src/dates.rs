//! Dates in a text, taken out of it: evaluation asks the same question about other days.

use model::time::Day;

/// A text with `$1`, `$2` … instead of dates, and what they stand for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lifted {
    pub(crate) text: String,
    pub(crate) days: Vec<Day>,
}

/// Takes every `DATE '2024-03-01'` out of a text. `None` when there is none, or the text has
/// parameters of its own.
pub(crate) fn lift(sql: &str) -> Option<Lifted> {
    if sql.contains('$') {
        return None;
    }
    let mut lifted = Lifted { text: String::with_capacity(sql.len()), days: Vec::new() };
    let mut rest = sql;
    let mut before = None;
    while !rest.is_empty() {
        let is_word_start = !before.is_some_and(is_word);
        let date = is_word_start.then(|| date(rest)).flatten();
        let length = match date {
            Some((day, length)) => {
                let known = lifted.days.iter().position(|other| *other == day);
                let number = known.unwrap_or(lifted.days.len()) + 1;
                if known.is_none() {
                    lifted.days.push(day);
                }
                lifted.text.push_str(&format!("${number}"));
                length
            }
            None => {
                let length = opaque(rest).or_else(|| rest.chars().next().map(char::len_utf8))?;
                lifted.text.push_str(rest.get(..length)?);
                length
            }
        };
        before = rest.get(..length)?.chars().next_back();
        rest = rest.get(length..)?;
    }
    (!lifted.days.is_empty()).then_some(lifted)
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// A date at the beginning of a text, and the bytes that it takes.
fn date(text: &str) -> Option<(Day, usize)> {
    let after_word = text.get(..4).filter(|word| word.eq_ignore_ascii_case("date")).and(text.get(4..))?;
    let quoted = after_word.trim_start_matches([' ', '\n', '\t']);
    let (day, rest) = quoted.strip_prefix('\'')?.split_once('\'')?;
    // Two quotes are one in a text that goes on.
    let day = Day::parse(day).ok().filter(|_| !rest.starts_with('\''))?;
    Some((day, text.len() - rest.len()))
}

/// The bytes of a quoted text, quoted name or comment at the beginning of a text, in which
/// nothing is a date.
fn opaque(text: &str) -> Option<usize> {
    let (open, close) = [("'", "'"), ("\"", "\""), ("--", "\n"), ("/*", "*/")]
        .into_iter()
        .find(|(open, _)| text.starts_with(open))?;
    let inner = text.get(open.len()..)?;
    let end = inner.find(close).map_or(inner.len(), |end| end + close.len());
    Some(open.len() + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_taken_out_where_they_are_dates() {
        let table = [
            ("day >= DATE '2024-03-01'", Some(("day >= $1", vec!["2024-03-01"]))),
            (
                "date '2024-03-01' < date\n'2024-03-02' AND d = DATE '2024-03-01'",
                Some(("$1 < $2 AND d = $1", vec!["2024-03-01", "2024-03-02"])),
            ),
            ("a=DATE'2024-03-01'::DATE", Some(("a=$1::DATE", vec!["2024-03-01"]))),
            ("'DATE ''2024-03-01'' 日'", None),
            ("\"DATE '2024-03-01'\"", None),
            ("-- DATE '2024-03-01'", None),
            ("/* DATE '2024-03-01' */ 1", None),
            ("'日' < DATE '2024-03-01' -- it's", Some(("'日' < $1 -- it's", vec!["2024-03-01"]))),
            ("up_date '2024-03-01'", None),
            ("DATE '2024-02-30'", None),
            ("DATE '2024-03-01''", None),
            ("DATE '2024", None),
            ("$1 < DATE '2024-03-01'", None),
            ("DATE", None),
            ("", None),
        ];
        for (sql, expected) in table {
            let found = lift(sql);
            let found = found.as_ref().map(|lifted| {
                (lifted.text.as_str(), lifted.days.iter().map(ToString::to_string).collect::<Vec<_>>())
            });
            let expected =
                expected.map(|(text, days)| (text, days.into_iter().map(str::to_owned).collect::<Vec<_>>()));
            assert_eq!(found, expected, "{sql}");
        }
    }
}
