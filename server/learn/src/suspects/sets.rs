//! Labels of sets that out-of-fold predictions contradict: those that probably apply and are missing, and those that stand there and
//! probably do not apply.
//!
//! As with one label a text ([`super`]), for every label by itself. Which are suspects: confident learning. A missing label is at
//! least as probable as the rows that have it make it in the mean; a wrong one is at most as probable as the rows that lack it make it; and
//! the label's threshold is on the same side; and it is no close call, either way. Which come first: the odds that what stands there is wrong, where people leave out a label that
//! applies at one rate and write one that does not at another. Both rates are estimated for all labels together, by expectation
//! maximisation: to leave out is the commoner slip, but how much commoner the rows say.

use std::sync::Arc;

use super::{LEAST, ROUNDS};
use crate::Matrix;

/// Where the rates start: so many of the labels that apply are missing, and so many of those that stand there are wrong.
const ERRORS: f64 = 0.1;

/// A row takes part in as many decisions as there are labels: nearly every row would be a suspect if it were enough to be likelier wrong
/// than the mean. With 96 errors planted into 1,553 rows of 62 labels these bounds keep 72 of the 74 that are found without them, and
/// 226 suspects of 312.
const LEAST_MISSING: f64 = 0.8;
const MOST_WRONG: f64 = 0.02;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SetSuspect {
    /// Row of the matrix.
    pub row: usize,
    pub label: u32,
    /// Whether the row has it; then it is probably wrong, else probably missing.
    pub is_given: bool,
    /// That the label applies.
    pub probability: f32,
    /// The most suspicious has the highest: the logarithm of the odds that the row is wrong about this label.
    pub score: f32,
}

/// Most suspicious first. `targets[i]` are the columns of row `i`, sorted, without repetition. A label with a single row has no model that could
/// contradict it, or find it missing.
pub fn find_in_sets(held_out: &Matrix, targets: &[Arc<[u32]>], thresholds: &[f32]) -> Vec<SetSuspect> {
    let rows = held_out.rows().min(targets.len());
    let targets = &targets[..rows];
    let slips = Slips::of(held_out, targets);
    let means: Vec<Means> = (0..held_out.columns).map(|label| Means::of(held_out, targets, label)).collect();
    let mut suspects = Vec::new();
    for (row, target) in targets.iter().enumerate() {
        for (label, (&probability, means)) in held_out.row(row).iter().zip(&means).enumerate() {
            let is_given = has(target, label);
            let (exact, threshold) = (f64::from(probability), thresholds.get(label).copied().unwrap_or(0.5));
            let contradicted = means.rows > 1
                && match is_given {
                    true => probability < threshold && exact <= means.lacking.min(MOST_WRONG),
                    false => probability >= threshold && exact >= means.having.max(LEAST_MISSING),
                };
            if contradicted {
                let score = slips.odds(exact, is_given).ln() as f32;
                suspects.push(SetSuspect { row, label: label as u32, is_given, probability, score });
            }
        }
    }
    suspects.sort_by(|a, b| b.score.total_cmp(&a.score).then((a.row, a.label).cmp(&(b.row, b.label))));
    suspects
}

fn has(target: &[u32], label: usize) -> bool {
    target.binary_search(&(label as u32)).is_ok()
}

/// How probable a label is where it stands and where it does not, in the mean.
struct Means {
    /// Rows that have it.
    rows: usize,
    having: f64,
    lacking: f64,
}

impl Means {
    fn of(held_out: &Matrix, targets: &[Arc<[u32]>], label: usize) -> Means {
        let (mut rows, mut having, mut lacking) = (0, 0.0, 0.0);
        for (row, target) in targets.iter().enumerate() {
            let probability = f64::from(held_out.row(row)[label]);
            if has(target, label) {
                rows += 1;
                having += probability;
            } else {
                lacking += probability;
            }
        }
        let without = targets.len() - rows;
        Means { rows, having: having / rows.max(1) as f64, lacking: lacking / without.max(1) as f64 }
    }
}

/// How often people leave out a label that applies, and write one that does not.
#[derive(Debug)]
struct Slips {
    left_out: f64,
    written: f64,
}

impl Slips {
    fn of(held_out: &Matrix, targets: &[Arc<[u32]>]) -> Slips {
        let cells = || {
            targets.iter().enumerate().flat_map(|(row, target)| {
                let probabilities = held_out.row(row).iter().enumerate();
                probabilities.map(|(label, &probability)| (f64::from(probability), has(target, label)))
            })
        };
        let (all, given) =
            cells().fold((0.0, 0.0), |(all, given), cell| (all + 1.0, given + f64::from(u8::from(cell.1))));
        if given == 0.0 || given == all {
            return Slips { left_out: ERRORS, written: ERRORS };
        }
        let mut slips = Slips { left_out: ERRORS, written: ERRORS * given / (all - given).max(given) };
        for _ in 0..ROUNDS {
            // Labels that apply, that do not, and of each those where a slip stands.
            let (mut apply, mut left_out, mut not, mut written) = (0.0, 0.0, 0.0, 0.0);
            for (probability, is_given) in cells() {
                let odds = slips.odds(probability, is_given);
                let slip = odds / (1.0 + odds);
                if is_given {
                    apply += 1.0 - slip;
                    not += slip;
                    written += slip;
                } else {
                    apply += slip;
                    left_out += slip;
                    not += 1.0 - slip;
                }
            }
            let rate = |slips: f64, of: f64| (slips / of.max(LEAST)).clamp(LEAST, 0.5);
            slips = Slips { left_out: rate(left_out, apply), written: rate(written, not) };
        }
        slips
    }

    /// That a row is wrong about a label of this probability.
    fn odds(&self, probability: f64, is_given: bool) -> f64 {
        let probability = if probability.is_nan() { 0.5 } else { probability.clamp(LEAST, 1.0 - LEAST) };
        if is_given {
            (1.0 - probability) * self.written / (probability * (1.0 - self.left_out))
        } else {
            probability * self.left_out / ((1.0 - probability) * (1.0 - self.written))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sixty rows that are believed: a third has label 0, a third has both, a third has none.
    fn believed() -> (Vec<[f32; 2]>, Vec<Arc<[u32]>>) {
        let beliefs = [[0.9, 0.1], [0.9, 0.8], [0.05, 0.1]];
        let sets: [&[u32]; 3] = [&[0], &[0, 1], &[]];
        ((0..60).map(|row| beliefs[row % 3]).collect(), (0..60).map(|row| sets[row % 3].into()).collect())
    }

    fn found(rows: &[[f32; 2]], targets: &[Arc<[u32]>]) -> Vec<(usize, u32, bool)> {
        let matrix = Matrix { columns: 2, values: rows.iter().flatten().copied().collect() };
        let suspects = find_in_sets(&matrix, targets, &[0.5, 0.4]);
        suspects.iter().map(|suspect| (suspect.row, suspect.label, suspect.is_given)).collect()
    }

    #[test]
    fn missing_and_wrong_labels_are_found_and_likely_ones_are_not() {
        let (mut rows, mut targets) = believed();
        assert_eq!(found(&rows, &targets), []);
        // Label 1 is missing; label 0 is wrong; the third is likelier wrong than right, but the rows with label 0 are believed more.
        rows.extend([[0.9, 0.95], [0.01, 0.1], [0.6, 0.1]]);
        targets.extend([[0].as_slice(), &[0], &[]].map(Arc::from));
        let mut suspects = found(&rows, &targets);
        suspects.sort_unstable();
        assert_eq!(suspects, [(60, 1, false), (61, 0, true)]);
    }

    #[test]
    fn the_most_suspicious_comes_first_and_equals_keep_their_order() {
        let (mut rows, mut targets) = believed();
        rows.extend([[0.95, 0.1], [0.99, 0.1], [0.95, 0.1]]);
        targets.extend([[].as_slice(), &[], &[]].map(Arc::from));
        assert_eq!(found(&rows, &targets), [(61, 0, false), (60, 0, false), (62, 0, false)]);
    }

    #[test]
    fn what_people_leave_out_more_often_is_more_suspicious() {
        let (mut rows, mut targets) = believed();
        for _ in 0..10 {
            rows.push([0.95, 0.1]);
            targets.push([].into());
        }
        // As sure that one is missing as that the other is wrong.
        rows.extend([[0.99, 0.1], [0.01, 0.1]]);
        targets.extend([[].as_slice(), &[0]].map(Arc::from));
        let order = found(&rows, &targets);
        let place = |row: usize| order.iter().position(|suspect| suspect.0 == row);
        assert!(place(70).is_some() && place(70) < place(71), "{order:?}");
    }

    #[test]
    fn a_label_of_one_row_is_not_contradicted() {
        let (mut rows, mut targets) = believed();
        targets.iter_mut().for_each(|target| *target = target.iter().copied().filter(|label| *label == 0).collect());
        rows.push([0.9, 0.0]);
        targets.push([0, 1].into());
        assert!(found(&rows, &targets).iter().all(|suspect| suspect.1 == 0));
    }

    #[test]
    fn nothing_and_nonsense_are_looked_at() {
        assert_eq!(find_in_sets(&Matrix::default(), &[[0].into()], &[]), []);
        let odd = Matrix { columns: 2, values: vec![f32::NAN, 0.0, 1.0, 1.0, 0.0, f32::NAN] };
        let targets = [[0, 9].as_slice(), &[], &[0, 1]].map(Arc::from);
        assert!(find_in_sets(&odd, &targets, &[]).iter().all(|suspect| !suspect.score.is_nan()));
    }
}
