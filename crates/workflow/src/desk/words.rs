//! Figures, limits and bases as people read them in letters and notices.

use model::text::Text;

use crate::library::Basis;

/// Lines of business, as a basis of one line alone begins with them.
const LINES: [(&str, &str); 5] = [
    ("（网贷）", "p2p"),
    ("（保险）", "insurance"),
    ("（支付）", "payment"),
    ("（基金）", "fund"),
    ("（存管银行）", "custody"),
];

/// A basis as a letter about a line of business names it; nothing where it is another line's.
pub(super) fn basis_for(line: Option<&str>, basis: &Basis) -> Option<Text> {
    let of_line = LINES.iter().find(|(mark, _)| basis.zh.starts_with(mark));
    let Some((mark, own)) = of_line else { return Some(Text::new(&*basis.zh, &*basis.en)) };
    let is_meant = line.is_none_or(|line| line == *own);
    let zh = basis.zh.trim_start_matches(mark);
    is_meant.then(|| Text::new(zh, &*basis.en))
}

/// A value as people read it: two decimals at most, digits in groups of three, its unit.
pub(super) fn figure(value: &str, unit: &str) -> String {
    let (sign, digits) = value.strip_prefix('-').map_or(("", value), |rest| ("-", rest));
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number =
        !whole.is_empty() && [whole, decimals].iter().all(|part| part.bytes().all(|b| b.is_ascii_digit()));
    if !is_number || whole.len() > 24 {
        return format!("{value}{unit}");
    }
    let cents: String = decimals.chars().chain("000".chars()).take(3).collect();
    let scaled: u128 = format!("{whole}{cents}").parse().unwrap_or_default();
    let rounded = (scaled + 5) / 10;
    let (whole, cents) = (rounded / 100, rounded % 100);
    let mut grouped = String::new();
    let text = whole.to_string();
    for (at, digit) in text.chars().enumerate() {
        if at > 0 && (text.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match cents {
        0 => format!("{sign}{grouped}{unit}"),
        _ if cents % 10 == 0 => format!("{sign}{grouped}.{}{unit}", cents / 10),
        _ => format!("{sign}{grouped}.{cents:02}{unit}"),
    }
}

/// A condition as people read it: a single comparison of the value becomes a sign and a figure.
pub(super) fn limit(condition: &str, unit: &str) -> String {
    let compared = condition.strip_prefix("value ").and_then(|rest| rest.split_once(' '));
    let sign = compared.and_then(|(sign, number)| {
        let sign = match sign {
            ">" => "＞",
            ">=" => "≥",
            "<" => "＜",
            "<=" => "≤",
            _ => return None,
        };
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'-'));
        is_number.then(|| format!("{sign}{}", figure(number, unit)))
    });
    sign.unwrap_or_else(|| condition.to_owned())
}

#[cfg(test)]
mod tests {
    use model::time::Time;

    use super::*;
    use crate::desk::follow::last_moment;
    use crate::term::{Deadline, Term};

    #[test]
    fn a_letter_says_the_hour_where_there_are_hours() {
        let at = |text: &str| Time::parse(text).unwrap();
        let ends = |term, due: &str| {
            let started = at("2026-06-02T13:55:00+08:00");
            let (day, hour) =
                last_moment(&Deadline { started, term, due: Some(at(due)), kept: None, missed: None });
            format!("{} {}", day.unwrap(), hour.unwrap_or_default())
        };
        assert_eq!(ends(Term::Hours(4), "2026-06-02T17:55:00+08:00"), "2026-06-02 17:55");
        assert_eq!(ends(Term::Hours(24), "2026-06-03T00:00:00+08:00"), "2026-06-03 00:00");
        assert_eq!(ends(Term::WorkingDays(5), "2026-06-10T00:00:00+08:00"), "2026-06-09 ");
    }

    #[test]
    fn figures_are_written_as_people_read_them() {
        let table = [
            ("14.285867", "%", "14.29%"),
            ("1000000", "元", "1,000,000元"),
            ("0.5", "", "0.5"),
            ("-1234.999", "元", "-1,235元"),
            ("n/a", "", "n/a"),
        ];
        for (value, unit, shown) in table {
            assert_eq!(figure(value, unit), shown);
        }
        assert_eq!(limit("value >= 1000000", "元"), "≥1,000,000元");
        assert_eq!(limit("value > 5 AND value < 9", "%"), "value > 5 AND value < 9");
    }
}
