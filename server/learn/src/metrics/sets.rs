//! How good predictions of several labels a text are.
//!
//! What must stay true: where every row has one label and is given one, the accuracy, micro F1, macro F1 and the interval are those
//! of one label a text.

use std::sync::Arc;

use super::{BINS, Estimate, bin, wilson};
use crate::Matrix;

/// Where nobody chose another.
const EVEN: f32 = 0.5;

impl Estimate {
    /// `targets[i]` are the true columns of row `i`, sorted, without repetition; one beyond the columns counts as always missed. A
    /// label is given from its threshold on.
    ///
    /// The interval is Wilson's, of micro F1, with the number of rows that would give a plain share the variance that this ratio has
    /// over rows (linearised, `Σ (2 hits − F (given + predicted))²` over the square of the sum of `given + predicted`): labels of one
    /// text are right or wrong together.
    pub fn of_sets(probabilities: &Matrix, targets: &[Arc<[u32]>], thresholds: &[f32]) -> Estimate {
        let rows = probabilities.rows().min(targets.len());
        if rows == 0 {
            return Estimate { high: 1.0, ..Estimate::default() };
        }
        let columns = probabilities.columns;
        let beyond = targets[..rows].iter().filter_map(|labels| labels.last()).map(|&label| label as usize + 1).max();
        let mut labels = vec![Count::default(); beyond.unwrap_or(0).max(columns)];
        let mut counts = vec![Count::default(); rows];
        let (mut right, mut log_loss) = (0, 0.0);
        let mut bins = [(0.0f64, 0.0f64); BINS];
        for (row, (target, count)) in targets[..rows].iter().zip(&mut counts).enumerate() {
            let probabilities = probabilities.row(row);
            for (label, of_label) in labels.iter_mut().enumerate() {
                let given = target.binary_search(&(label as u32)).is_ok();
                let probability = probabilities.get(label).copied().unwrap_or(0.0);
                let predicted = label < columns && probability >= thresholds.get(label).copied().unwrap_or(EVEN);
                count.add(given, predicted);
                of_label.add(given, predicted);
                let sure = f64::from(if given { probability } else { 1.0 - probability });
                // Not-a-number is no confidence at all.
                log_loss -= if sure.is_nan() { 1e-9 } else { sure.clamp(1e-9, 1.0) }.ln();
                if label < columns && !probability.is_nan() {
                    let (sure, hits) = &mut bins[bin(probability)];
                    *sure += f64::from(probability);
                    *hits += f64::from(u8::from(given));
                }
            }
            right += usize::from(count.is_exact());
        }
        let present: Vec<f64> = labels.iter().filter_map(Count::f1).collect();
        let (micro_f1, low, high) = micro(&counts);
        Estimate {
            rows,
            accuracy: right as f64 / rows as f64,
            low,
            high,
            macro_f1: present.iter().sum::<f64>() / present.len().max(1) as f64,
            micro_f1,
            ece: bins.iter().map(|(sure, hits)| (sure - hits).abs()).sum::<f64>() / (rows * columns.max(1)) as f64,
            log_loss: log_loss / rows as f64,
        }
    }
}

#[derive(Clone, Copy, Default)]
struct Count {
    both: usize,
    given: usize,
    predicted: usize,
}

impl Count {
    fn add(&mut self, given: bool, predicted: bool) {
        self.both += usize::from(given && predicted);
        self.given += usize::from(given);
        self.predicted += usize::from(predicted);
    }

    fn is_exact(&self) -> bool {
        self.both == self.given && self.both == self.predicted
    }

    /// `None`: neither given nor predicted.
    fn f1(&self) -> Option<f64> {
        let all = self.given + self.predicted;
        (all > 0).then(|| 2.0 * self.both as f64 / all as f64)
    }
}

/// F1 of all rows together, and its interval; nothing is known where no label is given or predicted.
fn micro(rows: &[Count]) -> (f64, f64, f64) {
    let mut all = Count::default();
    for row in rows {
        all.both += row.both;
        all.given += row.given;
        all.predicted += row.predicted;
    }
    let Some(f1) = all.f1() else { return (0.0, 0.0, 1.0) };
    let mentions = (all.given + all.predicted) as f64;
    let far = |row: &Count| 2.0 * row.both as f64 - f1 * (row.given + row.predicted) as f64;
    let variance = rows.iter().map(|row| far(row) * far(row)).sum::<f64>() / (mentions * mentions);
    // No more than there are labels: few rows that happen to be equally good say less than their spread does.
    let most = mentions / 2.0;
    let size = if variance > 0.0 { (f1 * (1.0 - f1) / variance).clamp(1.0, most.max(1.0)) } else { most };
    let (low, high) = wilson(f1, size);
    (f1, low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sets<const N: usize>(sets: [&[u32]; N]) -> Vec<Arc<[u32]>> {
        sets.map(Arc::from).to_vec()
    }

    #[test]
    fn three_rows_by_hand() {
        let probabilities = Matrix { columns: 3, values: vec![0.9, 0.6, 0.0, 0.3, 0.8, 0.0, 0.1, 0.2, 0.0] };
        let estimate = Estimate::of_sets(&probabilities, &sets([&[0, 1], &[0, 1], &[]]), &[0.5, 0.7, 0.5]);
        // Given: {0}, {1}, {}. Of four labels two are hit, and two are predicted.
        assert_eq!(estimate.rows, 3);
        assert!((estimate.accuracy - 1.0 / 3.0).abs() < 1e-9);
        assert!((estimate.micro_f1 - 4.0 / 6.0).abs() < 1e-9);
        // Label 2 is absent.
        assert!((estimate.macro_f1 - 2.0 / 3.0).abs() < 1e-9);
        let product: f64 = 0.9 * 0.6 * (0.3 * 0.8) * (0.9 * 0.8);
        assert!((estimate.log_loss + product.ln() / 3.0).abs() < 1e-6);
        // Each in a bin of its own but for the zeros, and they are right.
        assert!((estimate.ece - (0.1 + 0.4 + 0.7 + 0.2 + 0.1 + 0.2) / 9.0).abs() < 1e-6, "{}", estimate.ece);
        assert!(estimate.low < 0.5 && estimate.high > 0.8, "{estimate:?}");
    }

    #[test]
    fn with_one_label_a_text_it_is_what_it_was() {
        let values = (0..60).flat_map(|row| if row % 3 == 0 { [0.8, 0.2] } else { [0.3, 0.7] }).collect();
        let probabilities = Matrix { columns: 2, values };
        let targets: Vec<u32> = (0..60).map(|row| u32::from(row % 4 != 0)).collect();
        let sets: Vec<Arc<[u32]>> = targets.iter().map(|&target| [target].into()).collect();
        let (one, set) =
            (Estimate::of(&probabilities, &targets), Estimate::of_sets(&probabilities, &sets, &[0.5, 0.5]));
        for (one, set) in [
            (one.accuracy, set.accuracy),
            (one.micro_f1, set.micro_f1),
            (one.macro_f1, set.macro_f1),
            (one.low, set.low),
            (one.high, set.high),
        ] {
            assert!((one - set).abs() < 1e-9, "{one} {set}");
        }
    }

    #[test]
    fn nothing_and_nonsense_are_estimated_too() {
        assert_eq!(Estimate::of_sets(&Matrix::default(), &[], &[]).rows, 0);
        let nothing = Estimate::of_sets(&Matrix { columns: 1, values: vec![0.0] }, &sets([&[]]), &[0.5]);
        assert_eq!((nothing.accuracy, nothing.micro_f1, nothing.low, nothing.high), (1.0, 0.0, 0.0, 1.0));
        let odd = Matrix { columns: 2, values: vec![f32::NAN, f32::NAN, 0.5, 9.0] };
        let odd = Estimate::of_sets(&odd, &sets([&[1], &[7]]), &[]);
        assert_eq!((odd.rows, odd.accuracy), (2, 0.0));
        assert!(odd.ece.is_finite() && odd.log_loss.is_finite() && odd.macro_f1.is_finite() && odd.low.is_finite());
    }
}
