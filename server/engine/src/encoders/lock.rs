//! One fetch of a thing at a time, among all programs of this machine.

use std::{
    fs::{self, File, TryLockError},
    path::Path,
    thread,
};

use learn::Cancel;

use super::{LOOK, trouble::Trouble};

/// Held until it is dropped, or its program ends however it ends.
pub(super) struct Lock {
    _file: File,
}

/// Waits until no other program holds it; says so once by `on_wait`. The file itself means nothing and stays.
pub(super) fn hold(path: &Path, cancel: &Cancel, mut on_wait: impl FnMut()) -> Result<Lock, Trouble> {
    let of_disk = |error| Trouble::of_disk(path, &error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(of_disk)?;
    }
    let file = File::options().create(true).truncate(false).write(true).open(path).map_err(of_disk)?;
    let mut said = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(Lock { _file: file }),
            Err(TryLockError::WouldBlock) => {
                if !said {
                    on_wait();
                    said = true;
                }
                if cancel.is_cancelled() {
                    return Err(Trouble::Cancelled);
                }
                thread::sleep(LOOK);
            }
            // A file system without locks: what is fetched is checked before it takes its name, so the worst is work done twice.
            Err(TryLockError::Error(_)) => return Ok(Lock { _file: file }),
        }
    }
}
