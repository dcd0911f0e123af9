//! The tables and readable views as SQL, in either database's words; and what is found there.

use std::fmt::Write as _;

use crate::place::Kind;
use crate::shape::{Head, Shape, Sort};
use crate::tables;

/// Raised when what is written into the tables changes its meaning although their form does not.
const MEANING: u32 = 1;
/// Where the tables lie in PostgreSQL.
pub(crate) const SCHEMA: &str = "jianwei";
/// The table that says which form the others have, whose ledger they show and how far.
pub(crate) const FORM_TABLE: &str = "views_form";

/// Everything that is made, as one text; it is kept beside the tables, so that another form is known.
pub(crate) fn form(kind: Kind) -> String {
    let mut sql = format!("-- meaning {MEANING}\n");
    let text = sort_in(Sort::Text, kind);
    let _ = writeln!(
        sql,
        "CREATE TABLE {FORM_TABLE} (one SMALLINT NOT NULL PRIMARY KEY, form {text} NOT NULL, ledger {text} NOT NULL, \
         covered BIGINT NOT NULL);"
    );
    for shape in tables::all() {
        table(&mut sql, &shape, kind);
        for index in shape.indices {
            let only = index.only.map(|only| format!(" WHERE {only}")).unwrap_or_default();
            let (table, name, columns) = (shape.name, index.name, index.columns);
            let _ = writeln!(sql, "CREATE INDEX {table}_{name} ON {table} ({columns}){only};");
        }
        readable(&mut sql, &shape, kind);
    }
    sql
}

fn sort_in(sort: Sort, kind: Kind) -> &'static str {
    match (sort, kind) {
        // Both compare byte by byte, so that pages have the same order in both.
        (sort, Kind::Postgres) if sort.is_text() => "TEXT COLLATE \"C\"",
        (sort, Kind::Sqlite) if sort.is_text() => "TEXT",
        (Sort::Flag, _) => "SMALLINT",
        _ => "BIGINT",
    }
}

fn table(sql: &mut String, shape: &Shape, kind: Kind) {
    let column = |head: &Head| {
        let needed = if head.is_optional { "" } else { " NOT NULL" };
        format!("    {} {}{needed}", head.name, sort_in(head.sort, kind))
    };
    let columns: Vec<String> = shape.heads.iter().map(column).collect();
    let key: Vec<&str> = shape.heads.iter().take(shape.key).map(|head| head.name).collect();
    let (columns, key) = (columns.join(",\n"), key.join(", "));
    let _ = writeln!(sql, "CREATE TABLE {} (\n{columns},\n    PRIMARY KEY ({key})\n);", shape.name);
    if kind == Kind::Postgres {
        let (zh, en) = shape.about;
        let _ = writeln!(sql, "COMMENT ON TABLE {} IS {};", shape.name, quoted(&format!("{zh} {en}")));
        for head in &shape.heads {
            let said = quoted(&format!("{} {}", head.zh, head.en));
            let _ = writeln!(sql, "COMMENT ON COLUMN {}.{} IS {said};", shape.name, head.name);
        }
    }
}

/// Two views of each table for people and their tools: times as text of Asia/Shanghai, and in the
/// Chinese one heads and codes in Chinese.
fn readable(sql: &mut String, shape: &Shape, kind: Kind) {
    for (view, is_chinese) in
        [(format!("{}_readable", shape.name), false), (format!("\"{}\"", shape.zh), true)]
    {
        let column = |head: &Head| {
            let name = if is_chinese { format!("\"{}\"", head.zh) } else { head.name.to_owned() };
            format!("    {} AS {name}", shown(head, kind, is_chinese))
        };
        let columns: Vec<String> = shape.heads.iter().map(column).collect();
        let _ = writeln!(sql, "CREATE VIEW {view} AS SELECT\n{}\nFROM {};", columns.join(",\n"), shape.name);
    }
}

fn shown(head: &Head, kind: Kind, is_chinese: bool) -> String {
    let name = head.name;
    match (head.sort, kind) {
        (Sort::Time, Kind::Sqlite) => {
            format!("strftime('%Y-%m-%dT%H:%M:%S+08:00', {name} / 1000000 + 28800, 'unixepoch')")
        }
        (Sort::Time, Kind::Postgres) => format!(
            "to_char(to_timestamp({name} / 1000000 + 28800) AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"+08:00\"')"
        ),
        (Sort::Flag, _) => {
            let (yes, no) = if is_chinese { ("是", "否") } else { ("yes", "no") };
            format!("CASE {name} WHEN 1 THEN '{yes}' WHEN 0 THEN '{no}' END")
        }
        (Sort::Code(codes), _) if is_chinese => {
            let mut case = format!("CASE {name}");
            for (code, zh) in codes {
                let _ = write!(case, " WHEN {} THEN {}", quoted(code), quoted(zh));
            }
            case.push_str(" END");
            case
        }
        _ => name.to_owned(),
    }
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// Names and sorts of what is there, tables and views.
pub(crate) const fn found_sql(kind: Kind) -> &'static str {
    match kind {
        Kind::Sqlite => {
            "SELECT name, type AS sort FROM sqlite_master WHERE type IN ('table', 'view') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' \
             ORDER BY type DESC, name"
        }
        Kind::Postgres => {
            "SELECT c.relname::text AS name, CASE c.relkind WHEN 'v' THEN 'view' ELSE 'table' END AS sort FROM pg_class c \
             JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'jianwei' AND c.relkind IN ('r', 'p', 'v') \
             ORDER BY 2 DESC, 1"
        }
    }
}

/// Removes something that was found.
pub(crate) fn drop_sql(kind: Kind, name: &str, sort: &str) -> String {
    let sort = if sort == "view" { "VIEW" } else { "TABLE" };
    let others = if kind == Kind::Postgres { " CASCADE" } else { "" };
    format!("DROP {sort} IF EXISTS \"{}\"{others}", name.replace('"', "\"\""))
}
