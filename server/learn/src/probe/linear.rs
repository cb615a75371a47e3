//! Softmax regression on vectors, with self-training, or logistic regression of each label of a set: a model a fold, and one of all rows.
//!
//! What must stay true: the models of a fold never learn from what it holds out, whatever they start from; nor do the pseudo-labels
//! of self-training, which each model gives by itself.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    choice::{self, Choice},
    course::{Course, Kept, Outcome},
    dense,
    dual::{Member, Points, Problem},
};
use crate::{
    Matrix, folds,
    memory::{Memory, Recall},
    metrics, temperature,
};

/// The share of pseudo-labels taken in each round of self-training, most confident first, class by class.
const ROUNDS: [f64; 3] = [0.3, 0.5, 0.7];
/// What all pseudo-labelled rows weigh together, by the labelled rows.
const PSEUDO: f32 = 0.6;

/// Problems of softmax regression: a model a fold, and one of all rows.
pub(super) struct Linear<'a> {
    course: &'a Course<'a>,
    points: Points,
    recall: Recall<'a>,
    cold: bool,
}

struct Model {
    weights: Matrix,
    /// Rows that it has not seen, and its scores of them.
    held_out: Vec<(u32, Vec<f32>)>,
    duals: Vec<f32>,
}

type Start<'s> = &'s (dyn Fn(u32) -> Vec<f32> + Sync);

impl<'a> Linear<'a> {
    pub(super) fn new(course: &'a Course<'a>, memory: &'a Memory) -> Linear<'a> {
        let points = Points::of(&course.embeddings.at_hand(&course.texts));
        Linear { course, points, recall: memory.recall(&course.classes), cold: memory.is_empty() }
    }

    /// `None` when cancelled.
    pub(super) fn fit(&self, choice: Choice) -> Option<Outcome> {
        let course = self.course;
        let folds = course.folds as u32;
        let recalled = |fold| self.start(fold);
        let mut models = self.solve(&choice, 0..folds + u32::from(!self.cold), &recalled)?;
        if self.cold {
            let mean = self.mean(&models);
            models.extend(self.solve(&choice, folds..folds + 1, &|_| mean.clone())?);
        }
        let scores = self.scores(&models);
        let weights = std::mem::take(&mut models.last_mut()?.weights);
        let duals: Vec<Vec<f32>> = models.into_iter().map(|model| model.duals).collect();
        let rows = self.rows(&choice);
        let mut held_out = course.fold_of.clone();
        held_out.resize(rows, folds);
        let memory = Memory::of(course.classes.clone(), folds, course.keys[..rows].to_vec(), held_out, &duals);
        let judged = course.judged(None);
        let (doubting, kept) = (None, Kept::default());
        Some(Outcome { choice, kernel: None, weights, scores, judged, doubting, memory, kept })
    }

    /// The best choice if it loses less than `bar`, `None` when cancelled.
    pub(super) fn choose(&self, bar: f64) -> Option<Option<Choice>> {
        let rows = self.course.targets.len();
        let folds = 0..self.course.folds as u32;
        let judged = self.course.judged(None);
        let mut best: Option<(f64, Choice)> = None;
        let mut last: Option<Vec<Vec<f32>>> = None;
        for strength in choice::STRENGTHS {
            let choice = Choice { kernel: false, strength, self_training: false, rows: rows as u32 };
            let models = match &last {
                Some(duals) => self.solve(&choice, folds.clone(), &|fold| duals[fold as usize].clone())?,
                None => self.solve(&choice, folds.clone(), &|fold| self.start(fold))?,
            };
            let loss = self.course.loss(&self.scores(&models), &judged);
            last = Some(models.into_iter().map(|model| model.duals).collect());
            if best.is_none_or(|best| loss < best.0) {
                best = Some((loss, choice));
            }
        }
        let (plain, choice) = best?;
        if !self.course.targets.are_sets() && self.course.keys.len() >= rows + choice::POOL {
            let choice = Choice { self_training: true, ..choice };
            let models = self.solve(&choice, folds, &|fold| self.start(fold))?;
            if self.course.loss(&self.scores(&models), &judged) < bar.min(plain) + choice::MARGIN * rows as f64 {
                return Some(Some(choice));
            }
        }
        Some((plain < bar).then_some(choice))
    }

    /// Rows that have duals.
    fn rows(&self, choice: &Choice) -> usize {
        if choice.self_training { self.course.keys.len() } else { self.course.targets.len() }
    }

    /// Out-of-fold scores by row.
    fn scores(&self, models: &[Model]) -> Matrix {
        let columns = self.course.classes.len();
        let mut scores = Matrix { columns, values: vec![0.0; self.course.targets.len() * columns] };
        for (row, values) in models.iter().flat_map(|model| &model.held_out) {
            scores.values[*row as usize * columns..][..columns].copy_from_slice(values);
        }
        scores
    }

    /// `fold` is the number of folds for the full model.
    fn start(&self, fold: u32) -> Vec<f32> {
        let fold = ((fold as usize) < self.course.folds).then_some(fold);
        let mut duals = vec![0.0; self.course.keys.len() * self.course.classes.len()];
        for (row, dual) in duals.chunks_exact_mut(self.course.classes.len()).enumerate() {
            match self.course.fold_of.get(row) {
                // A row that is held out takes no part; its place is left empty.
                Some(own) if Some(*own) == fold => {}
                Some(_) => self.recall.start(fold, self.course.keys[row], &self.course.targets, row, dual),
                None => {
                    if self.recall.recalled(fold, self.course.keys[row], dual).is_none() {
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
        if self.course.targets.are_sets() {
            let share = 1.0 / (folds.len() - 1).max(1) as f32;
            mean.iter_mut().for_each(|mean| *mean *= share);
            return mean;
        }
        for (row, dual) in mean.chunks_exact_mut(self.course.classes.len()).enumerate() {
            settle(dual, self.course.targets.of(row).first().copied());
        }
        mean
    }

    /// The models of these folds; the number of folds itself stands for the full model.
    fn solve(&self, choice: &Choice, folds: Range<u32>, start: Start) -> Option<Vec<Model>> {
        folds.into_par_iter().map(|fold| self.model(choice, fold, start(fold))).collect()
    }

    fn model(&self, choice: &Choice, fold: u32, mut duals: Vec<f32>) -> Option<Model> {
        let classes = self.course.classes.len();
        duals.resize(self.rows(choice) * classes, 0.0);
        let rows = 0..self.course.targets.len() as u32;
        let (held_out, learned): (Vec<u32>, Vec<u32>) =
            rows.partition(|&row| self.course.fold_of[row as usize] == fold);
        let mut members: Vec<Member> = learned.iter().map(|&row| Member { row, pseudo: None, weight: 1.0 }).collect();
        let seed = folds::order(u64::from(fold), self.course.seed);
        let Course { targets, control, .. } = self.course;
        let problem = Problem { points: &self.points, targets, classes, strength: choice.strength, control };
        let mut weights = problem.solve(&members, &mut duals, seed)?;
        if choice.self_training {
            for share in ROUNDS {
                members.truncate(learned.len());
                members.extend(self.pseudo(&weights, share, learned.len()));
                for member in &members[learned.len()..] {
                    settle(&mut duals[member.row as usize * classes..][..classes], member.pseudo);
                }
                weights = problem.solve(&members, &mut duals, seed)?;
            }
        }
        let priors = folds::priors(targets, &learned, classes);
        let held_out = held_out
            .into_iter()
            .map(|row| {
                let point = self.points.row(row as usize);
                let scores = priors.iter().enumerate().map(|(c, prior)| prior + dense::dot(weights.row(c), point));
                (row, scores.collect())
            })
            .collect();
        Some(Model { weights, held_out, duals })
    }

    /// Unlabelled rows with the labels that the model gives them: the `share` of each label's that it is most sure of.
    fn pseudo(&self, weights: &Matrix, share: f64, learned: usize) -> Vec<Member> {
        let (labelled, points) = (self.course.targets.len(), &self.points.matrix);
        let mut scores =
            dense::rows_product(&points.values[labelled * points.columns..], &weights.values, points.columns);
        let mut by_class: Vec<Vec<(f32, u32)>> = vec![Vec::new(); self.course.classes.len()];
        for (row, scores) in scores.chunks_exact_mut(self.course.classes.len()).enumerate() {
            temperature::soften(scores, 1.0);
            let (class, sure) = metrics::top(scores);
            by_class[class].push((sure, (labelled + row) as u32));
        }
        let mut members = Vec::new();
        for (target, mut rows) in (0..).zip(by_class) {
            rows.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
            let taken = (share * rows.len() as f64).ceil() as usize;
            members.extend(rows[..taken].iter().map(|&(_, row)| Member { row, pseudo: Some(target), weight: 0.0 }));
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
