//! One data set: its files as they are now, and what was learned from them.

use std::{
    fs,
    hash::{Hash, Hasher},
    path::{Path, PathBuf},
    sync::Arc,
};

use dataset::{
    Document, Hints, Problem, TextEdit,
    position::{Encoding, LineIndex},
};
use learn::{Control, Step, Text};
use rustc_hash::{FxHashMap, FxHasher};

use crate::{
    config::Config,
    corpus::{self, Corpus},
    discover,
    finding::{Finding, Findings, Limits, ModelData, place_of},
    keep::Kept,
    learned::Learned,
};

/// More new texts than this wait for the next training job instead of being predicted at once.
const AT_ONCE: usize = 1024;
/// Of one text at most this many rows are remembered; enough to name one.
const SAME_TEXT: usize = 16;

/// A row of a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub file: usize,
    pub row: usize,
}

#[derive(Clone, Debug)]
pub struct DataFile {
    pub path: PathBuf,
    pub held_out: bool,
    pub document: Document,
    /// Of the open buffer; `None`: read from the disk.
    pub version: Option<i32>,
    /// The row that was last edited or looked at.
    pub focus: usize,
}

#[derive(Debug)]
pub struct Project {
    /// The folder of gloss.toml, or the data file itself where there is none.
    pub root: PathBuf,
    pub config: Config,
    pub config_problems: Vec<Problem>,
    pub files: Vec<DataFile>,
    /// Files that could not be read, with why.
    pub unreadable: Vec<(PathBuf, String)>,
    pub learned: Option<Learned>,
    pub kept: Kept,
    /// What the last training job was asked to learn.
    pub asked: Option<u64>,
    /// A training job of this project runs.
    pub learning: bool,
    versions: u64,
    /// Rows by text key; rebuilt by [`Project::refresh`] after a change.
    places: FxHashMap<u64, Vec<Place>>,
    stale: bool,
}

impl Project {
    /// Reads the data set at this root from the disk; see [`discover::roots`].
    pub fn load(root: &Path) -> Project {
        let mut project = Project {
            root: root.to_owned(),
            config: Config::default(),
            config_problems: Vec::new(),
            files: Vec::new(),
            unreadable: Vec::new(),
            learned: None,
            kept: Kept::default(),
            asked: None,
            learning: false,
            versions: 0,
            places: FxHashMap::default(),
            stale: true,
        };
        project.kept = Kept::read(project.folder());
        if let Some(path) = project.config_path() {
            match fs::read_to_string(&path) {
                Ok(source) => (project.config, project.config_problems) = read_config(&source),
                Err(error) => project.unreadable.push((path, format!("cannot be read: {error}"))),
            }
            for (path, held_out) in discover::members(root, &project.config) {
                project.read(path, held_out, !project.config.files.is_empty() || held_out);
            }
        } else if root.is_file() {
            project.read(root.to_owned(), false, true);
        }
        project.refresh();
        project
    }

    /// The folder that holds what belongs to the data set.
    pub fn folder(&self) -> &Path {
        if self.root.is_dir() { &self.root } else { self.root.parent().unwrap_or(&self.root) }
    }

    pub fn config_path(&self) -> Option<PathBuf> {
        Some(self.root.join(discover::CONFIG_NAME)).filter(|path| path.is_file())
    }

    pub fn file(&self, path: &Path) -> Option<usize> {
        self.files.iter().position(|file| file.path == path)
    }

    fn read(&mut self, path: PathBuf, held_out: bool, named: bool) {
        match fs::read(&path) {
            Ok(bytes) => match Document::from_bytes(&path, bytes, &self.config.hints()) {
                Some(document) if named || document.schema().annotated => self.put(path, held_out, document, None),
                Some(_) => {}
                None if named => self.unreadable.push((path, "is not a data file that Gloss knows".into())),
                None => {}
            },
            Err(error) => self.unreadable.push((path, format!("cannot be read: {error}"))),
        }
    }

    /// An open buffer (or a new content of the disk) takes the file's place.
    pub fn put(&mut self, path: PathBuf, held_out: bool, document: Document, version: Option<i32>) {
        self.stale = true;
        match self.file(&path) {
            Some(index) => {
                let file = &mut self.files[index];
                (file.document, file.version) = (document, version);
            }
            None => self.files.push(DataFile { path, held_out, document, version, focus: 0 }),
        }
    }

    pub fn edit(&mut self, file: usize, edit: &TextEdit) {
        let file = &mut self.files[file];
        let splice = file.document.edit(edit);
        file.focus = splice.removed.start;
        self.stale = true;
    }

    pub fn hints(&self) -> Hints {
        self.config.hints()
    }

    /// Brings what is known of texts up to date after changes: same texts are found, new texts are predicted.
    pub fn refresh(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        self.places.clear();
        let mut missing: Vec<Text> = Vec::new();
        for (file, data) in self.files.iter().enumerate() {
            for (row, record) in data.document.rows().iter().enumerate() {
                let places = self.places.entry(record.text_key()).or_default();
                if places.len() < SAME_TEXT {
                    places.push(Place { file, row });
                }
                if record.label().is_none()
                    && missing.len() <= AT_ONCE
                    && self.learned.as_ref().is_some_and(|learned| !learned.glances.contains_key(&record.text_key()))
                {
                    missing.push(corpus::text(&data.document, row));
                }
            }
        }
        if let Some(learned) = self.learned.as_mut().filter(|_| missing.len() <= AT_ONCE) {
            // Without a cancel flag set, this cannot be cancelled.
            let _ = learned.glance_at(&missing, &Control::default());
        }
    }

    /// What a training job learns from, or `None` if that was already asked for.
    pub fn corpus(&mut self, even_if_unchanged: bool) -> Option<(Corpus, u64)> {
        let fingerprint = self.fingerprint();
        if !even_if_unchanged && self.asked == Some(fingerprint) {
            return None;
        }
        self.asked = Some(fingerprint);
        self.versions += 1;
        let documents = self.files.iter().map(|file| (file.document.clone(), file.held_out)).collect();
        Some((Corpus { documents, closed: self.hints().labels, seed: 0 }, self.versions))
    }

    /// A classifier to start from: what is there, or a blank one.
    pub fn classifier(&self) -> Arc<dyn learn::Classifier> {
        self.learned.as_ref().map_or_else(blank, |learned| learned.classifier.clone())
    }

    /// Takes a job's result, unless a newer one is there.
    pub fn take(&mut self, learned: Learned) -> bool {
        if self.learned.as_ref().is_some_and(|present| present.version > learned.version) {
            return false;
        }
        self.learned = Some(learned);
        self.stale = true;
        self.refresh();
        true
    }

    pub fn findings(&self, file: usize, limits: &Limits) -> Findings {
        Findings::of(self, file, limits)
    }

    pub fn finding_place(&self, file: usize, finding: &Finding) -> String {
        let document = &self.files[file].document;
        let line = document.lines().position(document.source(), finding.range.start, Encoding::Utf32).line;
        place_of(&self.files[file].path, line + 1)
    }

    /// Other rows with the text of this one, in the order of files and rows.
    pub fn same_text(&self, place: Place) -> impl Iterator<Item = Place> + '_ {
        let key = self.files[place.file].document.rows()[place.row].text_key();
        self.places.get(&key).into_iter().flatten().copied().filter(move |other| *other != place)
    }

    pub fn label(&self, place: Place) -> Option<&Arc<str>> {
        self.files[place.file].document.rows()[place.row].label()
    }

    /// Whether [labels] allows this label.
    pub fn allows(&self, label: &str) -> bool {
        self.config.labels.is_empty() || self.config.labels.iter().any(|(name, _)| name == label)
    }

    pub fn describe(&self, place: Place) -> String {
        let file = &self.files[place.file];
        let lines: &LineIndex = file.document.lines();
        let start = file.document.rows()[place.row].range().start;
        place_of(&file.path, lines.position(file.document.source(), start, Encoding::Utf32).line + 1)
    }

    pub fn model_data(&self, label: &str, probability: f32) -> ModelData {
        let (classifier, version) = self
            .learned
            .as_ref()
            .map_or((Step::Lexical.name(), 0), |learned| (learned.classifier.step().name(), learned.version));
        ModelData { label: label.to_owned(), probability, classifier, version }
    }

    /// Labelled rows and all rows, held-out files aside.
    pub fn counts(&self) -> (usize, usize) {
        let rows = || self.files.iter().filter(|file| !file.held_out).flat_map(|file| file.document.rows());
        (rows().filter(|row| row.label().is_some()).count(), rows().count())
    }

    fn fingerprint(&self) -> u64 {
        let mut all = FxHasher::default();
        self.hints().labels.hash(&mut all);
        // A sum does not depend on the order of rows: moving one teaches nothing new.
        let mut rows = 0u64;
        for file in &self.files {
            for row in file.document.rows() {
                let mut hasher = FxHasher::default();
                (file.held_out, row.text_key(), row.label()).hash(&mut hasher);
                rows = rows.wrapping_add(hasher.finish());
            }
        }
        rows.hash(&mut all);
        all.finish()
    }
}

fn read_config(source: &str) -> (Config, Vec<Problem>) {
    let (config, mut problems) = Config::parse(source);
    for glob in config.files.iter().chain(&config.test) {
        if let Err(why) = discover::check_glob(glob) {
            let start = source.find(glob.as_str()).unwrap_or(0);
            let message = format!("`{glob}` is not a glob: {why}.");
            problems.push(Problem { range: start..start + glob.len(), message });
        }
    }
    (config, problems)
}

/// A classifier that has learned nothing.
pub fn blank() -> Arc<dyn learn::Classifier> {
    learn::blank(Step::Lexical)
}
