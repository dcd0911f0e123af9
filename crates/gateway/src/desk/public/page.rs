//! The page as people read it: one HTML document that needs nothing else and runs nothing.

use std::fmt::Write as _;

use model::text::Text;
use model::time::Time;
use workflow::public_notice::{Fact, PublicNotice, Standing};

use super::ON_PAGE;

const STYLE: &str = include_str!("page.css");

/// A text that is nothing but text in HTML and in XML, whatever institutions call themselves.
pub(super) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars().filter(|letter| is_plain(*letter)) {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            _ => safe.push(letter),
        }
    }
    safe
}

/// Whether a letter may be shown: XML knows it (XML 1.0, production 2), and it does not turn the
/// direction of what stands around it (Unicode Standard Annex 9, explicit directional formatting).
pub(super) fn is_plain(letter: char) -> bool {
    let is_xml =
        matches!(letter, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    let is_control = letter.is_control() && !letter.is_ascii_whitespace();
    let turns = matches!(
        letter,
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    is_xml && !is_control && !turns
}

/// Both languages, the Chinese first. A text of others keeps its direction to itself.
fn both(text: &Text) -> String {
    let (zh, en) = (escaped(&text.zh), escaped(&text.en));
    match zh == en || en.is_empty() {
        true => format!("<bdi>{zh}</bdi>"),
        false => format!("<bdi>{zh}</bdi> <span class=\"en\" lang=\"en\"><bdi>{en}</bdi></span>"),
    }
}

fn words(zh: &str, en: &str) -> String {
    both(&Text::new(zh, en))
}

/// A time in Beijing, to the minute.
fn moment(time: Time) -> String {
    let full = time.to_string();
    let shown = full.get(..16).unwrap_or(&full).replace('T', " ");
    format!("<time datetime=\"{full}\">{shown}</time>")
}

/// The last day of a deadline, which ends with the day.
fn last_day(due: Time) -> String {
    let day = due.plus_seconds(-1).day();
    format!("<time datetime=\"{day}\">{day}</time>")
}

fn fact(html: &mut String, fact: &Fact) {
    let days = match fact.days {
        0 | 1 => String::new(),
        days => format!("<br>{}", words(&format!("共{days}日"), &format!("{days} days in all"))),
    };
    let _ = write!(
        html,
        "<tr><th scope=\"row\">{}</th><td data-zh=\"依据\" data-en=\"Basis\">{}</td>\
         <td data-zh=\"数值\" data-en=\"Value\" class=\"value\"><bdi>{}</bdi></td>\
         <td data-zh=\"日期\" data-en=\"Day\" class=\"day\"><time datetime=\"{day}\">{day}</time>{days}</td></tr>",
        both(&fact.title),
        both(&fact.clause),
        escaped(fact.value.as_deref().unwrap_or("—")),
        day = fact.day,
    );
}

/// One notice, also as the feed has it.
pub(super) fn article(notice: &PublicNotice) -> String {
    let id = escaped(&notice.id);
    let (class, standing) = match notice.standing {
        Standing::Settled => ("settled", words("已整改", "Settled")),
        _ => ("open", words("公示中", "Published")),
    };
    let mut html = format!(
        "<article id=\"{id}\" class=\"{class}\" aria-labelledby=\"{id}-title\"><header>\
         <h2 id=\"{id}-title\"><bdi>{name}</bdi></h2><p class=\"mark\">{standing}</p></header><dl>\
         <div><dt>{}</dt><dd><a href=\"/notices?notice={id}#{id}\">{id}</a></dd></div>\
         <div><dt>{}</dt><dd><bdi>{}</bdi></dd></div>\
         <div><dt>{}</dt><dd>{}</dd></div>",
        words("公示编号", "Notice"),
        words("机构代码", "Code"),
        escaped(&notice.institution),
        words("公示时间", "Published"),
        moment(notice.published_at),
        name = escaped(&notice.name),
    );
    let (label, when) = match (notice.standing, notice.plan_due) {
        (Standing::Settled, _) => (words("整改完成", "Settled"), moment(notice.updated_at)),
        (_, Some(due)) => (words("方案截止", "Plan due"), last_day(due)),
        (_, None) => (String::new(), String::new()),
    };
    if !when.is_empty() {
        let _ = write!(html, "<div><dt>{label}</dt><dd>{when}</dd></div>");
    }
    html.push_str("</dl>");
    if !notice.facts.is_empty() {
        let _ = write!(
            html,
            "<table><thead><tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th>\
             <th scope=\"col\">{}</th><th scope=\"col\">{}</th></tr></thead><tbody>",
            words("事项", "Matter"),
            words("依据", "Basis"),
            words("数值", "Value"),
            words("日期", "Day"),
        );
        notice.facts.iter().for_each(|one| fact(&mut html, one));
        html.push_str("</tbody></table>");
    }
    html.push_str("</article>");
    html
}

fn counted(shown: &[&PublicNotice]) -> String {
    let settled = shown.iter().filter(|notice| notice.standing == Standing::Settled).count();
    let count = |class: &str, count: usize, zh: &str, en: &str| {
        format!("<li class=\"{class}\"><b>{count}</b> {}</li>", words(zh, en))
    };
    format!(
        "<ul class=\"counts\">{}{}</ul>",
        count("open", shown.len() - settled, "公示中", "published"),
        count("settled", settled, "已整改", "settled"),
    )
}

/// The links to other pages, where there are any.
fn pages(total: usize, page: usize) -> String {
    let last = total.saturating_sub(1) / ON_PAGE;
    if last == 0 {
        return String::new();
    }
    let link = |to: Option<usize>, rel: &str, text: String| match to {
        Some(to) => format!("<a rel=\"{rel}\" href=\"/notices?page={}\">{text}</a>", to + 1),
        None => format!("<span>{text}</span>"),
    };
    format!(
        "<nav aria-label=\"分页 Pages\">{}<span class=\"at\">{} / {}</span>{}</nav>",
        link(page.checked_sub(1), "prev", words("← 较新", "Newer")),
        page + 1,
        last + 1,
        link((page < last).then_some(page + 1), "next", words("较早 →", "Older")),
    )
}

/// The page, counted from 0, of all notices that are shown, the newest first.
pub(super) fn html(authority: &Text, shown: &[&PublicNotice], page: usize) -> String {
    let body = match shown.is_empty() {
        true => {
            format!("<p class=\"none\">{}</p>", words("目前没有公示。", "There are no notices at present."))
        }
        false => {
            let here = shown.iter().skip(page * ON_PAGE).take(ON_PAGE);
            let articles: String = here.map(|notice| article(notice)).collect();
            format!("{}{articles}{}", counted(shown), pages(shown.len(), page))
        }
    };
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>风险公示 · {zh}</title>\
         <link rel=\"alternate\" type=\"application/atom+xml\" title=\"风险公示 Public risk notices\" href=\"/notices.atom\">\
         <style>{STYLE}</style></head>\
         <body><header class=\"site\"><div><p class=\"by\">{by}</p><h1>风险公示<span class=\"en\" lang=\"en\">Public risk notices</span></h1>\
         <p class=\"lead\">依规公示存在一般风险、须限期整改的互联网金融机构。整改完成的标注为“已整改”，经复核有误的予以撤回。\
         <span class=\"en\" lang=\"en\">Institutions of internet finance with a general risk to put right within a set time. What was put right is marked settled; what proves mistaken is withdrawn.</span></p></div></header>\
         <main>{body}</main>\
         <footer><p>{times}</p><p><a href=\"/notices.atom\">{atom}</a><a href=\"/v1/public-notices\">{json}</a></p></footer></body></html>\n",
        zh = escaped(&authority.zh),
        by = both(authority),
        times = words("所列时间均为北京时间。", "All times are Beijing time (UTC+8)."),
        atom = words("订阅", "Atom feed"),
        json = words("数据接口", "JSON"),
    )
}
