//! Temperature scaling (Guo et al. 2017) on out-of-fold scores, shrunk towards 1 where labels are few.

use crate::Matrix;

/// With this many labelled rows a class-pair's worth of evidence counts half: with two classes 50 rows, with more fewer.
const HALF: f32 = 100.0;

/// The temperature that minimises the log loss of these scores, pulled towards 1 in log space by rows / (rows + 100 / classes).
pub(crate) fn temperature(scores: &Matrix, targets: &[u32]) -> f32 {
    let (rows, classes) = (scores.rows() as f32, scores.columns as f32);
    if rows == 0.0 {
        return 1.0;
    }
    let loss = |log: f32| -> f64 {
        let inverse = (-log).exp();
        let of_row = |(row, target): (usize, &u32)| {
            let row = scores.row(row);
            let top = row.iter().fold(f32::MIN, |a, &b| a.max(b));
            let sum: f64 = row.iter().map(|score| f64::from((score - top) * inverse).exp()).sum();
            sum.ln() - f64::from((row[*target as usize] - top) * inverse)
        };
        targets.iter().enumerate().map(of_row).sum()
    };
    let (mut low, mut high) = (0.05f32.ln(), 5f32.ln());
    const GOLDEN: f32 = 0.618_034;
    for _ in 0..40 {
        let (left, right) = (high - GOLDEN * (high - low), low + GOLDEN * (high - low));
        if loss(left) < loss(right) { high = right } else { low = left }
    }
    ((low + high) / 2.0 * rows / (rows + HALF / classes)).exp()
}

/// Scores divided by the temperature become probabilities, in place.
pub(crate) fn soften(scores: &mut Matrix, temperature: f32) {
    if scores.columns == 0 {
        return;
    }
    for row in scores.values.chunks_mut(scores.columns) {
        let top = row.iter().fold(f32::MIN, |a, &b| a.max(b));
        let mut sum = 0.0;
        for value in row.iter_mut() {
            *value = ((*value - top) / temperature).exp();
            sum += *value;
        }
        row.iter_mut().for_each(|value| *value /= sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boasting_is_cooled_and_few_rows_change_little() {
        let boast = |rows: usize| {
            let values = (0..rows).flat_map(|_| [6.0, 0.0]).collect();
            let targets: Vec<u32> = (0..rows).map(|row| u32::from(row % 4 == 0)).collect();
            temperature(&Matrix { columns: 2, values }, &targets)
        };
        assert!(boast(4000) > 4.0, "{}", boast(4000));
        assert!(boast(8) < 1.5, "{}", boast(8));
    }
}
