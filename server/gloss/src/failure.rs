//! Why a command could not do its work.

use std::io;

#[derive(Debug)]
pub(crate) enum Failure {
    /// What is wrong and what to do: exit code 2.
    Message(String),
    /// Whoever read the output has left, as `head` does: nobody is there to be told.
    Hangup,
}

impl Failure {
    /// For errors of writing to standard output.
    pub(crate) fn of_output(error: io::Error) -> Failure {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Failure::Hangup,
            _ => Failure::Message(format!("standard output: {}.", why(&error))),
        }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Failure {
        Failure::Message(message)
    }
}

/// What went wrong with a file, in plain words and without a full stop.
pub(crate) fn why(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => "no such file or folder".into(),
        io::ErrorKind::PermissionDenied => "permission denied; see who may read it".into(),
        io::ErrorKind::IsADirectory => "this is a folder; name a file in it".into(),
        _ => error.to_string(),
    }
}
