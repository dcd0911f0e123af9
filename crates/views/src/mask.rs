//! What the other side of a channel says of a failure often quotes whom it did not reach.

/// Digits in a row, spaces and hyphens between them or not, from which on they may be a telephone number.
const NUMBER_DIGITS: usize = 7;

/// A text without mail addresses and long numbers: each becomes `…`.
pub(crate) fn without_addresses(text: &str) -> String {
    let is_end = |letter: char| letter.is_whitespace() || "<>()[]{},;:\"'“”《》，；：（）".contains(letter);
    let mut kept = String::with_capacity(text.len());
    for piece in text.split_inclusive(is_end) {
        let (word, end) = match piece.chars().next_back().filter(|letter| is_end(*letter)) {
            Some(end) => (piece.strip_suffix(end).unwrap_or(piece), Some(end)),
            None => (piece, None),
        };
        match word.contains(['@', '＠']) {
            true => kept.push('…'),
            false => kept.push_str(word),
        }
        kept.extend(end);
    }
    without_numbers(&kept)
}

fn without_numbers(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    // What may be one number: digits, and what people put between them.
    let mut run = String::new();
    let flush = |run: &mut String, kept: &mut String| {
        let digits = run.chars().filter(|letter| letter.is_numeric()).count();
        match digits >= NUMBER_DIGITS {
            true => {
                kept.push('…');
                kept.extend(run.chars().rev().take_while(|letter| letter.is_whitespace()));
            }
            false => kept.push_str(run),
        }
        run.clear();
    };
    for letter in text.chars() {
        let joins = !run.is_empty() && matches!(letter, ' ' | '-' | '.');
        if letter.is_numeric() || letter == '+' || joins {
            run.push(letter);
        } else {
            flush(&mut run, &mut kept);
            kept.push(letter);
        }
    }
    flush(&mut run, &mut kept);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_and_long_numbers_are_taken_out() {
        let table = [
            ("busy", "busy"),
            ("550 5.1.1 <li.na@bank.example>: no such user", "550 5.1.1 <…>: no such user"),
            ("拒收：张三@例子.中国，请改正", "拒收：…，请改正"),
            ("mail=a@b;x", "…;x"),
            ("number 138 0013 8000 is off", "number … is off"),
            ("+86-13800138000", "…"),
            ("１３８００１３８０００停机", "…停机"),
            ("HTTP 503 after 3 of 5", "HTTP 503 after 3 of 5"),
            ("D-2026-000001", "D-…"),
        ];
        for (text, kept) in table {
            assert_eq!(without_addresses(text), kept);
        }
    }
}
