//! Trained encoders on disk, a folder each, named by their ids. The database says which one serves.
//!
//! What must stay true: a folder that has its name is whole: it is written under another one, brought to the disk, and renamed; the
//! database names it only then. So a kill at any moment leaves the generation before, and two are kept.

use std::{
    cmp::Reverse,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
    process,
    time::{Duration, SystemTime},
};

use learn::{Encode, Encoder};

const FOLDER: &str = "trained";
const FILE: &str = "encoder";
/// Generations that stay.
const KEPT: usize = 2;
/// Longer than this nobody writes one.
const WRITING: Duration = Duration::from_secs(60);

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
    let changed = |path: &Path| fs::metadata(path).and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let others = entries.flatten().map(|entry| entry.path()).filter(|path| *path != serving);
    let (mut whole, half): (Vec<PathBuf>, Vec<PathBuf>) = others.partition(|path| path.extension().is_none());
    whole.sort_by_cached_key(|path| Reverse(changed(path)));
    // An editor beside this one may be writing just now.
    let is_left = |path: &PathBuf| changed(path).elapsed().is_ok_and(|age| age > WRITING);
    for path in whole.iter().skip(KEPT - 1).chain(half.iter().filter(|path| is_left(path))) {
        let _ = fs::remove_dir_all(path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_generation_beside_the_one_that_serves_is_kept_and_nothing_half_written() {
        let store = tempfile::tempdir().unwrap();
        let trained = store.path().join(FOLDER);
        let folder = |name: &str, minutes: u64| {
            let folder = trained.join(name);
            fs::create_dir_all(&folder).unwrap();
            let at = SystemTime::now() - Duration::from_secs(60 * minutes);
            File::open(folder).unwrap().set_modified(at).unwrap();
        };
        let left = || {
            let mut names: Vec<_> = fs::read_dir(&trained).unwrap().map(|entry| entry.unwrap().file_name()).collect();
            names.sort();
            names
        };
        let serving = "0000000000000001";
        folder(serving, 9);
        folder("0000000000000002.new-7", 8);
        folder("0000000000000003.new-8", 0);
        tidy(store.path(), 1);
        assert_eq!(left(), [serving, "0000000000000003.new-8"], "one is still being written");
        folder("0000000000000004", 6);
        folder("0000000000000005", 5);
        tidy(store.path(), 1);
        assert_eq!(left(), [serving, "0000000000000003.new-8", "0000000000000005"]);
    }
}
