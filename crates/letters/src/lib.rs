//! Letters as PDF: data and a form (a Typst template) become an official document with Chinese
//! typography. The forms lie under `/disposal/letters`, each says at its top what data it takes.
//!
//! Data reaches a form as a value and is never read as markup, so that an institution may be named
//! `#panic()`. A letter is PDF/A: it is evidence, and must open in twenty years. Next to the data a
//! form sees what is derived from it: the code to scan of `verification.url`, and the Chinese
//! capital figures of every `amount`.
//!
//! **Invariant:** the same form and data give the same bytes. No clock, no randomness, no file, no
//! package, no network and no font of the system is within a form's reach.
//! **Invariant:** a character that the typeface lacks is an error, never an empty box.
//! **Invariant:** nothing is cut off by the edge of a page without a word: that is an error, too.
//! **Invariant:** what is asked for is bounded ([`DATA_VALUES_MAX`], [`DATA_CHARACTERS_MAX`],
//! [`TEXT_CHARACTERS_MAX`], [`DATA_DEPTH_MAX`], [`PAGES_MAX`]). Typst itself bounds loops and calls of a form; forms are trusted otherwise.
#![deny(clippy::indexing_slicing)]

mod capital;
mod code;
mod data;
mod fonts;
mod forms;
#[cfg(test)]
mod tests;
mod world;

pub use capital::capital_amount;
pub use data::{DATA_CHARACTERS_MAX, DATA_DEPTH_MAX, DATA_VALUES_MAX, TEXT_CHARACTERS_MAX};
pub use forms::{Forms, Letter, PAGES_MAX};

/// Why there is no letter.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LetterError {
    /// There is no such form.
    #[error("there is no form {name:?}; there are {}", known.join(", "))]
    UnknownForm {
        /// What was asked for.
        name: String,
        /// The forms that there are.
        known: Vec<String>,
    },
    /// A character that cannot be shown.
    #[error("{field} holds {character:?} (U+{:04X}), which the typeface of letters cannot show", u32::from(*character))]
    Character {
        /// The character.
        character: char,
        /// Where it stands: a path into the data such as `facts[2].value`, or the form itself.
        field: String,
    },
    /// An `amount` that is not money.
    #[error(
        "{field} is {text:?}; an amount is written in yuan with at most two decimals, such as \"-1234.50\""
    )]
    Amount {
        /// Where it stands.
        field: String,
        /// What stands there.
        text: String,
    },
    /// The data is more than a letter holds.
    #[error("{field}: {what} {is}, and a letter takes {limit}")]
    TooMuch {
        /// Where.
        field: String,
        /// Of what.
        what: &'static str,
        /// How much there is.
        is: usize,
        /// How much may be.
        limit: usize,
    },
    /// A text that would be cut off by the edge of the page.
    #[error("page {page} cannot hold {text:?}")]
    Beyond {
        /// The page, from 1.
        page: usize,
        /// The line that runs over.
        text: String,
    },
    /// The form does not fit the data, or is not sound.
    #[error("{file}:{line}:{column}: {message}")]
    Form {
        /// The file under `/disposal/letters`.
        file: String,
        /// The line, from 1; 0 if Typst names none.
        line: usize,
        /// The column in characters, from 1; 0 if Typst names none.
        column: usize,
        /// What Typst says, hints included.
        message: String,
    },
    /// The fonts in the binary are damaged.
    #[error("the fonts in this program are damaged")]
    Fonts,
}
