//! The problems of one fit: a model a fold, one of all rows, and the choice that all of them share.
//!
//! What must stay true: the models of a fold never learn from what it holds out, whatever they start from; nor do the pseudo-labels
//! of self-training, which each model gives by itself.

use std::{ops::Range, sync::Arc};

use rayon::prelude::*;

use super::{
    choice::{self, Choice},
    dense,
    dual::{self, Member},
    space::Points,
};
use crate::{
    Control, Matrix, folds,
    memory::{Memory, Recall},
    metrics, temperature,
};

/// So many held-out rows can choose: folds are tried until they hold out as many.
const PILOT: usize = 5_000;
/// The share of pseudo-labels taken in each round of self-training, most confident first, class by class.
const ROUNDS: [f64; 3] = [0.3, 0.5, 0.7];
/// What all pseudo-labelled rows weigh together, by the labelled rows.
const PSEUDO: f32 = 0.6;

pub(super) struct Course<'a> {
    pub(super) classes: Vec<Arc<str>>,
    /// Of labelled rows, then of the pool of unlabelled ones.
    pub(super) keys: Vec<u64>,
    /// Columns of the models, for labelled rows.
    pub(super) targets: Vec<u32>,
    pub(super) folds: usize,
    pub(super) fold_of: Vec<u32>,
    pub(super) seed: u64,
    /// No kernel may be chosen.
    pub(super) linear_only: bool,
    pub(super) control: &'a Control,
}

pub(super) struct Outcome {
    pub(super) choice: Choice,
    pub(super) weights: Matrix,
    /// Out-of-fold.
    pub(super) scores: Matrix,
    pub(super) temperature: f32,
    pub(super) memory: Memory,
}

struct Model {
    weights: Matrix,
    /// Rows that it has not seen, and its scores of them.
    held_out: Vec<(u32, Vec<f32>)>,
    duals: Vec<f32>,
}

type Start<'s> = &'s (dyn Fn(u32) -> Vec<f32> + Sync);

impl Course<'_> {
    /// `points` makes those of all rows, in a linear or a kernel's space.
    pub(super) fn run(
        &self,
        memory: &Memory,
        mut choice: Choice,
        points: impl Fn(bool) -> Arc<Points>,
    ) -> Option<Outcome> {
        let recall = memory.recall(&self.classes);
        let cold = memory.is_empty();
        let mut models = Vec::new();
        if choice.is_due(self.targets.len()) {
            (choice, models) = self.choose(&|fold| self.start(&recall, fold), &points)?;
        }
        let points = points(choice.kernel);
        let recalled = |fold| self.start(&recall, fold);
        let folds = self.folds as u32;
        models.extend(self.solve(&choice, &points, models.len() as u32..folds + u32::from(!cold), &recalled)?);
        if cold {
            let mean = self.mean(&models);
            models.extend(self.solve(&choice, &points, folds..folds + 1, &|_| mean.clone())?);
        }
        let weights = std::mem::take(&mut models.last_mut()?.weights);
        let scores = self.scores(&models);
        let duals: Vec<Vec<f32>> = models.iter_mut().map(|model| std::mem::take(&mut model.duals)).collect();
        let rows = self.rows(&choice);
        let mut held_out = self.fold_of.clone();
        held_out.resize(rows, folds);
        let memory = Memory::of(self.classes.clone(), folds, self.keys[..rows].to_vec(), held_out, &duals);
        let judged = folds::judged(&self.targets, &self.fold_of, self.folds);
        let temperature = temperature::fit(&scores, &self.targets, &judged);
        Some(Outcome { choice, weights, scores, temperature, memory })
    }

    /// Rows that have duals.
    fn rows(&self, choice: &Choice) -> usize {
        if choice.self_training { self.keys.len() } else { self.targets.len() }
    }

    fn choose(&self, recalled: Start, points: &impl Fn(bool) -> Arc<Points>) -> Option<(Choice, Vec<Model>)> {
        let rows = self.targets.len();
        let pilots = (PILOT * self.folds).div_ceil(rows).min(self.folds) as u32;
        let mut best: Option<(f64, Choice, Vec<Model>)> = None;
        let mut linear: Option<(f64, Choice)> = None;
        for (kernel, strengths) in [(false, &choice::LINEAR[..]), (true, &choice::KERNEL)] {
            if kernel && self.linear_only {
                continue;
            }
            let points = points(kernel);
            let mut last: Option<Vec<Vec<f32>>> = None;
            for &strength in strengths {
                let choice = Choice { kernel, strength, self_training: false, rows: rows as u32 };
                let models = match &last {
                    Some(duals) => self.solve(&choice, &points, 0..pilots, &|fold| duals[fold as usize].clone())?,
                    None => self.solve(&choice, &points, 0..pilots, recalled)?,
                };
                last = Some(models.iter().map(|model| model.duals[..rows * self.classes.len()].to_vec()).collect());
                let loss = self.loss(&models);
                if best.as_ref().is_none_or(|best| loss < best.0) {
                    best = Some((loss, choice, models));
                }
                if !kernel && linear.is_none_or(|linear| loss < linear.0) {
                    linear = Some((loss, choice));
                }
            }
        }
        if rows <= choice::FEW && self.keys.len() >= rows + choice::POOL {
            let plain = best.as_ref()?;
            let (bar, chosen) = (plain.0 + choice::MARGIN * rows as f64, plain.1);
            let mut trained: Option<(f64, Choice, Vec<Model>)> = None;
            let mut tried = vec![linear?.1];
            tried.extend(chosen.kernel.then_some(chosen));
            for choice in tried {
                let choice = Choice { self_training: true, ..choice };
                let models = self.solve(&choice, &points(choice.kernel), 0..pilots, recalled)?;
                let loss = self.loss(&models);
                if loss < trained.as_ref().map_or(bar, |trained| trained.0) {
                    trained = Some((loss, choice, models));
                }
            }
            best = trained.or(best);
        }
        best.map(|(_, choice, models)| (choice, models))
    }

    fn loss(&self, models: &[Model]) -> f64 {
        let scores = self.scores(models);
        let rows = folds::judged(&self.targets, &self.fold_of, models.len());
        temperature::loss(&scores, &self.targets, &rows, temperature::fit(&scores, &self.targets, &rows))
    }

    /// Out-of-fold scores by row; zero where no model judged.
    fn scores(&self, models: &[Model]) -> Matrix {
        let columns = self.classes.len();
        let mut scores = Matrix { columns, values: vec![0.0; self.targets.len() * columns] };
        for (row, values) in models.iter().flat_map(|model| &model.held_out) {
            scores.values[*row as usize * columns..][..columns].copy_from_slice(values);
        }
        scores
    }

    /// `fold` is the number of folds for the full model.
    fn start(&self, recall: &Recall, fold: u32) -> Vec<f32> {
        let fold = ((fold as usize) < self.folds).then_some(fold);
        let mut duals = vec![0.0; self.keys.len() * self.classes.len()];
        for (row, dual) in duals.chunks_exact_mut(self.classes.len()).enumerate() {
            match self.targets.get(row) {
                // A row that is held out takes no part; its place is left empty.
                Some(_) if Some(self.fold_of[row]) == fold => {}
                Some(&target) => recall.start(fold, self.keys[row], target, dual),
                None => {
                    if recall.recalled(fold, self.keys[row], dual).is_none() {
                        dual.fill(0.0);
                    }
                }
            }
        }
        duals
    }

    /// For each row, the mean of the models that learned from it.
    fn mean(&self, folds: &[Model]) -> Vec<f32> {
        let mut mean = vec![0.0; folds.first().map_or(0, |model| model.duals.len())];
        for fold in folds {
            // The places of held-out rows are empty: they add nothing.
            dense::add(&mut mean, 1.0, &fold.duals);
        }
        for (row, dual) in mean.chunks_exact_mut(self.classes.len()).enumerate() {
            settle(dual, self.targets.get(row).copied());
        }
        mean
    }

    /// The models of these folds; the number of folds itself stands for the full model.
    fn solve(&self, choice: &Choice, points: &Points, folds: Range<u32>, start: Start) -> Option<Vec<Model>> {
        folds.into_par_iter().map(|fold| self.model(choice, points, fold, start(fold))).collect()
    }

    fn model(&self, choice: &Choice, points: &Points, fold: u32, mut duals: Vec<f32>) -> Option<Model> {
        let classes = self.classes.len();
        duals.resize(self.rows(choice) * classes, 0.0);
        let rows = 0..self.targets.len() as u32;
        let (held_out, learned): (Vec<u32>, Vec<u32>) = rows.partition(|&row| self.fold_of[row as usize] == fold);
        let mut members: Vec<Member> =
            learned.iter().map(|&row| Member { row, target: self.targets[row as usize], weight: 1.0 }).collect();
        let seed = folds::order(u64::from(fold), self.seed);
        let mut weights = dual::solve(points, &members, classes, choice.strength, &mut duals, seed, self.control)?;
        if choice.self_training {
            for share in ROUNDS {
                members.truncate(learned.len());
                members.extend(self.pseudo(points, &weights, share, learned.len()));
                for member in &members[learned.len()..] {
                    settle(&mut duals[member.row as usize * classes..][..classes], Some(member.target));
                }
                weights = dual::solve(points, &members, classes, choice.strength, &mut duals, seed, self.control)?;
            }
        }
        let priors = folds::priors(&self.targets, &learned, classes);
        let held_out = held_out
            .into_iter()
            .map(|row| {
                let point = points.row(row as usize);
                let scores = priors.iter().enumerate().map(|(c, prior)| prior + dense::dot(weights.row(c), point));
                (row, scores.collect())
            })
            .collect();
        Some(Model { weights, held_out, duals })
    }

    /// Unlabelled rows with the labels that the model gives them: the `share` of each label's that it is most sure of.
    fn pseudo(&self, points: &Points, weights: &Matrix, share: f64, learned: usize) -> Vec<Member> {
        let labelled = self.targets.len();
        let mut scores = dense::rows_product(&points.matrix.values[labelled * points.matrix.columns..], weights);
        let mut by_class: Vec<Vec<(f32, u32)>> = vec![Vec::new(); self.classes.len()];
        for (row, scores) in scores.values.chunks_exact_mut(self.classes.len()).enumerate() {
            temperature::soften(scores, 1.0);
            let (class, sure) = metrics::top(scores);
            by_class[class].push((sure, (labelled + row) as u32));
        }
        let mut members = Vec::new();
        for (target, mut rows) in (0..).zip(by_class) {
            rows.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let taken = (share * rows.len() as f64).ceil() as usize;
            members.extend(rows[..taken].iter().map(|&(_, row)| Member { row, target, weight: 0.0 }));
        }
        let weight = PSEUDO * learned as f32 / members.len().max(1) as f32;
        members.iter_mut().for_each(|member| member.weight = weight);
        members
    }
}

/// Makes values a distribution: that of the target where there is nothing.
fn settle(dual: &mut [f32], target: Option<u32>) {
    let sum: f32 = dual.iter().sum();
    if sum > 0.0 {
        dual.iter_mut().for_each(|dual| *dual /= sum);
    } else if let Some(target) = target {
        dual[target as usize] = 1.0;
    }
}
