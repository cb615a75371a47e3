//! What was chosen for a data set by out-of-fold log loss, and which alternatives there are.
//!
//! What must stay true: a choice stands until the labelled rows are half as many again, or a third fewer, so that one changed
//! label refits warm.

/// Strengths, as C of scikit-learn's logistic regression: the smaller, the stronger the penalty. In rising order, since each starts
/// where the last ended.
pub(super) const LINEAR: [f32; 4] = [1.0, 3.0, 10.0, 30.0];
pub(super) const KERNEL: [f32; 3] = [3.0, 10.0, 30.0];
/// Self-training helps where labels are few; with more it only costs time.
pub(super) const FEW: usize = 600;
/// Unlabelled texts that are worth training on.
pub(super) const POOL: usize = 100;
/// Nats a row by which self-training may be worse: it learns how frequent classes are among unlabelled rows, which labels chosen
/// class by class cannot reward.
pub(super) const MARGIN: f64 = 0.02;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    pub(super) kernel: bool,
    pub(super) strength: f32,
    pub(super) self_training: bool,
    /// Labelled rows that chose it; 0: none did.
    pub(super) rows: u32,
}

impl Default for Choice {
    fn default() -> Choice {
        Choice { kernel: false, strength: 10.0, self_training: false, rows: 0 }
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
