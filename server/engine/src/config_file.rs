//! gloss.toml as a file: on the disk, or open in an editor.
//!
//! What must stay true: problems are found in the text as it stands, saved or not; what the project goes by is the saved
//! text, but for [labels], which count as soon as they are typed without a fault.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use catalogue::phrase;
use dataset::{Problem, TextEdit, position::LineIndex};

use crate::{
    config::Config,
    discover,
    encoders::Wanted,
    finding::{Code, Finding, of_problem},
};

#[derive(Clone, Debug)]
pub struct ConfigFile {
    pub path: PathBuf,
    /// Of the open buffer; `None`: read from the disk.
    pub version: Option<i32>,
    source: String,
    lines: LineIndex,
    is_readable: bool,
    problems: Vec<Problem>,
}

impl ConfigFile {
    /// Reads it, and what it says. A file that is not UTF-8 or cannot be read says nothing, and has a problem.
    pub fn read(path: &Path) -> (ConfigFile, Config) {
        let (source, failure) = match fs::read(path) {
            Ok(bytes) => match String::from_utf8(bytes) {
                Ok(source) => (source, None),
                Err(_) => (String::new(), Some(phrase!("config-is-not-utf-8"))),
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => (String::new(), None),
            Err(error) => (String::new(), Some(phrase!("config-unreadable", error = error.to_string()))),
        };
        let (mut file, config) = ConfigFile::of(path, None, source);
        file.is_readable = failure.is_none();
        file.problems.extend(failure.map(|message| Problem { range: 0..0, message }));
        (file, config)
    }

    pub fn of(path: &Path, version: Option<i32>, source: String) -> (ConfigFile, Config) {
        let (config, mut problems) = Config::parse(&source);
        for glob in config.files.iter().chain(&config.test) {
            if let Err(why) = discover::check_glob(glob) {
                let start = source.find(glob.as_str()).unwrap_or(0);
                let message = phrase!("no-glob", glob, error = why);
                problems.push(Problem { range: start..(start + glob.len()).min(source.len()), message });
            }
        }
        if let Some(name) = &config.encoder
            && let Err(message) = Wanted::parse(name, path.parent().unwrap_or(Path::new(".")))
        {
            let start = source.find(&format!("\"{name}\"")).unwrap_or(0);
            problems.push(Problem { range: start..(start + name.len() + 2).min(source.len()), message });
        }
        let lines = LineIndex::new(&source);
        (ConfigFile { path: path.to_owned(), version, source, lines, is_readable: true, problems }, config)
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// Whether its source is what is on the disk.
    pub(crate) fn is_readable(&self) -> bool {
        self.is_readable
    }

    pub fn lines(&self) -> &LineIndex {
        &self.lines
    }

    pub fn findings(&self) -> Vec<Finding> {
        let mut findings: Vec<Finding> =
            self.problems.iter().map(|problem| of_problem(Code::InvalidConfig, problem)).collect();
        findings.sort_by_key(|finding| finding.range.start);
        findings
    }

    /// Adds a label, without a guideline, at the end of [labels]; `None` if there is no such table to add it to.
    pub fn add_label(&self, label: &str) -> Option<TextEdit> {
        let mut at = None;
        let mut start = 0;
        let mut inside = false;
        for line in self.source.split_inclusive('\n') {
            let end = start + line.len();
            let trimmed = line.trim();
            if trimmed.starts_with('[') {
                inside = trimmed
                    .strip_prefix('[')
                    .and_then(|rest| rest.split_once(']'))
                    .is_some_and(|(name, _)| name.trim() == "labels");
            }
            if inside && !trimmed.is_empty() && !trimmed.starts_with('#') {
                at = Some(start + line.trim_end_matches(['\n', '\r']).len());
            }
            start = end;
        }
        let at = at?;
        let line_end = if self.source.contains("\r\n") { "\r\n" } else { "\n" };
        Some(TextEdit { range: at..at, text: format!("{line_end}{} = \"\"", key(label)) })
    }
}

/// A key as TOML writes it: bare where it may be, else in quotes.
pub(crate) fn key(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if bare { name.to_owned() } else { quoted(name) }
}

/// A text in quotes, whose escapes are those of JSON but for DEL.
pub(crate) fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn added(source: &str, label: &str) -> Option<String> {
        let (file, _) = ConfigFile::of(Path::new("gloss.toml"), None, source.to_owned());
        let edit = file.add_label(label)?;
        let mut source = source.to_owned();
        source.replace_range(edit.range, &edit.text);
        Some(source)
    }

    #[test]
    fn a_label_is_added_where_the_labels_end_and_is_read_again() {
        let source = "[labels] # ours\nbilling = \"Charges\"\n\n[train]\non_save = true\n";
        let expected = "[labels] # ours\nbilling = \"Charges\"\nlogin = \"\"\n\n[train]\non_save = true\n";
        assert_eq!(added(source, "login").as_deref(), Some(expected));
        for label in ["退款 \"now\"", "a.b", "line\nbreak", "x"] {
            let source = added("[dataset]\n[labels]\na = \"\"", label).unwrap();
            let (config, problems) = Config::parse(&source);
            assert_eq!(problems, []);
            assert_eq!(config.labels.last().map(|(name, _)| name.as_str()), Some(label));
        }
        assert_eq!(added("[labels]\r\n", "x").as_deref(), Some("[labels]\r\nx = \"\"\r\n"));
        assert_eq!(added("labels.a = \"\"\n", "x"), None, "no table to add it to");
    }

    #[test]
    fn an_encoder_that_is_none_is_marked_where_it_stands() {
        let source = "[model]\nencoder = \"bert\"\n";
        let (file, config) = ConfigFile::of(Path::new("gloss.toml"), None, source.to_owned());
        let findings = file.findings();
        assert_eq!(&source[findings[0].range.clone()], "\"bert\"");
        assert_eq!(config.wanted(Path::new(".")), Wanted::None, "nothing else is fetched instead");
    }

    #[test]
    fn a_glob_that_is_none_is_marked_where_it_stands() {
        let source = "[dataset]\nfiles = [\"a[.jsonl\"]\n";
        let (file, _) = ConfigFile::of(Path::new("gloss.toml"), None, source.to_owned());
        let findings = file.findings();
        assert_eq!(findings.len(), 1);
        assert_eq!(&source[findings[0].range.clone()], "a[.jsonl");
    }
}
