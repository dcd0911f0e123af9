//! Numbers of what stands on the desk: alert, case, order and so on, counted by year.

use std::collections::BTreeMap;

use model::time::Time;

/// What is numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// 预警.
    Alert,
    /// 复核.
    Review,
    /// 处置案件.
    Case,
    /// 指令.
    Order,
    /// 函件.
    Letter,
    /// 公示.
    PublicNotice,
    /// 送达.
    Delivery,
    /// 整改方案.
    Plan,
    /// 举报.
    Report,
    /// 处罚.
    Penalty,
    /// 准备金动用.
    Draw,
}

impl Kind {
    const ALL: [Self; 11] = [
        Self::Alert,
        Self::Review,
        Self::Case,
        Self::Order,
        Self::Letter,
        Self::PublicNotice,
        Self::Delivery,
        Self::Plan,
        Self::Report,
        Self::Penalty,
        Self::Draw,
    ];

    /// The letter with which its numbers begin.
    pub const fn letter(self) -> char {
        match self {
            Self::Alert => 'A',
            Self::Review => 'V',
            Self::Case => 'C',
            Self::Order => 'O',
            Self::Letter => 'L',
            Self::PublicNotice => 'N',
            Self::Delivery => 'D',
            Self::Plan => 'P',
            Self::Report => 'R',
            Self::Penalty => 'F',
            Self::Draw => 'B',
        }
    }
}

/// The numbers given so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Numbers(BTreeMap<(Kind, i32), u32>);

impl Numbers {
    /// The next number of a kind in the year of a time, such as `A-2026-000001`.
    pub fn next(&mut self, kind: Kind, now: Time) -> String {
        let year = now.day().year();
        let count = self.0.entry((kind, year)).or_insert(0);
        *count += 1;
        format!("{}-{year}-{count:06}", kind.letter())
    }

    /// Takes in a number that was given before; a text that is none changes nothing.
    pub fn take(&mut self, number: &str) {
        let mut parts = number.split('-');
        let (Some(letter), Some(year), Some(count), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return;
        };
        let kind = Kind::ALL.into_iter().find(|kind| letter.chars().eq([kind.letter()]));
        if let (Some(kind), Ok(year), Ok(count)) = (kind, year.parse(), count.parse()) {
            let given = self.0.entry((kind, year)).or_insert(0);
            *given = (*given).max(count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_on_where_they_were() {
        let now = Time::parse("2026-11-24T09:00:00+08:00").unwrap();
        let mut numbers = Numbers::default();
        assert_eq!(numbers.next(Kind::Alert, now), "A-2026-000001");
        let mut restored = Numbers::default();
        for given in ["A-2026-000007", "A-2026-000003", "C-2026-000002", "nonsense", "A-2026-x"] {
            restored.take(given);
        }
        assert_eq!(restored.next(Kind::Alert, now), "A-2026-000008");
        assert_eq!(restored.next(Kind::Case, now), "C-2026-000003");
        assert_eq!(restored.next(Kind::Case, now.plus_seconds(86_400 * 60)), "C-2027-000001");
    }
}
