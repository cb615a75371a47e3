//! A quick look at how a training goes: some rows are told by the means of other rows' classes. Good enough to compare moments of one
//! training.

use crate::{Estimate, Matrix, calibration::Link, lesson::Targets};

/// Cosines are multiplied by this before they become probabilities.
const SHARPNESS: f32 = 15.0;

/// Rows with their unit vectors and classes.
pub(super) struct Part {
    pub(super) vectors: Matrix,
    pub(super) targets: Targets,
}

/// What the means of the known rows' classes say of those that are asked about. Of sets each label has two means, that of the rows that have
/// it and that of the others, and how far the difference is to be trusted is read off the rows that are asked about: a little more than is
/// known of them, but the same at every moment.
pub(super) fn by_means(known: &Part, asked: &Part, classes: usize) -> Estimate {
    let width = known.vectors.columns;
    let sum = |rows: &mut dyn Iterator<Item = usize>| {
        let mut mean = vec![0.0; width];
        rows.for_each(|row| mean.iter_mut().zip(known.vectors.row(row)).for_each(|(mean, value)| *mean += value));
        let length = mean.iter().map(|value| value * value).sum::<f32>().sqrt().max(1e-9);
        mean.iter_mut().for_each(|value| *value *= SHARPNESS / length);
        mean
    };
    let mut means: Vec<Vec<f32>> = Vec::with_capacity(classes);
    for class in 0..classes as u32 {
        let (having, others): (Vec<usize>, Vec<usize>) =
            (0..known.targets.len()).partition(|&row| known.targets.of(row).contains(&class));
        let mut mean = sum(&mut having.into_iter());
        if known.targets.are_sets() {
            mean.iter_mut().zip(sum(&mut others.into_iter())).for_each(|(mean, other)| *mean -= other);
        }
        means.push(mean);
    }
    let mut scores = Matrix { columns: classes, values: Vec::with_capacity(asked.targets.len() * classes) };
    for place in 0..asked.targets.len() {
        let vector = asked.vectors.row(place);
        scores.values.extend(means.iter().map(|mean| mean.iter().zip(vector).map(|(a, b)| a * b).sum::<f32>()));
    }
    let active: Vec<u32> = (0..classes as u32).collect();
    let rows: Vec<u32> = (0..asked.targets.len() as u32).collect();
    let link = match &asked.targets {
        Targets::One(_) => Link::Softmax(1.0),
        targets => Link::fit(&scores, targets, &active, (targets, classes), &rows),
    };
    let mut probabilities = Matrix { columns: classes, values: vec![0.0; scores.values.len()] };
    let to = probabilities.values.chunks_exact_mut(classes.max(1));
    to.zip(scores.values.chunks_exact_mut(classes.max(1))).for_each(|(to, scores)| link.spread(scores, &active, to));
    link.estimate(&probabilities, &asked.targets, &rows)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn vectors(rows: &[[f32; 2]]) -> Matrix {
        Matrix { columns: 2, values: rows.concat() }
    }

    #[test]
    fn a_row_is_told_by_the_nearest_mean() {
        let known =
            Part { vectors: vectors(&[[1.0, 0.0], [0.8, 0.6], [0.0, 1.0]]), targets: Targets::One(vec![0, 0, 1]) };
        let asked =
            Part { vectors: vectors(&[[0.8, -0.6], [0.3, 0.95], [0.0, 1.0]]), targets: Targets::One(vec![0, 1, 0]) };
        let estimate = by_means(&known, &asked, 2);
        assert_eq!((estimate.rows, (estimate.accuracy * 3.0).round()), (3, 2.0));
    }

    #[test]
    fn labels_of_a_set_are_told_each_by_its_means() {
        let sets = |sets: [&[u32]; 4]| Targets::Sets(sets.map(Arc::from).to_vec());
        let rows = [[1.0, 0.0], [0.7, 0.7], [0.0, 1.0], [-0.7, -0.7]];
        let known = Part { vectors: vectors(&rows), targets: sets([&[0], &[0, 1], &[1], &[]]) };
        let right = by_means(&known, &known, 2);
        let opposite = Part { vectors: vectors(&rows), targets: sets([&[1], &[], &[0], &[0, 1]]) };
        let wrong = by_means(&known, &opposite, 2);
        assert_eq!((right.rows, right.micro_f1), (4, 1.0));
        assert!(wrong.log_loss > right.log_loss, "{} {}", wrong.log_loss, right.log_loss);
    }
}
