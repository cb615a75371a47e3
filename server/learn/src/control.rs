//! How a running fit is watched and stopped.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

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
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    pub stage: &'static str,
    pub fraction: f32,
}

#[derive(Default)]
pub struct Control {
    pub cancel: Cancel,
    pub on_progress: Option<Box<dyn Fn(Progress) + Send + Sync>>,
}

impl Control {
    pub fn is_cancelled(&self) -> bool {
        self.cancel.is_cancelled()
    }
    pub fn progress(&self, stage: &'static str, fraction: f32) {
        if let Some(report) = &self.on_progress {
            report(Progress { stage, fraction })
        }
    }
}
