//! A job that is stopped when its time is over.

use std::{
    sync::mpsc::{RecvTimeoutError, Sender, channel},
    thread,
    time::Duration,
};

use engine::Control;
pub(crate) use engine::duration::{parse, written};

/// Cancels a job when its time is over. Dropped before, it lets the job be.
pub(crate) struct Timer {
    _alive: Sender<()>,
}

impl Timer {
    pub(crate) fn start(budget: Duration, control: &Control) -> Timer {
        let (alive, ended) = channel::<()>();
        let cancel = control.cancel.clone();
        if budget.is_zero() {
            // Over before it begins, however fast the job is.
            cancel.cancel();
        }
        thread::spawn(move || {
            if ended.recv_timeout(budget) == Err(RecvTimeoutError::Timeout) {
                cancel.cancel();
            }
        });
        Timer { _alive: alive }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timer_cancels_and_a_dropped_one_does_not() {
        let (late, never) = (Control::default(), Control::default());
        let _timer = Timer::start(Duration::ZERO, &late);
        drop(Timer::start(Duration::from_secs(3600), &never));
        while !late.is_cancelled() {
            thread::yield_now();
        }
        assert!(!never.is_cancelled());
    }
}
