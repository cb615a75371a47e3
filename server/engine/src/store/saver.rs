//! Storing takes a moment that nobody should wait for: a thread of its own does it.
//!
//! What must stay true: of what waits for one store only the newest is written; ending waits until all is.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
};

use rustc_hash::{FxHashMap, FxHashSet};

use super::Store;
use crate::learned::Learned;

pub(crate) struct Saver {
    inbox: Option<Sender<(Store, Arc<Learned>)>>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// `warn` gets a message for people, once for each store that cannot be written.
    pub(crate) fn start(warn: impl Fn(String) + Send + 'static) -> Saver {
        let (inbox, runs) = channel();
        let thread = thread::Builder::new().name("gloss-store".into()).spawn(move || save_all(&runs, &warn));
        Saver { inbox: Some(inbox), thread: thread.ok() }
    }

    pub(crate) fn save(&self, store: Store, learned: Arc<Learned>) {
        if let Some(inbox) = &self.inbox {
            let _ = inbox.send((store, learned));
        }
    }

    pub(crate) fn end(&mut self) {
        self.inbox = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn save_all(runs: &Receiver<(Store, Arc<Learned>)>, warn: &dyn Fn(String)) {
    let mut warned = FxHashSet::default();
    while let Ok(first) = runs.recv() {
        let newest: FxHashMap<Store, Arc<Learned>> = [first].into_iter().chain(runs.try_iter()).collect();
        for (store, learned) in newest {
            if let Err(message) = store.save(&learned)
                && warned.insert(store)
            {
                warn(message);
            }
        }
    }
}
