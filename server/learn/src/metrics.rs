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

/// How well probabilities met the labels of rows that were not trained on.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    pub rows: usize,
    pub accuracy: f64,
    /// Wilson's 95% interval of the accuracy.
    pub low: f64,
    pub high: f64,
    pub macro_f1: f64,
    /// Expected calibration error over 15 equal-width bins of the top probability.
    pub ece: f64,
    /// Mean negative natural logarithm of the true label's probability.
    pub log_loss: f64,
}

impl Estimate {
    /// `targets[i]` is the true column of row `i`.
    pub fn of(_probabilities: &Matrix, _targets: &[u32]) -> Estimate {
        todo!()
    }
}
