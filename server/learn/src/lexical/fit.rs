//! One fit, from a lesson to a classifier and its held-out estimate.

use std::sync::{Arc, Mutex};

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{
    Lexical,
    dual::{self, GAP, Problem, Weights},
    folds,
    frequencies::Frequencies,
    memory::{Memory, Recall},
    space::{Rows, Space},
    temperature,
};
use crate::{Control, Estimate, Example, FitError, HeldOut, Lesson, Matrix};

/// C of scikit-learn's logistic regression.
const STRENGTH: f32 = 10.0;
/// Bytes of labelled texts that are learned from; about 2.5 features each, and 8 bytes a feature. Rows beyond - chosen by chance,
/// but for the first [`SPARED`] of each class - are judged by the full model, which has not seen them.
const LEARNED_BYTES: usize = 5 << 20;
const SPARED: usize = 50;
/// Floats of one model's weights.
const WEIGHTS: usize = 8 << 20;
const FEWEST_DIMENSIONS: usize = 1 << 15;
const MOST_DIMENSIONS: usize = 1 << 19;

pub(super) fn fit(known: &Lexical, lesson: &Lesson, control: &Control) -> Result<(Lexical, HeldOut), FitError> {
    let progress = Steps::new(control);
    progress.at("Reading texts", 0.0);
    let labelled: Vec<(&Example, u32)> =
        lesson.examples.iter().filter_map(|example| Some((example, example.target?))).collect();
    let active = active(lesson, &labelled)?;
    let mut column_of = vec![0; lesson.labels.len()];
    for (column, &label) in active.iter().enumerate() {
        column_of[label as usize] = column as u32;
    }
    let targets: Vec<u32> = labelled.iter().map(|&(_, label)| column_of[label as usize]).collect();
    let (learned, spare) = choose(&labelled, &targets, lesson.seed);

    let frequencies = Frequencies::of(&lesson.examples, &known.frequencies, control).ok_or(FitError::Cancelled)?;
    progress.at("Reading texts", 0.1);
    let dimensions = (WEIGHTS / dual::stride(active.len())).clamp(FEWEST_DIMENSIONS, MOST_DIMENSIONS);
    let examples: Vec<&Example> = learned.iter().map(|&row| labelled[row as usize].0).collect();
    let (space, rows) = Space::of(&examples, &frequencies, dimensions, control).ok_or(FitError::Cancelled)?;
    progress.at("Cross-validation", 0.15);

    let course = Course::new(lesson, &active, &examples, &space, &rows, pick(&targets, &learned), control);
    let outcome = course.run(&known.memory, &progress).ok_or(FitError::Cancelled)?;

    // Out-of-fold scores of all labelled rows, in the lesson's order.
    let columns = active.len();
    let mut scores = Matrix { columns, values: vec![0.0; labelled.len() * columns] };
    for (learned_row, &row) in learned.iter().enumerate() {
        scores.values[row as usize * columns..][..columns].copy_from_slice(outcome.scores.row(learned_row));
    }
    let temperature = temperature::fit(&outcome.scores, &course.targets, &course.judged());
    let mut classifier = Lexical {
        labels: lesson.labels.clone(),
        active,
        space,
        weights: outcome.weights,
        temperature,
        frequencies,
        memory: outcome.memory,
    };
    let mut probabilities =
        Matrix { columns: lesson.labels.len(), values: vec![0.0; labelled.len() * lesson.labels.len()] };
    for row in 0..labelled.len() {
        let scores = &mut scores.values[row * columns..][..columns];
        temperature::soften(scores, temperature);
        for (&label, &probability) in classifier.active.iter().zip(&*scores) {
            probabilities.values[row * lesson.labels.len() + label as usize] = probability;
        }
    }
    let texts: Vec<crate::Text> = spare.iter().map(|&row| labelled[row as usize].0.text.clone()).collect();
    let predicted = crate::Classifier::predict(&classifier, &texts);
    for (spare_row, &row) in spare.iter().enumerate() {
        probabilities.values[row as usize * predicted.columns..][..predicted.columns]
            .copy_from_slice(predicted.row(spare_row));
    }
    if control.is_cancelled() {
        return Err(FitError::Cancelled);
    }
    let labels: Vec<u32> = labelled.iter().map(|&(_, label)| label).collect();
    let estimate = Estimate::of(&probabilities, &labels);
    classifier.space.features.shrink_to_fit();
    progress.at("Fitting", 1.0);
    Ok((classifier, HeldOut { folds: course.folds, probabilities, estimate }))
}

/// The labels that have rows; at least two.
fn active(lesson: &Lesson, labelled: &[(&Example, u32)]) -> Result<Vec<u32>, FitError> {
    let mut rows = vec![0usize; lesson.labels.len()];
    for &(_, label) in labelled {
        match rows.get_mut(label as usize) {
            Some(rows) => *rows += 1,
            None => {
                return Err(FitError::Failed(format!(
                    "A row has label number {label}, but there are {} labels.",
                    lesson.labels.len()
                )));
            }
        }
    }
    let active: Vec<u32> = (0..lesson.labels.len() as u32).filter(|&label| rows[label as usize] > 0).collect();
    match active[..] {
        [] => Err(FitError::TooLittle("Label a few rows of at least two classes: no row has a label yet.".into())),
        [only] => {
            let (name, count) = (&lesson.labels[only as usize], labelled.len());
            let all = if count == 1 { "the only label is".into() } else { format!("all {count} labels are") };
            Err(FitError::TooLittle(format!("Label rows of at least one more class: {all} `{name}`.")))
        }
        _ => Ok(active),
    }
}

/// The rows to learn from and the rest, both in the lesson's order.
fn choose(labelled: &[(&Example, u32)], targets: &[u32], seed: u64) -> (Vec<u32>, Vec<u32>) {
    let bytes = |row: &u32| labelled[*row as usize].0.text.body.len().min(super::ngrams::READ);
    let mut rows: Vec<u32> = (0..labelled.len() as u32).collect();
    if rows.iter().map(bytes).sum::<usize>() <= LEARNED_BYTES {
        return (rows, Vec::new());
    }
    // Another order than that of the folds.
    rows.sort_by_cached_key(|&row| (folds::order(labelled[row as usize].0.text.key, !seed), row));
    let mut met = FxHashMap::<u32, usize>::default();
    rows.sort_by_cached_key(|&row| {
        let met = met.entry(targets[row as usize]).or_default();
        *met += 1;
        *met > SPARED
    });
    let mut sum = 0;
    let (mut learned, mut spare): (Vec<u32>, Vec<u32>) = rows.into_iter().partition(|row| {
        sum += bytes(row);
        sum <= LEARNED_BYTES
    });
    learned.sort_unstable();
    spare.sort_unstable();
    (learned, spare)
}

fn pick(of: &[u32], rows: &[u32]) -> Vec<u32> {
    rows.iter().map(|&row| of[row as usize]).collect()
}

/// The problems of one fit: a model a fold, and one of all rows.
struct Course<'a> {
    classes: Vec<Arc<str>>,
    rows: &'a Rows,
    dimensions: usize,
    keys: Vec<u64>,
    /// Columns of the models.
    targets: Vec<u32>,
    folds: usize,
    fold_of: Vec<u32>,
    seed: u64,
    control: &'a Control,
}

struct Outcome {
    weights: Weights,
    /// Out-of-fold.
    scores: Matrix,
    memory: Memory,
}

impl<'a> Course<'a> {
    fn new(
        lesson: &Lesson,
        active: &[u32],
        examples: &[&Example],
        space: &Space,
        rows: &'a Rows,
        targets: Vec<u32>,
        control: &'a Control,
    ) -> Course<'a> {
        let keys: Vec<u64> = examples.iter().map(|example| example.text.key).collect();
        let mut distinct = keys.clone();
        distinct.sort_unstable();
        distinct.dedup();
        let folds = folds::number(distinct.len());
        let fold_of = folds::assign(&keys, &targets, folds, lesson.seed);
        let classes = active.iter().map(|&label| lesson.labels[label as usize].clone()).collect();
        Course {
            classes,
            rows,
            dimensions: space.dimensions(),
            keys,
            targets,
            folds,
            fold_of,
            seed: lesson.seed,
            control,
        }
    }

    fn run(&self, memory: &Memory, progress: &Steps) -> Option<Outcome> {
        let recall = memory.recall(&self.classes);
        let solve = |fold: Option<u32>, mut duals: Vec<f32>| {
            let members: Vec<u32> =
                (0..self.targets.len() as u32).filter(|&row| Some(self.fold_of[row as usize]) != fold).collect();
            let problem = Problem {
                rows: self.rows,
                targets: &self.targets,
                classes: self.classes.len(),
                dimensions: self.dimensions,
                strength: STRENGTH,
            };
            let mut done = progress.share(0.8 / (self.folds + 1) as f64);
            let seed = folds::order(fold.map_or(u64::MAX, u64::from), self.seed);
            let weights = problem.solve(&members, &mut duals, seed, self.control, &mut |gap| done.solved(gap))?;
            Some((weights, duals))
        };
        // Cold, the full model waits for the folds' to start from what they agree on; warm, it need not.
        let cold = memory.is_empty();
        let models: Option<Vec<_>> = (0..self.folds as u32 + u32::from(!cold))
            .into_par_iter()
            .map(|fold| {
                let fold = (fold < self.folds as u32).then_some(fold);
                let (weights, duals) = solve(fold, self.start(&recall, fold))?;
                match fold {
                    Some(fold) => Some((None, self.held_out_scores(fold, &weights), duals)),
                    None => Some((Some(weights), Vec::new(), duals)),
                }
            })
            .collect();
        let mut models = models?;
        if cold {
            let folds: Vec<&[f32]> = models.iter().map(|model| &model.2[..]).collect();
            let (weights, duals) = solve(None, self.mean(&folds))?;
            models.push((Some(weights), Vec::new(), duals));
        }
        let mut scores =
            Matrix { columns: self.classes.len(), values: vec![0.0; self.targets.len() * self.classes.len()] };
        let mut full = None;
        let mut duals = Vec::with_capacity(models.len());
        for (weights, held_out, model_duals) in models {
            for (row, values) in held_out {
                scores.values[row as usize * scores.columns..][..scores.columns].copy_from_slice(&values);
            }
            full = weights.or(full);
            duals.push(model_duals);
        }
        let memory =
            Memory::of(self.classes.clone(), self.folds as u32, self.keys.clone(), self.fold_of.clone(), &duals);
        Some(Outcome { weights: full?, scores, memory })
    }

    fn start(&self, recall: &Recall, fold: Option<u32>) -> Vec<f32> {
        let mut duals = vec![0.0; self.targets.len() * self.classes.len()];
        for (row, dual) in duals.chunks_exact_mut(self.classes.len()).enumerate() {
            // A row that is held out takes no part; its place is left empty.
            if Some(self.fold_of[row]) != fold {
                recall.start(fold, self.keys[row], self.targets[row], dual);
            }
        }
        duals
    }

    /// For each row, the mean of the models that learned from it.
    fn mean(&self, folds: &[&[f32]]) -> Vec<f32> {
        let mut mean = vec![0.0; self.targets.len() * self.classes.len()];
        // The places of held-out rows are empty: they add nothing.
        let share = 1.0 / (folds.len() - 1).max(1) as f32;
        for fold in folds {
            for (mean, dual) in mean.iter_mut().zip(*fold) {
                *mean += share * dual;
            }
        }
        mean
    }

    fn held_out_scores(&self, fold: u32, weights: &Weights) -> Vec<(u32, Vec<f32>)> {
        let mut scores = vec![0.0; weights.stride()];
        let held_out = (0..self.targets.len() as u32).filter(|&row| self.fold_of[row as usize] == fold);
        held_out
            .map(|row| {
                let (ids, values) = self.rows.row(row as usize);
                weights.score(ids.iter().copied().zip(values.iter().copied()), &mut scores);
                (row, scores[..self.classes.len()].to_vec())
            })
            .collect()
    }

    /// Rows whose class was met by the model that judges them: the others say nothing about how sure models are.
    fn judged(&self) -> Vec<u32> {
        let mut counts: FxHashMap<(u32, u32), usize> = FxHashMap::default();
        let mut totals = vec![0; self.classes.len()];
        for (&target, &fold) in self.targets.iter().zip(&self.fold_of) {
            *counts.entry((target, fold)).or_default() += 1;
            totals[target as usize] += 1;
        }
        let met = |row: &u32| {
            let target = self.targets[*row as usize];
            counts[&(target, self.fold_of[*row as usize])] < totals[target as usize]
        };
        (0..self.targets.len() as u32).filter(met).collect()
    }
}

/// Progress that never falls, from several threads at once.
struct Steps<'a> {
    control: &'a Control,
    fraction: Mutex<f64>,
}

impl<'a> Steps<'a> {
    fn new(control: &'a Control) -> Steps<'a> {
        Steps { control, fraction: Mutex::new(0.0) }
    }

    fn at(&self, stage: &'static str, fraction: f64) {
        self.advance(stage, |now| fraction.max(now));
    }

    fn advance(&self, stage: &'static str, to: impl Fn(f64) -> f64) {
        let mut fraction = self.fraction.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *fraction = to(*fraction).min(1.0);
        self.control.progress(stage, *fraction as f32);
    }

    /// A part of the whole that one solver works off.
    fn share(&self, whole: f64) -> Share<'_, 'a> {
        Share { steps: self, whole, done: 0.0 }
    }
}

struct Share<'s, 'a> {
    steps: &'s Steps<'a>,
    whole: f64,
    done: f64,
}

impl Share<'_, '_> {
    /// The gap falls about evenly on a logarithmic scale, from about 1.
    fn solved(&mut self, gap: f64) {
        let share = (gap.ln() / GAP.ln()).clamp(self.done, 1.0);
        let more = (share - self.done) * self.whole;
        self.done = share;
        self.steps.advance("Cross-validation", |now| now + more);
    }
}
