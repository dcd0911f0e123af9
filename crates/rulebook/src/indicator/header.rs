//! An indicator's file as far as it can be checked alone: the description in its opening comment.

use std::ops::Range;

use serde_saphyr::Spanned;

use super::{Days, Level, Scope};
use crate::entry::{Meta, Tier, Unit, raw_entry};
use crate::fault::RuleFault;
use crate::notice::RawNotice;
use crate::rule::RawBands;
use crate::source::SourceFile;
use crate::yaml::{Reader, Word};

/// The longest time that an indicator looks back, in days.
const LOOKBACK_DAYS_MAX: u32 = 3 * 366;
/// The longest time after its day that a reading may look at.
const LOOKAHEAD_DAYS_MAX: u32 = 31;

raw_entry!(RawIndicator {
    level: Word,
    scope: Word,
    unit: Word,
    streams: Spanned<Vec<Word>>,
    #[serde(default)]
    inputs: Vec<Word>,
    lookback_days: Spanned<u32>,
    lookahead_days: Option<Spanned<u32>>,
    days: Option<Word>,
    #[serde(default)]
    per: Vec<Word>,
    lines_by: Option<Word>,
    #[serde(default)]
    weight_only: bool,
    notice: Option<Spanned<RawNotice>>,
    bands: Spanned<RawBands>,
});

/// An indicator whose query was not yet checked, because that needs its inputs.
pub(crate) struct Draft {
    pub(crate) file: SourceFile,
    pub(super) raw: Unchecked,
    pub(crate) id: String,
    pub(crate) inputs: Vec<Word>,
    pub(super) header: Range<usize>,
    pub(super) body: Range<usize>,
}

pub(super) struct Unchecked {
    pub(super) meta: Meta,
    pub(super) level: Level,
    pub(super) scope: Scope,
    pub(super) unit: Unit,
    pub(super) streams: Vec<Word>,
    pub(super) lookback_days: u32,
    pub(super) lookahead_days: u32,
    pub(super) days: Days,
    pub(super) per: Vec<Word>,
    pub(super) lines_by: Option<Word>,
    pub(super) weight_only: bool,
    pub(super) notice: Option<Spanned<RawNotice>>,
    pub(super) bands: RawBands,
}

/// The parts of the file: the YAML between the first `/*` and `*/`, and the query after it.
fn parts(file: &SourceFile) -> Result<(Range<usize>, Range<usize>), RuleFault> {
    let text = &file.text;
    let no_header = || {
        RuleFault::new(file, None, "an indicator begins with its description between /* and */")
            .with_help("see rulebook/README.md for the keys")
    };
    let start =
        text.find("/*").filter(|start| text.get(..*start).is_some_and(|before| before.trim().is_empty()));
    let header = start.ok_or_else(no_header)? + 2;
    let end = text.get(header..).and_then(|rest| rest.find("*/")).ok_or_else(no_header)? + header;
    Ok((header..end, end + 2..text.len()))
}

/// Reads an indicator's file as far as it can be checked alone.
pub(crate) fn draft(file: &SourceFile) -> Result<Draft, Vec<RuleFault>> {
    let (header, body) = parts(file).map_err(|fault| vec![fault])?;
    let mut reader = Reader::new(file, header.clone());
    let drafted = reader.read::<RawIndicator>().and_then(|raw| {
        let (meta, own) = raw.split();
        let (
            level,
            scope,
            unit,
            streams,
            inputs,
            lookback_days,
            lookahead_days,
            days,
            per,
            lines_by,
            weight_only,
            notice,
            bands,
        ) = own;
        let id = meta.id.value.clone();
        let tier = meta.tier.clone();
        let meta = meta.check(&mut reader);
        let level = Level::read(&mut reader, &level).inspect(|level| {
            let folder = format!("indicators/{}", level.code());
            if meta.as_ref().is_some_and(|meta| meta.tier == Tier::Indicator) && file.folder() != folder {
                reader.fault(&tier, format!("an indicator of this level lies in {folder}/"));
            }
        });
        let scope = Scope::read(&mut reader, &scope);
        let unit = Unit::read(&mut reader, &unit);
        if lookback_days.value > LOOKBACK_DAYS_MAX {
            reader.fault(&lookback_days, format!("an indicator looks back {LOOKBACK_DAYS_MAX} days at most"));
        }
        if let Some(days) = lookahead_days.as_ref().filter(|days| days.value > LOOKAHEAD_DAYS_MAX) {
            reader.fault(days, format!("a query looks ahead {LOOKAHEAD_DAYS_MAX} days at most"));
        }
        let days = days.as_ref().map_or(Some(Days::Any), |word| Days::read(&mut reader, word));
        if bands.value.worst_first().next().is_none() {
            reader.fault(&bands, "an indicator has at least one band").help =
                Some("give yellow, orange or red".to_owned());
        }
        let raw = Unchecked {
            meta: meta?,
            level: level?,
            scope: scope?,
            unit: unit?,
            streams: streams.value,
            lookback_days: lookback_days.value,
            lookahead_days: lookahead_days.map_or(0, |days| days.value),
            days: days?,
            per,
            lines_by,
            weight_only,
            notice,
            bands: bands.value,
        };
        Some(Draft { file: file.clone(), raw, id, inputs, header: header.clone(), body })
    });
    match drafted {
        Some(draft) if reader.faults.is_empty() => Ok(draft),
        _ => Err(reader.faults),
    }
}
