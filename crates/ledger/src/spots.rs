//! Where entries lie in a segment: a sparse index, small enough to be kept for every segment.

/// Bytes of frames that one spot stands for at most, unless a single frame is larger. Frames in
/// between are found by walking their headers.
pub(crate) const SPOT_BYTES: u32 = 128 << 10;

/// A frame whose place is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Spot {
    /// Its first entry, counted from the segment's first.
    pub(crate) entry: u32,
    /// Its byte offset in the segment.
    pub(crate) offset: u32,
}

/// Remembers a frame if it lies far enough behind the last one remembered.
pub(crate) fn note_frame(spots: &mut Vec<Spot>, entry: u32, offset: u32) {
    let far = match spots.last() {
        Some(last) => offset.saturating_sub(last.offset) >= SPOT_BYTES,
        None => true,
    };
    if far {
        spots.push(Spot { entry, offset });
    }
}

/// Position in `spots` of the last spot at or before `entry`.
pub(crate) fn position(spots: &[Spot], entry: u32) -> Option<usize> {
    spots.partition_point(|spot| spot.entry <= entry).checked_sub(1)
}
