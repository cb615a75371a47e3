//! Texts as vectors: what an encoder makes of them, made once for each text and kept.
//!
//! What must stay true: a vector depends on the encoder and its text alone, so that it can be shared by all data sets; what
//! was embedded before a cancel is kept.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

use half::{f16, slice::HalfFloatSliceExt};
use rustc_hash::FxHashMap;

use crate::{Control, Encoder, FitError, Matrix, Text};

/// Texts embedded between two looks at what is to be kept: about a second's work.
const PORTION: usize = 64;

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

/// An encoder with the vectors that it made.
#[derive(Debug)]
pub struct Embeddings {
    encoder: Arc<dyn Encode>,
    vault: Option<Arc<dyn Vault>>,
    shelf: RwLock<Shelf>,
}

/// Vectors end to end, in half precision: lossless for labels, and half of the memory.
#[derive(Debug, Default)]
struct Shelf {
    places: FxHashMap<u64, usize>,
    values: Vec<f16>,
}

impl Embeddings {
    pub fn new(encoder: Arc<dyn Encode>, vault: Option<Arc<dyn Vault>>) -> Embeddings {
        Embeddings { encoder, vault, shelf: RwLock::default() }
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

    /// The texts whose vectors are not at hand, each once.
    pub fn missing<'a>(&self, texts: impl IntoIterator<Item = &'a Text>) -> Vec<&'a Text> {
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

    /// Sees to it that every text's vector is at hand. `done` hears how many of the missing ones are, after each portion; what it
    /// heard of stays, also after a cancel.
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
            let bodies: Vec<&str> = portion.iter().map(|text| &*text.body).collect();
            let vectors = self.encoder.embed(&bodies, control)?;
            let mut halves = vec![f16::ZERO; vectors.values.len()];
            halves.convert_from_f32_slice(&vectors.values);
            let vectors: Vec<(u64, &[f16])> =
                portion.iter().map(|text| text.key).zip(halves.chunks_exact(vectors.columns)).collect();
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

    /// A row a text; embeds what is not at hand.
    pub fn of(&self, texts: &[Text], control: &Control) -> Result<Matrix, FitError> {
        self.embed(texts, control, |_, _| {})?;
        Ok(self.at_hand(texts))
    }

    /// A row a text; zero where the vector is not at hand.
    pub(crate) fn at_hand(&self, texts: &[Text]) -> Matrix {
        let columns = self.encoder.width();
        let mut values = vec![0.0; texts.len() * columns];
        let shelf = self.shelf();
        for (row, text) in values.chunks_exact_mut(columns).zip(texts) {
            if let Some(place) = shelf.places.get(&text.key) {
                shelf.values[*place..][..columns].convert_to_f32_slice(row);
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

impl Shelf {
    fn put(&mut self, key: u64, vector: &[f16]) {
        let end = self.values.len();
        let place = *self.places.entry(key).or_insert(end);
        if place == end {
            self.values.extend_from_slice(vector);
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
}
