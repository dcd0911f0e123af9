//! The forms, and a form with data rendered.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use include_dir::{Dir, include_dir};
use serde_json::Value;
use typst::diag::SourceDiagnostic;
use typst::ecow::EcoVec;
use typst::foundations::{Bytes, Smart};
use typst::layout::{Abs, Frame, FrameItem, Point, Size};
use typst::syntax::Source;
use typst::{World, WorldExt, comemo};
use typst_layout::PagedDocument;
use typst_pdf::{PdfOptions, PdfStandard, PdfStandards};

use crate::LetterError;
use crate::data::derive;
use crate::fonts::Fonts;
use crate::world::{LetterWorld, file_id};

static SHIPPED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../disposal/letters");

/// The most pages of a letter.
pub const PAGES_MAX: usize = 200;

/// After how many letters Typst forgets what it remembers of one that did not come again.
const MEMORY: usize = 8;

/// A letter that can be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct Letter {
    /// The PDF (PDF/A-2a).
    pub pdf: Vec<u8>,
    /// How many pages it has.
    pub pages: usize,
}

impl std::fmt::Debug for Letter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Letter").field("pdf", &self.pdf.len()).field("pages", &self.pages).finish()
    }
}

/// A set of forms. A file whose name begins with `_` is shared by forms and is none itself.
#[derive(Clone, Debug)]
pub struct Forms {
    sources: BTreeMap<String, Source>,
}

impl Forms {
    /// The forms that are embedded in the binary.
    pub fn shipped() -> &'static Self {
        static FORMS: OnceLock<Forms> = OnceLock::new();
        FORMS.get_or_init(|| {
            let texts =
                SHIPPED.files().filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)));
            Self { sources: BTreeMap::new() }.with(texts)
        })
    }

    /// These forms, and `files` (name with `.typ`, text) with or in place of them. They are trusted:
    /// whoever writes a form decides what a letter says. Other files are left out.
    #[must_use]
    pub fn with<'a>(mut self, files: impl IntoIterator<Item = (&'a str, &'a str)>) -> Self {
        for (name, text) in files {
            if let Some(id) = file_id(name)
                && name.ends_with(".typ")
            {
                self.sources.insert(name.to_owned(), Source::new(id, text.to_owned()));
            }
        }
        self
    }

    /// The names by which [`Forms::render`] knows the forms.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.sources.keys().filter_map(|file| file.strip_suffix(".typ")).filter(|name| !name.starts_with('_'))
    }

    /// The text of a form; its opening comment says what data it takes.
    pub fn text(&self, form: &str) -> Option<&str> {
        self.sources.get(&format!("{form}.typ")).map(Source::text)
    }

    /// A letter: `data` in the form of that name.
    ///
    /// # Errors
    /// [`LetterError`]: no such form, data that is too much or cannot be shown, or a form that
    /// does not fit the data.
    pub fn render(&self, form: &str, data: &Value) -> Result<Letter, LetterError> {
        let result = self.lay_out(form, data).and_then(|(document, world)| {
            let options = PdfOptions {
                creator: Smart::Custom(Some("Jianwei 见微".to_owned())),
                standards: PdfStandards::new(&[PdfStandard::A_2a])
                    .map_err(|error| form_error(error.message().to_string()))?,
                ..PdfOptions::default()
            };
            let pdf = typst_pdf::pdf(&document, &options).map_err(|faults| first(&faults, &world))?;
            Ok(Letter { pdf, pages: document.pages().len() })
        });
        comemo::evict(MEMORY);
        result
    }

    pub(crate) fn lay_out(
        &self,
        form: &str,
        data: &Value,
    ) -> Result<(PagedDocument, LetterWorld<'_>), LetterError> {
        let known = self.names().any(|name| name == form).then(|| self.sources.get(&format!("{form}.typ")));
        let Some(source) = known.flatten() else {
            let known = self.names().map(str::to_owned).collect();
            return Err(LetterError::UnknownForm { name: form.to_owned(), known });
        };
        let fonts = Fonts::get().ok_or(LetterError::Fonts)?;
        let derived = derive(data, fonts)?;
        let world = LetterWorld {
            main: source.id(),
            sources: &self.sources,
            fonts,
            data: Bytes::from_string(data.to_string()),
            derived: Bytes::new(serde_json::to_vec(&derived).map_err(|error| form_error(error.to_string()))?),
        };
        let compiled = typst::compile::<PagedDocument>(&world);
        let document = compiled.output.map_err(|faults| first(&faults, &world))?;
        // A warning is a letter that may not look as it should: a layout that does not settle, say.
        if !compiled.warnings.is_empty() {
            return Err(first(&compiled.warnings, &world));
        }
        let pages = document.pages().len();
        if pages > PAGES_MAX {
            let field = "data".to_owned();
            return Err(LetterError::TooMuch { field, what: "pages", is: pages, limit: PAGES_MAX });
        }
        for (page, number) in document.pages().iter().zip(1..) {
            match first_flaw(&page.frame, Point::zero(), page.frame.size()) {
                // Data was looked through before; what is missing now is in the form.
                Some(Flaw::Missing(character)) => {
                    return Err(LetterError::Character { character, field: format!("the form {form}") });
                }
                Some(Flaw::Beyond(text)) => return Err(LetterError::Beyond { page: number, text }),
                None => {}
            }
        }
        Ok((document, world))
    }
}

/// The examples that stand beside the shipped forms: name of the file, text.
#[cfg(test)]
pub(crate) fn example_files() -> impl Iterator<Item = (&'static str, &'static str)> {
    let folder = SHIPPED.get_dir("examples").into_iter();
    folder
        .flat_map(|folder| folder.files())
        .filter_map(|file| Some((file.path().file_name()?.to_str()?, file.contents_utf8()?)))
}

/// What makes a page unfit to be sent.
enum Flaw {
    /// A character that was set without a glyph.
    Missing(char),
    /// A text that lies beyond the edge of the page.
    Beyond(String),
}

/// The first flaw in a frame that lies at `at` on a page of the size `page`.
fn first_flaw(frame: &Frame, at: Point, page: Size) -> Option<Flaw> {
    frame.items().find_map(|(offset, item)| {
        let at = at + *offset;
        match item {
            // What is turned, the mark of a draft, is not where its frame says.
            FrameItem::Group(group) => {
                let page = if group.transform.is_identity() { page } else { Size::splat(Abs::inf()) };
                first_flaw(&group.frame, at, page)
            }
            FrameItem::Text(text) => {
                if let Some(glyph) = text.glyphs.iter().find(|glyph| glyph.id == 0) {
                    return text.text.get(glyph.range())?.chars().next().map(Flaw::Missing);
                }
                let inside = at.y <= page.y && at.x + text.width() <= page.x;
                (!inside).then(|| Flaw::Beyond(text.text.to_string()))
            }
            _ => None,
        }
    })
}

/// The first of Typst's faults, with its place.
fn first(faults: &EcoVec<SourceDiagnostic>, world: &LetterWorld<'_>) -> LetterError {
    let Some(fault) = faults.first() else {
        return form_error(String::new());
    };
    let mut message = fault.message.to_string();
    for hint in &fault.hints {
        message.push_str("; ");
        message.push_str(&hint.v);
    }
    let place = fault.span.id().and_then(|id| {
        let source = world.source(id).ok()?;
        let (line, column) = source.lines().byte_to_line_column(world.range(fault.span)?.start)?;
        Some((id.get().vpath().get_without_slash().to_owned(), line + 1, column + 1))
    });
    let main = || (world.main().get().vpath().get_without_slash().to_owned(), 0, 0);
    let (file, line, column) = place.unwrap_or_else(main);
    LetterError::Form { file, line, column, message }
}

fn form_error(message: String) -> LetterError {
    LetterError::Form { file: String::new(), line: 0, column: 0, message }
}
