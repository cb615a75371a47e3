//! Progress of a fit whose parts run at once: it never falls.

use std::sync::Mutex;

use catalogue::{Phrase, phrase};

use super::dual::GAP;
use crate::Control;

/// How far a fit is, told from several threads.
pub(super) struct Steps<'a> {
    control: &'a Control,
    fraction: Mutex<f64>,
}

impl<'a> Steps<'a> {
    pub(super) fn new(control: &'a Control) -> Steps<'a> {
        Steps { control, fraction: Mutex::new(0.0) }
    }

    pub(super) fn at(&self, stage: Phrase, fraction: f64) {
        self.advance(stage, |now| fraction.max(now));
    }

    fn advance(&self, stage: Phrase, to: impl Fn(f64) -> f64) {
        let mut fraction = self.fraction.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        *fraction = to(*fraction).min(1.0);
        self.control.progress(stage, *fraction as f32);
    }

    /// A part of the whole that one solver works off.
    pub(super) fn share(&self, whole: f64) -> Share<'_, 'a> {
        Share { steps: self, whole, done: 0.0 }
    }
}

pub(super) struct Share<'s, 'a> {
    steps: &'s Steps<'a>,
    whole: f64,
    done: f64,
}

impl Share<'_, '_> {
    /// The gap falls about evenly on a logarithmic scale, from about 1.
    pub(super) fn solved(&mut self, gap: f64) {
        let share = (gap.ln() / GAP.ln()).clamp(self.done, 1.0);
        let more = (share - self.done) * self.whole;
        self.done = share;
        self.steps.advance(phrase!("stage-cross-validation"), |now| now + more);
    }
}
