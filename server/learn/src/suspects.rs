//! Labels that out-of-fold predictions contradict: confident learning (Northcutt, Jiang and Chuang 2021).
//!
//! A label's threshold is the mean probability that its own rows give it. A row is a suspect when another label reaches that
//! label's threshold and is more probable than any other label and the row's own.

use crate::{Matrix, metrics};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Suspect {
    /// Row of the matrix.
    pub row: usize,
    /// The label that is probably meant.
    pub label: u32,
    pub probability: f32,
    /// The most suspicious has the highest.
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

/// Suspicion of every labelled row (higher: more suspicious), for ranking benches.
pub fn scores(held_out: &Matrix, targets: &[u32]) -> Vec<f32> {
    (0..held_out.rows().min(targets.len()))
        .map(|row| {
            let probabilities = held_out.row(row);
            let own = probabilities.get(targets[row] as usize).copied().unwrap_or(0.0);
            let other = probabilities
                .iter()
                .enumerate()
                .filter(|&(label, _)| label != targets[row] as usize)
                .map(|(_, &probability)| probability)
                .fold(0.0, f32::max);
            other - own
        })
        .collect()
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
