//! A quick look at how a training goes: some rows are told by the means of other rows' classes. Good enough to compare moments of one
//! training.

use crate::{Estimate, Matrix, temperature};

/// Cosines are multiplied by this before they become probabilities.
const SHARPNESS: f32 = 15.0;

/// Rows with their unit vectors and classes.
pub(super) struct Part {
    pub(super) vectors: Matrix,
    pub(super) targets: Vec<u32>,
}

/// What the means of the known rows' classes say of those that are asked about.
pub(super) fn by_means(known: &Part, asked: &Part, classes: usize) -> Estimate {
    let width = known.vectors.columns;
    let mut means = vec![0.0; classes * width];
    for (place, &target) in known.targets.iter().enumerate() {
        let mean = &mut means[target as usize * width..][..width];
        mean.iter_mut().zip(known.vectors.row(place)).for_each(|(mean, value)| *mean += value);
    }
    for mean in means.chunks_exact_mut(width) {
        let length = mean.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-9);
        mean.iter_mut().for_each(|value| *value *= SHARPNESS / length);
    }
    let mut values = Vec::with_capacity(asked.targets.len() * classes);
    for place in 0..asked.targets.len() {
        let vector = asked.vectors.row(place);
        let mut scores: Vec<f32> =
            means.chunks_exact(width).map(|mean| mean.iter().zip(vector).map(|(a, b)| a * b).sum()).collect();
        temperature::soften(&mut scores, 1.0);
        values.extend(scores);
    }
    Estimate::of(&Matrix { columns: classes, values }, &asked.targets)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_told_by_the_nearest_mean() {
        let part = |rows: &[([f32; 2], u32)]| Part {
            vectors: Matrix { columns: 2, values: rows.iter().flat_map(|(vector, _)| *vector).collect() },
            targets: rows.iter().map(|(_, target)| *target).collect(),
        };
        let known = part(&[([1.0, 0.0], 0), ([0.8, 0.6], 0), ([0.0, 1.0], 1)]);
        let estimate = by_means(&known, &part(&[([0.8, -0.6], 0), ([0.3, 0.95], 1), ([0.0, 1.0], 0)]), 2);
        assert_eq!((estimate.rows, (estimate.accuracy * 3.0).round()), (3, 2.0));
    }
}
