//! Labels that out-of-fold predictions contradict.
//!
//! Which rows are suspects: confident learning (Northcutt, Jiang and Chuang 2021). A label's threshold is the mean probability
//! that its own rows give it. A row is a suspect when another label reaches that label's threshold and is more probable than any
//! other label and the row's own.
//!
//! Which come first: the odds that the label is wrong, given that `p(c|x)` is the belief in the true label c before the row's own
//! label y is read, and that annotators write y for c with probability `T[y,c]`:
//!
//! `odds = Σ_{c≠y} p(c|x) T[y,c] / (p(y|x) T[y,y])`
//!
//! T is estimated by expectation maximisation, as Dawid and Skene (1979) do for several annotators and Bekker and Goldberger
//! (2016) beneath a classifier: every row counts for its true label with its posterior probability. Were T the same for all pairs
//! of labels, the ranking would be that of self-confidence, `1 − p(y|x)`, which is the best where errors are random; estimated
//! freely, it follows the pairs that annotators confuse, where errors are not random, but also the pairs that only the classifier
//! confuses. So each column of T is the mean of the two: as free as the rows have it, and symmetric at the same rate of errors.

mod sets;

pub use sets::{SetSuspect, find_in_sets};

use crate::{Matrix, metrics};

/// Rounds of expectation maximisation; the ranking hardly moves after the fifth.
const ROUNDS: usize = 10;
/// Where it starts: one label of ten is wrong.
const ERRORS: f64 = 0.1;
/// No probability is less: nothing is impossible, and odds are finite.
const LEAST: f64 = 1e-9;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// Row of the matrix.
    pub row: usize,
    /// The label that is probably meant.
    pub label: u32,
    pub probability: f32,
    /// The most suspicious has the highest: the logarithm of the odds that the label is wrong.
    pub score: f32,
}

/// Most suspicious first. A label with a single row has no model that could contradict it.
pub fn find(held_out: &Matrix, targets: &[u32]) -> Vec<Suspect> {
    let means = Means::of(held_out, targets);
    let scores = scores(held_out, targets);
    let mut suspects: Vec<Suspect> = (0..held_out.rows().min(targets.len()))
        .filter_map(|row| {
            let (label, probability) = metrics::top(held_out.row(row));
            let contradicted = label != targets[row] as usize
                && means.rows.get(targets[row] as usize).is_some_and(|&rows| rows > 1)
                && f64::from(probability) >= means.own[label];
            contradicted.then_some(Suspect { row, label: label as u32, probability, score: scores[row] })
        })
        .collect();
    suspects.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    suspects
}

/// Suspicion of every labelled row: the logarithm of the odds that its label is wrong. Infinite for a target beyond the columns.
pub fn scores(held_out: &Matrix, targets: &[u32]) -> Vec<f32> {
    let rows = held_out.rows().min(targets.len());
    let mut noise = Noise::symmetric(held_out.columns, ERRORS);
    let mut posterior = vec![0.0; held_out.columns];
    for _ in 0..ROUNDS {
        let mut counts = vec![0.0; noise.values.len()];
        for (row, &target) in targets[..rows].iter().enumerate() {
            let Some(written) = noise.written(target) else { continue };
            let share = 1.0 / weigh(held_out.row(row), &noise.values[written.clone()], &mut posterior);
            for (count, posterior) in counts[written].iter_mut().zip(&posterior) {
                *count += posterior * share;
            }
        }
        noise = Noise::of(held_out.columns, &counts);
    }
    let odds = |(row, &target): (usize, &u32)| {
        let Some(written) = noise.written(target) else { return f32::INFINITY };
        weigh(held_out.row(row), &noise.values[written], &mut posterior);
        let right = posterior[target as usize];
        // Not the sum of all less the right one, which would lose the smallest.
        let wrong: f64 = posterior[..target as usize].iter().chain(&posterior[target as usize + 1..]).sum();
        (wrong.max(LEAST * LEAST).ln() - right.ln()) as f32
    };
    targets[..rows].iter().enumerate().map(odds).collect()
}

/// Products of beliefs and of what is written for them; gives their sum.
fn weigh(beliefs: &[f32], written: &[f64], products: &mut [f64]) -> f64 {
    for ((product, &belief), written) in products.iter_mut().zip(beliefs).zip(written) {
        *product = f64::from(belief).max(LEAST) * written;
    }
    products.iter().sum()
}

/// How likely each label is written for each true label; the true labels of one written label together.
struct Noise {
    labels: usize,
    values: Vec<f64>,
}

impl Noise {
    fn symmetric(labels: usize, errors: f64) -> Noise {
        let wrong = errors / labels.saturating_sub(1).max(1) as f64;
        let value = |place: usize| if place / labels == place % labels { 1.0 - errors } else { wrong };
        Noise { labels, values: (0..labels * labels).map(value).collect() }
    }

    /// From expected counts: the mean of what they say and of symmetric noise with as many errors.
    fn of(labels: usize, counts: &[f64]) -> Noise {
        let mut truly = vec![0.0; labels];
        let mut right = 0.0;
        for (place, count) in counts.iter().enumerate() {
            truly[place % labels] += count;
            right += if place / labels == place % labels { *count } else { 0.0 };
        }
        let rows: f64 = truly.iter().sum();
        let errors = if rows > 0.0 { (1.0 - right / rows).clamp(LEAST, 1.0 - LEAST) } else { ERRORS };
        let mut noise = Noise::symmetric(labels, errors);
        for (place, (value, count)) in noise.values.iter_mut().zip(counts).enumerate() {
            let total = truly[place % labels];
            if total > 0.0 {
                *value = (*value + count / total) / 2.0;
            }
        }
        noise
    }

    /// Where the true labels of a written one stand; `None` when there is no such label.
    fn written(&self, label: u32) -> Option<std::ops::Range<usize>> {
        let label = label as usize;
        (label < self.labels).then(|| label * self.labels..(label + 1) * self.labels)
    }
}

/// What a label's own rows give it.
struct Means {
    rows: Vec<usize>,
    own: Vec<f64>,
}

impl Means {
    fn of(held_out: &Matrix, targets: &[u32]) -> Means {
        let mut rows = vec![0; held_out.columns];
        let mut own = vec![0.0; held_out.columns];
        for (row, &target) in targets.iter().take(held_out.rows()).enumerate() {
            if let Some(&probability) = held_out.row(row).get(target as usize) {
                rows[target as usize] += 1;
                own[target as usize] += f64::from(probability);
            }
        }
        for (own, &rows) in own.iter_mut().zip(&rows) {
            // A label that no row has is never the one that was meant.
            *own = if rows > 0 { *own / f64::from(rows as u32) } else { f64::INFINITY };
        }
        Means { rows, own }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(rows: &[[f32; 3]]) -> Matrix {
        Matrix { columns: 3, values: rows.iter().flatten().copied().collect() }
    }

    /// Ninety rows that are believed, thirty a label.
    fn believed() -> (Vec<[f32; 3]>, Vec<u32>) {
        let beliefs = [[0.9, 0.05, 0.05], [0.05, 0.9, 0.05], [0.05, 0.05, 0.9]];
        ((0..90).map(|row| beliefs[row % 3]).collect(), (0..90).map(|row| row % 3).collect())
    }

    #[test]
    fn a_suspect_is_above_the_threshold_of_the_other_label() {
        let (mut rows, mut targets) = believed();
        rows.extend([[0.04, 0.93, 0.03], [0.3, 0.6, 0.1], [0.03, 0.04, 0.93]]);
        targets.extend([0, 0, 2]);
        // Label 1's own rows give it 0.9: the second is more likely wrong than right, but no suspect.
        let suspects = find(&matrix(&rows), &targets);
        let found: Vec<_> = suspects.iter().map(|suspect| (suspect.row, suspect.label, suspect.probability)).collect();
        assert_eq!(found, [(90, 1, 0.93)]);
    }

    #[test]
    fn the_most_suspicious_comes_first_and_equals_keep_their_order() {
        let (mut rows, mut targets) = believed();
        rows.extend([[0.06, 0.91, 0.03], [0.001, 0.998, 0.001], [0.06, 0.91, 0.03]]);
        targets.extend([0, 0, 0]);
        let order: Vec<usize> = find(&matrix(&rows), &targets).iter().map(|suspect| suspect.row).collect();
        assert_eq!(order, [91, 90, 92]);
    }

    #[test]
    fn a_label_of_one_row_is_not_contradicted() {
        let rows = matrix(&[[0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [0.9, 0.1, 0.0], [0.9, 0.1, 0.0]]);
        assert_eq!(find(&rows, &[0, 0, 2, 1]), []);
        assert_eq!(find(&rows, &[0, 0, 2, 2]).len(), 2);
    }

    #[test]
    fn random_errors_are_ranked_by_the_belief_in_the_label() {
        let (mut rows, mut targets) = believed();
        // Every label is written for every other, equally often.
        for (row, target) in [(0, 1), (1, 2), (2, 0), (0, 2), (1, 0), (2, 1)] {
            rows.push(rows[row]);
            targets.push(target);
        }
        // Less belief in its label, but none of the others stands out: a margin would rank it second.
        rows.extend([[0.2, 0.4, 0.4], [0.25, 0.74, 0.01]]);
        targets.extend([0, 0]);
        let scores = scores(&matrix(&rows), &targets);
        assert!(scores[96] > scores[97], "{:?}", &scores[96..]);
        assert!(scores[96] < scores[90], "{:?}", &scores[90..]);
    }

    #[test]
    fn errors_that_have_a_direction_are_ranked_by_it() {
        let (mut rows, mut targets) = believed();
        // 0 is written where 1 is meant, a few times, and nothing else is confused.
        for _ in 0..6 {
            rows.push(rows[1]);
            targets.push(0);
        }
        rows.extend([[0.3, 0.6, 0.1], [0.3, 0.1, 0.6]]);
        targets.extend([0, 0]);
        let scores = scores(&matrix(&rows), &targets);
        assert!(scores[96] > scores[97] + 0.5, "{:?}", &scores[96..]);
    }

    #[test]
    fn the_noise_is_found() {
        // Beliefs that are certain: the counts are the labels themselves. One of ten 1s is written 0.
        let counts = [30.0, 3.0, 0.0, 0.0, 27.0, 0.0, 0.0, 0.0, 30.0];
        let noise = Noise::of(3, &counts);
        let errors = 3.0 / 90.0;
        assert!((noise.values[1] - (0.1 + errors / 2.0) / 2.0).abs() < 1e-12);
        assert!((noise.values[2] - errors / 4.0).abs() < 1e-12);
        for meant in 0..3 {
            let written: f64 = (0..3).map(|label| noise.values[label * 3 + meant]).sum();
            assert!((written - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn nothing_and_nonsense_are_scored() {
        assert!(scores(&Matrix::default(), &[0, 1]).is_empty());
        assert_eq!(find(&Matrix::default(), &[]), []);
        assert!(scores(&Matrix { columns: 1, values: vec![1.0] }, &[0])[0].is_finite());
        let odd = matrix(&[[f32::NAN; 3], [0.0; 3], [1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]);
        let scores = scores(&odd, &[0, 1, 9, 0]);
        assert!(scores.iter().all(|score| !score.is_nan()), "{scores:?}");
        assert_eq!(scores[2], f32::INFINITY);
        assert!(scores[3] > scores[0] && scores[3].is_finite());
    }
}
