//! What was chosen for a data set by out-of-fold scores, and which alternatives there are.
//!
//! Ridge's penalties are compared by errors, and by log loss where these are equal: log loss prefers stronger penalties than those
//! that err least, since least squares are not made to please it. Ridge and softmax regression are compared by log loss, to which
//! counts how far from 1 a temperature they need: with few labels, temperatures are held near 1.
//!
//! Softmax regression on vectors competes where labels are few: there it is as good, or better by learning from unlabelled texts.
//! With more than [`FEW`] rows kernel ridge regression was the better one on every data set tried, and where classes are many its
//! one Cholesky a fold is far quicker.
//!
//! What must stay true: a choice stands until the labelled rows are half as many again, or a third fewer, so that one changed
//! label refits warm.

/// Penalties of ridge regression.
pub(super) const PENALTIES: [f32; 3] = [1.0, 0.3, 0.1];
/// The penalty of the ridge that tells which labels look wrong. One that errs least on new texts follows single rows, and so also those
/// that are wrong, and their neighbours with them: 3 finds more of planted errors than 0.1 to 1, and than 10, the more so the more
/// classes there are. Fewer landmarks find fewer.
pub(super) const DOUBTS: f32 = 3.0;
/// Shares of words in how alike texts are, the rest being their vectors'. On most data sets the larger one is worth points; where
/// classes are many and alike it costs some.
pub(super) const SHARES: [f32; 2] = [0.1, 0.35];
/// Strengths of softmax regression, as C of scikit-learn's: the smaller, the stronger the penalty. In rising order, since each
/// starts where the last ended.
pub(super) const STRENGTHS: [f32; 4] = [1.0, 3.0, 10.0, 30.0];
/// So many labelled rows at most, and rows times classes, let softmax regression compete.
pub(super) const FEW: usize = 600;
pub(super) const FEW_CELLS: usize = 6_000;
/// Unlabelled texts that are worth training on.
pub(super) const POOL: usize = 100;
/// Nats a row by which self-training may be worse: it learns how frequent classes are among unlabelled rows, which labels chosen
/// class by class cannot reward.
pub(super) const MARGIN: f64 = 0.02;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    /// Kernel ridge regression, else softmax regression.
    pub(super) kernel: bool,
    /// Ridge's penalty or softmax regression's C.
    pub(super) strength: f32,
    pub(super) self_training: bool,
    /// Labelled rows that chose it; 0: none did.
    pub(super) rows: u32,
}

impl Default for Choice {
    fn default() -> Choice {
        Choice { kernel: true, strength: 0.3, self_training: false, rows: 0 }
    }
}

impl Choice {
    /// Whether it may come from a file.
    pub(super) fn is_sound(&self) -> bool {
        self.strength.is_finite() && self.strength > 0.0
    }

    pub(super) fn is_due(&self, rows: usize) -> bool {
        let chosen = self.rows as usize;
        rows * 2 > chosen * 3 || rows * 3 < chosen * 2
    }
}
