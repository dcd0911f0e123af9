//! 公示 public notices.

use workflow::public_notice::{PublicNotice, Standing};

use super::codes;
use crate::shape::{Column, Table, index};

codes!(STANDINGS, standing: Standing {
    Published "published" "公示中";
    Settled "settled" "已整改";
    Withdrawn "withdrawn" "已撤回";
});

/// Public notices.
pub(crate) const PUBLIC_NOTICE: Table<PublicNotice> = Table {
    name: "public_notice",
    zh: "公示",
    about: ("每件公示一行。", "One row for each public notice."),
    key: 1,
    columns: &[
        Column::text("id", "编号", "Number", |n| n.id.clone()),
        Column::text("institution", "机构", "The institution", |n| n.institution.clone()),
        Column::bureau_of("bureau", "处室", "The bureau that looks after it", |n| &n.alert),
        Column::text("name", "机构名称", "The institution's name, as it was published", |n| {
            n.name.clone()
        }),
        Column::text("alert", "预警", "The alert that it is about", |n| n.alert.clone()),
        Column::text("title_zh", "标题", "Title in Chinese", |n| n.title.zh.clone()),
        Column::text("title_en", "英文标题", "Title in English", |n| n.title.en.clone()),
        Column::whole("facts", "事实数", "How many facts it names", |n| n.facts.len() as u64),
        Column::maybe_time("plan_due", "方案期限", "Until when the institution files its plan", |n| {
            n.plan_due
        }),
        Column::time("published_at", "公示时间", "When it was published", |n| n.published_at),
        Column::code("standing", "状态", "Where it stands", STANDINGS, |n| standing(&n.standing)),
        Column::time("updated_at", "更新时间", "When that changed last", |n| n.updated_at),
    ],
    indices: &[
        index("standing", "standing, published_at, id"),
        index("institution", "institution, published_at, id"),
    ],
};
