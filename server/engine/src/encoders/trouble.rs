//! Why a fetch did not go through, and whether another way may.

use std::{fmt, io, path::Path};

use catalogue::{Phrase, phrase};

/// As those who asked for a fetch see it.
#[derive(Clone, Debug, PartialEq)]
pub enum FetchError {
    Cancelled,
    /// What is wrong and what to do, in one message.
    Failed(Phrase),
}

impl FetchError {
    pub fn says(&self) -> Phrase {
        match self {
            FetchError::Cancelled => phrase!("fetch-cancelled"),
            FetchError::Failed(message) => message.clone(),
        }
    }
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.says().fmt(f)
    }
}

impl std::error::Error for FetchError {}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trouble {
    Cancelled,
    /// Nobody was reached, or not to the end: another way may help. Without a full stop.
    Network(Phrase),
    /// The answer was no, or what came is no use: a sentence or two, without the last full stop.
    Refused(Phrase),
    /// This machine's: another way would meet it again. A sentence or two.
    Disk(Phrase),
}

impl Trouble {
    /// For errors of reading or writing a file here.
    pub(super) fn of_disk(path: &Path, error: &io::Error) -> Trouble {
        let (path, reason) = (path.display().to_string(), error.to_string());
        Trouble::Disk(match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => phrase!("disk-is-full", path),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                phrase!("disk-is-closed", path, error = reason)
            }
            _ => phrase!("disk-fails", path, error = reason),
        })
    }

    pub(super) fn is_full_disk(error: &io::Error) -> bool {
        matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}
