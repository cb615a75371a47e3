//! Which of two classifiers does better, by what each said of rows that it had not seen.
//!
//! What must stay true: both are judged on the same rows, and only by rows that tell how new texts fare with both.

use learn::{
    Fit, HeldOut, Target,
    spans::{Span, Tags},
};
use rustc_hash::FxHashSet;

/// Whether one does better on the rows that tell of both; where that cannot be told, whether its log loss is lower.
pub(crate) fn beats(one: &Fit, other: &Fit, targets: &[Target]) -> bool {
    Judge::of(one).wins(&Judge::of(other), targets, false)
}

/// Whether an encoder that was trained does better than what served. Where several were judged, each had learned from three quarters
/// of the rows, and the rival's judges from nine tenths: then it is taken to be better where the rows cannot tell.
pub(crate) fn takes_over(trained: &Fit, rival: &Fit, targets: &[Target]) -> bool {
    Judge::of(trained).wins(&Judge::of(rival), targets, trained.held_out.folds > 1)
}

struct Judge<'a> {
    held_out: &'a HeldOut,
    /// Where labels do not exclude each other.
    thresholds: Option<&'a [f32]>,
}

impl Judge<'_> {
    fn of(fit: &Fit) -> Judge<'_> {
        Judge { held_out: &fit.held_out, thresholds: fit.classifier.thresholds() }
    }

    /// `by_default`: also where the rows cannot tell, whatever the log loss.
    fn wins(&self, other: &Judge, targets: &[Target], by_default: bool) -> bool {
        let of_other: FxHashSet<u32> = other.held_out.judged.iter().copied().collect();
        let judged = self.held_out.judged.iter().filter(|row| of_other.contains(row));
        let rows: Vec<usize> = judged.map(|&row| row as usize).collect();
        let log_loss = |judge: &Judge| rows.iter().map(|&row| judge.log_loss(row, &targets[row])).sum::<f64>();
        self.is_better(other, targets, &rows).unwrap_or_else(|| by_default || log_loss(self) < log_loss(other))
    }

    /// Whether more of the decisions that the two disagree about are right, or fewer, by more than chance would give one time in six. A row
    /// is one decision; of several labels, each label of a row is one; of spans, each that stands there or is found.
    fn is_better(&self, other: &Judge, targets: &[Target], rows: &[usize]) -> Option<bool> {
        let (mut for_one, mut for_other) = (0.0f64, 0.0f64);
        let mut count = |one: bool, other: bool| {
            for_one += f64::from(u8::from(one && !other));
            for_other += f64::from(u8::from(other && !one));
        };
        for &row in rows {
            match &targets[row] {
                Target::One(target) => count(self.is_right(row, *target), other.is_right(row, *target)),
                Target::Set(labels) => {
                    for label in 0..self.held_out.probabilities.columns as u32 {
                        let applies = labels.binary_search(&label).is_ok();
                        count(self.gives(row, label) == applies, other.gives(row, label) == applies);
                    }
                }
                Target::Spans(spans) => {
                    let (ours, theirs) = (self.finds(row), other.finds(row));
                    let mut all: Vec<&Span> = spans.iter().chain(&ours).chain(&theirs).collect();
                    all.sort_unstable();
                    all.dedup();
                    for span in all {
                        let is_there = spans.contains(span);
                        count(ours.contains(span) == is_there, theirs.contains(span) == is_there);
                    }
                }
            }
        }
        // One standard deviation of the difference, if each such decision were a coin's throw.
        let difference = for_one - for_other;
        (difference.abs() > (for_one + for_other).sqrt()).then_some(difference > 0.0)
    }

    /// Whether the label is the only most probable one.
    fn is_right(&self, row: usize, target: u32) -> bool {
        let row = self.held_out.probabilities.row(row);
        let of_target = row[target as usize];
        row.iter().enumerate().all(|(label, &p)| label as u32 == target || p < of_target)
    }

    fn gives(&self, row: usize, label: u32) -> bool {
        let threshold = self.thresholds.and_then(|thresholds| thresholds.get(label as usize)).copied();
        self.held_out.probabilities.row(row)[label as usize] >= threshold.unwrap_or(0.5)
    }

    fn finds(&self, row: usize) -> Vec<Span> {
        self.tags(row).map_or(Vec::new(), |tags| tags.spans.iter().map(|tagged| tagged.span).collect())
    }

    fn tags(&self, row: usize) -> Option<&Tags> {
        self.held_out.spans.as_ref()?.tags.get(row)
    }

    fn log_loss(&self, row: usize, target: &Target) -> f64 {
        let of = |probability: f32| -f64::from(probability).max(1e-9).ln();
        let of_row = || self.held_out.probabilities.row(row);
        match target {
            Target::One(target) => of(of_row()[*target as usize]),
            Target::Spans(spans) => {
                let certainty = self.tags(row).map_or(0.0, |tags| tags.certainty);
                of(if self.finds(row)[..] == **spans { certainty } else { 1.0 - certainty })
            }
            Target::Set(labels) => {
                let applies = |label: usize| labels.binary_search(&(label as u32)).is_ok();
                of_row().iter().enumerate().map(|(label, &p)| of(if applies(label) { p } else { 1.0 - p })).sum()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use learn::Matrix;

    use super::*;

    /// The classifier itself is not asked.
    fn fit(values: &[f32], targets: &[Target]) -> Fit {
        let probabilities = Matrix { columns: 2, values: values.iter().flat_map(|p| [*p, 1.0 - *p]).collect() };
        let judged = (0..targets.len() as u32).collect();
        let estimate = crate::learned::estimate(&probabilities, targets, None);
        Fit {
            classifier: learn::lexical(),
            held_out: HeldOut { folds: 2, estimate, judged, probabilities, ..HeldOut::default() },
        }
    }

    #[test]
    fn more_right_rows_win_and_where_that_is_chance_the_log_loss() {
        let targets = vec![Target::One(0); 10];
        let one = fit(&[0.6; 10], &targets);
        let worse = fit(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.4, 0.4, 0.4, 0.4, 0.4], &targets);
        assert!(beats(&one, &worse, &targets) && !beats(&worse, &one, &targets));
        let surer = fit(&[0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.9, 0.4], &targets);
        assert!(beats(&surer, &one, &targets), "one row is chance; the log loss tells");
        assert!(!beats(&one, &one, &targets), "what is no better takes over nothing");
    }

    #[test]
    fn a_trained_encoder_takes_over_where_rows_cannot_tell_if_its_judges_learned_from_fewer() {
        let targets = vec![Target::One(0); 10];
        let rival = fit(&[0.9; 10], &targets);
        let judges = |values: &[f32], folds| {
            let fit = fit(values, &targets);
            Fit { held_out: HeldOut { folds, ..fit.held_out.clone() }, ..fit }
        };
        let one_wrong = [0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4];
        assert!(takes_over(&judges(&one_wrong, 3), &rival, &targets));
        assert!(!takes_over(&judges(&one_wrong, 1), &rival, &targets));
        let two_wrong = [0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.6, 0.4, 0.4];
        assert!(!takes_over(&judges(&two_wrong, 3), &rival, &targets));
    }

    #[test]
    fn of_several_labels_each_is_a_decision() {
        let targets: Vec<Target> = (0..8).map(|_| Target::Set([0].into())).collect();
        let held_out = |first: f32, second: f32| {
            let probabilities = Matrix { columns: 2, values: [first, second].repeat(8) };
            let judged = (0..8).collect();
            let estimate = crate::learned::estimate(&probabilities, &targets, Some(&[0.5, 0.5]));
            HeldOut { folds: 2, estimate, judged, probabilities, ..HeldOut::default() }
        };
        let (right, half) = (held_out(0.9, 0.1), held_out(0.9, 0.6));
        let judge = |held_out| Judge { held_out, thresholds: Some(&[0.5, 0.5]) };
        assert!(judge(&right).wins(&judge(&half), &targets, false));
        assert!(!judge(&half).wins(&judge(&right), &targets, true));
        let surer = held_out(0.95, 0.1);
        assert!(judge(&surer).wins(&judge(&right), &targets, false), "the log loss tells");
    }
}
