//! SM3 compression (GB/T 32905-2016 §5.3), lane by lane.

use super::{Compression, Group, LANES, of_lane, sixteen_steps};

/// SM3 in lanes.
pub(in crate::hasher) struct Sm3Lanes;

/// Constant of step `t`, rotated as it is used.
const fn constant(t: u32) -> u32 {
    let constant: u32 = if t < 16 { 0x79cc_4519 } else { 0x7a87_9d8a };
    constant.rotate_left(t % 32)
}

/// Step `$base + $t` with `W[t]` and `W'[t] = W[t] ^ W[t + 4]`; `w` holds the last sixteen words.
macro_rules! step {
    ($state:ident, $w:ident, $base:expr, $t:expr) => {
        let word = $w[$t];
        if $base + $t >= 12 {
            let mixed = $w[($t + 4) % 16] ^ $w[($t + 11) % 16] ^ $w[($t + 1) % 16].rotate_left(15);
            $w[($t + 4) % 16] = mixed
                ^ mixed.rotate_left(15)
                ^ mixed.rotate_left(23)
                ^ $w[($t + 7) % 16].rotate_left(7)
                ^ $w[($t + 14) % 16];
        }
        let constant = const { constant($base + $t) };
        $state = round::<{ $base < 16 }>($state, constant, word, word ^ $w[($t + 4) % 16]);
    };
}

impl Compression for Sm3Lanes {
    const INITIAL: [u32; 8] = [
        0x7380_166f,
        0x4914_b2b9,
        0x1724_42d7,
        0xda8a_0600,
        0xa96f_30bc,
        0x1631_38aa,
        0xe38d_ee4d,
        0xb0fb_0e4e,
    ];
    const BUSY_LANES_MIN: usize = 3;

    #[inline(always)]
    fn compress(group: &mut Group) {
        for lane in 0..LANES {
            let mut w = of_lane(&group.message, lane);
            let before = of_lane(&group.state, lane);
            let mut s = before;
            sixteen_steps!(step(s, w, 0));
            sixteen_steps!(step(s, w, 16));
            sixteen_steps!(step(s, w, 32));
            sixteen_steps!(step(s, w, 48));
            for (lanes, (after, before)) in group.state.iter_mut().zip(s.into_iter().zip(before)) {
                lanes[lane] = after ^ before;
            }
        }
    }
}

#[inline(always)]
fn round<const EARLY: bool>(
    [a, b, c, d, e, f, g, h]: [u32; 8],
    constant: u32,
    w: u32,
    w_prime: u32,
) -> [u32; 8] {
    let a12 = a.rotate_left(12);
    let ss1 = a12.wrapping_add(e).wrapping_add(constant).rotate_left(7);
    let ss2 = ss1 ^ a12;
    let (ff, gg) =
        if EARLY { (a ^ b ^ c, e ^ f ^ g) } else { ((a & b) | (a & c) | (b & c), (e & f) | (!e & g)) };
    let tt1 = ff.wrapping_add(d).wrapping_add(ss2).wrapping_add(w_prime);
    let tt2 = gg.wrapping_add(h).wrapping_add(ss1).wrapping_add(w);
    let p0 = tt2 ^ tt2.rotate_left(9) ^ tt2.rotate_left(17);
    [tt1, a, b.rotate_left(9), c, p0, e, f.rotate_left(19), g]
}
