//! Trained encoders on disk, a folder each, named by their ids. The database says which one serves.
//!
//! What must stay true: a folder that has its name is whole: it is written under another one, brought to the disk, and renamed; the
//! database names it only then. So a kill at any moment leaves the generation before, and two are kept.

use std::{
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    process,
    time::SystemTime,
};

use learn::{Encode, Encoder};

const FOLDER: &str = "trained";
const FILE: &str = "encoder";
/// Generations that stay.
const KEPT: usize = 2;

fn named(store: &Path, id: u64) -> PathBuf {
    store.join(FOLDER).join(format!("{id:016x}"))
}

/// Writes it, if it is not there.
pub(super) fn keep(store: &Path, encoder: &Encoder) -> io::Result<()> {
    let folder = named(store, encoder.id());
    if folder.join(FILE).is_file() {
        return Ok(());
    }
    let aside = folder.with_extension(format!("new-{}", process::id()));
    let written = write(&aside, encoder).and_then(|()| fs::rename(&aside, &folder));
    if written.is_err() {
        let _ = fs::remove_dir_all(&aside);
        // Another editor may have been quicker.
        if folder.join(FILE).is_file() {
            return Ok(());
        }
    }
    written?;
    sync(&store.join(FOLDER))
}

fn write(folder: &Path, encoder: &Encoder) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut file = BufWriter::new(File::create(folder.join(FILE))?);
    encoder.write_tuned(&mut file)?;
    file.flush()?;
    file.get_ref().sync_all()?;
    sync(folder)
}

/// Brings a folder's names to the disk, where the system has that.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

pub(super) fn open(store: &Path, id: u64) -> io::Result<Box<dyn Read>> {
    Ok(Box::new(BufReader::new(File::open(named(store, id).join(FILE))?)))
}

/// Removes all but the newest, and what a kill left half-written. What cannot be removed stays until the next time.
pub(super) fn tidy(store: &Path, serving: u64) {
    let Ok(entries) = fs::read_dir(store.join(FOLDER)) else { return };
    let serving = named(store, serving);
    let mut old: Vec<(SystemTime, PathBuf)> = entries
        .flatten()
        .map(|entry| {
            (entry.metadata().and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH), entry.path())
        })
        .filter(|(_, path)| *path != serving)
        .collect();
    old.sort_by_key(|(at, path)| (path.extension().is_some(), std::cmp::Reverse(*at)));
    // An editor beside this one may be writing just now.
    let is_left = |(at, path): &&(SystemTime, PathBuf)| {
        path.extension().is_none() || at.elapsed().is_ok_and(|age| age.as_secs() > 60)
    };
    for (_, path) in old.iter().skip(KEPT - 1).filter(is_left) {
        let _ = fs::remove_dir_all(path);
    }
}
