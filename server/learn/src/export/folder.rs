//! A folder that appears whole or not at all: written beside its place under another name, then renamed.
//!
//! What must stay true: what a person put into a folder is never removed; an error, or a disk that is full, leaves what was there
//! before; what a killed process left is removed by a later export.

use std::{
    fs::{self, File},
    io::{self, BufWriter, Write},
    path::{Path, PathBuf},
    process,
    time::Duration,
};

use serde_json::Value;

use super::{
    head,
    tensors::{self, Tensor},
};

/// All that an export may consist of.
const ENTRIES: [&str; 19] = [
    "1_Pooling",
    "2_Normalize",
    "added_tokens.json",
    "config.json",
    "config_sentence_transformers.json",
    head::FILE,
    head::TENSORS,
    "merges.txt",
    "model.safetensors",
    "modules.json",
    "sentence_bert_config.json",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
];
/// What is as old as this was left behind: no export takes so long.
const LEFT: Duration = Duration::from_secs(60 * 60);

/// Whether an export may take this place: nothing is there, or an empty folder, or an older export and nothing else. The error is
/// for people.
pub fn check_target(target: &Path) -> Result<(), String> {
    let shown = target.display();
    let entries = match fs::read_dir(target) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            return Err(format!("{shown} is a file. Name a folder that is new, empty or an older export."));
        }
        Err(error) => return Err(format!("{shown} cannot be read: {error}.")),
    };
    let mut names = Vec::new();
    for entry in entries {
        let entry = entry.map_err(|error| format!("{shown} cannot be read: {error}."))?;
        names.push(entry.file_name().to_string_lossy().into_owned());
    }
    names.sort();
    let is_export = head::is_there(target);
    match names.iter().find(|name| !is_export || !ENTRIES.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => Err(format!(
            "{shown} holds `{name}`, which no export put there, and nothing of yours is written over. Name a folder that is \
             new, empty or an older export."
        )),
    }
}

/// The folder under its other name. Dropped, it is removed.
pub(super) struct Aside {
    path: PathBuf,
    target: PathBuf,
}

impl Aside {
    pub(super) fn beside(target: &Path) -> Result<Aside, String> {
        check_target(target)?;
        // The folder itself, not a link to it, is what is renamed.
        let target = fs::canonicalize(target).unwrap_or_else(|_| target.to_owned());
        let Some(name) = target.file_name() else {
            return Err(format!("{} cannot be exported to. Name a folder, such as `model`.", target.display()));
        };
        let parent = match target.parent() {
            Some(parent) if parent != Path::new("") => parent,
            _ => Path::new("."),
        };
        let prefix = format!(".{}.gloss-export-", name.to_string_lossy());
        fs::create_dir_all(parent).map_err(|error| said(parent, &error))?;
        remove_left(parent, &prefix);
        let path = parent.join(format!("{prefix}{}", process::id()));
        // Of a process of the same number, long ago.
        let _ = fs::remove_dir_all(&path);
        fs::create_dir(&path).map_err(|error| said(&target, &error))?;
        Ok(Aside { path, target })
    }

    pub(super) fn json(&self, name: &str, value: &Value) -> Result<(), String> {
        self.write(name, |file| {
            serde_json::to_writer_pretty(&mut *file, value)?;
            file.write_all(b"\n")
        })
    }

    pub(super) fn tensors(&self, name: &str, tensors: Vec<(String, Tensor<'_>)>) -> Result<(), String> {
        self.write(name, |file| tensors::write(tensors, file))
    }

    pub(super) fn copy(&self, from: &Path, name: &str) -> Result<(), String> {
        let mut source = File::open(from).map_err(|error| format!("{} cannot be read: {error}.", from.display()))?;
        self.write(name, |file| io::copy(&mut source, file).map(|_| ()))
    }

    pub(super) fn folder(&self, name: &str) -> Result<(), String> {
        fs::create_dir(self.path.join(name)).map_err(|error| said(&self.target.join(name), &error))
    }

    fn write(&self, name: &str, fill: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), String> {
        let write = || {
            let mut file = BufWriter::with_capacity(1 << 20, File::create(self.path.join(name))?);
            fill(&mut file)?;
            file.into_inner()?.sync_all()
        };
        write().map_err(|error| said(&self.target.join(name), &error))
    }

    /// Has it take its place.
    pub(super) fn finish(self) -> Result<(), String> {
        check_target(&self.target)?;
        let old = self.path.with_extension("old");
        let place = || {
            sync(&self.path)?;
            match fs::remove_dir(&self.target) {
                // An older export: its place is taken in two steps, and given back if the second fails.
                Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => {
                    fs::rename(&self.target, &old)?;
                    let renamed = fs::rename(&self.path, &self.target);
                    if renamed.is_err() {
                        let _ = fs::rename(&old, &self.target);
                    }
                    renamed
                }
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => fs::rename(&self.path, &self.target),
            }
        };
        place().map_err(|error| said(&self.target, &error))?;
        let _ = fs::remove_dir_all(&old);
        // It is there; whether the disk knows it already is the disk's affair.
        let _ = self.target.parent().map(sync);
        Ok(())
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// Sees to it that names in a folder are on the disk. Only Unix can.
fn sync(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn remove_left(parent: &Path, prefix: &str) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let is_left = || entry.metadata()?.modified()?.elapsed().map_err(io::Error::other);
        if entry.file_name().to_string_lossy().starts_with(prefix) && is_left().is_ok_and(|age| age > LEFT) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// What went wrong at this place, and what to do.
fn said(path: &Path, error: &io::Error) -> String {
    let path = path.display();
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            format!("{path} cannot be written: the disk is full. Make room, or name a folder on another disk.")
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            format!("{path} cannot be written: {error}. Name a folder that you may write to.")
        }
        _ => format!("{path} cannot be written: {error}."),
    }
}
