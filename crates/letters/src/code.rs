//! The code to scan at the foot of a letter.

use qrcode::types::QrError;
use qrcode::{Color, EcLevel, QrCode};
use serde::Serialize;

/// A QR code as runs of dark squares, which a form draws as rectangles.
#[derive(Debug, Serialize)]
pub(crate) struct Code {
    /// How many squares it is wide and high, without the quiet zone.
    width: usize,
    /// Row, column and number of dark squares that stand side by side.
    runs: Vec<[usize; 3]>,
}

impl Code {
    /// The code that says `text`. A quarter of the dark can be lost (level Q): letters are stamped,
    /// folded and photocopied.
    ///
    /// # Errors
    /// If the text is too long for a code.
    pub(crate) fn of(text: &str) -> Result<Self, QrError> {
        let code = QrCode::with_error_correction_level(text, EcLevel::Q)?;
        let width = code.width();
        let mut runs: Vec<[usize; 3]> = Vec::new();
        for (row, colors) in code.to_colors().chunks(width).enumerate() {
            for (column, color) in colors.iter().enumerate() {
                if *color == Color::Light {
                    continue;
                }
                match runs.last_mut() {
                    Some([r, start, length]) if *r == row && *start + *length == column => *length += 1,
                    _ => runs.push([row, column, 1]),
                }
            }
        }
        Ok(Self { width, runs })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_are_the_dark_squares() {
        let text = "https://jianwei.example/proof/184467";
        let code = Code::of(text).unwrap();
        let whole = QrCode::with_error_correction_level(text, EcLevel::Q).unwrap();
        let mut squares = vec![Color::Light; code.width * code.width];
        for [row, column, length] in &code.runs {
            for at in *column..column + length {
                squares[row * code.width + at] = Color::Dark;
            }
        }
        assert_eq!(squares, whole.to_colors());
        // the upper edge of a finder pattern
        assert_eq!(code.runs[0], [0, 0, 7]);
        assert!(Code::of(&"x".repeat(5_000)).is_err());
    }
}
