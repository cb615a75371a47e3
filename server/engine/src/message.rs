//! What goes in and out of the engine.

use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, mpsc::Sender},
};

use catalogue::Phrase;
use dataset::position::{Encoding, Position};
use learn::{Embeddings, Epoch, FitError, Progress};
use rustc_hash::FxHashSet;

use crate::{
    encoders::{FetchError, Fetching},
    finding::{Finding, Findings, Limits},
    learned::Learned,
    near::Nears,
    project::Project,
    projects::Projects,
    supply::Request,
};

/// A change of an open buffer; without a range, its whole text.
#[derive(Clone, Debug)]
pub struct Change {
    pub range: Option<(Position, Position)>,
    pub text: String,
}

/// How far the fetch of an encoder is.
#[derive(Clone, Debug, PartialEq)]
pub struct Fetched {
    /// What is being done, for people.
    pub what: Phrase,
    /// Bytes.
    pub done: u64,
    pub total: Option<u64>,
}

type Read = Box<dyn FnOnce(&mut Projects) + Send>;

pub enum Message {
    Open {
        path: PathBuf,
        version: i32,
        source: String,
    },
    Change {
        path: PathBuf,
        version: i32,
        changes: Vec<Change>,
        encoding: Encoding,
    },
    Close {
        path: PathBuf,
    },
    /// A file may have changed: it was saved, or the client or the disk says so.
    FileChanged {
        path: PathBuf,
    },
    /// Learn again, whatever changed: asked for by a person.
    Train {
        path: PathBuf,
    },
    /// Load what lies beneath a path and learn from it.
    Load {
        path: PathBuf,
    },
    /// Forget what lies beneath a path and is not open.
    Unload {
        path: PathBuf,
    },
    /// Stop learning; what was learned serves on.
    Cancel,
    /// From now on at most so many findings are told.
    Limit(Limits),
    /// A question, answered on the actor's thread: short.
    Read(Read),
    /// Someone looks at these rows: findings near them are of more use than others.
    Looked {
        path: PathBuf,
        rows: Range<usize>,
    },
    /// Say again what is to be said of an open file.
    Touch {
        path: PathBuf,
    },
    /// From a training job.
    Progressed {
        root: PathBuf,
        progress: Progress,
    },
    /// From a training job that trains an encoder.
    Trained {
        root: PathBuf,
        epoch: Epoch,
    },
    /// Nothing can be learned yet; these texts, by their keys, are to be labelled first.
    Begun {
        root: PathBuf,
        first: FxHashSet<u64>,
    },
    /// From a training job that goes on.
    Gained {
        root: PathBuf,
        learned: Arc<Learned>,
    },
    /// From a training job; nothing, where there was nothing to gain.
    Finished {
        root: PathBuf,
        result: Result<Option<Arc<Learned>>, FitError>,
    },
    /// From a search for texts that are nearly the same.
    Nears {
        root: PathBuf,
        nears: Arc<Nears>,
    },
    /// An encoder is there, or could not be had.
    Encoder {
        request: Request,
        result: Result<Arc<Embeddings>, FetchError>,
    },
    /// How far the fetch of an encoder is; nothing once it ended.
    Fetching(Option<Fetched>),
    /// Look at an empty or missing file once more.
    LookAgain {
        path: PathBuf,
    },
    /// Something that a person should know.
    Warn {
        message: Phrase,
    },
    /// The sender is dropped when nothing is left to do.
    Stop {
        ended: Sender<()>,
    },
}

/// What a face is told, on the actor's thread; it must not wait.
pub enum Event<'a> {
    /// A file of a data set was opened.
    Opened {
        project: &'a Project,
        file: usize,
    },
    /// The findings of an open file, for this state of it.
    Findings {
        project: &'a Project,
        file: usize,
        findings: &'a Findings,
    },
    /// The findings of gloss.toml.
    ConfigFindings {
        project: &'a Project,
        findings: &'a [Finding],
    },
    /// A file was closed or is no data set any more.
    Gone {
        path: &'a Path,
    },
    Learning {
        project: &'a Project,
        progress: Progress,
    },
    /// Or recalled, where there was nothing new to learn from what was loaded; or measured for the first time by held-out files.
    Learned {
        project: &'a Project,
    },
    /// How far the fetch of an encoder is; nothing once it ended.
    Fetching(Option<Fetching<'a>>),
    /// The same rows are known better: more of them were embedded.
    Improved {
        project: &'a Project,
    },
    /// The old classifier serves on.
    NotLearned {
        project: &'a Project,
        why: &'a FitError,
    },
    /// All findings that a [`Event::Learned`] or [`Event::NotLearned`] brought with it have been told.
    Settled,
    Warning {
        message: Phrase,
    },
    /// Something worth knowing for who looks for it: it asks for nothing.
    Remark {
        message: Phrase,
    },
}
