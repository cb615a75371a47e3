//! How a running fit is watched and stopped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use catalogue::Phrase;

use crate::Estimate;

/// A flag shared between the one who may stop a job and the job.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed)
    }
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Where a fit stands: `fraction` from 0 to 1, never falling.
#[derive(Clone, Debug, PartialEq)]
pub struct Progress {
    pub stage: Phrase,
    pub fraction: f32,
}

/// Where the training of an encoder stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Epoch {
    /// Which of the trainings of a fit this is, from 1, and of how many.
    pub training: usize,
    pub trainings: usize,
    pub step: usize,
    pub steps: usize,
    /// How often each row was seen so far, in the mean.
    pub epochs: f32,
    /// Mean of the steps since the last report.
    pub loss: f32,
    /// Of rows that the training does not see, where there are enough of them.
    pub held_out: Option<Estimate>,
    pub rows_per_second: f32,
    /// Of this training.
    pub left: Duration,
}

pub type OnEpoch = Box<dyn Fn(&Epoch) + Send + Sync>;

#[derive(Default)]
pub struct Control {
    pub cancel: Cancel,
    pub on_progress: Option<Box<dyn Fn(Progress) + Send + Sync>>,
    pub on_epoch: Option<OnEpoch>,
}

impl Control {
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
    /// The same cancel, and nothing told: of a job within a job.
    pub fn quiet(&self) -> Control {
        Control { cancel: self.cancel.clone(), ..Control::default() }
    }

    pub fn progress(&self, stage: Phrase, fraction: f32) {
        if let Some(report) = &self.on_progress {
            report(Progress { stage, fraction })
        }
    }
    pub fn epoch(&self, epoch: &Epoch) {
        if let Some(report) = &self.on_epoch {
            report(epoch)
        }
    }
}
