//! Texts as vectors: what an encoder makes of them, made once for each text and kept.
//!
//! What must stay true: a vector depends on the encoder and its text alone, so that it can be shared by all data sets; what
//! was embedded before a cancel is kept.

use std::{
    collections::hash_map::Entry,
    fmt,
    ops::Range,
    sync::{Arc, OnceLock, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use half::{f16, slice::HalfFloatSliceExt};
use rayon::prelude::*;
use rustc_hash::FxHashMap;

use crate::{Control, Encoder, FitError, Matrix, Text, spans::tokens};

/// Texts embedded between two looks at what is to be kept: about a second's work.
const PORTION: usize = 64;
/// Values of words' vectors that are kept at most, of two bytes each: those of about 300,000 words.
const ROOM: usize = 128 << 20;

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
    /// Calls back with each text's vector that is known.
    fn recall(&self, encoder: u64, keys: &[u64], known: &mut dyn FnMut(u64, &[f16]));
    fn keep(&self, encoder: u64, vectors: &[(u64, &[f16])]);
}

/// What gets a vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Grain {
    Texts,
    /// Each token of a text, as taggers read it.
    Words(Reading),
}

/// An encoder with the vectors that it made.
#[derive(Debug)]
pub struct Embeddings {
    encoder: Arc<dyn Encode>,
    vault: Option<Arc<dyn Vault>>,
    grain: Grain,
    /// Values that are kept at most.
    room: usize,
    shelf: RwLock<Shelf>,
    words: OnceLock<Arc<Embeddings>>,
}

/// Vectors end to end, in half precision: lossless for labels, and half of the memory.
#[derive(Debug, Default)]
struct Shelf {
    places: FxHashMap<u64, Range<usize>>,
    values: Vec<f16>,
}

impl Embeddings {
    pub fn new(encoder: Arc<dyn Encode>, vault: Option<Arc<dyn Vault>>) -> Embeddings {
        let (shelf, words) = (RwLock::default(), OnceLock::new());
        Embeddings { encoder, vault, grain: Grain::Texts, room: usize::MAX, shelf, words }
    }

    /// Of the same encoder, with a vector for each word of a text, for [`crate::Task::Spans`]; always the same ones. They are not in the
    /// vault, and there is room for so many only: of texts beyond, vectors are made each time that they are asked for.
    pub fn words(self: &Arc<Self>) -> Arc<Embeddings> {
        if let Grain::Words(_) = self.grain {
            return self.clone();
        }
        let words = || Embeddings::of_parts(self.encoder.clone(), Reading::Pretrained);
        self.words.get_or_init(|| Arc::new(words())).clone()
    }

    /// As [`Embeddings::words`], of an encoder that was trained for that.
    pub(crate) fn trained_words(encoder: Encoder) -> Embeddings {
        Embeddings::of_parts(Arc::new(encoder), Reading::Trained)
    }

    fn of_parts(encoder: Arc<dyn Encode>, reading: Reading) -> Embeddings {
        Embeddings { grain: Grain::Words(reading), room: ROOM, ..Embeddings::new(encoder, None) }
    }

    /// Of another encoder, with vectors in the same vault.
    pub(crate) fn of_encoder(&self, encoder: Encoder) -> Embeddings {
        Embeddings::new(Arc::new(encoder), self.vault.clone())
    }

    pub fn encoder(&self) -> &Arc<dyn Encode> {
        &self.encoder
    }

    /// Whether this text's vector is at hand.
    pub fn has(&self, key: u64) -> bool {
        self.shelf().places.contains_key(&key)
    }

    /// Whether there is no room for more.
    pub fn is_full(&self) -> bool {
        self.shelf().values.len() >= self.room
    }

    /// The texts whose vectors are not at hand and could be, each once.
    pub fn missing<'a>(&self, texts: impl IntoIterator<Item = &'a Text>) -> Vec<&'a Text> {
        if self.is_full() { Vec::new() } else { self.lacking(texts) }
    }

    fn lacking<'a>(&self, texts: impl IntoIterator<Item = &'a Text>) -> Vec<&'a Text> {
        let shelf = self.shelf();
        let mut seen = rustc_hash::FxHashSet::default();
        texts.into_iter().filter(|text| !shelf.places.contains_key(&text.key) && seen.insert(text.key)).collect()
    }

    /// Fetches from the vault what is there.
    pub fn recall<'a>(&self, texts: impl IntoIterator<Item = &'a Text>) {
        let Some(vault) = &self.vault else { return };
        let keys: Vec<u64> = self.missing(texts).into_iter().map(|text| text.key).collect();
        if keys.is_empty() {
            return;
        }
        let mut shelf = self.shelf_mut();
        let width = self.encoder.width();
        vault.recall(self.encoder.id(), &keys, &mut |key, vector| {
            if vector.len() == width {
                shelf.put(key, vector);
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
            let (values, lengths) = self.make(portion, control)?;
            let vectors = apart(portion, &values, &lengths);
            let mut shelf = self.shelf_mut();
            vectors.iter().for_each(|(key, vector)| shelf.put(*key, vector));
            drop(shelf);
            if let Some(vault) = &self.vault {
                vault.keep(self.encoder.id(), &vectors);
            }
            count += portion.len();
            done(count, missing.len());
        }
        Ok(())
    }

    /// Vectors end to end, and how many floats are each text's.
    fn make(&self, texts: &[&Text], control: &Control) -> Result<(Vec<f16>, Vec<usize>), FitError> {
        let (vectors, lengths) = match self.grain {
            Grain::Texts => {
                let bodies: Vec<&str> = texts.iter().map(|text| &*text.body).collect();
                let vectors = self.encoder.embed(&bodies, control)?;
                let lengths = vec![vectors.columns; texts.len()];
                (vectors, lengths)
            }
            Grain::Words(reading) => {
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
                let lengths = words.iter().map(|words| words.len() * vectors.columns).collect();
                (vectors, lengths)
            }
        };
        let mut halves = vec![f16::ZERO; vectors.values.len()];
        halves.convert_from_f32_slice(&vectors.values);
        Ok((halves, lengths))
    }

    /// A row a text; embeds what is not at hand.
    pub fn of(&self, texts: &[Text], control: &Control) -> Result<Matrix, FitError> {
        self.embed(texts, control, |_, _| {})?;
        Ok(self.at_hand(texts))
    }

    /// The vectors of each text, end to end; makes those that are not at hand.
    pub(crate) fn of_words(&self, texts: &[&Text], control: &Control) -> Result<Vec<Arc<[f16]>>, FitError> {
        self.embed(texts.iter().copied(), control, |_, _| {})?;
        let lacking = self.lacking(texts.iter().copied());
        let mut made: FxHashMap<u64, Arc<[f16]>> = FxHashMap::default();
        for portion in lacking.chunks(PORTION) {
            let (values, lengths) = self.make(portion, control)?;
            made.extend(apart(portion, &values, &lengths).into_iter().map(|(key, vectors)| (key, vectors.into())));
        }
        let shelf = self.shelf();
        let known = |text: &&Text| shelf.places.get(&text.key).map(|place| shelf.values[place.clone()].into());
        Ok(texts.iter().map(|text| known(text).or_else(|| made.get(&text.key).cloned()).unwrap_or_default()).collect())
    }

    /// A row a text; zero where the vector is not at hand.
    pub(crate) fn at_hand(&self, texts: &[Text]) -> Matrix {
        let columns = self.encoder.width();
        let mut values = vec![0.0; texts.len() * columns];
        let shelf = self.shelf();
        for (row, text) in values.chunks_exact_mut(columns).zip(texts) {
            if let (Some(place), Grain::Texts) = (shelf.places.get(&text.key), self.grain) {
                shelf.values[place.clone()].convert_to_f32_slice(row);
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

/// Each text's own, of vectors end to end.
fn apart<'v>(texts: &[&Text], mut values: &'v [f16], lengths: &[usize]) -> Vec<(u64, &'v [f16])> {
    let one = |(text, &length): (&&Text, &usize)| {
        let (own, rest) = values.split_at_checked(length)?;
        values = rest;
        Some((text.key, own))
    };
    texts.iter().zip(lengths).map_while(one).collect()
}

impl Shelf {
    fn put(&mut self, key: u64, vector: &[f16]) {
        if let Entry::Vacant(place) = self.places.entry(key) {
            let start = self.values.len();
            self.values.extend_from_slice(vector);
            place.insert(start..start + vector.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A text's vector is its length and one, made unit.
    #[derive(Debug, Default)]
    struct Lengths(Mutex<usize>);

    impl Encode for Lengths {
        fn id(&self) -> u64 {
            7
        }
        fn width(&self) -> usize {
            2
        }
        fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError> {
            if control.is_cancelled() {
                return Err(FitError::Cancelled);
            }
            *self.0.lock().unwrap() += texts.len();
            let vector = |text: &&str| {
                let length = text.len() as f32;
                [length, 1.0].map(|value| value / length.hypot(1.0))
            };
            Ok(Matrix { columns: 2, values: texts.iter().flat_map(vector).collect() })
        }
    }

    fn texts(bodies: &[&str]) -> Vec<Text> {
        bodies.iter().map(|body| Text { key: body.len() as u64, body: (*body).into() }).collect()
    }

    #[test]
    fn a_text_is_embedded_once() {
        let lengths = Arc::new(Lengths::default());
        let embeddings = Embeddings::new(lengths.clone(), None);
        let texts = texts(&["abc", "a", "abc"]);
        let vectors = embeddings.of(&texts, &Control::default()).unwrap();
        assert_eq!(vectors.rows(), 3);
        assert_eq!(vectors.row(0), vectors.row(2));
        assert!((vectors.row(1)[0] - 0.5f32.sqrt()).abs() < 1e-3);
        embeddings.of(&texts, &Control::default()).unwrap();
        assert_eq!(*lengths.0.lock().unwrap(), 2);
        assert!(embeddings.has(3) && !embeddings.has(2));
    }

    #[test]
    fn what_was_done_before_a_cancel_stays() {
        let embeddings = Embeddings::new(Arc::new(Lengths::default()), None);
        let bodies: Vec<String> = (1..=PORTION * 2).map(|length| "x".repeat(length)).collect();
        let texts = texts(&bodies.iter().map(String::as_str).collect::<Vec<_>>());
        let control = Control::default();
        let cancelled = embeddings.embed(&texts, &control, |_, _| control.cancel.cancel());
        assert_eq!(cancelled, Err(FitError::Cancelled));
        assert_eq!(embeddings.missing(&texts).len(), PORTION);
    }

    #[derive(Debug, Default)]
    struct Remembered(Mutex<FxHashMap<(u64, u64), Vec<f16>>>);

    impl Vault for Remembered {
        fn recall(&self, encoder: u64, keys: &[u64], known: &mut dyn FnMut(u64, &[f16])) {
            let all = self.0.lock().unwrap();
            keys.iter().filter_map(|key| Some((key, all.get(&(encoder, *key))?))).for_each(|(key, v)| known(*key, v));
        }
        fn keep(&self, encoder: u64, vectors: &[(u64, &[f16])]) {
            let entries = vectors.iter().map(|(key, vector)| ((encoder, *key), vector.to_vec()));
            self.0.lock().unwrap().extend(entries);
        }
    }

    #[test]
    fn what_another_embedded_is_recalled() {
        let vault = Arc::new(Remembered::default());
        let texts = texts(&["abc", "a"]);
        Embeddings::new(Arc::new(Lengths::default()), Some(vault.clone())).of(&texts, &Control::default()).unwrap();
        let lengths = Arc::new(Lengths::default());
        Embeddings::new(lengths.clone(), Some(vault)).of(&texts, &Control::default()).unwrap();
        assert_eq!(*lengths.0.lock().unwrap(), 0);
    }

    #[test]
    fn words_have_vectors_of_their_own_while_there_is_room() {
        let lengths = Arc::new(Lengths::default());
        let embeddings = Arc::new(Embeddings::new(lengths.clone(), None));
        let words = embeddings.words();
        assert!(Arc::ptr_eq(&words, &embeddings.words()) && Arc::ptr_eq(&words, &words.words()));
        let texts = texts(&["to me", "", "to you"]);
        let texts: Vec<&Text> = texts.iter().collect();
        let vectors = words.of_words(&texts, &Control::default()).unwrap();
        assert_eq!(vectors.iter().map(|vectors| vectors.len()).collect::<Vec<_>>(), [4, 0, 4]);
        assert_eq!(
            vectors[0][..],
            [f16::from_f32(2.0 / 5.0f32.sqrt()), f16::from_f32(1.0 / 5.0f32.sqrt())].repeat(2)[..]
        );
        assert!(words.has(5) && words.has(0) && !embeddings.has(5));

        let small = Embeddings { grain: Grain::Words(Reading::Pretrained), room: 4, ..Embeddings::new(lengths, None) };
        small.embed([texts[0]], &Control::default(), |_, _| {}).unwrap();
        assert!(small.is_full() && small.missing(texts.iter().copied()).is_empty());
        assert_eq!(small.of_words(&texts, &Control::default()).unwrap(), vectors);
        assert!(!small.has(6));
    }
}
