//! Open buffers: opened, changed, closed.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use dataset::{
    Document, Format, Hints, TextEdit,
    position::{Encoding, LineIndex},
};

use super::Actor;
use crate::{
    config_file::ConfigFile,
    discover, keep,
    message::{Change, Event},
    project::Project,
};

impl Actor {
    pub(super) fn open(&mut self, path: PathBuf, version: i32, source: String) {
        if let Some(config) = discover::config_above(&path) {
            self.load(config.parent().unwrap_or(&path));
        }
        if path.ends_with(discover::CONFIG_NAME) {
            self.config_opened(path, version, source);
            return;
        }
        let root = match self.projects.find_mut(&path) {
            Some((project, file)) => {
                let data = &mut project.files[file];
                if data.document.source() == source {
                    data.version = Some(version);
                } else {
                    let held_out = data.held_out;
                    let Some(document) = Document::open(&path, source, &project.hints()) else { return };
                    project.put(path.clone(), held_out, document, Some(version));
                }
                project.root.clone()
            }
            None => match self.adopt(&path, version, source) {
                Ok(root) => root,
                Err(source) => {
                    self.strangers.insert(path, (version, source));
                    return;
                }
            },
        };
        if let Some((project, file)) = self.projects.find(&path) {
            (self.face)(Event::Opened { project, file });
        }
        self.dirty.insert(path);
        self.learn(root, false);
    }

    /// Finds the data set of a buffer that none has yet, or makes one of it if it looks annotated. Gives the source back if
    /// it is no data.
    fn adopt(&mut self, path: &Path, version: i32, source: String) -> Result<PathBuf, String> {
        let config = discover::config_above(path);
        let home = config.as_deref().and_then(|config| self.projects.of_config(config));
        let hints = home.as_ref().map_or_else(Hints::default, |project| project.hints());
        if path.ends_with(keep::FILE_NAME) || Format::detect(path, &source).is_none() {
            return Err(source);
        }
        // Its format is known: it opens.
        let Some(document) = Document::open(path, source, &hints) else { return Err(String::new()) };
        match home {
            Some(project) => {
                let Some(held_out) = project.admits_buffer(path, &document) else {
                    return Err(document.source().to_owned());
                };
                project.put(path.to_owned(), held_out, document, Some(version));
                Ok(project.root.clone())
            }
            None if document.schema().annotated && config.is_none() => {
                self.add(Project::of_buffer(path, document, version));
                Ok(path.to_owned())
            }
            None => Err(document.source().to_owned()),
        }
    }

    pub(super) fn change(&mut self, path: &Path, version: i32, changes: Vec<Change>, encoding: Encoding) {
        if let Some((_, source)) = self.strangers.remove(path) {
            self.open(path.to_owned(), version, changed(source, changes, encoding));
            return;
        }
        if let Some(project) = self.projects.of_config(path) {
            let source = project.config_file.as_ref().map_or("", |file| file.source()).to_owned();
            self.config_opened(path.to_owned(), version, changed(source, changes, encoding));
            return;
        }
        let Some((project, file)) = self.projects.find_mut(path) else { return };
        for change in changes {
            let document = &project.files[file].document;
            let range = replaced(&change, document.source(), document.lines(), encoding);
            let touched = project.edit(file, &TextEdit { range, text: change.text });
            let touched = touched.into_iter().map(|file| &project.files[file]).filter(|file| file.version.is_some());
            self.dirty.extend(touched.map(|file| file.path.clone()));
        }
        project.files[file].version = Some(version);
        self.dirty.insert(path.to_owned());
        if project.follow_names() {
            project.mark_all();
            self.dirty.extend(super::open_files(project));
        }
    }

    /// The disk's content takes the buffer's place again.
    pub(super) fn close(&mut self, path: &Path) {
        self.strangers.remove(path);
        self.dirty.remove(path);
        if let Some(project) = self.projects.of_config(path) {
            self.dirty_configs.insert(project.root.clone());
            project.config_file.iter_mut().for_each(|file| file.version = None);
            self.file_changed(path, false);
            return;
        }
        let Some((project, file)) = self.projects.find_mut(path) else { return };
        project.files[file].version = None;
        let root = project.root.clone();
        if root == path {
            self.jobs.forget(&root);
            self.projects.list.retain(|project| project.root != root);
        } else {
            self.file_changed(path, false);
        }
        (self.face)(Event::Gone { path });
    }

    /// gloss.toml as it stands in a buffer. Its problems are told, its labels count; the rest counts once it is saved.
    pub(super) fn config_opened(&mut self, path: PathBuf, version: i32, source: String) {
        let Some(project) = self.projects.of_config(&path) else {
            self.strangers.insert(path, (version, source));
            return;
        };
        let (file, config) = ConfigFile::of(&path, Some(version), source);
        let sound = file.findings().is_empty();
        project.config_file = Some(file);
        self.dirty_configs.insert(project.root.clone());
        if sound && project.config.labels != config.labels {
            project.config.labels = config.labels;
            project.reread();
            self.dirty.extend(super::open_files(project));
        }
    }
}

fn changed(mut source: String, changes: Vec<Change>, encoding: Encoding) -> String {
    for change in changes {
        let range = replaced(&change, &source, &LineIndex::new(&source), encoding);
        source.replace_range(range, &change.text);
    }
    source
}

/// The bytes that a change takes away; a range that ends before it starts is empty.
fn replaced(change: &Change, source: &str, lines: &LineIndex, encoding: Encoding) -> Range<usize> {
    let Some((from, to)) = change.range else { return 0..source.len() };
    let start = lines.offset(source, from, encoding);
    start..lines.offset(source, to, encoding).max(start)
}
