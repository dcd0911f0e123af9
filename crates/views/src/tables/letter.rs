//! 函件 letters, without their text and without whom they address.

use workflow::letter::{Letter, LetterState};

use super::codes;
use crate::shape::{Column, Table, index};

codes!(STATES, state: LetterState {
    Draft "draft" "拟稿";
    Released "released" "已签发";
    Recalled "recalled" "已作废";
});

/// Letters.
pub(crate) const LETTER: Table<Letter> = Table {
    name: "letter",
    zh: "函件",
    about: ("每件函件一行。", "One row for each letter."),
    key: 1,
    columns: &[
        Column::text("id", "编号", "Number on the desk", |l| l.id.clone()),
        Column::text("institution", "机构", "The institution that it is about", |l| l.institution.clone()),
        Column::bureau_of("bureau", "处室", "The bureau that looks after it", |l| &l.about),
        Column::text("number", "发文字号", "The letter's own number", |l| l.number.clone()),
        Column::text("form", "格式", "The form", |l| l.form.clone()),
        Column::text("about", "事项", "The number of what it is about", |l| l.about.clone()),
        Column::code("state", "状态", "Where it stands", STATES, |l| state(&l.state)),
        Column::flag("four_eyes", "双人核签", "Whether two people have to see it", |l| l.four_eyes),
        Column::time("drafted_at", "拟稿时间", "When it was drafted", |l| l.drafted_at),
        Column::maybe_time("released_at", "签发时间", "When it was released", |l| {
            l.released.as_ref().map(|(at, _)| *at)
        }),
        Column::maybe_text("released_by", "签发人", "Who released it", |l| {
            l.released.as_ref().map(|(_, by)| by.to_string())
        }),
        Column::maybe_whole("position", "账本位置", "Where its release stands in the ledger", |l| {
            l.position
        }),
        Column::maybe_text("sha256", "文件摘要", "SHA-256 of what leaves", |l| {
            l.set.as_ref().map(|(sha256, ..)| sha256.clone())
        }),
        Column::maybe_whole("bytes", "字节数", "Its size", |l| l.set.as_ref().map(|(_, bytes, _)| *bytes)),
        Column::maybe_whole("pages", "页数", "Its pages", |l| {
            l.set.as_ref().map(|(.., pages)| u64::from(*pages))
        }),
    ],
    indices: &[index("institution", "institution, drafted_at, id"), index("state", "state, drafted_at, id")],
};
