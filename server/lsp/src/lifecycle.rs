//! When the server ends, and with which exit code.
//!
//! It ends at the first of: `exit`, the end of standard input (the editor died), an error of standard output (the same),
//! the death of the process that the editor named. The exit code is 0 only after a `shutdown` request.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::sync::watch;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The client sent `exit`.
    Exit,
    InputClosed,
    OutputClosed,
    /// The process named in `initialize` is gone.
    ParentDied,
    /// The transport broke: a fault of ours.
    Failed,
}

/// Shared by all who see an end coming.
#[derive(Clone, Debug)]
pub(crate) struct Lifecycle {
    shutdown: Arc<AtomicBool>,
    ending: Arc<watch::Sender<Option<Ending>>>,
}

impl Lifecycle {
    pub(crate) fn new() -> Lifecycle {
        Lifecycle { shutdown: Arc::default(), ending: Arc::new(watch::Sender::new(None)) }
    }

    pub(crate) fn shutdown_requested(&self) {
        self.shutdown.store(true, Ordering::SeqCst);
    }

    /// The first call counts.
    pub(crate) fn end(&self, ending: Ending) {
        self.ending.send_if_modified(|current| {
            let first = current.is_none();
            current.get_or_insert(ending);
            first
        });
    }

    pub(crate) async fn ended(&self) -> Ending {
        // The sender lives in `self`: waiting cannot fail.
        self.ending.subscribe().wait_for(Option::is_some).await.ok().and_then(|e| *e).unwrap_or(Ending::Failed)
    }

    pub(crate) fn exit_code(&self) -> u8 {
        if self.shutdown.load(Ordering::SeqCst) { 0 } else { 1 }
    }

    /// Ends when this process does. One that is not to be seen from here at all (the editor runs in another container
    /// and named a process of its own) is not watched: the end of standard input says enough.
    pub(crate) async fn watch_parent(self, process: u32, every: Duration) {
        if !is_alive(process) {
            return;
        }
        while is_alive(process) {
            tokio::time::sleep(every).await;
        }
        self.end(Ending::ParentDied);
    }
}

#[cfg(unix)]
fn is_alive(process: u32) -> bool {
    use rustix::{io::Errno, process};
    let Some(pid) = i32::try_from(process).ok().and_then(process::Pid::from_raw) else { return false };
    // Not permitted to signal it is alive as well.
    !matches!(process::test_kill_process(pid), Err(Errno::SRCH))
}

/// Elsewhere the end of standard input has to do.
#[cfg(not(unix))]
fn is_alive(_process: u32) -> bool {
    false
}
