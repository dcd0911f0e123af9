//! Phone numbers in the form of E.164.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A number that can get a text message: `+` and 8 to 15 digits (ITU-T E.164); in China a mobile.
///
/// `Debug` shows its beginning and end only; [`Phone::as_str`] the whole.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a number was refused. Does not quote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MalformedPhone {
    /// Neither E.164 nor eleven digits.
    #[error("a phone number is written as +8613800138000 (E.164), a Chinese mobile also as 13800138000")]
    Form,
    /// A number of China that is no mobile.
    #[error("a Chinese number that gets text messages has eleven digits and begins with 13 to 19")]
    NoMobile,
}

impl Phone {
    /// Takes a number in E.164 or a Chinese mobile without its country; blanks and hyphens
    /// between digits are left out.
    ///
    /// # Errors
    /// [`MalformedPhone`].
    pub fn parse(text: &str) -> Result<Self, MalformedPhone> {
        let text: String = text.trim().chars().filter(|c| !matches!(c, ' ' | '-')).collect();
        let digits = match text.strip_prefix('+') {
            Some(digits) => digits.to_owned(),
            None if text.len() == 11 && text.starts_with('1') => format!("86{text}"),
            None => return Err(MalformedPhone::Form),
        };
        let are_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits || !(8..=15).contains(&digits.len()) || digits.starts_with('0') {
            return Err(MalformedPhone::Form);
        }
        if let Some(national) = digits.strip_prefix("86") {
            match national.as_bytes() {
                [b'1', b'3'..=b'9', rest @ ..] if rest.len() == 9 => {}
                _ => return Err(MalformedPhone::NoMobile),
            }
        }
        Ok(Self(format!("+{digits}")))
    }

    /// The number in E.164: `+8613800138000`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A Chinese mobile without its country: `13800138000`.
    pub fn chinese_mobile(&self) -> Option<&str> {
        self.0.strip_prefix("+86")
    }
}

impl TryFrom<String> for Phone {
    type Error = MalformedPhone;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text)
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> Self {
        phone.0
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = self.0.len().saturating_sub(2);
        write!(f, "{}…{}", self.0.get(..4).unwrap_or_default(), self.0.get(end..).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_people_write_them() {
        use MalformedPhone::{Form, NoMobile};
        let table = [
            ("+8613800138000", Ok("+8613800138000")),
            ("13800138000", Ok("+8613800138000")),
            (" 138-0013 8000 ", Ok("+8613800138000")),
            ("+86 199 0013 8000", Ok("+8619900138000")),
            ("+14155552671", Ok("+14155552671")),
            ("+85261234567", Ok("+85261234567")),
            ("12800138000", Err(NoMobile)),
            ("+8613800138", Err(NoMobile)),
            ("+861380013800", Err(NoMobile)),
            ("+861052345678", Err(NoMobile)),
            ("01052345678", Err(Form)),
            ("8613800138000", Err(Form)),
            ("+0613800138000", Err(Form)),
            ("+1415555", Err(Form)),
            ("+1415555267100000", Err(Form)),
            ("+86138001380oo", Err(Form)),
            ("１３８００１３８０００", Err(Form)),
            ("", Err(Form)),
        ];
        for (text, wanted) in table {
            assert_eq!(Phone::parse(text).as_ref().map(Phone::as_str).map_err(|e| *e), wanted, "{text}");
        }
    }

    #[test]
    fn a_number_is_not_shown() {
        let phone = Phone::parse("+8613800138000").unwrap();
        assert_eq!(format!("{phone:?}"), "+861…00");
        assert_eq!(phone.chinese_mobile(), Some("13800138000"));
        assert_eq!(Phone::parse("+14155552671").unwrap().chinese_mobile(), None);
        let error = serde_json::from_str::<Phone>("\"0105234\"").unwrap_err().to_string();
        assert!(!error.contains("0105234"), "{error}");
    }
}
