//! What is to become small: losses of the vectors of a batch, which are of about unit length, with their slopes.
//!
//! What must stay true: a batch's loss is a mean, so that learning rates mean the same for all sizes.

use crate::{
    encoder::kernels::{
        add_columns,
        product::{Onto, View, product},
    },
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

    /// Cross-entropy with smoothed labels, a share of the mean over `of` vectors: the loss; the slopes along the vectors; those along
    /// the head's values are added to `gradient`.
    pub(crate) fn cross_entropy(
        &self,
        vectors: &[f32],
        targets: &[u32],
        of: usize,
        smoothing: f32,
        gradient: &mut [f32],
    ) -> (f32, Vec<f32>) {
        let hidden = self.values.len() / self.classes - 1;
        let rows = targets.len();
        let mut slopes = self.scores(vectors);
        let mut loss = 0.0;
        let even = smoothing / self.classes as f32;
        for (row, &target) in slopes.chunks_exact_mut(self.classes).zip(targets) {
            let whole = log_sum_exp(row);
            for (class, score) in row.iter_mut().enumerate() {
                let wanted = even + if class == target as usize { 1.0 - smoothing } else { 0.0 };
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

/// What each ordered pair of two rows weighs: one of unequal targets, one of equal.
pub(crate) fn pair_shares(targets: &[u32]) -> [f32; 2] {
    let rows = targets.len();
    let others = |row: usize| (0..rows).filter(move |&other| other != row);
    let equal: usize = (0..rows).map(|row| others(row).filter(|&o| targets[o] == targets[row]).count()).sum();
    let unequal = rows * rows.saturating_sub(1) - equal;
    let share = |count: usize, other: usize| match (count, other) {
        (0, _) => 0.0,
        (count, 0) => 1.0 / count as f32,
        (count, _) => 0.5 / count as f32,
    };
    [share(unequal, equal), share(equal, unequal)]
}

/// Squared distance of the cosine of each pair from 1 where its labels are equal and from 0 where they are not (the loss of
/// SetFit: Tunstall et al. 2022), over all pairs of a batch; equal and unequal pairs weigh half each.
pub(crate) fn pairs(vectors: &[f32], targets: &[u32]) -> (f32, Vec<f32>) {
    let rows = targets.len();
    let hidden = vectors.len() / rows.max(1);
    let view = View::new(vectors, rows, hidden);
    let mut slopes = vec![0.0; rows * rows];
    product(&mut slopes, rows, view, view.transposed(), 1.0, Onto::Replace);
    let shares = pair_shares(targets);
    let mut loss = 0.0;
    for (row, slopes) in slopes.chunks_exact_mut(rows.max(1)).enumerate() {
        for (other, slope) in slopes.iter_mut().enumerate() {
            let same = targets[other] == targets[row];
            let share = if other == row { 0.0 } else { shares[usize::from(same)] };
            let off = *slope - if same { 1.0 } else { 0.0 };
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
        let (vectors, targets) = (numbers(5 * 4, 1), [0, 2, 1, 0, 2]);
        check(&vectors, &pairs(&vectors, &targets).1, |vectors| pairs(vectors, &targets).0);
        let values = numbers(Head::len(3, 4), 2);
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

    #[test]
    fn pairs_of_one_class_and_of_none() {
        let vectors = [1.0, 0.0, 0.0, 1.0];
        assert_eq!(pairs(&vectors, &[0, 0]).0, 1.0);
        assert_eq!(pairs(&vectors, &[0, 1]).0, 0.0);
        assert_eq!(pairs(&vectors[..2], &[0]), (0.0, vec![0.0; 2]));
        assert_eq!(pairs(&[], &[]).0, 0.0);
    }
}
