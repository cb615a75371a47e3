//! The models of one fit: one a fold and one of all rows, and what each starts from.
//!
//! What must stay true: a fold's model never learns from what it holds out, whatever it starts from; so a model starts only where the same
//! fold's ended, and a text stays in its fold while the number of folds and the seed do. Labels are matched by name, features by their hash,
//! rows by their text's key.

use std::{
    ops::RangeInclusive,
    sync::{Arc, Mutex},
};

use catalogue::phrase;
use rayon::prelude::*;
use rustc_hash::{FxHashMap, FxHasher};

use super::{
    Span,
    dense::{Scale, Sight},
    field::{Chain, Raw, Scratch},
    solve::{Cell, Model, Plan, Problem},
    space::Space,
    tags::Scheme,
    weights::Links,
};
use crate::{Control, Renames, embeddings::packed::Packed, folds};

/// Rounds of a model that starts from nothing.
const COLD: usize = 8;
/// Rounds of a model that starts from another: in each the rows that are new or have other spans, and a part of the others. Parts are
/// such that these are about so many tokens in all rounds, within limits: each row once, and one row in sixteen.
const AGAIN: usize = 4;
const TOKENS: usize = 8 << 10;
const PARTS: RangeInclusive<usize> = AGAIN..=16 * AGAIN;
/// When more than one row of so many is new, models are learned for longer.
const FEW: usize = 10;
/// c of the objective ([`super::solve`]).
const PENALTY: f32 = 0.05;
/// The same where tokens have vectors, which features are not to forestall; and of the weights of these.
const SEEING_PENALTY: f32 = 0.3;
const DENSE_PENALTY: f32 = 0.02;
/// Weights of all models kept at most: beyond, a refit starts from nothing.
const KEPT: usize = 24 << 20;

/// What a refit starts from.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    space: Arc<Space>,
    scheme: Scheme,
    scale: Arc<Scale>,
    /// Names of the columns.
    names: Vec<Arc<str>>,
    folds: usize,
    seed: u64,
    /// Fits since one from nothing.
    turn: usize,
    /// What was given for each text, by its key.
    given: FxHashMap<u64, u64>,
    /// Of the folds in turn, then of all rows.
    models: Vec<Arc<Model>>,
}

impl Memory {
    pub(super) fn renamed(&self, names: &Renames) -> Memory {
        Memory { names: names.names(&self.names), ..self.clone() }
    }
}

pub(super) struct Course<'a> {
    pub(super) texts: &'a [(&'a str, &'a [Span])],
    pub(super) keys: &'a [u64],
    /// Vectors of each text's tokens, and their width; 0: there are none.
    pub(super) vectors: &'a [Packed],
    pub(super) width: usize,
    /// Names of the columns, and the column of each label.
    pub(super) names: Vec<Arc<str>>,
    pub(super) columns: &'a [Option<usize>],
    pub(super) seed: u64,
    /// Whether there are folds.
    pub(super) judged: bool,
    pub(super) control: &'a Control,
}

pub(super) struct Outcome {
    pub(super) chain: Chain,
    pub(super) memory: Memory,
    pub(super) folds: usize,
    /// Out-of-fold.
    pub(super) raw: Vec<Raw>,
}

impl Course<'_> {
    pub(super) fn run(&self, memory: &Memory) -> Option<Outcome> {
        let scheme = Scheme { labels: self.names.len() };
        let column = |label: u32| self.columns.get(label as usize).copied().flatten();
        self.control.progress(phrase!("stage-reading"), 0.0);
        let (space, rows) = Space::of(self.texts, scheme, column, self.control)?;
        let space = Arc::new(space);
        let (folds, fold_of) = self.folds();
        let given: FxHashMap<u64, u64> =
            self.keys.iter().copied().zip(self.texts.iter().map(|text| digest(text.1))).collect();
        let scale = self.scale(memory);
        let start = Start::of(memory, &space, scheme, &self.names, &scale, (folds, self.seed));
        let sight = (self.width > 0).then(|| Sight { scale: &scale, rows: self.vectors });
        let problem = Problem {
            scheme,
            space: &space,
            rows: &rows,
            sight: sight.as_ref(),
            penalty: if self.width > 0 { SEEING_PENALTY } else { PENALTY },
            dense_penalty: DENSE_PENALTY,
            control: self.control,
        };
        let tokens: usize = rows.iter().map(|row| row.tags.len()).sum();
        let done = Mutex::new((0usize, 0.0f32));
        let learn = |fold: usize| {
            let members: Vec<u32> =
                (0..rows.len() as u32).filter(|&row| fold_of[row as usize] as usize != fold).collect();
            let (mut model, cold) = start.model(fold);
            let is_new = |row: &&u32| {
                let key = self.keys[**row as usize];
                memory.given.get(&key) != given.get(&key)
            };
            let new: Vec<u32> = members.iter().filter(is_new).copied().collect();
            let all = |rounds| Plan { rounds, parts: 1, first: 0, new: Vec::new() };
            let plan = match () {
                _ if cold => all(COLD),
                _ if new.len() * FEW > members.len() => all(COLD / 2),
                // What changed is held out here: the model knows all that it may.
                _ if new.is_empty() => all(0),
                _ => {
                    let parts = (AGAIN * tokens).div_ceil(TOKENS).clamp(*PARTS.start(), *PARTS.end());
                    Plan { rounds: AGAIN, parts, first: memory.turn.wrapping_mul(AGAIN), new }
                }
            };
            let seed = folds::order(fold as u64, self.seed);
            problem.solve(&members, &mut model, &plan, seed, &mut || {
                let mut done = done.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                done.0 += 1;
                // Models learn for different lengths, and what is told must not fall.
                done.1 = done.1.max(done.0 as f32 / ((folds + 1) * plan.rounds) as f32).min(1.0);
                self.control.progress(phrase!("stage-cross-validation"), 0.1 + 0.85 * done.1);
            })?;
            Some(model)
        };
        let models: Vec<Model> = (0..=folds).into_par_iter().map(learn).collect::<Option<_>>()?;
        let chain = |model: &Model| Chain {
            scheme,
            space: space.clone(),
            weights: model.weights(),
            links: model.links.clone(),
            scale: scale.clone(),
            dense: model.dense.weights.clone(),
        };
        let raw = match folds {
            0 => Vec::new(),
            _ => self.judge(models[..folds].iter().map(chain).collect(), &fold_of, column)?,
        };
        let chain = chain(models.last()?);
        let kept = models.iter().map(|model| model.cells.len()).sum::<usize>() <= KEPT;
        let models = if kept { models.into_iter().map(Arc::new).collect() } else { Vec::new() };
        let memory = Memory {
            space: space.clone(),
            scheme,
            scale,
            names: self.names.clone(),
            folds,
            seed: self.seed,
            turn: memory.turn.wrapping_add(1),
            given,
            models,
        };
        Some(Outcome { chain, memory, folds, raw })
    }

    /// How many folds there are, and that of each row; one that there is not, where nothing is held out.
    fn folds(&self) -> (usize, Vec<u32>) {
        if !self.judged {
            return (0, vec![u32::MAX; self.keys.len()]);
        }
        let folds = folds::number(folds::distinct(self.keys));
        (folds, folds::assign(self.keys, &vec![0; self.keys.len()], folds, self.seed))
    }

    /// What a memory's weights belong to, unless it is of much fewer rows.
    fn scale(&self, memory: &Memory) -> Arc<Scale> {
        let is_fit = memory.scale.width() == self.width && memory.given.len() * 2 > self.keys.len();
        if is_fit { memory.scale.clone() } else { Arc::new(Scale::of(self.vectors, self.width)) }
    }

    /// What the models say that had not seen the rows.
    fn judge(
        &self,
        chains: Vec<Chain>,
        fold_of: &[u32],
        column: impl Fn(u32) -> Option<usize> + Sync,
    ) -> Option<Vec<Raw>> {
        let factors: Vec<_> = chains.iter().map(Chain::factors).collect();
        let judge = |scratch: &mut Scratch, row: usize| {
            let fold = fold_of[row] as usize;
            let (text, spans) = self.texts[row];
            let asked = |span: &Span| column(span.label).map(|column| Span { label: column as u32, ..*span });
            let asked: Vec<Option<Span>> = spans.iter().map(asked).collect();
            (!self.control.is_cancelled()).then(|| {
                let none = Packed::default();
                let vectors = self.vectors.get(row).unwrap_or(&none);
                chains[fold].answer(&factors[fold], text, vectors, &asked, scratch)
            })
        };
        (0..self.texts.len()).into_par_iter().with_min_len(16).map_init(Scratch::default, judge).collect()
    }
}

/// What was given, in short.
fn digest(spans: &[Span]) -> u64 {
    use std::hash::{Hash, Hasher};
    let mut hasher = FxHasher::default();
    spans.hash(&mut hasher);
    hasher.finish()
}

/// Where the models of one fit start.
struct Start<'a> {
    memory: &'a Memory,
    scheme: Scheme,
    /// The memory's pair for each pair, or [`Start::NONE`].
    pairs: Vec<u32>,
    /// The memory's column for each column.
    columns: Vec<Option<usize>>,
    /// Whether folds are those of the memory.
    same: bool,
    folds: usize,
    width: usize,
    /// Whether the memory's models read vectors as they are scaled now.
    fits: bool,
}

impl<'a> Start<'a> {
    const NONE: u32 = u32::MAX;

    fn of(
        memory: &'a Memory,
        space: &Space,
        scheme: Scheme,
        names: &[Arc<str>],
        scale: &Arc<Scale>,
        (folds, seed): (usize, u64),
    ) -> Start<'a> {
        let columns: Vec<Option<usize>> =
            names.iter().map(|name| memory.names.iter().position(|known| known == name)).collect();
        let same = (memory.folds, memory.seed) == (folds, seed);
        let mut pairs = vec![Start::NONE; space.tags.len()];
        if !memory.models.is_empty() {
            let tag_of: Vec<Option<usize>> =
                (0..scheme.tags()).map(|tag| moved(tag, scheme, memory.scheme, &columns)).collect();
            for (dimension, &feature) in space.features.iter().enumerate() {
                let Some(known) = memory.space.dimension(feature) else { continue };
                let known = memory.space.pairs(known);
                for pair in space.pairs(dimension as u32) {
                    let Some(tag) = tag_of[usize::from(space.tags[pair])] else { continue };
                    if let Ok(place) = memory.space.tags[known.clone()].binary_search(&(tag as u16)) {
                        pairs[pair] = (known.start + place) as u32;
                    }
                }
            }
        }
        let (width, fits) = (scale.width(), Arc::ptr_eq(scale, &memory.scale));
        Start { memory, scheme, pairs, columns, same, folds, width, fits }
    }

    /// The model of a fold, or with the number of folds that of all rows; and whether it starts from nothing.
    fn model(&self, fold: usize) -> (Model, bool) {
        let mut model = Model::new(self.pairs.len(), self.scheme, self.width);
        let known = if fold == self.folds { self.memory.models.last() } else { self.memory.models.get(fold) };
        let Some(known) = known.filter(|_| self.fits && (self.same || fold == self.folds)) else {
            return (model, true);
        };
        for (cell, &pair) in model.cells.iter_mut().zip(&self.pairs) {
            *cell = known.cells.get(pair as usize).copied().unwrap_or(Cell::NEW);
        }
        for (links, known) in [(&mut model.links, &known.links), (&mut model.squares, &known.squares)] {
            self.recall(links, known);
        }
        for tag in 0..model.dense.squares.len() {
            if let Some(before) = moved(tag, self.scheme, self.memory.scheme, &self.columns) {
                let weights = &known.dense.weights[before * self.width..][..self.width];
                model.dense.row(tag, self.width).copy_from_slice(weights);
                model.dense.squares[tag] = known.dense.squares[before];
            }
        }
        (model, false)
    }

    fn recall(&self, links: &mut Links, known: &Links) {
        let (scheme, before) = (self.scheme, self.memory.scheme);
        let entry = |entry: usize| moved(entry, scheme, before, &self.columns);
        for to in 0..scheme.entries() {
            let Some(known_to) = entry(to) else { continue };
            links.first[to] = known.first[known_to];
            for tag in 0..scheme.tags() {
                if let Some(tag_before) = moved(tag, scheme, before, &self.columns) {
                    links.enter[tag * scheme.entries() + to] = known.enter[tag_before * before.entries() + known_to];
                }
            }
        }
        for (column, known_column) in self.columns.iter().enumerate() {
            if let Some(known_column) = *known_column {
                links.grow[column] = known.grow[known_column];
                links.go_on[column] = known.go_on[known_column];
            }
        }
    }
}

/// The same tag in another scheme.
fn moved(tag: usize, scheme: Scheme, to: Scheme, columns: &[Option<usize>]) -> Option<usize> {
    match tag {
        0 => Some(0),
        _ if tag < scheme.entries() => columns[tag - 1].map(|column| to.begin(column)),
        _ => columns[tag - scheme.entries()].map(|column| to.inside(column)),
    }
}
