//! Temperature scaling (Guo et al. 2017): one number that makes probabilities as sure as they are right.
//!
//! The temperature is the most probable one given out-of-fold scores and a prior that it is near 1: with few rows, or scores that
//! say little, the prior decides; with many rows the data do.

use crate::Matrix;
use crate::softmax::log_sum_exp;

/// Precision of the prior, a normal distribution of ln T: as if so many nats spoke against doubling e-fold.
const PRECISION: f64 = 20.0;

/// Divides scores. `rows` are those of `scores` that may speak.
pub(crate) fn fit(scores: &Matrix, targets: &[u32], rows: &[u32]) -> f32 {
    fit_near(1.0, scores, targets, rows)
}

/// Where a temperature other than 1 is to be expected.
pub(crate) fn fit_near(expected: f64, scores: &Matrix, targets: &[u32], rows: &[u32]) -> f32 {
    let loss = |log_t: f64| loss(scores, targets, rows, log_t.exp() as f32) + prior(log_t - expected.ln());
    // Golden section: in 1/T the loss is convex, so it has one valley in ln T.
    let golden = (5f64.sqrt() - 1.0) / 2.0;
    let (mut low, mut high) = (-3.0, 3.0);
    let (mut a, mut b) = (high - golden * (high - low), low + golden * (high - low));
    let (mut at_a, mut at_b) = (loss(a), loss(b));
    while high - low > 0.01 {
        if at_a < at_b {
            (high, b, at_b) = (b, a, at_a);
            a = high - golden * (high - low);
            at_a = loss(a);
        } else {
            (low, a, at_a) = (a, b, at_b);
            b = low + golden * (high - low);
            at_b = loss(b);
        }
    }
    ((low + high) / 2.0).exp() as f32
}

/// What speaks against scores, in nats: their loss at the temperature that they get, and that temperature's distance from 1.
pub(crate) fn cost(scores: &Matrix, targets: &[u32], rows: &[u32]) -> f64 {
    let temperature = fit(scores, targets, rows);
    loss(scores, targets, rows, temperature) + prior(f64::from(temperature).ln())
}

/// `far`: of ln T from where it is expected.
fn prior(far: f64) -> f64 {
    0.5 * PRECISION * far * far
}

/// Sum of the negative logarithms of what `rows` give their labels.
pub(crate) fn loss(scores: &Matrix, targets: &[u32], rows: &[u32], temperature: f32) -> f64 {
    let mut scaled = vec![0.0; scores.columns];
    let mut sum = 0.0;
    for &row in rows {
        for (scaled, score) in scaled.iter_mut().zip(scores.row(row as usize)) {
            *scaled = score / temperature;
        }
        sum += f64::from(log_sum_exp(&scaled) - scaled[targets[row as usize] as usize]);
    }
    sum
}

/// Scores to probabilities, in place.
pub(crate) fn soften(scores: &mut [f32], temperature: f32) {
    for score in scores.iter_mut() {
        *score /= temperature;
    }
    let normaliser = log_sum_exp(scores);
    for score in scores {
        *score = (*score - normaliser).exp();
    }
}

/// Scores of the labels that have rows to probabilities of all labels, in `row`; the others keep none.
pub(crate) fn spread(scores: &mut [f32], temperature: f32, active: &[u32], row: &mut [f32]) {
    soften(scores, temperature);
    for (&label, &probability) in active.iter().zip(&*scores) {
        row[label as usize] = probability;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Scores from which labels are drawn by a softmax at temperature 2.
    fn drawn(rows: usize) -> (Matrix, Vec<u32>) {
        let mut scores = Matrix { columns: 3, values: Vec::new() };
        let mut targets = Vec::new();
        for row in 0..rows {
            let place = |n: usize| ((row * n) as f32 * 0.618_034).fract();
            let start = scores.values.len();
            scores.values.extend([8.0 * place(1), 8.0 * place(3), 8.0 * place(7)]);
            let mut probabilities = scores.values[start..].to_vec();
            soften(&mut probabilities, 2.0);
            let draw = place(11);
            let target = if draw < probabilities[0] {
                0
            } else if draw < probabilities[0] + probabilities[1] {
                1
            } else {
                2
            };
            targets.push(target);
        }
        (scores, targets)
    }

    #[test]
    fn many_rows_speak_and_few_do_not() {
        let (scores, targets) = drawn(5000);
        let rows: Vec<u32> = (0..5000).collect();
        let many = fit(&scores, &targets, &rows);
        assert!((many - 2.0).abs() < 0.2, "{many}");
        let few = fit(&scores, &targets, &rows[..8]);
        assert!((few - 1.0).abs() < (many - 1.0).abs() * 0.8, "{few}");
        assert_eq!((fit(&scores, &targets, &[]) * 100.0).round(), 100.0);
        assert_eq!((fit_near(1.5, &scores, &targets, &[]) * 100.0).round(), 150.0);
    }
}
