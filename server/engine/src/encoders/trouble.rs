//! Why a fetch did not go through, and whether another way may.

use std::{fmt, io, path::Path};

/// As those who asked for a fetch see it.
#[derive(Clone, Debug, PartialEq)]
pub enum FetchError {
    Cancelled,
    /// What is wrong and what to do, in one message.
    Failed(String),
}

impl fmt::Display for FetchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FetchError::Cancelled => f.write_str("The fetch was cancelled; the next one goes on from there."),
            FetchError::Failed(message) => f.write_str(message),
        }
    }
}

impl std::error::Error for FetchError {}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Trouble {
    Cancelled,
    /// Nobody was reached, or not to the end: another way may help. Without a full stop.
    Network(String),
    /// The answer was no, or what came is no use: a sentence or two.
    Refused(String),
    /// This machine's: another way would meet it again. A sentence or two.
    Disk(String),
}

impl Trouble {
    /// For errors of reading or writing a file here.
    pub(super) fn of_disk(path: &Path, error: &io::Error) -> Trouble {
        let path = path.display();
        Trouble::Disk(match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                format!("{path} cannot be written: the disk is full. Make room and fetch again.")
            }
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                format!("{path} cannot be written ({error}). Set HF_HOME to a folder that you may write to.")
            }
            _ => format!("{path} cannot be written ({error})."),
        })
    }

    pub(super) fn is_full_disk(error: &io::Error) -> bool {
        matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}
