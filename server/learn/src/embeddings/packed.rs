//! Vectors of words in few bytes, as they lie in memory and in the vault: an integer of 8 bits a value, and a factor for each vector.
//!
//! What must stay true: bytes depend on the vector alone; whatever bytes are read, what comes out is finite where [`is_sound`] says so, and
//! nothing panics.

use std::sync::Arc;

use half::f16;

/// The integer of a vector's largest value.
const TOP: f32 = 127.0;

/// Vectors of the words of one text, end to end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Packed(Arc<[u8]>);

impl From<Arc<[u8]>> for Packed {
    fn from(bytes: Arc<[u8]>) -> Packed {
        Packed(bytes)
    }
}

impl From<&[u8]> for Packed {
    fn from(bytes: &[u8]) -> Packed {
        Packed(bytes.into())
    }
}

impl From<Vec<u8>> for Packed {
    fn from(bytes: Vec<u8>) -> Packed {
        Packed(bytes.into())
    }
}

/// Bytes of a vector.
const fn length(width: usize) -> usize {
    2 + width
}

/// Vectors that lie end to end.
pub(crate) fn pack(values: &[f32], width: usize) -> Vec<u8> {
    let vectors = values.chunks_exact(width.max(1));
    let mut bytes = Vec::with_capacity(vectors.len() * length(width));
    for vector in vectors {
        let largest = vector.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
        let factor = f16::from_f32((largest / TOP).min(f16::MAX.to_f32()));
        bytes.extend(factor.to_le_bytes());
        let share = if factor > f16::ZERO { 1.0 / factor.to_f32() } else { 0.0 };
        bytes.extend(vector.iter().map(|value| ((value * share).round().clamp(-TOP, TOP) as i8).cast_unsigned()));
    }
    bytes
}

/// Whether these may be the vectors of so many words.
pub(super) fn is_sound(bytes: &[u8], width: usize, words: usize) -> bool {
    bytes.len() == words * length(width)
        && bytes.chunks_exact(length(width)).all(|vector| f16::from_le_bytes([vector[0], vector[1]]).is_finite())
}

impl Packed {
    /// Words that have a vector.
    pub(crate) fn words(&self, width: usize) -> usize {
        self.0.len() / length(width)
    }

    /// The vector of a word; `to`, which is as wide, stays as it is where there is none.
    pub(crate) fn read(&self, word: usize, to: &mut [f32]) {
        let length = length(to.len());
        if let Some([low, high, values @ ..]) = self.0.get(word * length..(word + 1) * length) {
            let factor = f16::from_le_bytes([*low, *high]).to_f32();
            to.iter_mut().zip(values).for_each(|(to, value)| *to = factor * f32::from(value.cast_signed()));
        }
    }
}
