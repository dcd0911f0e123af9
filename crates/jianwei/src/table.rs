//! Tables of text in columns that line up, Chinese characters counted as two places.

use miette::Report;
use unicode_width::UnicodeWidthStr;

use crate::screen::{Screen, Style};

/// Places between two columns.
const GAP: usize = 2;

/// One cell.
pub(crate) struct Cell {
    text: String,
    style: Style,
    right: bool,
}

impl Cell {
    /// A cell in a style.
    pub(crate) fn styled(text: impl Into<String>, style: Style) -> Self {
        Self { text: text.into(), style, right: false }
    }

    /// A number, flush right.
    pub(crate) fn number(number: impl ToString) -> Self {
        Self { text: number.to_string(), style: Style::Plain, right: true }
    }

    /// The same cell in a style.
    pub(crate) fn in_style(self, style: Style) -> Self {
        Self { style, ..self }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

impl<T: Into<String>> From<T> for Cell {
    fn from(text: T) -> Self {
        Self::styled(text, Style::Plain)
    }
}

/// A table; its columns are as wide as their widest cells.
pub(crate) struct Table {
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table with headings.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let headings = headings.iter().map(|heading| Cell::styled(*heading, Style::Bold)).collect();
        Self { rows: vec![headings] }
    }

    /// Adds a row.
    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = Cell>) {
        self.rows.push(cells.into_iter().collect());
    }

    /// Prints it.
    pub(crate) fn print(&self, screen: &mut Screen) -> Result<(), Report> {
        let mut widths: Vec<usize> = Vec::new();
        for row in &self.rows {
            widths.resize(widths.len().max(row.len()), 0);
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(cell.width());
            }
        }
        for row in &self.rows {
            let mut line = String::new();
            let mut owed = 0;
            for (cell, width) in row.iter().zip(&widths) {
                let spare = width.saturating_sub(cell.width());
                let (before, after) = if cell.right { (spare, 0) } else { (0, spare) };
                // Spaces wait for the next cell, so that no line ends in them.
                line.extend(std::iter::repeat_n(' ', owed + before));
                line.push_str(&screen.paint(cell.style, &cell.text));
                owed = after + GAP;
            }
            screen.line(line.trim_end())?;
        }
        Ok(())
    }
}
