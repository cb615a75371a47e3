//! One fit's rows and folds, and the choice among the models that learn from them.
//!
//! What must stay true: whatever is compared was judged on the same held-out rows. On vectors that are not of unit length nothing is
//! learned but softmax regression ([`crate::Encode::is_unit`]).

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{
    Probe,
    choice::{self, Choice},
    kernel::Kernel,
    linear::Linear,
    ridge::{Ground, Ridge},
};
use crate::{Control, Embeddings, Matrix, Text, calibration::Link, folds, lesson::Targets, memory::Memory, metrics};

#[derive(Clone)]
pub(super) struct Course<'a> {
    pub(super) classes: Vec<Arc<str>>,
    /// Labelled ones, then the pool of unlabelled ones. Their vectors are at hand.
    pub(super) texts: Vec<Text>,
    pub(super) keys: Vec<u64>,
    /// Columns of the models, for labelled rows.
    pub(super) targets: Targets,
    pub(super) folds: usize,
    pub(super) fold_of: Vec<u32>,
    pub(super) seed: u64,
    pub(super) embeddings: &'a Embeddings,
    pub(super) control: &'a Control,
}

pub(super) struct Outcome {
    pub(super) choice: Choice,
    pub(super) kernel: Option<Arc<Kernel>>,
    /// A row a class, the intercept last.
    pub(super) weights: Matrix,
    /// Out-of-fold.
    pub(super) scores: Matrix,
    /// Rows whose scores tell how far scores can be trusted.
    pub(super) judged: Vec<u32>,
    /// Out-of-fold scores by which labels are doubted, if not by these.
    pub(super) doubting: Option<Matrix>,
    pub(super) memory: Memory,
    pub(super) kept: Kept,
}

/// What serves the next fit, if it is worth its memory.
#[derive(Clone, Default)]
pub(super) struct Kept {
    ridge: Option<Arc<Ridge>>,
    /// By which labels are doubted.
    doubter: Option<Arc<Ridge>>,
}

impl Course<'_> {
    /// Starts from what `known` knows. `None` when cancelled.
    pub(super) fn run(&self, known: &Probe) -> Option<Outcome> {
        if known.choice.is_due(self.targets.len()) {
            return self.choose(known);
        }
        match &known.kernel {
            Some(kernel) => self.ridge(known, kernel),
            None => Linear::new(self, &known.memory).fit(known.choice),
        }
    }

    fn choose(&self, known: &Probe) -> Option<Outcome> {
        let rows = self.targets.len();
        if !self.embeddings.encoder().is_unit() {
            let linear = Linear::new(self, &known.memory);
            return linear.fit(linear.choose(f64::INFINITY)??);
        }
        let mut best = None;
        let mut least = (usize::MAX, f64::INFINITY);
        let shares: &[f32] = if known.reads { &choice::SHARES } else { &[0.0] };
        for &share in shares {
            let kernel = Arc::new(Kernel::of(&self.texts[..rows], share, self.embeddings, self.seed));
            let ground = Arc::new(Ground::of(self, &kernel)?);
            let judged = self.judged(Some(&kernel));
            for strength in choice::PENALTIES {
                let ridge = ground.ridge(self, &kernel, strength)?;
                let solved = ridge.sketch(self, &kernel)?;
                let loss = (self.errors(&solved.scores, &judged), self.loss(&solved.scores, &judged));
                if best.is_none() || loss < least {
                    let choice = Choice { kernel: true, strength, self_training: false, rows: rows as u32 };
                    (least, best) = (loss, Some((choice, kernel.clone(), ground.clone(), ridge)));
                }
            }
        }
        let (choice, kernel, ground, ridge) = best?;
        if rows <= choice::FEW && rows * self.classes.len() <= choice::FEW_CELLS {
            let linear = Linear::new(self, &known.memory);
            if let Some(choice) = linear.choose(least.1)? {
                return linear.fit(choice);
            }
        }
        let doubter = if self.doubts() { Some(ground.ridge(self, &kernel, choice::DOUBTS)?) } else { None };
        self.outcome(choice, &kernel, Arc::new(ridge), doubter.map(Arc::new))
    }

    fn ridge(&self, known: &Probe, kernel: &Arc<Kernel>) -> Option<Outcome> {
        let (choice, kept) = (known.choice, &known.kept);
        let kernel = &kernel.extended(&self.texts[..self.targets.len()], self.embeddings);
        let mut ground = None;
        let mut after =
            |known: &Option<Arc<Ridge>>, penalty| Ridge::after(known.as_ref(), self, kernel, penalty, &mut ground);
        let ridge = after(&kept.ridge, choice.strength)?;
        let doubter = if self.doubts() { Some(after(&kept.doubter, choice::DOUBTS)?) } else { None };
        self.outcome(choice, kernel, ridge, doubter)
    }

    /// Which labels of a set are wrong is told by the models that serve.
    fn doubts(&self) -> bool {
        !self.targets.are_sets()
    }

    fn outcome(
        &self,
        choice: Choice,
        kernel: &Arc<Kernel>,
        ridge: Arc<Ridge>,
        doubter: Option<Arc<Ridge>>,
    ) -> Option<Outcome> {
        let solved = ridge.sketch(self, kernel)?;
        let doubting = match &doubter {
            Some(doubter) => Some(doubter.solve(self, kernel)?.scores),
            None => None,
        };
        let worth = |ridge: &Arc<Ridge>| ridge.is_worth_its_memory();
        Some(Outcome {
            choice,
            kernel: Some(kernel.clone()),
            weights: solved.weights,
            scores: solved.scores,
            judged: self.judged(Some(kernel)),
            doubting,
            memory: Memory::default(),
            kept: Kept { ridge: Some(ridge).filter(worth), doubter: doubter.filter(worth) },
        })
    }

    /// Texts of labelled rows.
    pub(super) fn labelled(&self) -> &[u64] {
        &self.keys[..self.targets.len()]
    }

    /// Rows whose class the model that judges them has met, and that are like new texts: see [`Course::alike`].
    pub(super) fn judged(&self, kernel: Option<&Kernel>) -> Vec<u32> {
        self.alike(kernel, folds::judged(&self.targets, &self.fold_of, self.folds))
    }

    /// Those of these rows that a [sketch](Ridge::sketch) judges as a new text would be: no landmarks, unless all labelled rows are.
    pub(super) fn alike(&self, kernel: Option<&Kernel>, mut rows: Vec<u32>) -> Vec<u32> {
        if let Some(kernel) = kernel.filter(|kernel| !kernel.knows(self.labelled())) {
            let landmarks: FxHashSet<u64> = kernel.keys.iter().copied().collect();
            rows.retain(|&row| !landmarks.contains(&self.keys[row as usize]));
        }
        rows
    }

    /// How many are given another label than theirs. Sets are told by their loss.
    fn errors(&self, scores: &Matrix, rows: &[u32]) -> usize {
        let Targets::One(targets) = &self.targets else { return 0 };
        let wrong = |&&row: &&u32| metrics::top(scores.row(row as usize)).0 != targets[row as usize] as usize;
        rows.iter().filter(wrong).count()
    }

    /// With the link that they ask for.
    pub(super) fn loss(&self, scores: &Matrix, rows: &[u32]) -> f64 {
        Link::cost(scores, &self.targets, rows)
    }
}
