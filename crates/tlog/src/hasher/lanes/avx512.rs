//! SHA-256 compression with 512-bit vectors, two groups of lanes step by step in turn.
//!
//! A vector operation gives its result two cycles later, and each step of SHA-256 needs that of
//! the step before: one group leaves the processor waiting. Left to itself the compiler makes one
//! group after the other, or writes all steps out, and these do not fit the cache of decoded
//! instructions. So this says which instructions; the loop over sixteen steps stays one.

use std::arch::x86_64::{
    __m512i, _mm512_add_epi32, _mm512_ror_epi32, _mm512_set1_epi32, _mm512_setzero_si512, _mm512_srli_epi32,
    _mm512_ternarylogic_epi32,
};

use super::{Group, LANES, Words, sha256::K, sixteen_steps};

/// `a ^ b ^ c`, as a truth table.
const XOR: i32 = 0x96;
/// `a` chooses between `b` and `c`.
const CHOICE: i32 = 0xca;
/// What at least two of the three say.
const MAJORITY: i32 = 0xe8;

/// Compresses one block of each message of each group.
#[target_feature(enable = "avx512f")]
pub(super) fn compress_all(groups: &mut [Group]) {
    let (pairs, rest) = groups.as_chunks_mut::<2>();
    pairs.iter_mut().for_each(|pair| compress(pair));
    rest.as_chunks_mut::<1>().0.iter_mut().for_each(|group| compress(group));
}

/// One step of each group; `$t` is its number within its sixteen, `$k` holds their constants.
macro_rules! steps {
    ($states:ident, $words:ident, $k:ident, $is_first:expr, $t:expr) => {
        for (state, words) in $states.iter_mut().zip(&mut $words) {
            if !$is_first {
                words[$t] = next_word(words, $t);
            }
            let k_plus_w = _mm512_add_epi32(words[$t], _mm512_set1_epi32($k[$t].cast_signed()));
            *state = round(*state, k_plus_w);
        }
    };
}

#[inline]
#[target_feature(enable = "avx512f")]
fn compress<const N: usize>(groups: &mut [Group; N]) {
    let mut states = [[_mm512_setzero_si512(); 8]; N];
    let mut words = [[_mm512_setzero_si512(); 16]; N];
    for ((state, words), group) in states.iter_mut().zip(&mut words).zip(&*groups) {
        load(state, &group.state);
        load(words, &group.message);
    }
    let (first, others) = K.as_chunks::<16>().0.split_at(1);
    for k in first {
        sixteen_steps!(steps(states, words, k, true));
    }
    for k in others {
        sixteen_steps!(steps(states, words, k, false));
    }
    for (group, state) in groups.iter_mut().zip(states) {
        for (before, after) in group.state.iter_mut().zip(state) {
            *before = to_words(_mm512_add_epi32(of_words(*before), after));
        }
    }
}

/// The word of the message schedule that takes the place of the one sixteen steps before.
#[inline]
#[target_feature(enable = "avx512f")]
fn next_word(w: &[__m512i; 16], t: usize) -> __m512i {
    let (w15, w2) = (w[(t + 1) % 16], w[(t + 14) % 16]);
    let sigma0 = _mm512_ternarylogic_epi32::<XOR>(
        _mm512_ror_epi32::<7>(w15),
        _mm512_ror_epi32::<18>(w15),
        _mm512_srli_epi32::<3>(w15),
    );
    let sigma1 = _mm512_ternarylogic_epi32::<XOR>(
        _mm512_ror_epi32::<17>(w2),
        _mm512_ror_epi32::<19>(w2),
        _mm512_srli_epi32::<10>(w2),
    );
    _mm512_add_epi32(_mm512_add_epi32(w[t], sigma0), _mm512_add_epi32(w[(t + 9) % 16], sigma1))
}

#[inline]
#[target_feature(enable = "avx512f")]
fn round([a, b, c, d, e, f, g, h]: [__m512i; 8], k_plus_w: __m512i) -> [__m512i; 8] {
    let sum1 = _mm512_ternarylogic_epi32::<XOR>(
        _mm512_ror_epi32::<6>(e),
        _mm512_ror_epi32::<11>(e),
        _mm512_ror_epi32::<25>(e),
    );
    let choice = _mm512_ternarylogic_epi32::<CHOICE>(e, f, g);
    let t1 = _mm512_add_epi32(_mm512_add_epi32(_mm512_add_epi32(h, k_plus_w), choice), sum1);
    let sum0 = _mm512_ternarylogic_epi32::<XOR>(
        _mm512_ror_epi32::<2>(a),
        _mm512_ror_epi32::<13>(a),
        _mm512_ror_epi32::<22>(a),
    );
    let t2 = _mm512_add_epi32(sum0, _mm512_ternarylogic_epi32::<MAJORITY>(a, b, c));
    [_mm512_add_epi32(t1, t2), a, b, c, _mm512_add_epi32(d, t1), e, f, g]
}

const _: () = assert!(size_of::<Words>() == size_of::<__m512i>() && LANES == 16);

#[inline(always)]
fn load<const N: usize>(vectors: &mut [__m512i; N], words: &[Words; N]) {
    for (vector, words) in vectors.iter_mut().zip(words) {
        *vector = of_words(*words);
    }
}

#[inline(always)]
fn of_words(words: Words) -> __m512i {
    #[expect(unsafe_code, reason = "the standard library has no safe way from an array to a vector")]
    // SAFETY: both are 64 bytes, of which any are a value.
    unsafe {
        std::mem::transmute(words)
    }
}

#[inline(always)]
fn to_words(vector: __m512i) -> Words {
    #[expect(unsafe_code, reason = "the standard library has no safe way from a vector to an array")]
    // SAFETY: both are 64 bytes, of which any are a value.
    unsafe {
        std::mem::transmute(vector)
    }
}
