//! Texts as vectors: what an encoder makes of them, made once for each text and kept.
//!
//! What must stay true: a vector depends on the encoder and its text alone, so that it can be shared by all data sets; what
//! was embedded before a cancel is kept; what comes out of a vault is checked before it is believed.

pub(crate) mod packed;
mod shelf;

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use half::{f16, slice::HalfFloatSliceExt};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use self::{packed::Packed, shelf::Shelf};
use crate::{Control, Encoder, FitError, Matrix, Text, spans::tokens};

/// Texts embedded between two looks at what is to be kept: about a second's work.
const PORTION: usize = 64;
/// Bytes of words' vectors that are held in memory at most; those beyond are read from the vault.
const ROOM: usize = 64 << 20;
/// Bytes of words' vectors that are known of at most, those in the vault included. A vault has room for more, so that data sets do not drive
/// out each other's.
const MOST: usize = 256 << 20;

/// What an encoder knows words by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// As it was pretrained.
    Pretrained,
    /// As it was trained to tell which parts of a text have which labels.
    Trained,
}

/// A pretrained encoder that is not being trained.
pub trait Encode: Send + Sync + fmt::Debug {
    /// Of the weights and all that changes what they say. Equal ids: equal vectors.
    fn id(&self) -> u64;
    /// Floats of a vector.
    fn width(&self) -> usize;
    /// Whether vectors are of unit length. Those that are not are the state of one token, by a constant: only a linear head may lie on
    /// them, since that is what the field's libraries can put there.
    fn is_unit(&self) -> bool {
        true
    }
    /// A vector for each text, in their order. The only errors are a cancel and a GPU that fails.
    fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError>;
    /// A vector for each part of each text, in their order: of a part where it stands. Parts are bytes of their text, in order, not
    /// overlapping, at the edges of characters. Errors as of [`Encode::embed`]. Without this, parts are texts by themselves.
    fn embed_parts(
        &self,
        texts: &[(&str, &[Range<u32>])],
        _reading: Reading,
        control: &Control,
    ) -> Result<Matrix, FitError> {
        let mut bodies = Vec::new();
        for (text, parts) in texts {
            let part = |part: &Range<u32>| text.get(part.start as usize..part.end as usize).unwrap_or_default();
            bodies.extend(parts.iter().map(part));
        }
        if bodies.is_empty() {
            return Ok(Matrix { columns: self.width(), values: Vec::new() });
        }
        self.embed(&bodies, control)
    }
    /// Itself, if it can be trained, and written as a checkpoint.
    fn trainable(&self) -> Option<&Encoder> {
        None
    }
}

/// Where vectors outlive the process. Neither call fails: what cannot be read is embedded again.
pub trait Vault: Send + Sync + fmt::Debug {
    /// Calls back with what is kept for each text.
    fn recall(&self, grain: Grain, encoder: u64, keys: &[u64], known: &mut dyn FnMut(u64, &[u8]));
    /// Whether it is kept now.
    fn keep(&self, grain: Grain, encoder: u64, entries: &[(u64, &[u8])]) -> bool;
}

/// What gets a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grain {
    /// A vector in half precision: lossless for labels.
    Texts,
    /// Each token of a text, as taggers read it; packed.
    Words(Reading),
}

/// An encoder with the vectors that it made.
#[derive(Debug)]
pub struct Embeddings {
    encoder: Arc<dyn Encode>,
    vault: Option<Arc<dyn Vault>>,
    grain: Grain,
    shelf: RwLock<Shelf>,
    words: OnceLock<Arc<Embeddings>>,
}

impl Embeddings {
    pub fn new(encoder: Arc<dyn Encode>, vault: Option<Arc<dyn Vault>>) -> Embeddings {
        Embeddings::of_grain(Grain::Texts, encoder, vault, Shelf::new(usize::MAX, usize::MAX))
    }

    fn of_grain(grain: Grain, encoder: Arc<dyn Encode>, vault: Option<Arc<dyn Vault>>, shelf: Shelf) -> Embeddings {
        Embeddings { encoder, vault, grain, shelf: RwLock::new(shelf), words: OnceLock::new() }
    }

    /// Of the same encoder, with a vector for each word of a text, for [`crate::Task::Spans`]; always the same ones. There is room in memory
    /// for some only: the others are read from the vault each time that they are asked for, and without one made again.
    pub fn words(self: &Arc<Self>) -> Arc<Embeddings> {
        if let Grain::Words(_) = self.grain {
            return self.clone();
        }
        let words = || Embeddings::reading(Reading::Pretrained, self.encoder.clone(), self.vault.clone());
        self.words.get_or_init(|| Arc::new(words())).clone()
    }

    /// As [`Embeddings::words`], of an encoder that was trained for that; with vectors in the vault of the one that it was trained from, if that
    /// is given.
    pub(crate) fn trained_words(base: Option<&Embeddings>, encoder: Encoder) -> Embeddings {
        let vault = base.and_then(|base| base.vault.clone());
        Embeddings::reading(Reading::Trained, Arc::new(encoder), vault)
    }

    fn reading(reading: Reading, encoder: Arc<dyn Encode>, vault: Option<Arc<dyn Vault>>) -> Embeddings {
        let shelf = Shelf::new(ROOM, if vault.is_some() { MOST } else { ROOM });
        Embeddings::of_grain(Grain::Words(reading), encoder, vault, shelf)
    }

    /// Of another encoder, with vectors in the same vault.
    pub(crate) fn of_encoder(&self, encoder: Encoder) -> Embeddings {
        Embeddings::new(Arc::new(encoder), self.vault.clone())
    }

    pub(crate) fn grain(&self) -> Grain {
        self.grain
    }

    pub fn encoder(&self) -> &Arc<dyn Encode> {
        &self.encoder
    }

    /// Whether this text's vector is at hand, or soon read from the vault.
    pub fn has(&self, key: u64) -> bool {
        self.shelf().has(key)
    }

    /// Whether there is no room for more.
    pub fn is_full(&self) -> bool {
        self.shelf().is_full()
    }

    /// The texts whose vectors are not at hand and could be, each once.
    pub fn missing<'a>(&self, texts: impl IntoIterator<Item = &'a Text>) -> Vec<&'a Text> {
        let shelf = self.shelf();
        if shelf.is_full() { Vec::new() } else { distinct(texts, |key| !shelf.has(key)) }
    }

    /// Fetches from the vault what is there.
    pub fn recall<'a>(&self, texts: impl IntoIterator<Item = &'a Text>) {
        let missing = self.missing(texts);
        if !missing.is_empty() {
            let mut shelf = self.shelf_mut();
            self.read(&missing, |key, bytes| shelf.put(key, bytes, true));
        }
    }

    /// What the vault keeps of these texts, if it can be theirs.
    fn read(&self, texts: &[&Text], mut known: impl FnMut(u64, &[u8])) {
        let Some(vault) = &self.vault else { return };
        let of: FxHashMap<u64, &Text> = texts.iter().map(|text| (text.key, *text)).collect();
        let keys: Vec<u64> = texts.iter().map(|text| text.key).collect();
        let width = self.encoder.width();
        vault.recall(self.grain, self.encoder.id(), &keys, &mut |key, bytes| {
            let is_sound = of.get(&key).is_some_and(|text| match self.grain {
                Grain::Texts => bytes.len() == 2 * width,
                Grain::Words(_) => packed::is_sound(bytes, width, tokens(&text.body).len()),
            });
            if is_sound {
                known(key, bytes);
            }
        });
    }

    /// Sees to it that every text's vector is at hand, while there is room. `done` hears how many of the missing ones are, after each
    /// portion; what it heard of stays, also after a cancel.
    pub fn embed<'a>(
        &self,
        texts: impl IntoIterator<Item = &'a Text>,
        control: &Control,
        mut done: impl FnMut(usize, usize),
    ) -> Result<(), FitError> {
        let texts: Vec<&Text> = texts.into_iter().collect();
        self.recall(texts.iter().copied());
        let missing = self.missing(texts);
        let mut count = 0;
        for portion in missing.chunks(PORTION) {
            if self.is_full() {
                break;
            }
            self.make(portion, control)?;
            count += portion.len();
            done(count, missing.len());
        }
        Ok(())
    }

    /// Embeds these texts, and keeps what there is room for.
    fn make(&self, texts: &[&Text], control: &Control) -> Result<Vec<(u64, Vec<u8>)>, FitError> {
        let made = match self.grain {
            Grain::Texts => self.of_texts(texts, control)?,
            Grain::Words(reading) => self.of_parts(texts, reading, control)?,
        };
        let entries: Vec<(u64, &[u8])> = made.iter().map(|(key, bytes)| (*key, &bytes[..])).collect();
        let kept = self.vault.as_ref().map(|vault| vault.keep(self.grain, self.encoder.id(), &entries));
        let mut shelf = self.shelf_mut();
        if kept == Some(false) {
            shelf.stay_in_memory();
        }
        entries.into_iter().for_each(|(key, bytes)| shelf.put(key, bytes, kept == Some(true)));
        Ok(made)
    }

    fn of_texts(&self, texts: &[&Text], control: &Control) -> Result<Vec<(u64, Vec<u8>)>, FitError> {
        let bodies: Vec<&str> = texts.iter().map(|text| &*text.body).collect();
        let vectors = self.encoder.embed(&bodies, control)?;
        let mut halves = vec![f16::ZERO; vectors.columns];
        let one = |(row, text): (usize, &&Text)| {
            halves.convert_from_f32_slice(vectors.row(row));
            (text.key, halves.iter().flat_map(|half| half.to_le_bytes()).collect())
        };
        Ok(texts.iter().enumerate().map(one).collect())
    }

    fn of_parts(&self, texts: &[&Text], reading: Reading, control: &Control) -> Result<Vec<(u64, Vec<u8>)>, FitError> {
        // What stands behind the last token has no vector, and need not be read.
        let words: Vec<Vec<Range<u32>>> = texts.par_iter().map(|text| tokens(&text.body)).collect();
        let read = |(text, words): (&&'_ Text, &Vec<Range<u32>>)| {
            words.last().map_or(0, |last| last.end as usize).min(text.body.len())
        };
        let ends: Vec<usize> = texts.iter().zip(&words).map(read).collect();
        let parts = texts.iter().zip(&words).zip(ends);
        let parts: Vec<(&str, &[Range<u32>])> =
            parts.map(|((text, words), end)| (&text.body[..end], &words[..])).collect();
        let vectors = self.encoder.embed_parts(&parts, reading, control)?;
        let mut rest = &vectors.values[..];
        let one = |(text, words): (&&Text, &Vec<Range<u32>>)| {
            let own;
            (own, rest) = rest.split_at_checked(words.len() * vectors.columns)?;
            Some((text.key, packed::pack(own, vectors.columns)))
        };
        Ok(texts.iter().zip(&words).map_while(one).collect())
    }

    /// A row a text; embeds what is not at hand.
    pub fn of(&self, texts: &[Text], control: &Control) -> Result<Matrix, FitError> {
        self.embed(texts, control, |_, _| {})?;
        Ok(self.at_hand(texts))
    }

    /// The vectors of each text's words; reads or makes those that are not at hand.
    pub(crate) fn of_words(&self, texts: &[&Text], control: &Control) -> Result<Vec<Packed>, FitError> {
        self.embed(texts.iter().copied(), control, |_, _| {})?;
        let shelf = self.shelf();
        let mut known: FxHashMap<u64, Packed> =
            texts.iter().filter_map(|text| Some((text.key, shelf.get(text.key)?.clone().into()))).collect();
        drop(shelf);
        let beyond = distinct(texts.iter().copied(), |key| !known.contains_key(&key));
        self.read(&beyond, |key, bytes| drop(known.insert(key, bytes.into())));
        // Made for the first time, or lost since.
        for portion in distinct(beyond, |key| !known.contains_key(&key)).chunks(PORTION) {
            known.extend(self.make(portion, control)?.into_iter().map(|(key, bytes)| (key, bytes.into())));
        }
        Ok(texts.iter().map(|text| known.get(&text.key).cloned().unwrap_or_default()).collect())
    }

    /// Cosines of a vector with those of the texts that are at hand, by their places. None: these are vectors of words.
    pub(crate) fn cosines(&self, vector: &[f32], texts: &[Text]) -> Option<Vec<(usize, f32)>> {
        if self.grain != Grain::Texts {
            return None;
        }
        let product = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let own = product(vector, vector);
        let mut cosines = Vec::with_capacity(texts.len());
        for (part, texts) in texts.chunks(PORTION).enumerate() {
            let vectors = self.at_hand(texts);
            let cosine = |row: usize| {
                let other = vectors.row(row);
                let lengths = (own * product(other, other)).sqrt();
                (lengths > 0.0).then(|| (part * PORTION + row, product(vector, other) / lengths))
            };
            cosines.extend((0..texts.len()).filter_map(cosine));
        }
        Some(cosines)
    }

    /// A row a text; zero where the vector is not at hand.
    pub(crate) fn at_hand(&self, texts: &[Text]) -> Matrix {
        let columns = self.encoder.width();
        let mut values = vec![0.0; texts.len() * columns];
        let mut halves = vec![f16::ZERO; columns];
        let shelf = self.shelf();
        for (row, text) in values.chunks_exact_mut(columns).zip(texts) {
            if let (Some(bytes), Grain::Texts) = (shelf.get(text.key), self.grain) {
                let pairs = bytes.as_chunks::<2>().0;
                halves.iter_mut().zip(pairs).for_each(|(half, pair)| *half = f16::from_le_bytes(*pair));
                halves.convert_to_f32_slice(row);
            }
        }
        Matrix { columns, values }
    }

    fn shelf(&self) -> RwLockReadGuard<'_, Shelf> {
        self.shelf.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn shelf_mut(&self) -> RwLockWriteGuard<'_, Shelf> {
        self.shelf.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The texts with such a key, each once.
fn distinct<'a>(texts: impl IntoIterator<Item = &'a Text>, is: impl Fn(u64) -> bool) -> Vec<&'a Text> {
    let mut seen = rustc_hash::FxHashSet::default();
    texts.into_iter().filter(|text| is(text.key) && seen.insert(text.key)).collect()
}

#[cfg(test)]
mod tests;
