//! How good predictions are.

mod sets;

/// Row-major probabilities or scores.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    pub columns: usize,
    pub values: Vec<f32>,
}

impl Matrix {
    pub fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    pub fn row(&self, index: usize) -> &[f32] {
        &self.values[index * self.columns..][..self.columns]
    }

    pub(crate) fn of_rows(&self, rows: &[u32]) -> Matrix {
        Matrix { columns: self.columns, values: rows.iter().flat_map(|&row| self.row(row as usize)).copied().collect() }
    }
}

/// How well probabilities met the labels of rows that were not trained on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    pub rows: usize,
    /// The share of rows that are right; of rows with several labels, of those whose set of labels is exactly right.
    pub accuracy: f64,
    /// A 95% interval of what people are shown: Wilson's of the accuracy; with several labels a text, of micro F1 ([`Estimate::of_sets`]).
    pub low: f64,
    pub high: f64,
    /// Mean F1 of the labels that are given or predicted at least once.
    pub macro_f1: f64,
    /// F1 of all decisions together; with one label a text that is the accuracy.
    pub micro_f1: f64,
    /// Expected calibration error over 15 equal-width bins: of the top probability; with several labels a text, of every
    /// probability of every row, by whether its label applies.
    pub ece: f64,
    /// Mean negative natural logarithm of the true label's probability, taken as 1e-9 at least; with several labels a text, of the sum over
    /// all labels of what each says of itself.
    pub log_loss: f64,
}

const BINS: usize = 15;

impl Estimate {
    /// `targets[i]` is the true column of row `i`; one beyond the columns counts as always missed.
    pub fn of(probabilities: &Matrix, targets: &[u32]) -> Estimate {
        let rows = probabilities.rows().min(targets.len());
        if rows == 0 {
            return Estimate { high: 1.0, ..Estimate::default() };
        }
        let mut right = 0;
        let mut log_loss = 0.0;
        let mut bins = [(0.0f64, 0.0f64); BINS];
        let classes = targets[..rows].iter().map(|&target| target as usize + 1).max().unwrap_or(0);
        // (true positives, given, predicted)
        let mut counts = vec![(0usize, 0usize, 0usize); classes.max(probabilities.columns)];
        for (row, &target) in targets[..rows].iter().enumerate() {
            let (target, probabilities) = (target as usize, probabilities.row(row));
            let (predicted, top) = top(probabilities);
            let hit = predicted == target;
            right += usize::from(hit);
            log_loss -= f64::from(probabilities.get(target).copied().unwrap_or(0.0)).clamp(1e-9, 1.0).ln();
            let bin = &mut bins[bin(top)];
            bin.0 += f64::from(top);
            bin.1 += f64::from(u8::from(hit));
            counts[target].0 += usize::from(hit);
            counts[target].1 += 1;
            counts[predicted].2 += 1;
        }
        let present = counts.iter().filter(|count| count.1 + count.2 > 0);
        let f1 = present.clone().map(|&(both, given, predicted)| 2.0 * both as f64 / (given + predicted) as f64);
        let accuracy = right as f64 / rows as f64;
        let (low, high) = wilson(accuracy, rows as f64);
        Estimate {
            rows,
            accuracy,
            micro_f1: accuracy,
            low,
            high,
            macro_f1: f1.sum::<f64>() / present.count() as f64,
            ece: bins.iter().map(|(sure, right)| (sure - right).abs()).sum::<f64>() / rows as f64,
            log_loss: log_loss / rows as f64,
        }
    }
}

/// Of equal-width bins, the one of a probability.
fn bin(probability: f32) -> usize {
    ((probability * BINS as f32) as usize).min(BINS - 1)
}

/// Column and value of the largest; the first of equals. Not-a-number is never the largest.
pub(crate) fn top(values: &[f32]) -> (usize, f32) {
    let mut top = (0, f32::NEG_INFINITY);
    for (column, &value) in values.iter().enumerate() {
        if value > top.1 {
            top = (column, value);
        }
    }
    if top.1 == f32::NEG_INFINITY { (0, 0.0) } else { top }
}

/// Wilson's score interval at 95% (Wilson 1927), of a share of `n`.
fn wilson(p: f64, n: f64) -> (f64, f64) {
    const Z: f64 = 1.959_963_984_540_054;
    let middle = p + Z * Z / (2.0 * n);
    let half = Z * (p * (1.0 - p) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((middle - half) / scale).max(0.0), ((middle + half) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_rows_by_hand() {
        let probabilities =
            Matrix { columns: 3, values: vec![0.9, 0.1, 0.0, 0.6, 0.4, 0.0, 0.2, 0.8, 0.0, 0.5, 0.5, 0.0] };
        let estimate = Estimate::of(&probabilities, &[0, 1, 1, 0]);
        assert_eq!(estimate.rows, 4);
        assert_eq!(estimate.accuracy, 0.75);
        // F1: label 0 has 2 hits of 2 given and 3 predicted, label 1 has 1 of 2 and 1; label 2 is absent.
        assert!((estimate.macro_f1 - (4.0 / 5.0 + 2.0 / 3.0) / 2.0).abs() < 1e-9);
        assert!((estimate.log_loss + (0.9f64 * 0.4 * 0.8 * 0.5).ln() / 4.0).abs() < 1e-6);
        // Four bins of one row: |0.9 - 1| + |0.6 - 0| + |0.8 - 1| + |0.5 - 1|.
        assert!((estimate.ece - 1.4 / 4.0).abs() < 1e-6);
        // R: binom::binom.wilson(3, 4)
        assert!((estimate.low - 0.300_642).abs() < 1e-5 && (estimate.high - 0.954_413).abs() < 1e-5, "{estimate:?}");
    }

    #[test]
    fn a_wrong_label_given_no_probability_costs_no_infinity() {
        let estimate = Estimate::of(&Matrix { columns: 2, values: vec![1.0, 0.0] }, &[1]);
        assert!((estimate.log_loss - 1e9f64.ln()).abs() < 1e-6);
        assert_eq!((estimate.accuracy, estimate.low), (0.0, 0.0));
    }

    #[test]
    fn nothing_and_nonsense_are_estimated_too() {
        assert_eq!(Estimate::of(&Matrix::default(), &[]).rows, 0);
        let estimate = Estimate::of(&Matrix { columns: 2, values: vec![f32::NAN, f32::NAN, 0.5, 0.5] }, &[1, 9]);
        assert_eq!((estimate.rows, estimate.accuracy), (2, 0.0));
        assert!(estimate.ece.is_finite() && estimate.macro_f1.is_finite());
    }
}
