//! What takes longer than a moment and is not for the engine's thread: one thing at a time, on a thread of its own.
//!
//! What must stay true: what was asked last is answered first, since that is what somebody looks at; a panic costs one answer; the thread ends
//! with the last handle.

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{Arc, Condvar, Mutex},
    thread,
};

use crate::guard::{self, lock};

type Task = Box<dyn FnOnce() + Send>;

#[derive(Clone)]
pub(crate) struct Aside(Arc<Handle>);

struct Handle(Arc<Desk>);

#[derive(Default)]
struct Desk {
    tasks: Mutex<(Vec<Task>, bool)>,
    news: Condvar,
}

impl Aside {
    pub(crate) fn start() -> Aside {
        let desk = Arc::new(Desk::default());
        let theirs = desk.clone();
        let spawned = thread::Builder::new().name("gloss-aside".into()).spawn(move || theirs.work());
        if let Err(error) = spawned {
            guard::log(&format!("a thread cannot be started: {error}"));
        }
        Aside(Arc::new(Handle(desk)))
    }

    /// Never waits.
    pub(crate) fn run(&self, task: impl FnOnce() + Send + 'static) {
        lock(&self.0.0.tasks).0.push(Box::new(task));
        self.0.0.news.notify_one();
    }
}

impl Drop for Handle {
    fn drop(&mut self) {
        lock(&self.0.tasks).1 = true;
        self.0.news.notify_one();
    }
}

impl Desk {
    fn work(&self) {
        while let Some(task) = self.next() {
            if let Err(panic) = catch_unwind(AssertUnwindSafe(task)) {
                guard::log(&guard::message(&*panic));
            }
        }
    }

    /// `None`: nobody is left to ask for anything.
    fn next(&self) -> Option<Task> {
        let mut tasks = lock(&self.tasks);
        loop {
            if tasks.1 {
                return None;
            }
            if let Some(task) = tasks.0.pop() {
                return Some(task);
            }
            tasks = self.news.wait(tasks).unwrap_or_else(|poisoned| poisoned.into_inner());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use super::*;

    #[test]
    fn the_newest_comes_first_and_a_panic_costs_one_answer() {
        let aside = Aside::start();
        let ((started, starts), (go, gate), (done, order)) = (channel(), channel::<()>(), channel());
        aside.run(move || {
            let _ = started.send(());
            let _ = gate.recv();
        });
        starts.recv().unwrap();
        for number in 0..3 {
            let done = done.clone();
            aside.run(move || {
                assert_ne!(number, 1, "on purpose");
                let _ = done.send(number);
            });
        }
        drop((go, done));
        assert_eq!(order.iter().collect::<Vec<_>>(), [2, 0]);
    }
}
