//! How good predictions are.

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
}

/// The index of the largest value, the first of equals; 0 of none.
pub fn best(row: &[f32]) -> usize {
    row.iter().enumerate().fold(0, |best, (index, value)| if *value > row[best] { index } else { best })
}

/// How well probabilities met the labels of rows that were not trained on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    pub rows: usize,
    pub accuracy: f64,
    /// Wilson's 95% interval of the accuracy.
    pub low: f64,
    pub high: f64,
    /// Mean F1 of the classes that stand in the labels or the predictions.
    pub macro_f1: f64,
    /// Expected calibration error over 15 equal-width bins of the top probability.
    pub ece: f64,
    /// Mean negative natural logarithm of the true label's probability.
    pub log_loss: f64,
}

const BINS: usize = 15;

impl Estimate {
    /// `targets[i]` is the true column of row `i`.
    pub fn of(probabilities: &Matrix, targets: &[u32]) -> Estimate {
        let rows = targets.len().min(probabilities.rows());
        if rows == 0 {
            return Estimate { high: 1.0, ..Estimate::default() };
        }
        let classes = probabilities.columns;
        let (mut right, mut given, mut said) = (vec![0.0; classes], vec![0.0; classes], vec![0.0; classes]);
        let mut bins = [(0.0, 0.0, 0.0f64); BINS];
        let mut log_loss = 0.0;
        for (index, &target) in targets.iter().enumerate().take(rows) {
            let (row, target) = (probabilities.row(index), target as usize);
            let predicted = best(row);
            let hit = f64::from(u8::from(predicted == target));
            given[target] += 1.0;
            said[predicted] += 1.0;
            right[target] += hit;
            log_loss -= f64::from(row[target].max(1e-9)).ln();
            let bin = &mut bins[((row[predicted] * BINS as f32) as usize).min(BINS - 1)];
            *bin = (bin.0 + 1.0, bin.1 + hit, bin.2 + f64::from(row[predicted]));
        }
        let n = rows as f64;
        let accuracy = right.iter().sum::<f64>() / n;
        let seen: Vec<usize> = (0..classes).filter(|class| given[*class] + said[*class] > 0.0).collect();
        let f1 = |class: &usize| 2.0 * right[*class] / (given[*class] + said[*class]);
        let (low, high) = wilson(accuracy, n);
        Estimate {
            rows,
            accuracy,
            low,
            high,
            macro_f1: seen.iter().map(f1).sum::<f64>() / seen.len() as f64,
            ece: bins.iter().map(|(_, hits, sure)| (hits - sure).abs()).sum::<f64>() / n,
            log_loss: log_loss / n,
        }
    }
}

/// Wilson's score interval (1927) at 95%.
fn wilson(share: f64, n: f64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let centre = share + Z * Z / (2.0 * n);
    let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
    let scale = 1.0 + Z * Z / n;
    (((centre - spread) / scale).max(0.0), ((centre + spread) / scale).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_agree_with_hand_computed_ones() {
        let probabilities = Matrix { columns: 2, values: vec![0.9, 0.1, 0.8, 0.2, 0.3, 0.7, 0.6, 0.4] };
        let estimate = Estimate::of(&probabilities, &[0, 0, 1, 1]);
        assert_eq!(estimate.accuracy, 0.75);
        assert!((estimate.macro_f1 - (0.8 + 2.0 / 3.0) / 2.0).abs() < 1e-9);
        let loss = -(0.9f64.ln() + 0.8f64.ln() + 0.7f64.ln() + 0.4f64.ln()) / 4.0;
        assert!((estimate.log_loss - loss).abs() < 1e-6);
        assert!((estimate.ece - (0.1 + 0.2 + 0.3 + 0.6) / 4.0).abs() < 1e-6);
        assert!(estimate.low > 0.30 && estimate.low < 0.31 && estimate.high > 0.95, "{estimate:?}");
    }
}
