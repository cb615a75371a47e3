//! Files on the disk that may have changed. An event is a rumour: who hears it reads again and compares.

use std::path::{Path, PathBuf};

use notify::{EventKind, RecommendedWatcher, RecursiveMode, Watcher};
use rustc_hash::FxHashSet;

/// Watches parent folders, since a watch on a file dies when an editor saves by rename.
#[derive(Debug)]
pub struct Watch {
    watcher: RecommendedWatcher,
    folders: FxHashSet<PathBuf>,
}

impl Watch {
    /// Calls back from the watcher's own thread with paths that may have changed.
    pub fn start(mut changed: impl FnMut(PathBuf) + Send + 'static) -> Result<Watch, String> {
        let watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if let Ok(event) = event
                && !matches!(event.kind, EventKind::Access(_))
            {
                event.paths.into_iter().for_each(&mut changed);
            }
        });
        let failed = |error| format!("Changes on the disk cannot be watched ({error}). Save in the editor to learn.");
        Ok(Watch { watcher: watcher.map_err(failed)?, folders: FxHashSet::default() })
    }

    pub fn add(&mut self, folder: &Path) -> Result<(), String> {
        if !self.folders.insert(folder.to_owned()) {
            return Ok(());
        }
        self.watcher
            .watch(folder, RecursiveMode::NonRecursive)
            .map_err(|error| format!("{} cannot be watched ({error}).", folder.display()))
    }
}
