//! Why a folder is not an encoder that can be used.

use std::{
    fmt,
    path::{Path, PathBuf},
};

/// Names the file, what was found in it, what was expected and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenError {
    pub file: PathBuf,
    pub problem: String,
}

impl OpenError {
    pub(crate) fn new(file: &Path, problem: impl Into<String>) -> OpenError {
        OpenError { file: file.to_owned(), problem: problem.into() }
    }
}

impl fmt::Display for OpenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.file.display(), self.problem)
    }
}
impl std::error::Error for OpenError {}
