//! From texts to their likenesses, and from these to the points that a ridge regression learns from.
//!
//! Likenesses are of a text to landmarks ([`super::landmarks`]). Points are likenesses so turned that their dot products are the
//! kernel itself where all learned texts are landmarks, else Nyström's approximation of it (Williams and Seeger 2001).
//!
//! What must stay true: landmarks depend on texts and seed, never on labels, so that out-of-fold scores stay honest. Whether a
//! likeness was kept or made anew never shows.

use std::sync::{Arc, OnceLock};

use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{
    cholesky::Root,
    dense,
    landmarks::Landmarks,
    likenesses::{self, Likenesses},
    words::Scales,
};
use crate::{Control, Embeddings, Matrix, Text, folds};

const GAMMA: f32 = 1.0;
/// Added to the diagonal of the landmarks' kernel: landmarks may be equal.
const JITTER: f32 = 1e-3;
/// All distinct labelled texts are landmarks if they are no more than this.
const EXACT: usize = 2_500;
/// Else so many of them.
const SAMPLE: usize = 2_048;
/// Texts worked on at once.
const PART: usize = 128;

#[derive(Debug)]
pub(super) struct Kernel {
    /// Of the landmarks' texts.
    pub(super) keys: Vec<u64>,
    pub(super) landmarks: Landmarks,
    known: Arc<Likenesses>,
    /// Of the landmarks' kernel. Made when first needed: predictions need none.
    root: OnceLock<Root>,
}

impl Kernel {
    pub(super) fn new(keys: Vec<u64>, landmarks: Landmarks) -> Kernel {
        Kernel { keys, landmarks, known: Arc::default(), root: OnceLock::new() }
    }

    /// Of the distinct ones of these texts, or of some of them, chosen by chance.
    pub(super) fn of(texts: &[Text], share: f32, embeddings: &Embeddings, seed: u64) -> Kernel {
        let mut met = FxHashSet::default();
        let mut texts: Vec<Text> = texts.iter().filter(|text| met.insert(text.key)).cloned().collect();
        if texts.len() > EXACT {
            texts.sort_by_cached_key(|text| (folds::order(text.key, !seed), text.key));
            texts.truncate(SAMPLE);
        }
        let keys = texts.iter().map(|text| text.key).collect();
        Kernel::new(keys, Landmarks::new(GAMMA, share, embeddings.at_hand(&texts), &texts))
    }

    /// The same with those of these texts that are no landmarks yet, if there is room for them.
    pub(super) fn extended(self: &Arc<Kernel>, texts: &[Text], embeddings: &Embeddings) -> Arc<Kernel> {
        let mut met: FxHashSet<u64> = self.keys.iter().copied().collect();
        let new: Vec<Text> = texts.iter().filter(|text| met.insert(text.key)).cloned().collect();
        if new.is_empty() || met.len() > EXACT {
            return self.clone();
        }
        let keys = self.keys.iter().copied().chain(new.iter().map(|text| text.key)).collect();
        let landmarks = self.landmarks.with(&embeddings.at_hand(&new), &new);
        Arc::new(Kernel { known: self.known.clone(), ..Kernel::new(keys, landmarks) })
    }

    /// Whether all of these texts are landmarks.
    pub(super) fn knows(&self, keys: &[u64]) -> bool {
        let landmarks: FxHashSet<u64> = self.keys.iter().copied().collect();
        keys.iter().all(|key| landmarks.contains(key))
    }

    /// Which landmarks these texts are. They must all be landmarks.
    pub(super) fn places(&self, keys: &[u64]) -> Vec<u32> {
        let places: FxHashMap<u64, u32> = self.keys.iter().copied().zip(0..).collect();
        keys.iter().map(|key| places[key]).collect()
    }

    /// Forgets the likenesses of other texts than these.
    pub(super) fn retain(&self, keys: &FxHashSet<u64>) {
        self.known.retain(keys);
    }

    /// Texts that were not compared with all landmarks yet, as many as there is room to keep.
    pub(super) fn lacking(&self, texts: &[Text]) -> Vec<Text> {
        let (known, room) = self.known.columns(texts, &self.keys);
        let lacking = texts.iter().zip(known).filter(|(_, known)| *known < self.keys.len());
        lacking.take(room / self.keys.len().max(1)).map(|(text, _)| text.clone()).collect()
    }

    /// A row a text, a column a landmark. Vectors must be at hand.
    pub(super) fn likeness(&self, texts: &[Text], embeddings: &Embeddings) -> Matrix {
        let columns = self.keys.len();
        let mut values = vec![0.0; texts.len() * columns];
        let known = self.known.read(texts, &self.keys, &mut values);
        let lacking = (0..texts.len()).filter(|&row| known[row].columns < columns);
        // What came late is made by itself, for texts that lack nothing else.
        let (rest, new): (Vec<usize>, Vec<usize>) =
            lacking.partition(|&row| known[row].columns > 0 && known[row].columns >= self.landmarks.late());
        let of = |rows: &[usize]| -> (Vec<Text>, Matrix) {
            let texts: Vec<Text> = rows.iter().map(|&row| texts[row].clone()).collect();
            let vectors = embeddings.at_hand(&texts);
            (texts, vectors)
        };
        let mut take = |rows: &[usize], scales: &[Scales], alike: &Matrix| {
            for (&row, alike) in rows.iter().zip(alike.values.chunks_exact(alike.columns)) {
                let to = &mut values[row * columns..][columns - alike.len()..columns];
                to.iter_mut().zip(alike).for_each(|(to, alike)| *to = likenesses::round(*alike));
            }
            let rows = rows.iter().zip(scales);
            let rows = rows.map(|(&row, scales)| (texts[row].key, *scales, &values[row * columns..][..columns]));
            self.known.keep(&self.keys, rows);
        };
        if !new.is_empty() {
            let (texts, vectors) = of(&new);
            let (alike, scales) = self.landmarks.alike(&texts, &vectors);
            take(&new, &scales, &alike);
        }
        if let Some(first) = rest.iter().map(|&row| known[row].columns).min() {
            let (texts, vectors) = of(&rest);
            let scales: Vec<Scales> = rest.iter().map(|&row| known[row].scales).collect();
            take(&rest, &scales, &self.landmarks.alike_late(&texts, &vectors, &scales, first));
        }
        Matrix { columns, values }
    }

    /// The same by both cores, of many texts. `None` when cancelled.
    pub(super) fn likenesses(&self, texts: &[Text], embeddings: &Embeddings, control: &Control) -> Option<Matrix> {
        let alike = |texts| (!control.is_cancelled()).then(|| self.likeness(texts, embeddings).values);
        let parts: Vec<Vec<f32>> = texts.par_chunks(PART).map(alike).collect::<Option<_>>()?;
        Some(Matrix { columns: self.keys.len(), values: parts.concat() })
    }

    fn root(&self, control: &Control) -> Option<&Root> {
        if self.root.get().is_none() {
            let mut kernel = self.landmarks.kernel(control)?;
            kernel.add_to_diagonal(JITTER);
            let root = kernel.root(control)?;
            return Some(self.root.get_or_init(|| root));
        }
        self.root.get()
    }

    /// A row a text: a value a landmark, then a 1 for the intercept. `None` when cancelled.
    pub(super) fn points(&self, texts: &[Text], embeddings: &Embeddings, control: &Control) -> Option<Matrix> {
        let root = self.root(control)?;
        let columns = self.keys.len();
        let turned = root.turn(&self.likenesses(texts, embeddings, control)?, control)?;
        let mut values = Vec::with_capacity(texts.len() * (columns + 1));
        for row in 0..texts.len() {
            values.extend(turned.row(row));
            values.push(1.0);
        }
        Some(Matrix { columns: columns + 1, values })
    }

    /// By which a landmark's weight is told from weights of points: their dot product. A row a value, a column a landmark. `None` when
    /// cancelled.
    pub(super) fn readers(&self, landmarks: &[u32], control: &Control) -> Option<Matrix> {
        let columns = landmarks.len();
        let mut readers = Matrix { columns, values: vec![0.0; self.keys.len() * columns] };
        for (column, &landmark) in landmarks.iter().enumerate() {
            readers.values[landmark as usize * columns + column] = 1.0;
        }
        self.root(control)?.forward(&mut readers, control)?;
        readers.values.resize((self.keys.len() + 1) * columns, 0.0);
        Some(readers)
    }

    /// Weights of points (a row a value, a column a class) as weights of likenesses (a row a class).
    pub(super) fn flatten(&self, mut weights: Matrix, control: &Control) -> Option<Matrix> {
        let intercepts = weights.values.split_off(self.keys.len() * weights.columns);
        self.root(control)?.backward(&mut weights, control)?;
        weights.values.extend(intercepts);
        Some(dense::transposed(&weights))
    }
}
