//! The past of a data directory, to be read: the history's columns, the records that they miss,
//! and what was filed, registered and graded.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::RangeInclusive;
use std::path::Path;
use std::sync::OnceLock;

use analysis::grade::GradeBoard;
use analysis::indicators;
use analysis::obligations::{Duties, Filed, Registered};
use hashbrown::HashMap;
use ledger::Reader;
use ledger::keystore::KeyStore;
use model::arrow::to_batch;
use model::spec::{Record, StreamSpec};
use model::streams::Register;
use model::time::{Day, Time};
use rulebook::{Indicator, Rulebook};
use seal::EventKind;
use store::history::{HistorySession, HistoryView};

use crate::call_ups::Calls;
use crate::derived::{self, Wanted};
use crate::scan::{Item, scan, scan_wanted};
use crate::{DataDir, EngineError};

/// The most records that are read from the ledger because the columns miss them.
const MISSING_MAX: u64 = 1 << 21;
/// Ids looked up by one query.
const IDS_TOGETHER: usize = 256;

/// What the ledger's events say, as far as entries read it.
#[derive(Debug, Default)]
struct Known {
    registered: BTreeMap<String, Vec<Registered>>,
    filed: Filed,
    grades: GradeBoard,
    called_up: Calls,
    /// The latest time that a receipt bears or obligations were judged to.
    now: Time,
}

/// The past of a data directory as it was when it was opened.
pub struct Past {
    view: HistoryView,
    ledger: Option<(Reader, KeyStore)>,
    as_of: u64,
    known: OnceLock<Known>,
    options: query::Options,
}

impl Past {
    /// Opens a data directory to be read, also beside a running server. `links` is an empty
    /// directory below `derived/` that the caller removes afterwards (see [`HistoryView::open`]).
    /// Records that the columns do not hold yet are read from the ledger.
    ///
    /// # Errors
    /// [`EngineError`]; there is no history, or it misses so much that a start of the server must
    /// make it first.
    pub fn open(dir: &Path, links: Option<&Path>, threads: usize) -> Result<Self, EngineError> {
        let dirs = DataDir::new(dir);
        let mut view = match links {
            Some(_) => HistoryView::open(&dirs.history(), links)
                .or_else(|_| HistoryView::open(&dirs.history(), None)),
            None => HistoryView::open(&dirs.history(), None),
        }
        .map_err(EngineError::evaluation)?;
        let reader = Reader::open(&dirs.ledger())?;
        let keys = KeyStore::open_read_only(&dirs.ledger())?;
        let (covered, as_of) = (view.covered(), reader.size());
        if as_of.saturating_sub(covered) > MISSING_MAX {
            return Err(EngineError::evaluation(format!(
                "the columns under {} hold the ledger up to entry {covered} of {as_of}: start the server once, which makes them again, and stop it in order",
                dirs.history().display()
            )));
        }
        let options = query::Options { partitions: threads.max(1), ..query::Options::default() };
        fill(&mut view, &reader, &keys, covered..as_of, &options)?;
        Ok(Self { view, ledger: Some((reader, keys)), as_of, known: OnceLock::new(), options })
    }

    /// Columns alone, without a ledger: for measurements. Entries that read what was filed,
    /// registered or graded are refused.
    ///
    /// # Errors
    /// [`EngineError`].
    pub fn of_columns(history: &Path, threads: usize) -> Result<Self, EngineError> {
        let view = HistoryView::open(history, None).map_err(EngineError::evaluation)?;
        let as_of = view.covered();
        let options = query::Options { partitions: threads.max(1), ..query::Options::default() };
        Ok(Self { view, ledger: None, as_of, known: OnceLock::new(), options })
    }

    /// The ledger's size up to which the past goes.
    pub fn as_of(&self) -> u64 {
        self.as_of
    }

    /// The history of some days; of all days when `None`.
    pub(super) fn records(&self, days: Option<RangeInclusive<Day>>) -> Result<HistorySession, EngineError> {
        self.view.session(days, &self.options).map_err(EngineError::evaluation)
    }

    /// The days of `days` for which an indicator is read: those that have closed, where it waits
    /// for that.
    pub(super) fn closed(
        &self,
        book: &Rulebook,
        indicator: &Indicator,
        days: &RangeInclusive<Day>,
    ) -> Result<Option<RangeInclusive<Day>>, EngineError> {
        if indicator.days == rulebook::Days::Any {
            return Ok(Some(days.clone()));
        }
        Ok(derived::closed(book, &Duties::of(book), indicator, days, self.known(book)?.now))
    }

    /// What the evaluator shows an indicator for some days: records, reference tables, and of the
    /// derived tables those that it reads.
    pub(super) fn session(
        &self,
        book: &Rulebook,
        indicator: &Indicator,
        shown: &RangeInclusive<Day>,
    ) -> Result<HistorySession, EngineError> {
        let seen = indicators::seen(indicator, shown);
        let session = self.records(Some(seen.clone()))?;
        let (duties, tables) = (Duties::of(book), indicators::tables(book, indicator));
        let wanted = Wanted { tables, shown, seen: &seen };
        derived::register(
            &session,
            book,
            &wanted,
            |days| self.records(Some(days)),
            || {
                let known = self.known(book)?;
                Ok(derived::Known {
                    duties: &duties,
                    registered: &known.registered,
                    filed: &known.filed,
                    called_up: &known.called_up,
                    grades: &known.grades,
                    now: known.now,
                })
            },
        )?;
        Ok(session)
    }

    /// What the ledger's events say; read once, when the first entry wants it.
    fn known(&self, book: &Rulebook) -> Result<&Known, EngineError> {
        if let Some(known) = self.known.get() {
            return Ok(known);
        }
        let Some((reader, keys)) = &self.ledger else {
            return Err(EngineError::evaluation("without a ledger nothing is known of receipts and grades"));
        };
        let known = known(reader, keys, self.as_of, book)?;
        Ok(self.known.get_or_init(|| known))
    }
}

fn known(reader: &Reader, keys: &KeyStore, as_of: u64, book: &Rulebook) -> Result<Known, EngineError> {
    let mut known = Known::default();
    let wanted = |head: &seal::leaf::Head<'_>| match head.kind {
        EventKind::Filing
        | EventKind::Grade
        | EventKind::Occasion
        | EventKind::CallUp
        | EventKind::CallUpAnswer => true,
        EventKind::Record => head.stream == Some(Register::STREAM),
        _ => false,
    };
    scan_wanted(reader, keys, 0..as_of, &[], wanted, |item| {
        match item {
            Item::Receipt(receipt, _) => {
                known.now = known.now.max(receipt.received_at);
                known.filed.add(&receipt);
            }
            Item::CallUp(event, position) => {
                known.now = known.now.max(event.time());
                known.called_up.take(&event, position);
            }
            Item::Occasion(occasion, _) => known.now = known.now.max(occasion.time),
            Item::Grade(grade, _) => known.grades.restore(book, *grade),
            Item::Records { institution, columns, .. } => {
                for own in Registered::read(&columns) {
                    known.registered.entry(institution.to_string()).or_default().push(own);
                }
            }
            _ => {}
        }
        Ok(())
    })?;
    Ok(known)
}

/// A record by stream, institution and id.
type Named = (&'static str, String, String);

/// Adds the records that the columns miss: those that a running server holds in memory, or that
/// came before it was killed.
fn fill(
    view: &mut HistoryView,
    reader: &Reader,
    keys: &KeyStore,
    range: std::ops::Range<u64>,
    options: &query::Options,
) -> Result<(), EngineError> {
    let mut revised: Vec<(&'static StreamSpec, String, String, u64)> = Vec::new();
    scan(reader, keys, range, &[], |item| {
        let Item::Records { stream, institution, columns, positions, .. } = item else { return Ok(()) };
        for row in (0..columns.len()).filter(|row| columns.revision(*row) > 0) {
            let before = columns.revision(row) - 1;
            revised.push((stream, institution.to_string(), columns.id(row).to_owned(), before));
        }
        let batch = to_batch(stream, &institution, columns, positions.collect());
        view.append(stream, batch.map_err(EngineError::evaluation)?).map_err(EngineError::evaluation)
    })?;
    let streams: BTreeSet<&str> = revised.iter().map(|(stream, ..)| stream.name).collect();
    let mut positions: HashMap<(Named, u64), u64> = HashMap::new();
    let session = view.session(None, options).map_err(EngineError::evaluation)?;
    for stream in streams {
        let of_stream: Vec<_> = revised.iter().filter(|(own, ..)| own.name == stream).collect();
        for some in of_stream.chunks(IDS_TOGETHER) {
            let ids: Vec<String> =
                some.iter().map(|(_, _, id, _)| format!("'{}'", id.replace('\'', "''"))).collect();
            let sql = format!(
                "SELECT institution, id, COALESCE(revision, 0) AS revision, position FROM \"{stream}\" WHERE id IN ({})",
                ids.join(", ")
            );
            let rows = session.run(&sql).map_err(EngineError::evaluation)?;
            for row in 0..rows.len() {
                let text = |column: &str| rows.text(column, row).unwrap_or_default();
                let named = some.first().map(|(own, ..)| (own.name, text("institution"), text("id")));
                if let (Some(named), Some(revision), Some(position)) =
                    (named, rows.position("revision", row), rows.position("position", row))
                {
                    positions.insert((named, revision), position);
                }
            }
        }
    }
    drop(session);
    for (stream, institution, id, before) in revised {
        if let Some(position) = positions.get(&((stream.name, institution, id), before)) {
            view.supersede(stream, *position).map_err(EngineError::evaluation)?;
        }
    }
    Ok(())
}
