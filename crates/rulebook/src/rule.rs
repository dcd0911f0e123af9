//! Streaming rules: a condition on records, a group, a window, a measure, and the bands of its
//! value. One definition; the windows of `analysis` evaluate it record by record, and
//! [`Rule::batch_sql`] says the same in SQL.

mod batch_sql;
mod measure;

use model::event::{Grade, Verdict};
use model::spec::{FieldKind, StreamSpec};
use query::{Number, Predicate};
use serde::Deserialize;
use serde_saphyr::Spanned;

pub use measure::{Comparison, Measure, RuleBand};

use crate::entry::{Meta, Unit, raw_entry};
use crate::fault::RuleFault;
use crate::lines;
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

/// The longest window, in days.
const WINDOW_DAYS_MAX: u32 = 366;

/// What a rule looks at together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Window {
    /// The records of one civil day.
    CalendarDay,
    /// The records of this many days that end with a day on which the group has a record.
    SlidingDays(u32),
    /// A day against the day this many days before.
    AgainstDaysBefore(u32),
}

impl Window {
    /// How many days before its last day a window begins.
    pub fn days_back(self) -> u32 {
        match self {
            Self::CalendarDay => 0,
            Self::SlidingDays(days) => days.saturating_sub(1),
            Self::AgainstDaysBefore(days) => days,
        }
    }
}

/// A streaming rule.
///
/// **Lines of business.** Where the records of the stream say their line, those of other lines than
/// the rule's are not looked at: `when` holds the condition ([`Rule::when`]). Where they do not, the
/// rule must be for every line that files the stream.
///
/// **Which records count.** A record for which `when` is false is not looked at. A record for
/// which `when` is NULL, or in which a group column or the measured column is NULL, is
/// *undetermined*: it counts for nothing, and makes the window that it lies in undetermined. The
/// records left are *determined*; the value is measured over them.
///
/// **Windows.** There is a window for every group and day with a record that is looked at, by the
/// civil date of the event. A group is one value of the group columns within one institution, or
/// across all of them; records with NULL in a group column form a group of their own.
///
/// **Against a day before** (`growth_percent`): v(d) is the value of the record with the highest
/// position of day d. When the group has a record on day d but none on day d - n, the window is
/// undetermined if the group has an earlier record than d - n (a filing is missing), and silent
/// if it has none (the group is new). It is undetermined also when v(d - n) is zero.
///
/// **Verdict.** See [`Rule::verdict`].
#[derive(Clone, Debug)]
pub struct Rule {
    /// What it says about itself.
    pub meta: Meta,
    /// The stream whose records it looks at.
    pub stream: &'static StreamSpec,
    /// Which records it looks at, the lines of business among the conditions; all when `None`.
    pub when: Option<Predicate>,
    /// The columns that form groups within an institution.
    pub group_by: Vec<String>,
    /// Whether the same group is one group across all institutions.
    pub across_institutions: bool,
    /// What it looks at together.
    pub window: Window,
    /// What is measured.
    pub measure: Measure,
    /// The bands, the worst first; at least one.
    pub bands: Vec<RuleBand>,
}

impl Rule {
    /// What the value is measured in.
    pub fn unit(&self) -> Unit {
        let of_column = |column: &str| match self.kind(column) {
            Some(FieldKind::Money { .. }) => Unit::Yuan,
            Some(FieldKind::Percent { .. }) => Unit::Percent,
            _ => Unit::Count,
        };
        match &self.measure {
            Measure::Count | Measure::CountDistinct(_) => Unit::Count,
            Measure::GrowthPercent(_) => Unit::Percent,
            Measure::Sum(column) | Measure::Min(column) | Measure::Max(column) => of_column(column),
        }
    }

    fn kind(&self, column: &str) -> Option<FieldKind> {
        self.stream
            .field_index(column)
            .and_then(|index| self.stream.fields.get(index))
            .map(|field| field.kind)
    }

    /// Whether a hit on the determined records stays a hit whatever the undetermined ones hold.
    pub fn is_certain(&self, band: &RuleBand) -> bool {
        let rises = match &self.measure {
            Measure::Count | Measure::CountDistinct(_) | Measure::Max(_) => true,
            Measure::Sum(column) => !matches!(
                self.kind(column),
                Some(FieldKind::Money { signed: true } | FieldKind::Percent { signed: true })
            ),
            Measure::Min(_) => return !band.comparison.is_upward(),
            Measure::GrowthPercent(_) => return false,
        };
        rises && band.comparison.is_upward()
    }

    /// The verdict on a window.
    ///
    /// `value` is measured over the determined records, `None` when there is none to measure;
    /// `undetermined` says whether the window is undetermined. The worst band that the value meets
    /// gives the grade; in an undetermined window only a band counts that no further record can
    /// take back ([`Rule::is_certain`]), and without such a band the verdict is undetermined.
    pub fn verdict(&self, value: Option<Number>, undetermined: bool) -> Verdict {
        match self.band(value, undetermined) {
            Some(band) => Verdict::Graded(band.grade),
            None if undetermined => Verdict::Undetermined,
            None => Verdict::Graded(Grade::Green),
        }
    }

    /// The band that decides [`Rule::verdict`], if one is met.
    pub fn band(&self, value: Option<Number>, undetermined: bool) -> Option<&RuleBand> {
        let value = value?;
        self.bands
            .iter()
            .find(|band| band.comparison.holds(value) && (!undetermined || self.is_certain(band)))
    }

    /// The condition to show beside a value: that of the band met, or of the first one that is not.
    pub fn condition(&self, value: Option<Number>, undetermined: bool) -> String {
        let band = self.band(value, undetermined).or(self.bands.last());
        band.map(|band| format!("{} {}", self.measure, band.comparison)).unwrap_or_default()
    }
}

raw_entry!(RawRule {
    stream: Word,
    #[serde(default)]
    when: Option<Word>,
    group_by: Vec<Word>,
    #[serde(default)]
    across_institutions: bool,
    window: Spanned<RawWindow>,
    measure: Word,
    bands: Spanned<RawBands>,
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawWindow {
    calendar: Option<Word>,
    sliding_days: Option<Spanned<u32>>,
    against_days_before: Option<Spanned<u32>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawBands {
    pub(crate) yellow: Option<Word>,
    pub(crate) orange: Option<Word>,
    pub(crate) red: Option<Word>,
}

impl RawBands {
    /// The bands that are given, the worst first.
    pub(crate) fn worst_first(&self) -> impl Iterator<Item = (Grade, &Word)> {
        let bands = [(Grade::Red, &self.red), (Grade::Orange, &self.orange), (Grade::Yellow, &self.yellow)];
        bands.into_iter().filter_map(|(grade, word)| word.as_ref().map(|word| (grade, word)))
    }
}

/// Reads and checks a rule's file.
pub(crate) fn parse(file: &SourceFile) -> Result<Rule, Vec<RuleFault>> {
    let mut reader = Reader::whole(file);
    let raw = reader.read::<RawRule>();
    match raw.and_then(|raw| check(&mut reader, raw)) {
        Some(rule) if reader.faults.is_empty() => Ok(rule),
        _ => Err(reader.faults),
    }
}

fn check(reader: &mut Reader<'_>, raw: RawRule) -> Option<Rule> {
    let (meta, (stream, when, group_by, across_institutions, window, measure, bands)) = raw.split();
    let tier = meta.tier.clone();
    let meta = meta.check(reader);
    if meta.as_ref().is_some_and(|meta| meta.tier == crate::entry::Tier::Indicator) {
        reader.fault(&tier, "an indicator is a query in a .sql file, not a rule over a stream");
    }
    let window = check_window(reader, &window);
    let stream = reader.stream(&stream)?;
    let when = check_when(reader, stream, when.as_ref(), meta.as_ref());
    let group_by: Vec<_> =
        group_by.iter().map(|word| check_column(reader, stream, word, &word.value)).collect();
    let measure_word = measure;
    let measure = measure::check(reader, stream, &measure_word);
    if let (Some(window), Some(measure)) = (window, &measure) {
        let is_growth = matches!(measure, Measure::GrowthPercent(_));
        if is_growth != matches!(window, Window::AgainstDaysBefore(_)) {
            let message = "growth_percent() and the window {against_days_before: …} belong together";
            reader.fault(&measure_word, message);
        }
    }
    let bands = measure::check_bands(reader, &bands);
    Some(Rule {
        meta: meta?,
        stream,
        when: when?,
        group_by: group_by.into_iter().collect::<Option<_>>()?,
        across_institutions,
        window: window?,
        measure: measure?,
        bands: bands?,
    })
}

/// The condition of the file and that of the lines of business, both; `None` inside where neither
/// is wanted.
fn check_when(
    reader: &mut Reader<'_>,
    stream: &'static StreamSpec,
    when: Option<&Word>,
    meta: Option<&Meta>,
) -> Option<Option<Predicate>> {
    let schema = model::arrow::schema(stream);
    // By itself first, so that a fault is shown where it stands in the file.
    let own = match when {
        None => None,
        Some(word) => match Predicate::compile(&word.value, &schema) {
            Ok(own) => Some(own),
            Err(fault) => {
                reader.sql_fault(word, fault);
                return None;
            }
        },
    };
    let Some(of_lines) =
        meta.filter(|_| lines::tells(stream.name)).and_then(|meta| lines::condition(&meta.lines))
    else {
        return Some(own);
    };
    let both = match own {
        None => of_lines,
        Some(own) => format!("{of_lines} AND ({}\n)", own.sql().trim()),
    };
    match (Predicate::compile(&both, &schema), when) {
        (Ok(both), _) => Some(Some(both)),
        (Err(fault), Some(word)) => {
            reader.sql_fault(word, query::SqlFault { span: None, ..fault });
            None
        }
        (Err(_), None) => None,
    }
}

fn check_window(reader: &mut Reader<'_>, window: &Spanned<RawWindow>) -> Option<Window> {
    let RawWindow { calendar, sliding_days, against_days_before } = &window.value;
    let days = |reader: &mut Reader<'_>, days: &Spanned<u32>| {
        let fits = (1..=WINDOW_DAYS_MAX).contains(&days.value);
        if !fits {
            reader.fault(days, format!("a window has 1 to {WINDOW_DAYS_MAX} days"));
        }
        fits.then_some(days.value)
    };
    match (calendar, sliding_days, against_days_before) {
        (Some(word), None, None) => {
            reader.one_of(word, "calendar period", &[("day", ())]).map(|()| Window::CalendarDay)
        }
        (None, Some(number), None) => days(reader, number).map(Window::SlidingDays),
        (None, None, Some(number)) => days(reader, number).map(Window::AgainstDaysBefore),
        _ => {
            reader.fault(window, "a rule has one window").help =
                Some("write one of: {calendar: day}, {sliding_days: 7}, {against_days_before: 7}".to_owned());
            None
        }
    }
}

/// Checks that a stream has a column of its own with a name.
pub(crate) fn check_column(
    reader: &mut Reader<'_>,
    stream: &'static StreamSpec,
    word: &Word,
    name: &str,
) -> Option<String> {
    let field = stream.fields.iter().find(|field| field.name == name);
    match field.map(|field| field.kind) {
        None => {
            let names: Vec<_> = stream.fields.iter().map(|field| field.name).collect();
            reader.fault(word, format!("the stream \"{}\" has no column \"{name}\"", stream.name)).help =
                Some(format!("the columns are: {}", names.join(", ")));
            None
        }
        Some(FieldKind::List(_)) => {
            reader.fault(word, format!("the column \"{name}\" holds lists"));
            None
        }
        Some(_) => Some(name.to_owned()),
    }
}
