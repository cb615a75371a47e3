//! The real binary on small files in a folder of their own.

#![allow(dead_code, reason = "each test file uses a part")]

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, Output, Stdio},
};

use serde_json::Value;
use tempfile::TempDir;

pub(crate) struct Folder(TempDir);

impl Folder {
    pub(crate) fn new(files: &[(&str, &str)]) -> Folder {
        let folder = Folder(tempfile::tempdir().unwrap());
        for (name, content) in files {
            folder.write(name, content);
        }
        folder
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_gloss"));
        command.current_dir(self.path()).args(arguments).stdin(Stdio::null()).env_remove("NO_COLOR");
        // Nothing of a test is left in the cache of who runs it.
        command.env("XDG_CACHE_HOME", self.path().join(".cache")).env("GLOSS_ENCODER", "none");
        command
    }

    pub(crate) fn gloss(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    pub(crate) fn gloss_reading(&self, arguments: &[&str], input: &[u8]) -> Ran {
        let mut command = self.command(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        match child.stdin.take().unwrap().write_all(input) {
            // What is refused by its arguments is not read.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {}
            written => written.unwrap(),
        }
        Ran::of(child.wait_with_output().unwrap())
    }
}

pub(crate) struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    pub(crate) fn of(output: Output) -> Ran {
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { code: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
    }

    /// Standard output as JSON Lines.
    pub(crate) fn json(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))).collect()
    }

    /// Ended with this code, printed nothing, and said this.
    #[track_caller]
    pub(crate) fn refuses(&self, said: &str) {
        assert_eq!((self.code, self.out.as_str()), (2, ""), "{}", self.err);
        assert!(self.err.contains(said), "{}", self.err);
    }
}

/// Two labels that are easy to tell apart: `rows` labelled rows, then one without a label.
pub(crate) fn weather(rows: usize) -> String {
    let mut source = String::new();
    for row in 0..rows {
        let (text, label) = match row % 2 {
            0 => ("the sun shines and it is warm", "sun"),
            _ => ("rain falls and the street is wet", "rain"),
        };
        source += &format!("{{\"text\": \"{text}, day {row}\", \"label\": \"{label}\"}}\n");
    }
    source + "{\"text\": \"rain again, and a wet coat\"}\n"
}
