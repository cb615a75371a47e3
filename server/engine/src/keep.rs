//! What a person decided and a machine must not undo: 'keep this label', a line each in gloss.keep.jsonl.

use std::{
    fs,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use rustc_hash::FxHashSet;
use serde_json::{Value, json};

pub const FILE_NAME: &str = "gloss.keep.jsonl";

/// The decisions of one data set, by text and label.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Kept {
    decisions: FxHashSet<(u64, String)>,
}

impl Kept {
    /// Lines that cannot be read are passed over: the file is a person's and may hold notes.
    pub fn read(folder: &Path) -> Kept {
        let source = fs::read_to_string(file(folder)).unwrap_or_default();
        let decisions = source
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter_map(|line| Some((dataset::text_key(line["text"].as_str()?), line["label"].as_str()?.to_owned())))
            .collect();
        Kept { decisions }
    }

    pub fn is_empty(&self) -> bool {
        self.decisions.is_empty()
    }

    pub fn contains(&self, key: u64, label: &str) -> bool {
        self.decisions.contains(&(key, label.to_owned()))
    }

    /// Remembers the decision, and writes it down if there is a folder for it. If that fails it is still remembered here.
    pub fn keep(&mut self, folder: Option<&Path>, text: &str, label: &str) -> io::Result<()> {
        let is_new = self.decisions.insert((dataset::text_key(text), label.to_owned()));
        let Some(folder) = folder.filter(|_| is_new) else { return Ok(()) };
        let mut line = json!({"text": text, "label": label}).to_string();
        line.push('\n');
        let mut file = fs::OpenOptions::new().read(true).create(true).append(true).open(file(folder))?;
        // A last line that a person left without its end must not swallow the decision.
        let mut last = [b'\n'];
        if file.seek(io::SeekFrom::End(0))? > 0 {
            file.seek(io::SeekFrom::End(-1))?;
            file.read_exact(&mut last)?;
        }
        if last != *b"\n" {
            line.insert(0, '\n');
        }
        file.write_all(line.as_bytes())
    }
}

fn file(folder: &Path) -> PathBuf {
    folder.join(FILE_NAME)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decision_is_for_that_text_and_that_label_and_outlives_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = Kept::read(folder.path());
        fs::write(file(folder.path()), "by hand, and without a line end").unwrap();
        kept.keep(Some(folder.path()), "退款 \"soon\"\n", "refund").unwrap();
        kept.keep(Some(folder.path()), "退款 \"soon\"\n", "refund").unwrap();
        let again = Kept::read(folder.path());
        assert!(again.contains(dataset::text_key("退款 \"soon\"\n"), "refund"));
        assert!(!again.contains(dataset::text_key("退款 \"soon\"\n"), "billing"));
        assert_eq!(fs::read_to_string(file(folder.path())).unwrap().lines().count(), 2);
    }
}
