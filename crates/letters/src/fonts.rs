//! The typeface of the letters. It is embedded, so that a letter does not depend on what the
//! machine has; where it comes from stands in `fonts/README.md`.

use std::sync::OnceLock;

use typst::foundations::Bytes;
use typst::text::{Font, FontBook};
use typst::utils::LazyHash;

static REGULAR: &[u8] = include_bytes!("../fonts/NotoSerifSC-Regular.ttf.zst");
static SEMIBOLD: &[u8] = include_bytes!("../fonts/NotoSerifSC-SemiBold-subset.ttf.zst");

/// Both weights, unpacked once.
pub(crate) struct Fonts {
    pub(crate) book: LazyHash<FontBook>,
    pub(crate) fonts: Vec<Font>,
}

impl Fonts {
    /// The fonts; `None` if what is embedded is not what it should be, which a test excludes.
    pub(crate) fn get() -> Option<&'static Self> {
        static FONTS: OnceLock<Option<Fonts>> = OnceLock::new();
        FONTS.get_or_init(Self::unpack).as_ref()
    }

    fn unpack() -> Option<Self> {
        let mut fonts = Vec::new();
        for packed in [REGULAR, SEMIBOLD] {
            let bytes = zstd::decode_all(packed).ok()?;
            fonts.push(Font::new(Bytes::new(bytes), 0)?);
        }
        let book = LazyHash::new(FontBook::from_fonts(&fonts));
        Some(Self { book, fonts })
    }

    /// Whether a letter can show the character. The regular weight has all that the other has.
    pub(crate) fn cover(&self, character: char) -> bool {
        self.fonts.first().is_some_and(|font| font.info().coverage.contains(u32::from(character)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_embedded_fonts_hold_what_names_are_written_with() {
        let fonts = Fonts::get().expect("both fonts unpack");
        assert_eq!(fonts.fonts.len(), 2);
        // rare characters of names, the newest of 通用规范汉字表, brackets of document numbers
        for character in "镕喆堃𬭎𫖯㛃〔〕—…“”《》×％‰№①□☆AÉü".chars() {
            assert!(fonts.cover(character), "{character}");
        }
        assert!(!fonts.cover('𰻝') && !fonts.cover('😀'));
        let semibold = fonts.fonts.last().unwrap().info();
        assert_eq!(semibold.family, "Noto Serif SC");
        for run in semibold.coverage.iter() {
            assert!(fonts.fonts[0].info().coverage.contains(run), "U+{run:04X} is in SemiBold only");
        }
    }
}
