//! A message as the bots' markdown.

use crate::message::{cut, one_line};
use crate::{Message, SendError};

/// A message for a group, in at most `bytes_max` bytes: title, text, the same in English, link.
/// Lines are divided by `line_end`. The link is never cut.
pub(crate) fn markdown(message: &Message, line_end: &str, bytes_max: usize) -> Result<String, SendError> {
    let title = plain(&message.checked_title()?);
    let link = match message.checked_link()? {
        Some(link) => format!("{line_end}{line_end}[打开 / Open]({})", in_parentheses(link)),
        None => String::new(),
    };
    let mut text = format!("### {title}");
    for body in [&message.body.zh, &message.body.en] {
        let lines: Vec<String> =
            body.lines().map(|line| plain(&one_line(line))).filter(|line| !line.is_empty()).collect();
        if !lines.is_empty() {
            text.push_str("\n\n");
            text.push_str(&lines.join(line_end));
        }
    }
    Ok(format!("{}{link}", cut(&text, bytes_max.saturating_sub(link.len()))))
}

/// A text that no bot takes for a link, a call by name or a heading: what comes from a filing may
/// not put a button before a supervisor. The marks are shown in their wide forms.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '[' => '［',
            ']' => '］',
            '<' => '＜',
            '>' => '＞',
            '*' => '＊',
            '#' => '＃',
            '`' => '｀',
            c => c,
        })
        .collect()
}

/// An address within `(…)`.
fn in_parentheses(link: &str) -> String {
    link.replace('(', "%28").replace(')', "%29")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Text;

    #[test]
    fn what_was_filed_makes_no_link() {
        let message = Message {
            title: Text::new("红色 [点这里](http://bad)", "Red"),
            body: Text::new("# 一\n\n<@all> *b*", ""),
            link: Some("https://console.example/a_(b)".to_owned()),
            ..Message::default()
        };
        assert_eq!(
            markdown(&message, "\n", 4096).unwrap(),
            "### 红色 ［点这里］(http://bad) / Red\n\n＃ 一\n＜@all＞ ＊b＊\n\n[打开 / Open](https://console.example/a_%28b%29)"
        );
    }

    #[test]
    fn the_link_is_never_cut() {
        let message = Message {
            title: Text::new("红色", ""),
            body: Text::new("长".repeat(3000), ""),
            link: Some("https://console.example/case/1".to_owned()),
            ..Message::default()
        };
        let text = markdown(&message, "\n", 4096).unwrap();
        assert!(text.len() <= 4096 && text.len() > 4080, "{}", text.len());
        assert!(text.ends_with("长…\n\n[打开 / Open](https://console.example/case/1)"));
    }
}
