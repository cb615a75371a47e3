//! The disk's own word that something changed. It only ever means 'look again'.
//!
//! What must stay true: folders are watched, not files, since a watch on a file dies when an editor saves by rename. Where
//! the system cannot tell of changes (a network folder, too many watches), folders are looked at every few seconds.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use catalogue::{Phrase, phrase};

use notify::{Config, EventKind, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};
use rustc_hash::FxHashSet;

const EVERY: Duration = Duration::from_secs(2);

type Changed = Arc<dyn Fn(PathBuf) + Send + Sync>;

pub struct Watch {
    changed: Changed,
    /// Told by the system; `None` if it cannot.
    native: Option<RecommendedWatcher>,
    /// Looks by itself; made when it is needed.
    polling: Option<PollWatcher>,
    every: Duration,
    folders: FxHashSet<PathBuf>,
}

impl Watch {
    /// Calls back from a watcher's own thread with paths that may have changed.
    pub fn new(changed: impl Fn(PathBuf) + Send + Sync + 'static) -> Watch {
        let changed: Changed = Arc::new(changed);
        let native = notify::recommended_watcher(handler(&changed)).ok();
        Watch { changed, native, polling: None, every: EVERY, folders: FxHashSet::default() }
    }

    /// Watches a folder that is new, though one of its name may have been watched.
    pub fn renew(&mut self, folder: &Path) -> Result<(), Phrase> {
        self.folders.remove(folder);
        self.add(folder)
    }

    /// The error, for people, comes once for all folders that must be looked at.
    pub fn add(&mut self, folder: &Path) -> Result<(), Phrase> {
        if !self.folders.insert(folder.to_owned()) {
            return Ok(());
        }
        let mode = RecursiveMode::NonRecursive;
        let why = match &mut self.native {
            Some(_) if is_remote(folder) => phrase!("folder-is-remote"),
            Some(native) => match native.watch(folder, mode) {
                Ok(()) => return Ok(()),
                Err(error) => Phrase::verbatim(error.to_string()),
            },
            None => phrase!("no-notices"),
        };
        let first = self.polling.is_none();
        if first {
            let config = Config::default().with_poll_interval(self.every);
            self.polling = PollWatcher::new(handler(&self.changed), config).ok();
        }
        let watched = self.polling.as_mut().is_some_and(|polling| polling.watch(folder, mode).is_ok());
        let folder = folder.display().to_string();
        match (watched, first) {
            (true, true) => Err(phrase!("folder-is-polled", folder, seconds = self.every.as_secs(), why)),
            (true, false) => Ok(()),
            (false, _) => Err(phrase!("folder-unwatched", folder, why)),
        }
    }
}

fn handler(changed: &Changed) -> impl FnMut(notify::Result<notify::Event>) + Send + 'static {
    let changed = changed.clone();
    move |event| match event {
        Ok(event) if !matches!(event.kind, EventKind::Access(_)) => {
            event.paths.into_iter().for_each(|path| changed(path))
        }
        Ok(_) => {}
        Err(error) => eprintln!("gloss: watching: {error}"),
    }
}

/// File systems whose changes on other machines the kernel does not see.
#[cfg(target_os = "linux")]
fn is_remote(folder: &Path) -> bool {
    // From linux/magic.h: NFS, SMB, SMB2, CIFS, 9P (WSL), FUSE.
    const REMOTE: [u32; 6] = [0x6969, 0x517B, 0xFE53_4D42, 0xFF53_4D42, 0x0102_1997, 0x6573_5546];
    rustix::fs::statfs(folder).is_ok_and(|about| REMOTE.contains(&(about.f_type as u32)))
}

#[cfg(not(target_os = "linux"))]
fn is_remote(_: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use std::{fs, sync::mpsc, time::SystemTime};

    use super::*;

    /// Saves by rename, as editors do, are noticed by a watch that was made so, again and again.
    fn notices(make: impl FnOnce(Watch) -> Watch) -> Result<(), Phrase> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().canonicalize().unwrap().join("data.jsonl");
        fs::write(&path, "1").unwrap();
        let (sender, changes) = mpsc::channel();
        let mut watch = make(Watch::new(move |path| drop(sender.send(path))));
        let added = watch.add(path.parent().unwrap());
        for content in 2..=3 {
            fs::write(path.with_extension("new"), content.to_string()).unwrap();
            // Looking by itself, notify tells times apart by whole seconds.
            let later = SystemTime::now() + Duration::from_secs(content);
            fs::File::options().write(true).open(path.with_extension("new")).unwrap().set_modified(later).unwrap();
            fs::rename(path.with_extension("new"), &path).unwrap();
            while changes.recv_timeout(Duration::from_secs(60)).expect("news of the file") != path {}
            while changes.try_recv().is_ok() {}
        }
        added
    }

    #[test]
    fn the_system_tells() {
        assert_eq!(notices(|watch| watch), Ok(()));
    }

    #[test]
    fn where_it_does_not_folders_are_looked_at_and_that_is_said() {
        let blind = |watch| Watch { native: None, every: Duration::from_millis(20), ..watch };
        let message = notices(blind).unwrap_err();
        assert!(message.to_string().contains("is looked at every"), "{message}");
    }
}
