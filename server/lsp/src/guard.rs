//! A panic stays where it happened: the request is answered with an internal error, the server goes on.

use std::{
    any::Any,
    future::{Future, poll_fn},
    io::Write,
    panic::{self, AssertUnwindSafe},
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
};

/// A lock that a panic does not take away: nothing under the locks of this crate can leave a value half-changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a future; a panic in it becomes its message.
pub async fn catch<F: Future>(future: F) -> Result<F::Output, String> {
    let mut future = Box::pin(future);
    poll_fn(move |context| {
        // After a panic the future is never polled again, so nothing half-changed inside it is seen.
        match panic::catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => std::task::Poll::Ready(Err(message(&*panic))),
        }
    })
    .await
}

/// One line for each panic on standard error, with its place, and no second panic where standard error is closed.
pub fn install_panic_hook() {
    panic::set_hook(Box::new(|info| {
        let place = info.location().map_or_else(|| "an unknown place".into(), ToString::to_string);
        let thread = thread::current();
        log(&format!(
            "internal error in {} at {place}: {}",
            thread.name().unwrap_or("a thread"),
            message(info.payload())
        ));
        let trace = std::backtrace::Backtrace::capture(); // empty unless RUST_BACKTRACE is set
        if trace.status() == std::backtrace::BacktraceStatus::Captured {
            log(&trace.to_string());
        }
    }));
}

/// To standard error, which editors keep in a log. Whether anybody reads it does not matter.
pub fn log(line: &str) {
    let _ = writeln!(std::io::stderr(), "gloss: {line}");
}

/// What a panic said.
pub fn message(panic: &(dyn Any + Send)) -> String {
    let said = panic.downcast_ref::<&str>().map(|s| (*s).to_owned());
    said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "a panic without words".into())
}
