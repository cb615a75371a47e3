//! Labels that out-of-fold predictions contradict: confident learning (Northcutt, Jiang and Chuang 2021).

use crate::Matrix;

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

/// Rows for which another class than the given one is at least as sure as that class's own rows are on average (its
/// threshold), and surer than the given one. Most suspicious first.
pub fn find(held_out: &Matrix, targets: &[u32]) -> Vec<Suspect> {
    let classes = held_out.columns;
    let (mut sums, mut counts) = (vec![0.0f64; classes], vec![0.0f64; classes]);
    for (row, &target) in targets.iter().enumerate() {
        sums[target as usize] += f64::from(held_out.row(row)[target as usize]);
        counts[target as usize] += 1.0;
    }
    let threshold = |class: usize| (sums[class] / f64::max(counts[class], 1.0)) as f32;
    let scores = scores(held_out, targets);
    let mut suspects: Vec<Suspect> = (0..targets.len())
        .filter_map(|row| {
            let probabilities = held_out.row(row);
            let given = probabilities[targets[row] as usize];
            let (label, probability) = (0..classes)
                .filter(|&class| counts[class] > 0.0 && probabilities[class] >= threshold(class))
                .map(|class| (class, probabilities[class]))
                .max_by(|a, b| a.1.total_cmp(&b.1))?;
            let contradicts = label != targets[row] as usize && probability > given;
            contradicts.then_some(Suspect { row, label: label as u32, probability, score: scores[row] })
        })
        .collect();
    suspects.sort_by(|a, b| b.score.total_cmp(&a.score).then(a.row.cmp(&b.row)));
    suspects
}

/// Suspicion of every labelled row, from 0 to 1: the mean of 1 less the given label's probability (self-confidence) and of
/// the normalised margin, (1 + best other - given) / 2. Each is better for one kind of noise.
pub fn scores(held_out: &Matrix, targets: &[u32]) -> Vec<f32> {
    let of_row = |(row, &target): (usize, &u32)| {
        let probabilities = held_out.row(row);
        let given = probabilities[target as usize];
        let others = probabilities.iter().enumerate().filter(|(class, _)| *class != target as usize);
        let other = others.map(|(_, probability)| *probability).fold(0.0, f32::max);
        ((1.0 - given) + (1.0 + other - given) / 2.0) / 2.0
    };
    targets.iter().enumerate().map(of_row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contradicted_label_is_found_and_a_doubtful_one_is_not() {
        let values = vec![0.9, 0.1, 0.8, 0.2, 0.1, 0.9, 0.2, 0.8, 0.95, 0.05, 0.45, 0.55];
        let found = find(&Matrix { columns: 2, values }, &[0, 0, 1, 1, 1, 0]);
        assert_eq!(found.iter().map(|s| (s.row, s.label)).collect::<Vec<_>>(), [(4, 0)]);
    }
}
