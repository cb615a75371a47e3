//! Why a folder is not an encoder that can be used.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use catalogue::{Phrase, phrase};

/// Names the file, what was found in it, what was expected and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenError {
    pub file: PathBuf,
    pub problem: Phrase,
}

impl OpenError {
    pub(crate) fn new(file: &Path, problem: Phrase) -> OpenError {
        OpenError { file: file.to_owned(), problem }
    }

    /// What somebody else says of the file.
    pub(crate) fn quoting(file: &Path, problem: impl Into<String>) -> OpenError {
        OpenError::new(file, Phrase::verbatim(problem.into()))
    }

    pub fn says(&self) -> Phrase {
        phrase!("encoder-file", file = self.file.display().to_string(), problem = self.problem.clone())
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.says().fmt(f)
    }
}
impl std::error::Error for OpenError {}
