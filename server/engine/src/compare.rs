//! Which of two classifiers does better, by what each said of rows that it had not seen.
//!
//! What must stay true: both are judged on the same rows, and only by rows that tell how new texts fare with both.

use learn::HeldOut;
use rustc_hash::FxHashSet;

/// Whether one does better on the rows that tell of both; where that cannot be told, whether its log loss is lower.
pub(crate) fn beats(one: &HeldOut, other: &HeldOut, targets: &[u32]) -> bool {
    wins(one, other, targets, false)
}

/// Whether an encoder that was trained does better than what served. Where several were judged, each had learned from three quarters
/// of the rows, and the rival's judges from nine tenths: then it is taken to be better where the rows cannot tell.
pub(crate) fn takes_over(trained: &HeldOut, rival: &HeldOut, targets: &[u32]) -> bool {
    wins(trained, rival, targets, trained.folds > 1)
}

/// `by_default`: also where the rows cannot tell, whatever the log loss.
fn wins(one: &HeldOut, other: &HeldOut, targets: &[u32], by_default: bool) -> bool {
    let of_other: FxHashSet<u32> = other.judged.iter().copied().collect();
    let rows: Vec<usize> = one.judged.iter().filter(|row| of_other.contains(row)).map(|&row| row as usize).collect();
    is_better(one, other, targets, &rows)
        .unwrap_or_else(|| by_default || log_loss(one, targets, &rows) < log_loss(other, targets, &rows))
}

/// Whether more of the rows that the two disagree about are right, or fewer, by more than chance would give one time in six.
fn is_better(one: &HeldOut, other: &HeldOut, targets: &[u32], rows: &[usize]) -> Option<bool> {
    let (mut for_one, mut for_other) = (0.0f64, 0.0f64);
    for &row in rows {
        let target = targets[row];
        let right = |held_out: &HeldOut| {
            let of_target = held_out.probabilities.row(row)[target as usize];
            held_out
                .probabilities
                .row(row)
                .iter()
                .enumerate()
                .all(|(label, &p)| label as u32 == target || p < of_target)
        };
        match (right(one), right(other)) {
            (true, false) => for_one += 1.0,
            (false, true) => for_other += 1.0,
            _ => {}
        }
    }
    // One standard deviation of the difference, if each such row were a coin's throw.
    let difference = for_one - for_other;
    (difference.abs() > (for_one + for_other).sqrt()).then_some(difference > 0.0)
}

fn log_loss(held_out: &HeldOut, targets: &[u32], rows: &[usize]) -> f64 {
    let probability = |&row: &usize| f64::from(held_out.probabilities.row(row)[targets[row] as usize]);
    rows.iter().map(|row| -probability(row).max(1e-9).ln()).sum()
}

#[cfg(test)]
mod tests {
    use learn::{Estimate, Matrix};

    use super::*;

    fn held_out(values: &[f32], targets: &[u32]) -> HeldOut {
        let probabilities = Matrix { columns: 2, values: values.iter().flat_map(|p| [*p, 1.0 - *p]).collect() };
        let judged = (0..targets.len() as u32).collect();
        HeldOut { folds: 2, estimate: Estimate::of(&probabilities, targets), judged, probabilities }
    }

    #[test]
    fn more_right_rows_win_and_where_that_is_chance_the_log_loss() {
        let targets = [0; 10];
        let one = held_out(&[0.6; 10], &targets);
        let worse = held_out(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.4, 0.4, 0.4, 0.4, 0.4], &targets);
        assert!(beats(&one, &worse, &targets) && !beats(&worse, &one, &targets));
        let surer = held_out(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.4], &targets);
        assert!(beats(&surer, &one, &targets), "one row is chance; the log loss tells");
        assert!(!beats(&one, &one, &targets), "what is no better takes over nothing");
    }

    #[test]
    fn a_trained_encoder_takes_over_where_rows_cannot_tell_if_its_judges_learned_from_fewer() {
        let targets = [0; 10];
        let rival = held_out(&[0.9; 10], &targets);
        let judges = |values: &[f32], folds| HeldOut { folds, ..held_out(values, &targets) };
        let one_wrong = [0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4];
        assert!(takes_over(&judges(&one_wrong, 3), &rival, &targets));
        assert!(!takes_over(&judges(&one_wrong, 1), &rival, &targets));
        let two_wrong = [0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4, 0.4];
        assert!(!takes_over(&judges(&two_wrong, 3), &rival, &targets));
    }
}
