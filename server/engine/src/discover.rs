//! Which files belong to which data set: gloss.toml is found by walking up; without one, a file is a data set of its own.

use std::{
    fs,
    path::{Path, PathBuf},
};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::{config::Config, keep};

pub const CONFIG_NAME: &str = "gloss.toml";
const ENDINGS: [&str; 6] = ["jsonl", "ndjson", "json", "csv", "tsv", "txt"];
/// Folders below gloss.toml are looked into down to this depth.
const DEPTH: usize = 12;

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
    let (files, test) = (globs(&config.files), globs(&config.test));
    let mut found = Vec::new();
    walk(folder, DEPTH, &mut found);
    let mut members: Vec<(PathBuf, bool)> = found
        .into_iter()
        .filter_map(|path| {
            let relative = path.strip_prefix(folder).ok()?;
            let held_out = test.is_match(relative);
            let wanted = held_out || if config.files.is_empty() { is_data(&path) } else { files.is_match(relative) };
            (wanted && !path.ends_with(keep::FILE_NAME)).then_some((path, held_out))
        })
        .collect();
    members.sort();
    members
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
}

fn walk(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let hidden = name.to_string_lossy().starts_with('.');
        match entry.file_type() {
            Ok(kind) if kind.is_dir() && depth > 0 && !hidden && name != "node_modules" && name != "target" => {
                walk(&path, depth - 1, files);
            }
            Ok(kind) if !kind.is_dir() && !hidden => files.push(path),
            _ => {}
        }
    }
}
