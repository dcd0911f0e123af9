//! SHA-256 compression (FIPS 180-4 §6.2.2), lane by lane.

use super::{Compression, Group, LANES, compress_widest, of_lane, sixteen_steps};

/// SHA-256 in lanes.
pub(in crate::hasher) struct Sha256Lanes;

/// FIPS 180-4 §4.2.2.
#[rustfmt::skip]
pub(super) const K: [u32; 64] = [
    0x428a_2f98, 0x7137_4491, 0xb5c0_fbcf, 0xe9b5_dba5,
    0x3956_c25b, 0x59f1_11f1, 0x923f_82a4, 0xab1c_5ed5,
    0xd807_aa98, 0x1283_5b01, 0x2431_85be, 0x550c_7dc3,
    0x72be_5d74, 0x80de_b1fe, 0x9bdc_06a7, 0xc19b_f174,
    0xe49b_69c1, 0xefbe_4786, 0x0fc1_9dc6, 0x240c_a1cc,
    0x2de9_2c6f, 0x4a74_84aa, 0x5cb0_a9dc, 0x76f9_88da,
    0x983e_5152, 0xa831_c66d, 0xb003_27c8, 0xbf59_7fc7,
    0xc6e0_0bf3, 0xd5a7_9147, 0x06ca_6351, 0x1429_2967,
    0x27b7_0a85, 0x2e1b_2138, 0x4d2c_6dfc, 0x5338_0d13,
    0x650a_7354, 0x766a_0abb, 0x81c2_c92e, 0x9272_2c85,
    0xa2bf_e8a1, 0xa81a_664b, 0xc24b_8b70, 0xc76c_51a3,
    0xd192_e819, 0xd699_0624, 0xf40e_3585, 0x106a_a070,
    0x19a4_c116, 0x1e37_6c08, 0x2748_774c, 0x34b0_bcb5,
    0x391c_0cb3, 0x4ed8_aa4a, 0x5b9c_ca4f, 0x682e_6ff3,
    0x748f_82ee, 0x78a5_636f, 0x84c8_7814, 0x8cc7_0208,
    0x90be_fffa, 0xa450_6ceb, 0xbef9_a3f7, 0xc671_78f2,
];

/// `$t` is the number of the step within its sixteen, `$base` that of the first of them.
macro_rules! step {
    ($state:ident, $w:ident, $base:expr, $t:expr) => {
        if $base > 0 {
            let (w15, w2) = ($w[($t + 1) % 16], $w[($t + 14) % 16]);
            $w[$t] = $w[$t]
                .wrapping_add(w15.rotate_right(7) ^ w15.rotate_right(18) ^ (w15 >> 3))
                .wrapping_add($w[($t + 9) % 16])
                .wrapping_add(w2.rotate_right(17) ^ w2.rotate_right(19) ^ (w2 >> 10));
        }
        $state = round($state, K[$base + $t].wrapping_add($w[$t]));
    };
}

impl Compression for Sha256Lanes {
    const INITIAL: [u32; 8] = crate::hasher::sha256::INITIAL_STATE;
    const BUSY_LANES_MIN: usize = 7;

    fn compress_all(groups: &mut [Group]) {
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx512f") {
            #[expect(unsafe_code, reason = "calls a function compiled for AVX-512")]
            // SAFETY: the processor has AVX-512F, as detected just above; the function has no other
            // precondition.
            return unsafe { super::avx512::compress_all(groups) };
        }
        groups.iter_mut().for_each(compress_widest::<Self>);
    }

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
                lanes[lane] = after.wrapping_add(before);
            }
        }
    }
}

#[inline(always)]
fn round([a, b, c, d, e, f, g, h]: [u32; 8], k_plus_w: u32) -> [u32; 8] {
    let sum1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
    // (e & f) ^ (!e & g), with one operation less.
    let choice = g ^ (e & (f ^ g));
    let t1 = h.wrapping_add(sum1).wrapping_add(choice).wrapping_add(k_plus_w);
    let sum0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
    let majority = (a & b) ^ (a & c) ^ (b & c);
    let t2 = sum0.wrapping_add(majority);
    [t1.wrapping_add(t2), a, b, c, d.wrapping_add(t1), e, f, g]
}
