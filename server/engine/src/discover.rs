//! Which files belong to which data set: gloss.toml is found by walking up; without one, a file is a data set of its own.

use std::{
    ffi::OsStr,
    fs,
    path::{Path, PathBuf},
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{config::Config, keep};

pub const CONFIG_NAME: &str = "gloss.toml";
const ENDINGS: [&str; 10] = ["jsonl", "ndjson", "json", "csv", "tsv", "txt", "conll", "bio", "yml", "yaml"];
/// Folders below gloss.toml are looked into down to this depth.
const DEPTH: usize = 12;
/// At most so many folders of a data set are watched.
const WATCHED: usize = 256;

/// The gloss.toml that governs this file or folder.
pub fn config_above(path: &Path) -> Option<PathBuf> {
    path.ancestors().map(|folder| folder.join(CONFIG_NAME)).find(|file| file.is_file())
}

/// The roots of the data sets beneath a path: folders with a gloss.toml, or single data files.
pub fn roots(path: &Path) -> Vec<PathBuf> {
    if let Some(config) = config_above(path) {
        return vec![config.parent().unwrap_or(path).to_owned()];
    }
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let mut files = Vec::new();
    walk(path, DEPTH, &mut files);
    let mut roots: Vec<PathBuf> = files
        .into_iter()
        .filter(|file| is_data(file) || file.ends_with(CONFIG_NAME))
        .map(|file| config_above(&file).and_then(|config| config.parent().map(Path::to_owned)).unwrap_or(file))
        .collect();
    roots.sort();
    roots.dedup();
    roots
}

/// The data files of a folder with a gloss.toml, and whether each is held out; sorted by path.
pub fn members(folder: &Path, config: &Config) -> Vec<(PathBuf, bool)> {
    let globs = Globs::of(config);
    let mut found = Vec::new();
    walk(folder, DEPTH, &mut found);
    let mut members: Vec<(PathBuf, bool)> =
        found.into_iter().filter_map(|path| globs.member(folder, &path).map(|held_out| (path, held_out))).collect();
    members.sort();
    members
}

/// Whether this path may belong to the data set of this folder, or lead to files that do.
pub(crate) fn reaches(folder: &Path, path: &Path) -> bool {
    path.strip_prefix(folder).is_ok_and(|path| !path.iter().any(is_passed_over))
}

/// Whether a file, which need not exist, is held out; `None`: it is no member of the data set.
pub(crate) fn member(folder: &Path, config: &Config, path: &Path) -> Option<bool> {
    Globs::of(config).member(folder, path)
}

/// The folders whose changes can bring or take members: those with data, and those that globs may reach into.
pub(crate) fn folders(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(folder) = found.get(next).cloned() {
        next += 1;
        if found.len() < WATCHED {
            found.extend(entries(&folder).into_iter().filter(|(_, is_folder)| *is_folder).map(|(path, _)| path));
        }
    }
    found.truncate(WATCHED);
    found
}

struct Globs {
    files: Option<GlobSet>,
    test: GlobSet,
}

impl Globs {
    fn of(config: &Config) -> Globs {
        Globs { files: (!config.files.is_empty()).then(|| globs(&config.files)), test: globs(&config.test) }
    }

    fn member(&self, folder: &Path, path: &Path) -> Option<bool> {
        let relative = path.strip_prefix(folder).ok().filter(|_| reaches(folder, path))?;
        let held_out = self.test.is_match(relative);
        let named = || self.files.as_ref().map_or_else(|| is_data(path), |files| files.is_match(relative));
        // A folder within that has a gloss.toml of its own is another data set.
        let ours = || config_above(path).is_some_and(|config| config.parent() == Some(folder));
        ((held_out || named()) && !path.ends_with(keep::FILE_NAME) && ours()).then_some(held_out)
    }
}

/// Whether a glob can be used; the message says what is wrong with it.
pub fn check_glob(glob: &str) -> Result<(), String> {
    GlobBuilder::new(glob).literal_separator(true).build().map(drop).map_err(|error| error.kind().to_string())
}

fn globs(patterns: &[String]) -> GlobSet {
    let mut set = GlobSetBuilder::new();
    for glob in patterns
        .iter()
        .filter_map(|pattern| GlobBuilder::new(pattern.trim_start_matches("./")).literal_separator(true).build().ok())
    {
        set.add(glob);
    }
    set.build().unwrap_or_else(|_| GlobSet::empty())
}

fn is_data(path: &Path) -> bool {
    path.extension().and_then(|ending| ending.to_str()).is_some_and(|ending| ENDINGS.contains(&ending))
        && !path.ends_with(keep::FILE_NAME)
        && !is_of_model(path)
}

/// Whether a file is part of a model, as `gloss export` writes them, and not of a data set.
fn is_of_model(path: &Path) -> bool {
    let Some(folder) = path.parent() else { return false };
    folder.ends_with("1_Pooling") || folder.join("model.safetensors").is_file()
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    for (path, is_folder) in entries(folder) {
        if !is_folder {
            files.push(path);
        } else if depth > 0 {
            walk(&path, depth - 1, files);
        }
    }
}

/// What lies in a folder, and whether it is a folder; what is hidden, or made by tools, is passed over. A link to a folder
/// counts as a file that nobody reads: it could lead in a circle.
fn entries(folder: &Path) -> Vec<(PathBuf, bool)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| {
            let is_folder = entry.file_type().ok()?.is_dir();
            (!is_passed_over(&entry.file_name())).then(|| (entry.path(), is_folder))
        })
        .collect()
}

fn is_passed_over(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(b".") || name == "node_modules" || name == "target"
}
