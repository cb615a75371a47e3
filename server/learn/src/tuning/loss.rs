//! What is to become small: losses of the vectors of a batch, which are of about unit length, with their slopes.
//!
//! What must stay true: a batch's loss is a mean, so that learning rates mean the same for all sizes.

use crate::{
    encoder::kernels::{
        add_columns,
        product::{Onto, View, product},
    },
    lesson::Targets,
    sigmoid::{sigmoid, softplus},
    softmax::log_sum_exp,
};

/// A linear layer over vectors, `scale` of them: a row a class, then a bias a class, end to end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) classes: usize,
    pub(crate) scale: f32,
}

impl Head<'_> {
    pub(crate) fn len(classes: usize, hidden: usize) -> usize {
        classes * (hidden + 1)
    }

    /// A row a vector, a column a class.
    pub(crate) fn scores(&self, vectors: &[f32]) -> Vec<f32> {
        let hidden = self.values.len() / self.classes - 1;
        let (weight, bias) = self.values.split_at(self.classes * hidden);
        let rows = vectors.len() / hidden;
        let mut scores = vec![0.0; rows * self.classes];
        let weight = View::new(weight, self.classes, hidden).transposed();
        product(&mut scores, self.classes, View::new(vectors, rows, hidden), weight, self.scale, Onto::Replace);
        crate::encoder::kernels::add_to_rows(&mut scores, bias);
        scores
    }

    /// Cross-entropy with smoothed labels, a share of the mean over `of` vectors; of sets, the sum of that of each label by itself: the loss; the slopes along the vectors; those along
    /// the head's values are added to `gradient`.
    pub(crate) fn cross_entropy(
        &self,
        vectors: &[f32],
        targets: &Targets,
        of: usize,
        smoothing: f32,
        gradient: &mut [f32],
    ) -> (f32, Vec<f32>) {
        let hidden = self.values.len() / self.classes - 1;
        let rows = targets.len();
        let mut slopes = self.scores(vectors);
        let mut loss = 0.0;
        for (number, row) in slopes.chunks_exact_mut(self.classes).enumerate() {
            let wanted = wanted(targets, number, self.classes, smoothing);
            if targets.are_sets() {
                for (score, wanted) in row.iter_mut().zip(wanted) {
                    loss += softplus(*score) - wanted * *score;
                    *score = (sigmoid(*score) - wanted) / of as f32;
                }
                continue;
            }
            let whole = log_sum_exp(row);
            for (score, wanted) in row.iter_mut().zip(wanted) {
                loss -= wanted * (*score - whole);
                *score = ((*score - whole).exp() - wanted) / of as f32;
            }
        }
        let (weight, _) = self.values.split_at(self.classes * hidden);
        let (to_weight, to_bias) = gradient.split_at_mut(self.classes * hidden);
        let by_class = View::new(&slopes, rows, self.classes);
        let vectors = View::new(vectors, rows, hidden);
        product(to_weight, hidden, by_class.transposed(), vectors, self.scale, Onto::Add);
        add_columns(&slopes, to_bias);
        let mut along = vec![0.0; rows * hidden];
        product(&mut along, hidden, by_class, View::new(weight, self.classes, hidden), self.scale, Onto::Replace);
        (loss / of as f32, along)
    }
}

/// What a row's probabilities are to be. Smoothing shares a part among all classes; of a set, it moves each label towards 1/2.
pub(crate) fn wanted(targets: &Targets, row: usize, classes: usize, smoothing: f32) -> Vec<f32> {
    let even = smoothing / if targets.are_sets() { 2.0 } else { classes as f32 };
    let mut wanted = vec![even; classes];
    targets.of(row).iter().for_each(|&target| wanted[target as usize] += 1.0 - smoothing);
    wanted
}

/// The cosine that two rows are to have: 1 for equal labels, 0 for those that have none in common; between sets, the share of their
/// labels that is common to both (Jaccard 1901).
pub(crate) fn likeness(targets: &Targets, row: usize, other: usize) -> f32 {
    let (a, b) = (targets.of(row), targets.of(other));
    let common = a.iter().filter(|label| b.binary_search(label).is_ok()).count();
    let all = a.len() + b.len() - common;
    if all == 0 { 1.0 } else { common as f32 / all as f32 }
}

/// What each ordered pair of two rows weighs: one of rows that have no label in common, one of others.
pub(crate) fn pair_shares(targets: &Targets) -> [f32; 2] {
    let rows = targets.len();
    let others = |row: usize| (0..rows).filter(move |&other| other != row);
    let equal: usize = (0..rows).map(|row| others(row).filter(|&o| likeness(targets, o, row) > 0.0).count()).sum();
    let unequal = rows * rows.saturating_sub(1) - equal;
    let share = |count: usize, other: usize| match (count, other) {
        (0, _) => 0.0,
        (count, 0) => 1.0 / count as f32,
        (count, _) => 0.5 / count as f32,
    };
    [share(unequal, equal), share(equal, unequal)]
}

/// Squared distance of the cosine of each pair from how alike its labels are ([`likeness`]; with one label a text, the loss of SetFit: Tunstall et
/// al. 2022), over all pairs of a batch; pairs that have a label in common and those that have none weigh half each.
pub(crate) fn pairs(vectors: &[f32], targets: &Targets) -> (f32, Vec<f32>) {
    let rows = targets.len();
    let hidden = vectors.len() / rows.max(1);
    let view = View::new(vectors, rows, hidden);
    let mut slopes = vec![0.0; rows * rows];
    product(&mut slopes, rows, view, view.transposed(), 1.0, Onto::Replace);
    let shares = pair_shares(targets);
    let mut loss = 0.0;
    for (row, slopes) in slopes.chunks_exact_mut(rows.max(1)).enumerate() {
        for (other, slope) in slopes.iter_mut().enumerate() {
            let wanted = likeness(targets, row, other);
            let share = if other == row { 0.0 } else { shares[usize::from(wanted > 0.0)] };
            let off = *slope - wanted;
            loss += share * off * off;
            // Each pair stands twice, and each vector is in both.
            *slope = 4.0 * share * off;
        }
    }
    let mut along = vec![0.0; rows * hidden];
    product(&mut along, hidden, View::new(&slopes, rows, rows), view, 1.0, Onto::Replace);
    (loss, along)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn numbers(count: usize, seed: usize) -> Vec<f32> {
        (0..count).map(|index| ((index * 37 + seed * 101) % 97) as f32 / 48.0 - 1.0).collect()
    }

    fn check(values: &[f32], slopes: &[f32], loss: impl Fn(&[f32]) -> f32) {
        for place in 0..values.len() {
            let at = |step: f32| {
                let mut moved = values.to_vec();
                moved[place] += step;
                f64::from(loss(&moved))
            };
            let difference = (at(0.01) - at(-0.01)) / 0.02;
            let slope = f64::from(slopes[place]);
            assert!((difference - slope).abs() < 2e-3 * (1.0 + slope.abs()), "{place}: {difference}, not {slope}");
        }
    }

    #[test]
    fn slopes_are_those_of_differences() {
        let one = Targets::One(vec![0, 2, 1, 0, 2]);
        let sets = Targets::Sets([[0, 1].as_slice(), &[2], &[], &[0], &[0, 1, 2]].map(Arc::from).to_vec());
        let (vectors, values) = (numbers(5 * 4, 1), numbers(Head::len(3, 4), 2));
        for targets in [one, sets] {
            check(&vectors, &pairs(&vectors, &targets).1, |vectors| pairs(vectors, &targets).0);
            let loss = |values: &[f32], vectors: &[f32]| {
                let mut gradient = vec![0.0; values.len()];
                let head = Head { values, classes: 3, scale: 2.0 };
                let (loss, along) = head.cross_entropy(vectors, &targets, 5, 0.1, &mut gradient);
                (loss, along, gradient)
            };
            let (_, along, gradient) = loss(&values, &vectors);
            check(&vectors, &along, |vectors| loss(&values, vectors).0);
            check(&values, &gradient, |values| loss(values, &vectors).0);
        }
    }

    #[test]
    fn cross_entropy_of_sets_by_hand() {
        // Scores are 0 for both labels of both rows, where every label costs ln 2.
        let head = Head { values: &[0.0; 6], classes: 2, scale: 1.0 };
        let targets = Targets::Sets([[0].as_slice(), &[]].map(Arc::from).to_vec());
        let (loss, _) = head.cross_entropy(&[1.0, 0.0, 0.0, 1.0], &targets, 2, 0.0, &mut [0.0; 6]);
        assert!((loss - 2.0 * 2f32.ln()).abs() < 1e-6, "{loss}");
    }

    #[test]
    fn pairs_of_one_class_and_of_none() {
        let vectors = [1.0, 0.0, 0.0, 1.0];
        assert_eq!(pairs(&vectors, &Targets::One(vec![0, 0])).0, 1.0);
        assert_eq!(pairs(&vectors, &Targets::One(vec![0, 1])).0, 0.0);
        assert_eq!(pairs(&vectors[..2], &Targets::One(vec![0])), (0.0, vec![0.0; 2]));
        assert_eq!(pairs(&[], &Targets::One(vec![])).0, 0.0);
        let sets = Targets::Sets([[0, 1].as_slice(), &[1, 2]].map(Arc::from).to_vec());
        assert!((pairs(&vectors, &sets).0 - 1.0 / 9.0).abs() < 1e-6);
    }
}
