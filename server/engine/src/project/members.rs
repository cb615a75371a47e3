//! Which files are a project's: read from the disk, met in a folder, opened, or come later.

use std::{
    fs,
    path::{Path, PathBuf},
};

use catalogue::phrase;
use dataset::Document;

use super::{DataFile, Project};
use crate::{card, config_file::ConfigFile, discover, keep::Kept};

impl Project {
    /// Reads the data set at this root from the disk; see [`discover::roots`].
    pub fn load(root: &Path) -> Project {
        let mut project = Project::empty(root);
        if root.is_dir() {
            let (file, config) = ConfigFile::read(&root.join(discover::CONFIG_NAME));
            (project.config_file, project.config) = (Some(file), config);
            project.card = card::names(root);
            for (path, held_out) in discover::members(root, &project.config) {
                project.read(path, held_out);
            }
        } else if root.is_file() {
            project.card = project.folder().map(card::names).unwrap_or_default();
            project.read(root.to_owned(), false);
        }
        project.kept = project.folder().map(Kept::read).unwrap_or_default();
        project.refresh();
        project
    }

    /// An open buffer that is a data set of its own.
    pub(crate) fn of_buffer(path: &Path, document: Document, version: i32) -> Project {
        let mut project = Project::empty(path);
        project.kept = project.folder().map(Kept::read).unwrap_or_default();
        project.card = project.folder().map(card::names).unwrap_or_default();
        let document = if project.card.is_empty() { document } else { document.read_with(&project.hints()) };
        project.put(path.to_owned(), false, document, Some(version));
        project.refresh();
        project
    }

    /// As [`Project::load`], for a root that lies beneath the path that a person named. A file that was only met there, in a
    /// folder without gloss.toml, must look like a data set.
    pub fn named_by(path: &Path, root: &Path) -> Option<Project> {
        let project = Project::load(root);
        let data = |file: &DataFile| file.document.schema().annotated;
        (path == root || project.config_file.is_some() || project.files.iter().any(data)).then_some(project)
    }

    fn read(&mut self, path: PathBuf, held_out: bool) {
        match fs::read(&path) {
            Ok(bytes) => match Document::from_bytes(&path, bytes, &self.hints()) {
                Some(document) if self.wants(&path, held_out, &document) => self.put(path, held_out, document, None),
                Some(_) => {}
                None if self.names(&path, held_out) => {
                    self.unreadable.push((path, phrase!("unknown-format")));
                }
                None => {}
            },
            Err(error) => self.unreadable.push((path, phrase!("cannot-be-read", error = error.to_string()))),
        }
    }

    /// Whether a person named it, in gloss.toml or on the command line: then it need not look like a data set.
    fn names(&self, path: &Path, held_out: bool) -> bool {
        !self.config.files.is_empty() || held_out || self.root == path
    }

    fn wants(&self, path: &Path, held_out: bool, document: &Document) -> bool {
        document.schema().annotated || self.names(path, held_out)
    }

    /// Whether a file that is none of the data set's yet could be one, and is held out then.
    fn admits(&self, path: &Path) -> Option<bool> {
        match self.config_file {
            _ if self.file(path).is_some() => None,
            Some(_) => discover::member(&self.root, &self.config, path),
            // It was deleted, and is there again.
            None => (self.root == path).then_some(false),
        }
    }

    /// Takes in a file that came after the project was loaded, if it is one of the data set's.
    pub(crate) fn join(&mut self, path: &Path) -> bool {
        let Some(held_out) = self.admits(path) else { return false };
        self.read(path.to_owned(), held_out);
        self.unreadable.clear();
        self.file(path).is_some()
    }

    /// Whether an open buffer that is not on the disk yet is one of the data set's, and held out then.
    pub(crate) fn admits_buffer(&self, path: &Path, document: &Document) -> Option<bool> {
        self.admits(path).filter(|held_out| self.wants(path, *held_out, document))
    }
}
