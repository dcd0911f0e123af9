//! Lines of a text that went, came or stayed.

use serde::Serialize;

/// Unchanged lines shown before and after changed ones.
const CONTEXT: usize = 1;
/// The most pairs of lines that are held against each other; larger texts are shown as replaced.
const PAIRS_MAX: usize = 4_000_000;

/// A line of a value that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Line {
    /// It stood there and is gone.
    Old(String),
    /// It is new.
    New(String),
    /// It stands on both sides, beside one that does not.
    Same(String),
    /// So many lines stand on both sides and are not shown.
    Skipped(usize),
}

/// The lines of two texts held against each other, with a little of what stayed around.
pub(super) fn compare(old: &str, new: &str) -> Vec<Line> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (old.get(start..).unwrap_or_default(), new.get(start..).unwrap_or_default());
    let end = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(old, new)| old == new).count();
    let middle = |rest: &'_ [&'_ str]| -> Vec<String> {
        rest.iter().take(rest.len() - end).map(|line| (*line).to_owned()).collect()
    };
    let same = |line: &&str| Line::Same((*line).to_owned());
    let mut lines: Vec<Line> = old.iter().take(start).map(same).collect();
    lines.extend(differing(&middle(old_rest), &middle(new_rest)));
    lines.extend(old_rest.iter().skip(old_rest.len() - end).map(same));
    cut(lines)
}

/// By the longest common subsequence.
fn differing(old: &[String], new: &[String]) -> Vec<Line> {
    let gone = |line: &String| Line::Old(line.clone());
    let came = |line: &String| Line::New(line.clone());
    if old.len().saturating_mul(new.len()) > PAIRS_MAX {
        return old.iter().map(gone).chain(new.iter().map(came)).collect();
    }
    // longest[i][j]: the length for what follows old line i and new line j.
    let mut longest = vec![vec![0_u32; new.len() + 1]; old.len() + 1];
    let at = |table: &[Vec<u32>], i: usize, j: usize| {
        table.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0)
    };
    for (i, line) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            let length = match line == other {
                true => at(&longest, i + 1, j + 1) + 1,
                false => at(&longest, i + 1, j).max(at(&longest, i, j + 1)),
            };
            if let Some(cell) = longest.get_mut(i).and_then(|row| row.get_mut(j)) {
                *cell = length;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut lines = Vec::new();
    loop {
        match (old.get(i), new.get(j)) {
            (Some(line), Some(other)) if line == other => {
                lines.push(Line::Same(line.clone()));
                (i, j) = (i + 1, j + 1);
            }
            (Some(line), other) if other.is_none() || at(&longest, i + 1, j) >= at(&longest, i, j + 1) => {
                lines.push(gone(line));
                i += 1;
            }
            (_, Some(line)) => {
                lines.push(came(line));
                j += 1;
            }
            _ => return lines,
        }
    }
}

/// Leaves out what stayed and is far from anything that did not.
fn cut(lines: Vec<Line>) -> Vec<Line> {
    let is_same = |line: &Line| matches!(line, Line::Same(_));
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, line)| !is_same(line)).map(|(at, _)| at).collect();
    let near = |at: usize| changed.iter().any(|changed| changed.abs_diff(at) <= CONTEXT);
    let mut shown = Vec::new();
    for (at, line) in lines.into_iter().enumerate() {
        if near(at) {
            shown.push(line);
        } else if let Some(Line::Skipped(count)) = shown.last_mut() {
            *count += 1;
        } else {
            shown.push(Line::Skipped(1));
        }
    }
    shown
}
