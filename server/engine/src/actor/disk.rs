//! The disk: files that change, come and go, and gloss.toml among them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use catalogue::phrase;
use dataset::Document;

use super::{Actor, Engine, open_files};
use crate::{
    config_file::ConfigFile,
    discover,
    keep::{self, Kept},
    message::{Event, Message},
    project::Project,
};

/// How long an empty or missing file is given to be written.
const HALF_SAVED: Duration = Duration::from_millis(200);

impl Actor {
    pub(super) fn watch_folders(&mut self, project: &Project) {
        let mut folders = match &project.config_file {
            Some(_) => discover::folders(&project.root),
            None => project.folder().map(Path::to_owned).into_iter().collect(),
        };
        folders.sort();
        folders.dedup();
        for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
            if let Err(message) = self.watch.add(&folder) {
                self.warn(message);
            }
        }
    }

    /// `again`: an empty or missing file was given time to be written, and is believed now.
    pub(super) fn file_changed(&mut self, path: &Path, again: bool) {
        if path.ends_with(discover::CONFIG_NAME) {
            self.config_changed(path, again);
            return;
        }
        if path.ends_with(keep::FILE_NAME) {
            self.decisions_changed(path);
            return;
        }
        let Some((project, file)) = self.projects.find_mut(path) else {
            self.appeared(path);
            return;
        };
        let root = project.root.clone();
        if project.files[file].version.is_none() {
            let bytes = match fs::read(path) {
                Ok(bytes) => Some(bytes),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(error) => {
                    let why = phrase!("cannot-be-read", error = error.to_string());
                    return self.warn(phrase!("unreadable", path = path.display().to_string(), why));
                }
            };
            let data = &project.files[file];
            if bytes.as_ref().is_some_and(|bytes| bytes == data.document.source().as_bytes()) {
                return;
            }
            if bytes.as_ref().is_none_or(Vec::is_empty) && !again {
                look_again(self.engine.clone(), path.to_owned());
                return;
            }
            let held_out = data.held_out;
            match bytes.map(|bytes| Document::from_bytes(path, bytes, &project.hints())) {
                Some(Some(document)) => project.put(path.to_owned(), held_out, document, None),
                // Gone, or no data any more.
                Some(None) | None => project.leave(file),
            }
            // Duplicates of it may stand in files that are open.
            self.dirty.extend(open_files(project));
        }
        if project.config.on_save {
            self.learn(root, false);
        }
    }

    /// A file or folder that no project knows yet.
    fn appeared(&mut self, path: &Path) {
        let within = |project: &&mut Project| {
            let beneath = project.config_file.is_some() && discover::reaches(&project.root, path);
            beneath || project.root == path
        };
        let Some(project) = self.projects.list.iter_mut().find(within) else { return };
        let root = project.root.clone();
        let mut joined = path.is_file() && project.join(path);
        if path.is_dir() {
            // Watched before it is looked into, so that nothing comes unseen. One of this name may have been here before; its
            // watch went with it.
            let watched: Vec<_> = discover::folders(path).iter().map(|folder| self.watch.renew(folder)).collect();
            for (member, _) in discover::members(&root, &project.config) {
                joined |= member.starts_with(path) && project.join(&member);
            }
            watched.into_iter().filter_map(Result::err).for_each(|message| self.warn(message));
        }
        if joined {
            self.learn(root, false);
        }
    }

    fn decisions_changed(&mut self, path: &Path) {
        let of_folder = |project: &&mut Project| project.folder() == path.parent();
        let mut touched = Vec::new();
        for project in self.projects.list.iter_mut().filter(of_folder) {
            let kept = project.folder().map(Kept::read).unwrap_or_default();
            if kept != project.kept {
                project.decided(kept);
                touched.extend(open_files(project));
            }
        }
        self.dirty.extend(touched);
    }

    /// gloss.toml was saved, made or removed: everything is read again; open buffers and what was learned stay.
    fn config_changed(&mut self, config: &Path, again: bool) {
        let Some(root) = config.parent().map(Path::to_owned) else { return };
        let Some(index) = self.projects.list.iter().position(|project| project.root == root) else {
            self.config_appeared(&root);
            return;
        };
        let bytes = fs::read(config).ok();
        let project = &self.projects.list[index];
        let in_force = |file: &ConfigFile| {
            Some(file.source().as_bytes()) == bytes.as_deref()
                && ConfigFile::of(config, None, file.source().to_owned()).1 == project.config
        };
        if project.config_file.as_ref().is_some_and(in_force) {
            return;
        }
        if bytes.as_ref().is_none_or(Vec::is_empty) && !again {
            look_again(self.engine.clone(), config.to_owned());
            return;
        }
        let old = self.projects.list.remove(index);
        let old_request = old.request();
        self.jobs.forget(&root);
        if bytes.is_none() {
            (self.face)(Event::Gone { path: config });
            self.open_again(vec![old]);
            return;
        }
        self.load(&root);
        let Some(project) = self.projects.root(&root) else { return };
        for mut file in old.files {
            let Some(version) = file.version else { continue };
            match discover::member(&root, &project.config, &file.path) {
                Some(held_out) => {
                    file.document.reread(&project.hints());
                    self.dirty.insert(file.path.clone());
                    project.put(file.path, held_out, file.document, Some(version));
                }
                // Open, but none of the data set's any more.
                None => {
                    (self.face)(Event::Gone { path: &file.path });
                    self.strangers.insert(file.path, (version, file.document.source().to_owned()));
                }
            }
        }
        // With another encoder, what was learned from vectors is learned anew.
        let same_encoder = project.request() == old_request;
        if let Some(learned) = old.learned.filter(|old| same_encoder || old.classifier.step() == learn::Step::Lexical) {
            project.take(learned);
        }
        if let Some((file, version)) = old.config_file.and_then(|file| file.version.map(|version| (file, version))) {
            // What is in force is the disk's, what is judged and edited is the buffer's.
            self.config_opened(file.path.clone(), version, file.source().to_owned());
        }
        self.ask_strangers(&root);
        self.learn(root, false);
    }

    /// Open buffers that belonged to no data set may belong to the one in this folder now.
    fn ask_strangers(&mut self, folder: &Path) {
        let beneath: Vec<PathBuf> = self.strangers.keys().filter(|path| path.starts_with(folder)).cloned().collect();
        for path in beneath {
            if let Some((version, source)) = self.strangers.remove(&path) {
                self.open(path, version, source);
            }
        }
    }

    /// Open files beneath a new gloss.toml belong to it from now on.
    fn config_appeared(&mut self, root: &Path) {
        let below = |project: &Project| project.config_file.is_none() && project.root.starts_with(root);
        let (moved, stay) = std::mem::take(&mut self.projects.list).into_iter().partition(below);
        self.projects.list = stay;
        self.open_again(moved);
        self.ask_strangers(root);
    }

    /// The open files of projects that are no more find the projects that they belong to now.
    fn open_again(&mut self, projects: Vec<Project>) {
        for project in projects {
            self.jobs.forget(&project.root);
            for file in project.files {
                if let Some(version) = file.version {
                    self.open(file.path, version, file.document.source().to_owned());
                }
            }
        }
    }
}

/// Half-saved files are empty for a moment; this thread alone waits for that.
fn look_again(engine: Engine, path: PathBuf) {
    let _ = thread::Builder::new().name("gloss-look-again".into()).spawn(move || {
        thread::sleep(HALF_SAVED);
        engine.send(Message::LookAgain { path });
    });
}
