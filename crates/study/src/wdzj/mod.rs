//! The early-warning points of 网贷之家's platforms, 2017–2018, against what became of them by
//! August 2018.
//!
//! A folder of data holds `monthly.csv`, mapped by `examples/mappings/wdzj.yaml`, and
//! `outcome.csv` with the columns `plat_id` and a status.

mod load;
mod outcome;
mod report;
mod resample;
mod score;
mod summary;
#[cfg(test)]
mod tests;
mod text;

use std::path::{Path, PathBuf};

use importer::ImportError;
use query::QueryError;
use rulebook::Rulebook;

pub use report::{
    Area, Areas, ComponentArea, FoldAreas, GradeCount, Lead, MonthReport, PlatformNote, Platforms, Report,
};

/// The seed of the published figures: the month to which the outcomes belong.
pub const SEED: u64 = 20_180_831;

/// What is drawn by chance, and how often.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Seed of all draws.
    pub seed: u64,
    /// Draws of platforms for the intervals.
    pub draws: u32,
    /// Parts into which the platforms are divided.
    pub folds: u32,
    /// How often they are divided anew.
    pub repeats: u32,
    /// Platforms listed as missed and as falsely alarmed.
    pub listed: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { seed: SEED, draws: 2000, folds: 5, repeats: 20, listed: 10 }
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum StudyError {
    /// The figures do not fit the mapping; shown with what is wrong.
    #[error("{}", explained(.0))]
    Import(#[from] ImportError),
    /// A file cannot be used.
    #[error("{}: {message}", path.display())]
    Data {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong, a sentence without a full stop.
        message: String,
    },
    /// The rulebook lacks an indicator that the study needs.
    #[error("the rulebook has no indicator \"{0}\"")]
    NoIndicator(&'static str),
    /// An indicator could not be evaluated.
    #[error(transparent)]
    Query(#[from] QueryError),
}

fn explained(error: &ImportError) -> String {
    match error {
        ImportError::Mapping(faults) => {
            format!("monthly.csv does not have the columns that the mapping reads\n{}", faults.render(110))
        }
        other => other.to_string(),
    }
}

/// Runs the study on a folder of data.
///
/// # Errors
/// [`StudyError`].
pub fn run(folder: &Path, rulebook: &Rulebook, options: &Options) -> Result<Report, StudyError> {
    let panel = load::load(folder)?;
    let scores = score::score(&panel, rulebook)?;
    // Only now, when all scores are made, is it read what became of the platforms.
    let outcomes = outcome::read(folder)?;
    Ok(summary::summarise(&panel, &scores, &outcomes, rulebook, options))
}
