//! `jianwei rules export`: the rulebook in force as a folder, to draft on top of it.

use std::path::{Component, Path, PathBuf};

use clap::Args;
use miette::{Report, miette};
use rulebook::SourceFile;

use super::RulebookArg;
use crate::data::DataArg;
use crate::outcome::{Done, Outcome, failed};
use crate::screen::Screen;

/// Write the rulebook in force of a data directory into a new folder, file by file as it was enacted
///
/// Texts that were replaced lie below `past/`, and `in-force.yaml` says on which days each text is in
/// force. Where nothing was enacted, it is the rulebook inside this program. Only reads the data
/// directory, also beside a running server.
#[derive(Args, Debug)]
#[command(after_help = "Example:\n  jianwei rules export --data ./data --out ./rulebook-in-force")]
pub(crate) struct Export {
    #[command(flatten)]
    data: DataArg,
    /// Folder to write: a new or an empty one
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
}

impl Export {
    pub(super) fn run(self, screen: &mut Screen, rulebook: &RulebookArg) -> Done {
        let dirs = self.data.existing()?;
        let book = rulebook.load_for(&dirs)?;
        let out = self.out.display();
        std::fs::create_dir_all(&self.out).map_err(failed(&out))?;
        if std::fs::read_dir(&self.out).map_err(failed(&out))?.next().is_some() {
            return Err(miette!("{out} is not empty; a rulebook is written into a new folder"));
        }
        book.files().iter().try_for_each(|file| write(&self.out, file))?;
        screen.line(format_args!(
            "{} files of rulebook {} are in {out}.",
            book.files().len(),
            book.hash()
        ))?;
        Ok(Outcome::Fine)
    }
}

fn write(folder: &Path, file: &SourceFile) -> Result<(), Report> {
    let path = Path::new(&file.path);
    // What a data directory keeps may have been tampered with: nothing is written beside the folder.
    if !path.components().all(|part| matches!(part, Component::Normal(_))) {
        return Err(miette!("\"{}\" is no path below a rulebook's folder", file.path));
    }
    let path = folder.join(path);
    let parent = path.parent().unwrap_or(folder);
    std::fs::create_dir_all(parent).map_err(failed(parent.display()))?;
    std::fs::write(&path, file.text.as_bytes()).map_err(failed(path.display()))
}
