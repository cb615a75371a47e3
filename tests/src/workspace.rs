//! A folder of a test's own, made from a string.

use std::{fs, path::Path, path::PathBuf};

use tempfile::TempDir;

/// Removed when dropped. Beside the folder that the editor opens there is a home for the server, so that nothing of this
/// machine is read and nothing is left on it.
pub struct Workspace {
    folder: TempDir,
}

impl Workspace {
    /// Files with their contents, each after a line `//- its/path`. The indentation of that line is taken from the lines
    /// of its file; every one of them ends with `\n`.
    ///
    /// # Panics
    /// If something that is not blank stands before the first such line.
    pub fn new(fixture: &str) -> Workspace {
        let workspace = Workspace { folder: TempDir::new().expect("a temporary folder") };
        fs::create_dir_all(workspace.root()).expect("a folder");
        fs::create_dir_all(workspace.home()).expect("a folder");
        for (path, content) in files(fixture) {
            workspace.write(&path, content);
        }
        workspace
    }

    /// A copy of one of the data sets in the repository's `fixtures`.
    pub fn from_fixtures(name: &str) -> Workspace {
        let workspace = Workspace::new("");
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures").join(name);
        copy(&source, &workspace.root());
        workspace
    }

    /// The folder that the editor opens.
    pub fn root(&self) -> PathBuf {
        // Without links (/tmp is one on some systems): the server may resolve them.
        self.folder.path().canonicalize().expect("the folder exists").join("work")
    }

    /// `$HOME` of the server.
    pub fn home(&self) -> PathBuf {
        self.root().with_file_name("home")
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root().join(name)
    }

    /// The URI of a file by its path from the root; other URIs (`untitled:...`) stay.
    pub fn uri(&self, name: &str) -> String {
        if name.contains(':') { name.to_owned() } else { crate::uri::from_path(&self.path(name)) }
    }

    /// Changes a file behind the editor's back.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder of it")).expect("a folder");
        fs::write(path, content).expect("a file that can be written");
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}

fn files(fixture: &str) -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = Vec::new();
    let mut indentation = "";
    let last_is_blank = fixture.lines().last().is_some_and(|line| line.trim().is_empty()) && !fixture.ends_with('\n');
    let count = fixture.lines().count() - usize::from(last_is_blank);
    for line in fixture.lines().take(count) {
        if let Some((before, path)) = line.split_once("//- ").filter(|(before, _)| before.trim().is_empty()) {
            indentation = before;
            files.push((path.trim().to_owned(), String::new()));
        } else if let Some((_, content)) = files.last_mut() {
            content.push_str(line.strip_prefix(indentation).unwrap_or(line.trim_start()));
            content.push('\n');
        } else {
            assert!(line.trim().is_empty(), "{line:?} stands before the first `//- path`");
        }
    }
    files
}

fn copy(from: &Path, to: &Path) {
    let entries = fs::read_dir(from).unwrap_or_else(|error| panic!("{}: {error}", from.display()));
    for entry in entries {
        let entry = entry.expect("a readable folder");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a readable folder").is_dir() {
            fs::create_dir_all(&target).expect("a folder");
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a readable file");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_stand_after_their_paths() {
        let workspace = Workspace::new(
            r#"
            //- data/a.jsonl
            {"text": "x"}
              indented

            //- gloss.toml
            [dataset]
            "#,
        );
        assert_eq!(workspace.read("data/a.jsonl"), "{\"text\": \"x\"}\n  indented\n\n");
        assert_eq!(workspace.read("gloss.toml"), "[dataset]\n");
        assert_eq!(workspace.uri("untitled:1"), "untitled:1");
        assert!(workspace.uri("data/a.jsonl").starts_with("file:///"));
    }

    #[test]
    #[should_panic(expected = "stands before the first")]
    fn a_line_that_belongs_to_no_file_is_an_error() {
        Workspace::new("{}\n//- a\n");
    }
}
