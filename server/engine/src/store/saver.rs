//! Storing takes a moment that nobody should wait for: a thread of its own does it, when nothing newer has come for a while.
//!
//! What must stay true: of what waits for one store only the newest is written, and in time also where something newer comes again and
//! again; ending waits until all is.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use catalogue::Phrase;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Store;
use crate::learned::Learned;

/// So long nothing newer has come before anything is written: while people save row after row, the cores are theirs.
const CALM: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(10);

pub(crate) struct Saver {
    inbox: Option<Sender<(Store, Arc<Learned>)>>,
    thread: Option<JoinHandle<()>>,
}

impl Saver {
    /// `warn` gets a message for people, once for each store that cannot be written.
    pub(crate) fn start(warn: impl Fn(Phrase) + Send + 'static) -> Saver {
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

fn save_all(runs: &Receiver<(Store, Arc<Learned>)>, warn: &dyn Fn(Phrase)) {
    let mut warned = FxHashSet::default();
    while let Ok(first) = runs.recv() {
        let mut newest = FxHashMap::from_iter([first]);
        let until = Instant::now() + LONGEST;
        while let Ok((store, learned)) = runs.recv_timeout(CALM.min(until.saturating_duration_since(Instant::now()))) {
            newest.insert(store, learned);
        }
        for (store, learned) in newest {
            if let Err(message) = store.save(&learned)
                && warned.insert(store)
            {
                warn(message);
            }
        }
    }
}
