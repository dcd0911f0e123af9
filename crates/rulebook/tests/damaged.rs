//! Whatever is done to a rulebook's files, loading answers: with a rulebook, or with faults that
//! can be shown. It never panics. (`fuzz/` tries the same for longer.)
#![expect(clippy::expect_used, reason = "a fixture that fails fails its test")]

mod common;

use common::files;
use proptest::prelude::*;
use proptest::sample::Index;
use rulebook::{Rulebook, SourceFile};

/// One piece of damage to a text, at places given as shares of its length.
#[derive(Clone, Debug)]
enum Damage {
    Cut(Index, Index),
    Repeat(Index, Index),
    Insert(Index, String),
    Truncate(Index),
}

fn damage() -> impl Strategy<Value = Damage> {
    let pieces = prop::sample::select(vec![
        ":",
        "\n",
        "  ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        "\"",
        "'",
        "&a ",
        "*a",
        "!!x ",
        "|",
        "#",
        "%",
        "\t",
        "\u{0}",
        "\u{feff}",
        "审",
        "NULL",
        "))",
        "((",
        ";",
        "--",
        "/*",
        "*/",
        "9999999999999999999999",
        "-1",
        "1e999",
        "value < ",
        "SELECT ",
        " OR ",
        "CASE WHEN ",
        "amount",
        "day > DATE '0000-00-00'",
    ]);
    let text = prop_oneof![3 => pieces.prop_map(str::to_owned), 1 => "\\PC{0,8}"];
    prop_oneof![
        any::<(Index, Index)>().prop_map(|(from, to)| Damage::Cut(from, to)),
        any::<(Index, Index)>().prop_map(|(from, to)| Damage::Repeat(from, to)),
        (any::<Index>(), text).prop_map(|(at, text)| Damage::Insert(at, text)),
        any::<Index>().prop_map(Damage::Truncate),
    ]
}

fn damaged(text: &str, damage: &Damage) -> String {
    let characters: Vec<char> = text.chars().collect();
    let place = |index: &Index| index.index(characters.len() + 1);
    let between = |one: &Index, other: &Index| {
        let (one, other) = (place(one), place(other));
        // Mostly a few characters: where half a file is gone nothing is left to be wrong about.
        let (from, to) = (one.min(other), one.max(other));
        from..to.min(from + 12)
    };
    let joined = |parts: [&[char]; 3]| parts.into_iter().flatten().collect::<String>();
    match damage {
        Damage::Cut(from, to) => {
            let range = between(from, to);
            joined([&characters[..range.start], &[], &characters[range.end..]])
        }
        Damage::Repeat(from, to) => {
            let range = between(from, to);
            joined([&characters[..range.end], &characters[range.clone()], &characters[range.end..]])
        }
        Damage::Insert(at, text) => {
            let text: Vec<char> = text.chars().collect();
            joined([&characters[..place(at)], &text, &characters[place(at)..]])
        }
        Damage::Truncate(at) => joined([&characters[..place(at)], &[], &[]]),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_file_loads_or_is_refused_with_faults(
        file in any::<Index>(),
        done in prop::collection::vec(damage(), 1..4),
    ) {
        let mut files = files();
        let file = file.get(&files).clone();
        let text = done.iter().fold(file.text.to_string(), |text, damage| damaged(&text, damage));
        let place = files.iter().position(|known| known.path == file.path).unwrap();
        files[place] = SourceFile::new(file.path, text);
        if let Err(faults) = Rulebook::from_files(files) {
            prop_assert!(!faults.0.is_empty());
            prop_assert!(!faults.render(100).is_empty());
        }
    }
}
