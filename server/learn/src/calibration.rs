//! From scores of labels that do not exclude each other to the probabilities that they apply, and from which on they are given.
//!
//! Probabilities are Platt's (1999): `σ(slope · score + offset)`, the most probable slope and offset of each label given its
//! out-of-fold scores and a prior that they are near those of all labels together; those, in turn, are near 1 and 0. A label of few rows has
//! what all labels have, one of many rows has its own.
//!
//! A label is given from the threshold on that makes its F1 best. Of calibrated probabilities that is half of the best F1 itself (Lipton, Elkan and
//! Naryanaswamy 2014), and both follow from the probabilities alone, whose sum over the rows that are given the label is how many of them are
//! expected to be right: no count of a handful of hits decides. The threshold of a rare label is drawn to the one that is best for all labels
//! together, which is micro F1's.
//!
//! What must stay true: probabilities are never 0 or 1; a label that no row has is never given.

use std::{io, sync::Arc};

use crate::{
    Estimate, Matrix,
    bytes::{Body, Bytes},
    lesson::Targets,
    sigmoid::{sigmoid, softplus},
    temperature,
};

/// Precisions of the priors: of the slope and offset of all labels about 1 and 0, and of each label's about those (a slope's as a
/// share of theirs).
const SHARED: [f64; 2] = [20.0, 0.5];
const OWN: [f64; 2] = [20.0, 1.0];
/// Rows of a label that weigh as much as all labels, where its threshold is chosen.
const FEW: f64 = 20.0;
/// Nothing is surer.
const SUREST: f32 = 13.0;

/// By label of the lesson.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Calibration {
    slopes: Vec<f32>,
    offsets: Vec<f32>,
    thresholds: Vec<f32>,
}

/// How scores become probabilities.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Link {
    /// By a softmax at this temperature.
    Softmax(f32),
    /// Each by itself.
    Sigmoids(Calibration),
}

impl Default for Link {
    fn default() -> Link {
        Link::Softmax(1.0)
    }
}

impl Link {
    /// What out-of-fold scores ask for. `labels` has as many columns as the lesson has labels; `rows` are those that may speak.
    pub(crate) fn fit(
        scores: &Matrix,
        targets: &Targets,
        active: &[u32],
        labels: (&Targets, usize),
        rows: &[u32],
    ) -> Link {
        match targets {
            Targets::One(targets) => Link::Softmax(temperature::fit(scores, targets, rows)),
            Targets::Sets(_) => Link::fit_near(1.0, scores, targets, active, labels, rows),
        }
    }

    /// Where a temperature other than 1 is to be expected.
    pub(crate) fn fit_near(
        expected: f64,
        scores: &Matrix,
        targets: &Targets,
        active: &[u32],
        labels: (&Targets, usize),
        rows: &[u32],
    ) -> Link {
        match targets {
            Targets::One(targets) => Link::Softmax(temperature::fit_near(expected, scores, targets, rows)),
            Targets::Sets(targets) => {
                let columns = Platt::of(expected, scores, targets, rows);
                Link::Sigmoids(Calibration::of(scores, targets, active, &columns, labels, rows))
            }
        }
    }

    /// What speaks against scores, in nats: their loss with the link that they get, and how far that is from what is expected.
    pub(crate) fn cost(scores: &Matrix, targets: &Targets, rows: &[u32]) -> f64 {
        match targets {
            Targets::One(targets) => temperature::cost(scores, targets, rows),
            Targets::Sets(targets) => {
                let columns = Platt::of(1.0, scores, targets, rows);
                let cells = |column: usize| cells(scores, targets, rows, column);
                columns.iter().enumerate().map(|(column, platt)| platt.loss(cells(column))).sum()
            }
        }
    }

    /// Of the rows, with the link that they ask for.
    pub(crate) fn loss(scores: &Matrix, targets: &Targets, rows: &[u32]) -> f64 {
        match targets {
            Targets::One(targets) => temperature::loss(scores, targets, rows, temperature::fit(scores, targets, rows)),
            Targets::Sets(_) => Link::cost(scores, targets, rows),
        }
    }

    pub(crate) fn thresholds(&self) -> Option<&[f32]> {
        match self {
            Link::Softmax(_) => None,
            Link::Sigmoids(calibration) => Some(&calibration.thresholds),
        }
    }

    /// Scores of the labels that models tell apart to probabilities of all labels, in `row`.
    pub(crate) fn spread(&self, scores: &mut [f32], active: &[u32], row: &mut [f32]) {
        match self {
            Link::Softmax(temperature) => temperature::spread(scores, *temperature, active, row),
            Link::Sigmoids(calibration) => calibration.spread(scores, active, row),
        }
    }

    /// How much a label's log odds move with its score, or, where labels exclude each other, with how far that is above the others'.
    pub(crate) fn steepness(&self, label: u32) -> f32 {
        match self {
            Link::Softmax(temperature) => 1.0 / temperature,
            Link::Sigmoids(calibration) => calibration.slopes.get(label as usize).copied().unwrap_or(0.0),
        }
    }

    /// How good these probabilities are, by label of the lesson, in some rows.
    pub(crate) fn estimate(&self, probabilities: &Matrix, labels: &Targets, rows: &[u32]) -> Estimate {
        let probabilities = probabilities.of_rows(rows);
        match labels.of_rows(rows) {
            Targets::One(labels) => Estimate::of(&probabilities, &labels),
            Targets::Sets(sets) => Estimate::of_sets(&probabilities, &sets, self.thresholds().unwrap_or_default()),
        }
    }

    pub(crate) fn write(&self, body: &mut Body) {
        match self {
            Link::Softmax(temperature) => {
                body.floats(&[*temperature]);
                body.integers(&[0]);
            }
            Link::Sigmoids(Calibration { slopes, offsets, thresholds }) => {
                body.floats(&[]);
                body.integers(&[1]);
                [slopes, offsets, thresholds].into_iter().for_each(|values| body.floats(values));
            }
        }
    }

    /// What [`Link::write`] wrote; whether it is of any use, [`Link::is_sound`] says.
    pub(crate) fn read(body: &mut Bytes<'_>) -> io::Result<Link> {
        let temperature = body.floats()?.first().copied().unwrap_or(1.0);
        match body.integers()?[..] {
            [1] => Ok(Link::Sigmoids(Calibration {
                slopes: body.floats()?,
                offsets: body.floats()?,
                thresholds: body.floats()?,
            })),
            _ => Ok(Link::Softmax(temperature)),
        }
    }

    /// Whether it serves so many labels.
    pub(crate) fn is_sound(&self, labels: usize) -> bool {
        match self {
            Link::Softmax(temperature) => *temperature > 0.0 && temperature.is_finite(),
            Link::Sigmoids(Calibration { slopes, offsets, thresholds }) => [slopes, offsets, thresholds]
                .iter()
                .all(|values| values.len() == labels && values.iter().all(|value| value.is_finite())),
        }
    }
}

impl Calibration {
    fn of(
        scores: &Matrix,
        targets: &[Arc<[u32]>],
        active: &[u32],
        columns: &[Platt],
        (labels, number): (&Targets, usize),
        rows: &[u32],
    ) -> Calibration {
        let all = labels.len();
        let having = labels.counts(0..all as u32, number);
        // Labels that no row has, or all have: their rate, as if half a row more had them, and half a row had not.
        let rate = |having: usize| (having as f64 + 0.5).ln() - (all as f64 - having as f64 + 0.5).ln();
        let mut calibration = Calibration {
            slopes: vec![0.0; number],
            offsets: having.iter().map(|&having| rate(having) as f32).collect(),
            thresholds: having.iter().map(|&having| if having == 0 { 1.0 } else { 0.5 }).collect(),
        };
        let probabilities: Vec<Vec<f64>> = columns
            .iter()
            .enumerate()
            .map(|(column, platt)| {
                cells(scores, targets, rows, column).map(|(score, _)| platt.of_score(score)).collect()
            })
            .collect();
        let shared = best_threshold(&probabilities.concat());
        for ((&label, platt), probabilities) in active.iter().zip(columns).zip(&probabilities) {
            let label = label as usize;
            if having[label] == 0 {
                continue;
            }
            let weight = having[label] as f64 / (having[label] as f64 + FEW);
            let threshold = weight * best_threshold(probabilities) + (1.0 - weight) * shared;
            (calibration.slopes[label], calibration.offsets[label]) = (platt.slope as f32, platt.offset as f32);
            calibration.thresholds[label] = threshold as f32;
        }
        calibration
    }

    fn spread(&self, scores: &[f32], active: &[u32], row: &mut [f32]) {
        for (probability, offset) in row.iter_mut().zip(&self.offsets) {
            *probability = sigmoid(offset.clamp(-SUREST, SUREST));
        }
        for (&label, score) in active.iter().zip(scores) {
            let label = label as usize;
            let sure = self.slopes[label] * score + self.offsets[label];
            row[label] = sigmoid(if sure.is_nan() { 0.0 } else { sure.clamp(-SUREST, SUREST) });
        }
    }
}

/// Scores of a label, each with whether it applies.
fn cells<'a>(
    scores: &'a Matrix,
    targets: &'a [Arc<[u32]>],
    rows: &'a [u32],
    column: usize,
) -> impl Iterator<Item = (f64, bool)> + Clone + 'a {
    rows.iter().map(move |&row| {
        let applies = targets[row as usize].binary_search(&(column as u32)).is_ok();
        (f64::from(scores.row(row as usize)[column]), applies)
    })
}

/// The one from which on labels are to be given, so that F1 is expected to be best.
fn best_threshold(probabilities: &[f64]) -> f64 {
    let mut sorted = probabilities.to_vec();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let applying: f64 = sorted.iter().sum();
    let (mut best, mut right) = (0.0f64, 0.0);
    for (given, probability) in sorted.iter().enumerate() {
        right += probability;
        best = best.max(2.0 * right / ((given + 1) as f64 + applying));
    }
    best / 2.0
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Platt {
    slope: f64,
    offset: f64,
}

impl Platt {
    /// Of each column.
    fn of(expected: f64, scores: &Matrix, targets: &[Arc<[u32]>], rows: &[u32]) -> Vec<Platt> {
        let columns = 0..scores.columns;
        let all = columns.clone().flat_map(|column| cells(scores, targets, rows, column));
        let shared = Platt::near(Platt { slope: 1.0 / expected, offset: 0.0 }, SHARED, all);
        let own = [OWN[0] / (shared.slope * shared.slope).max(1e-6), OWN[1]];
        columns.map(|column| Platt::near(shared, own, cells(scores, targets, rows, column))).collect()
    }

    fn of_score(&self, score: f64) -> f64 {
        1.0 / (1.0 + (-(self.slope * score + self.offset)).exp())
    }

    fn loss(&self, cells: impl Iterator<Item = (f64, bool)>) -> f64 {
        let loss = |(score, applies): (f64, bool)| {
            let sure = (self.slope * score + self.offset) as f32;
            f64::from(softplus(if applies { -sure } else { sure }))
        };
        cells.map(loss).sum()
    }

    /// The most probable one, by Newton's method: the loss is convex.
    fn near(expected: Platt, precision: [f64; 2], cells: impl Iterator<Item = (f64, bool)> + Clone) -> Platt {
        let far = |platt: Platt| [platt.slope - expected.slope, platt.offset - expected.offset];
        let cost = |platt: Platt| {
            let [slope, offset] = far(platt);
            platt.loss(cells.clone()) + 0.5 * (precision[0] * slope * slope + precision[1] * offset * offset)
        };
        let (mut platt, mut at) = (expected, cost(expected));
        for _ in 0..50 {
            let [slope, offset] = far(platt);
            let mut gradient = [precision[0] * slope, precision[1] * offset];
            let mut curve = [precision[0], 0.0, precision[1]];
            for (score, applies) in cells.clone() {
                let p = platt.of_score(score);
                let (off, weight) = (p - f64::from(u8::from(applies)), p * (1.0 - p));
                gradient[0] += off * score;
                gradient[1] += off;
                curve[0] += weight * score * score;
                curve[1] += weight * score;
                curve[2] += weight;
            }
            let determinant = curve[0] * curve[2] - curve[1] * curve[1];
            let step = [
                (curve[2] * gradient[0] - curve[1] * gradient[1]) / determinant,
                (curve[0] * gradient[1] - curve[1] * gradient[0]) / determinant,
            ];
            let mut share = 1.0;
            let next = loop {
                let next = Platt { slope: platt.slope - share * step[0], offset: platt.offset - share * step[1] };
                let cost = cost(next);
                if cost < at {
                    break Some((next, cost));
                }
                share *= 0.5;
                if share < 1e-6 {
                    break None;
                }
            };
            let Some((next, cost)) = next else { break };
            let gained = at - cost;
            (platt, at) = (next, cost);
            if gained < 1e-7 {
                break;
            }
        }
        // A label whose scores say the opposite of what it is says nothing.
        Platt { slope: platt.slope.max(0.0), ..platt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores of labels that apply with the probability `σ(slope · score + offset)`, each label by its own.
    fn drawn(rows: usize, truth: &[(f32, f32)]) -> (Matrix, Targets) {
        let (mut scores, mut sets) = (Matrix { columns: truth.len(), values: Vec::new() }, Vec::new());
        for row in 0..rows {
            let place = |n: usize| ((row * n + n) as f32 * 0.618_034).fract();
            let of_row: Vec<f32> = (0..truth.len()).map(|label| 8.0 * place(label * 2 + 1) - 4.0).collect();
            let applies = |label: &u32| {
                let (slope, offset) = truth[*label as usize];
                place(*label as usize * 2 + 8) < sigmoid(slope * of_row[*label as usize] + offset)
            };
            sets.push((0..truth.len() as u32).filter(applies).collect());
            scores.values.extend(of_row);
        }
        (scores, Targets::Sets(sets))
    }

    fn fitted(scores: &Matrix, targets: &Targets, rows: &[u32]) -> Calibration {
        let active: Vec<u32> = (0..scores.columns as u32).collect();
        match Link::fit(scores, targets, &active, (targets, scores.columns + 1), rows) {
            Link::Sigmoids(calibration) => calibration,
            link => panic!("{link:?}"),
        }
    }

    #[test]
    fn many_rows_speak_for_their_label_and_few_do_not() {
        let truth = [(2.0, -1.0), (0.5, 1.0)];
        let (scores, targets) = drawn(4000, &truth);
        let all: Vec<u32> = (0..4000).collect();
        let many = fitted(&scores, &targets, &all);
        for (label, (slope, offset)) in truth.iter().enumerate() {
            let found = (many.slopes[label], many.offsets[label]);
            assert!(
                (found.0 - slope).abs() < 0.25 && (found.1 - offset).abs() < 0.25,
                "{found:?} for {slope} {offset}"
            );
        }
        let few = fitted(&scores, &targets, &all[..10]);
        assert!((few.slopes[0] - few.slopes[1]).abs() < 0.5 * (many.slopes[0] - many.slopes[1]).abs());
        let none = fitted(&scores, &targets, &[]);
        assert_eq!((none.slopes[0], none.offsets[0]), (1.0, 0.0));
    }

    #[test]
    fn a_label_without_rows_is_never_given() {
        let (scores, targets) = drawn(50, &[(1.0, 0.0)]);
        let rows: Vec<u32> = (0..50).collect();
        let calibration = fitted(&scores, &targets, &rows);
        let mut row = [0.0; 2];
        calibration.spread(&[f32::INFINITY], &[0], &mut row);
        assert!(row[0] > 0.99 && row[0] < 1.0, "{row:?}");
        assert!(row[1] < 0.02 && row[1] < calibration.thresholds[1], "{row:?} {calibration:?}");
        calibration.spread(&[f32::NAN], &[0], &mut row);
        assert!(row.iter().all(|p| (0.0..1.0).contains(p)), "{row:?}");
    }

    #[test]
    fn the_best_threshold_is_half_of_the_best_f1() {
        // Certain: F1 is 1.
        assert!((best_threshold(&[1.0, 0.0, 1.0, 0.0]) - 0.5).abs() < 1e-9);
        // Nothing can be told apart: all are given, and F1 is 2 · 0.2 / 1.2.
        assert!((best_threshold(&[0.2; 10]) - 1.0 / 6.0).abs() < 1e-9);
        assert_eq!(best_threshold(&[]), 0.0);
    }

    #[test]
    fn what_was_written_is_read() {
        let (scores, targets) = drawn(50, &[(1.0, 0.0), (1.0, -2.0)]);
        let rows: Vec<u32> = (0..50).collect();
        for link in [Link::Softmax(1.25), Link::Sigmoids(fitted(&scores, &targets, &rows))] {
            let (mut body, mut file) = (Body::default(), Vec::new());
            link.write(&mut body);
            body.write(b"a-magic!", 1, &mut file).unwrap();
            let bytes = crate::bytes::read(b"a-magic!", 1, "a link", &mut &file[..]).unwrap();
            assert_eq!(Link::read(&mut Bytes::new(&bytes)).unwrap(), link);
            assert!(link.is_sound(3) && (link.is_sound(9) == (link == Link::Softmax(1.25))));
        }
    }
}
