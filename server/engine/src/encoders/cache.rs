//! The two caches on the disk, read without the network.
//!
//! The shared one has the layout of Hugging Face's tools, so that what one fetched all of them find:
//! `models--owner--name/` with `refs/main` (the commit), `blobs/<etag>` (the bytes), `snapshots/<commit>/<file>` (links to
//! blobs) and `.no_exist/<commit>/<file>` (files that the hub said it does not have).

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

use super::lacks;

/// An encoder on this machine.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    pub id: String,
    pub folder: PathBuf,
    pub bytes: u64,
    /// In the cache that other programs use, too.
    pub is_shared: bool,
}

/// A half of a fetch that died begins so.
pub(super) const PARTS: &str = ".part-";

/// The shared cache, where Hugging Face's tools look for it.
pub(super) fn shared() -> Option<PathBuf> {
    let named = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(|value| of_home(value.into()));
    let home = || {
        let cache = named("XDG_CACHE_HOME").or_else(|| env::home_dir().map(|home| home.join(".cache")));
        named("HF_HOME").or_else(|| cache.map(|cache| cache.join("huggingface")))
    };
    named("HF_HUB_CACHE").or_else(|| named("HUGGINGFACE_HUB_CACHE")).or_else(|| home().map(|home| home.join("hub")))
}

fn of_home(path: PathBuf) -> PathBuf {
    match (path.strip_prefix("~"), env::home_dir()) {
        (Ok(rest), Some(home)) => home.join(rest),
        _ => path,
    }
}

/// A model's folder in the shared cache.
pub(super) fn repo(shared: &Path, id: &str) -> PathBuf {
    shared.join(format!("models--{}", id.replace('/', "--")))
}

/// The snapshot of its main branch, whatever it holds.
pub(super) fn snapshot(shared: &Path, id: &str) -> Option<PathBuf> {
    let repo = repo(shared, id);
    let commit = fs::read_to_string(repo.join("refs/main")).ok()?;
    let folder = repo.join("snapshots").join(plain(commit.trim())?);
    // One that lacks something must not hide a whole one in Gloss's own cache.
    lacks(&folder).is_none().then_some(folder)
}

/// What may be the name of a file, and not a way to another place.
pub(super) fn plain(name: &str) -> Option<&str> {
    let is_plain = |name: &str| name.chars().all(|ch| ch.is_ascii_alphanumeric() || "-_.".contains(ch));
    (!name.is_empty() && name.len() <= 128 && is_plain(name) && !name.starts_with('.')).then_some(name)
}

pub(super) fn own(own: &Path, id: &str) -> PathBuf {
    own.join(id.replace('/', "--"))
}

/// Whether it is known how the model pools: who takes a model from the hub may have left those files there.
pub(super) fn is_whole(folder: &Path) -> bool {
    let in_snapshots = folder.parent().filter(|parent| parent.file_name().is_some_and(|name| name == "snapshots"));
    let (Some(repo), Some(commit)) = (in_snapshots.and_then(Path::parent), folder.file_name()) else { return true };
    folder.join("modules.json").is_file() || repo.join(".no_exist").join(commit).join("modules.json").is_file()
}

pub(super) fn list(shared: Option<&Path>, own: Option<&Path>) -> Vec<Kept> {
    let mut found = Vec::new();
    for name in names(shared) {
        let Some(id) = name.strip_prefix("models--").and_then(id_of) else { continue };
        if let Some(folder) = shared.and_then(|shared| snapshot(shared, &id)) {
            found.push(Kept { id, bytes: size(&folder), folder, is_shared: true });
        }
    }
    for name in names(own) {
        let (Some(id), Some(own)) = (id_of(&name), own) else { continue };
        let folder = own.join(&name);
        if lacks(&folder).is_none() {
            found.push(Kept { id, bytes: size(&folder), folder, is_shared: false });
        }
    }
    found.sort_by(|a, b| (&a.id, !a.is_shared).cmp(&(&b.id, !b.is_shared)));
    found
}

fn id_of(name: &str) -> Option<String> {
    Some(name.replacen("--", "/", 1)).filter(|id| super::is_id(id))
}

fn names(folder: Option<&Path>) -> Vec<String> {
    let entries = folder.and_then(|folder| fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}

/// The bytes beneath a folder; links count as what they lead to.
pub(super) fn size(folder: &Path) -> u64 {
    let mut bytes = 0;
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        bytes += match fs::metadata(entry.path()) {
            Ok(about) if about.is_dir() => size(&entry.path()),
            Ok(about) => about.len(),
            Err(_) => 0,
        };
    }
    bytes
}

pub(super) fn remove(
    shared: Option<&Path>,
    own_cache: Option<&Path>,
    id: &str,
    also_shared: bool,
) -> Result<u64, String> {
    let in_own = own_cache.map(|cache| own(cache, id)).filter(|folder| folder.is_dir());
    let in_shared = shared.map(|shared| repo(shared, id)).filter(|folder| folder.is_dir());
    let mut bytes = None;
    let shared_goes = if also_shared { &in_shared } else { &None };
    for folder in in_own.iter().chain(shared_goes) {
        let blobs = folder.join("blobs");
        let freed = if blobs.is_dir() { size(&blobs) } else { size(folder) };
        vanish(folder).map_err(|error| format!("{} cannot be removed: {error}.", folder.display()))?;
        bytes = Some(bytes.unwrap_or(0) + freed);
    }
    match (bytes, in_shared) {
        (Some(bytes), _) => Ok(bytes),
        (None, Some(folder)) => Err(format!(
            "`{id}` lies in {}, which is shared with other programs. `gloss model remove {id} --force` removes it for all of them.",
            folder.display()
        )),
        (None, None) => {
            Err(format!("`{id}` is not on this machine: nothing to remove. `gloss model list` shows what is."))
        }
    }
}

/// Removes a folder so that nobody finds half of it.
fn vanish(folder: &Path) -> io::Result<()> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let aside = folder.with_file_name(format!("{PARTS}{}-{name}", std::process::id()));
    fs::rename(folder, &aside)?;
    fs::remove_dir_all(aside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_from_elsewhere_leads_nowhere_else() {
        for name in ["", ".", "..", "a/b", "../x", "a\\b", ".hidden", "a b", "x\0"] {
            assert_eq!(plain(name), None, "{name:?}");
        }
        assert_eq!(plain("1110a243fdf4706b3f48f1d95db1a4f5529b4d41"), Some("1110a243fdf4706b3f48f1d95db1a4f5529b4d41"));
    }

    #[test]
    fn a_reference_to_a_commit_that_is_not_whole_is_nothing() {
        let shared = tempfile::tempdir().unwrap();
        let repo = repo(shared.path(), "a/b");
        fs::create_dir_all(repo.join("refs")).unwrap();
        fs::create_dir_all(repo.join("snapshots/c0")).unwrap();
        for reference in ["c0", "c1", "../..", ""] {
            fs::write(repo.join("refs/main"), reference).unwrap();
            assert_eq!(snapshot(shared.path(), "a/b"), None, "{reference}");
        }
        fs::write(repo.join("refs/main"), "c0\n").unwrap();
        for name in super::super::REQUIRED {
            fs::write(repo.join("snapshots/c0").join(name), "x").unwrap();
        }
        let folder = snapshot(shared.path(), "a/b").unwrap();
        assert!(!is_whole(&folder), "nobody asked how it pools");
        let kept = list(Some(shared.path()), None);
        assert_eq!(kept, [Kept { id: "a/b".into(), folder, bytes: 3, is_shared: true }]);
    }
}
