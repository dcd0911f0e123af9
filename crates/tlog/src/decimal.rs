//! Decimal numbers as the C2SP formats spell them: ASCII digits, no sign, no leading zero.

/// The number, or `None` when the text is not its one canonical spelling or exceeds `u64`.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let canonical = text == "0" || (!text.starts_with('0') && !text.is_empty());
    if !canonical || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn one_spelling_for_each_number() {
        for (text, want) in [
            ("0", Some(0)),
            ("7", Some(7)),
            ("18446744073709551615", Some(u64::MAX)),
            ("18446744073709551616", None),
            ("", None),
            ("00", None),
            ("07", None),
            ("+7", None),
            ("-7", None),
            (" 7", None),
            ("7 ", None),
            ("٣", None),
        ] {
            assert_eq!(parse(text), want, "{text:?}");
        }
    }
}
