//! What a person decided and a machine must not undo: 'keep this label', a line each in gloss.keep.jsonl.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use rustc_hash::FxHashSet;
use serde_json::{Value, json};

pub const FILE_NAME: &str = "gloss.keep.jsonl";

/// The decisions of one data set, by text and label.
#[derive(Clone, Debug, Default)]
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

    pub fn contains(&self, key: u64, label: &str) -> bool {
        !self.decisions.is_empty() && self.decisions.contains(&(key, label.to_owned()))
    }

    /// Remembers the decision, on disk first.
    pub fn keep(&mut self, folder: &Path, text: &str, label: &str) -> io::Result<()> {
        let decision = (dataset::text_key(text), label.to_owned());
        if self.decisions.contains(&decision) {
            return Ok(());
        }
        let mut line = json!({"text": text, "label": label}).to_string();
        line.push('\n');
        fs::OpenOptions::new().create(true).append(true).open(file(folder))?.write_all(line.as_bytes())?;
        self.decisions.insert(decision);
        Ok(())
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
        kept.keep(folder.path(), "退款 \"soon\"\n", "refund").unwrap();
        kept.keep(folder.path(), "退款 \"soon\"\n", "refund").unwrap();
        let again = Kept::read(folder.path());
        assert!(again.contains(dataset::text_key("退款 \"soon\"\n"), "refund"));
        assert!(!again.contains(dataset::text_key("退款 \"soon\"\n"), "billing"));
        assert_eq!(fs::read_to_string(file(folder.path())).unwrap().lines().count(), 1);
    }
}
