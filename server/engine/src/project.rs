//! One data set: its files as they are now, and what was learned from them.
//!
//! What must stay true: marks and twins follow every edit ([`Project::edit`] row by row); what replaces whole files or the
//! model leaves them stale, and [`Project::refresh`] makes them anew before anything is said.

mod climbing;
mod members;
mod nears;
mod offers;

pub(crate) use self::offers::Ranked;
use std::{
    ops::Range,
    path::{Path, PathBuf},
    sync::Arc,
};

use catalogue::{Phrase, phrase};
use dataset::{Answer, Document, Hints, Task, TextEdit, position::Encoding};
use learn::{Control, Embeddings, Epoch, Step, Text, tuning::Bench};
use rustc_hash::FxHashSet;
use serde_json::Value;

use crate::{
    config::Config,
    config_file::ConfigFile,
    corpus::{self, Corpus},
    finding::{Code, Data, Findings, Limits, RowsByCode},
    glance::Glances,
    keep::Kept,
    learned::{Counts, Learned},
    mark::Mark,
    near::Nears,
    supply::Request,
    twins::Twins,
};

/// More new texts than this wait for the next training job instead of being predicted at once.
const AT_ONCE: usize = 1024;

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
    /// The row that was last edited or looked at: findings near it are of most use.
    pub(crate) focus: usize,
    /// The row that was last edited or gone to: the next one is looked for from here.
    at: Option<usize>,
    /// What the focus was when findings were last told.
    pub(crate) told: usize,
    /// One a row.
    pub(crate) marks: Vec<Mark>,
}

impl DataFile {
    pub(crate) fn rows_by_code(&self) -> RowsByCode {
        let mut rows = RowsByCode::default();
        for (row, mark) in self.marks.iter().enumerate() {
            mark.codes().for_each(|code| rows[code as usize].push(row));
        }
        rows
    }

    /// From this offset on the next row is looked for.
    pub fn look_from(&mut self, offset: usize) {
        self.at = self.document.row_at(offset);
    }

    /// Goes to the next row that this code is said of; after the last, to the first. Where the queue is done, rows with a suggestion follow,
    /// then those without a label.
    pub fn go_to_next(&mut self, code: Code) -> Option<usize> {
        let from = |code| self.rows_with(code).find(|row| Some(*row) > self.at).or_else(|| self.rows_with(code).next());
        let unlabelled = || {
            let rows = self.document.rows().iter();
            let mut rows = rows.enumerate().filter(|(_, row)| !row.is_labelled()).map(|(row, _)| row);
            rows.clone().find(|row| Some(*row) > self.at).or_else(|| rows.next())
        };
        let next = match code {
            Code::LabelNext => from(code).or_else(|| from(Code::Suggestion)).or_else(unlabelled),
            _ => from(code),
        }?;
        (self.focus, self.at) = (next, Some(next));
        Some(next)
    }

    /// The rows that this code is said of, in order.
    pub(crate) fn rows_with(&self, code: Code) -> impl Iterator<Item = usize> + '_ {
        self.marks.iter().enumerate().filter(move |(_, mark)| mark.says(code)).map(|(row, _)| row)
    }
}

#[derive(Debug)]
pub struct Project {
    /// The folder of gloss.toml, or the data file itself (or the name of a buffer without a file) where there is none.
    pub root: PathBuf,
    /// What is in force.
    pub config: Config,
    pub config_file: Option<ConfigFile>,
    pub files: Vec<DataFile>,
    /// Names of integer labels, where a card beside the files has them and gloss.toml lists none.
    card: Vec<String>,
    /// Files that could not be read, with why.
    pub unreadable: Vec<(PathBuf, Phrase)>,
    pub learned: Option<Arc<Learned>>,
    /// Texts to label first, by their keys, while nothing was learned.
    first: FxHashSet<u64>,
    /// Why nothing could be learned from the rows as they were at the last job, for people.
    pub missing: Option<Phrase>,
    pub kept: Kept,
    /// A fit of this project runs.
    pub learning: bool,
    /// Where the training of an encoder stands that runs for this project.
    pub epoch: Option<Epoch>,
    /// The encoder that gloss.toml asks for, once it is there.
    pub embeddings: Option<Arc<Embeddings>>,
    /// Where a training of the encoder waits that a save interrupted.
    bench: Arc<Bench>,
    /// Of what the last training job was asked to learn.
    asked: Option<u64>,
    versions: u64,
    /// Texts came that the classifier would have to embed; the lexical one speaks of them meanwhile.
    pub(crate) has_strangers: bool,
    /// Predictions of texts that came after the lesson.
    newer: Glances,
    /// Labels of the classifier that no row has any more, or that [labels] does not list.
    withdrawn: FxHashSet<u32>,
    twins: Twins,
    /// Of the texts that were last searched.
    pub nears: Arc<Nears>,
    stale: bool,
}

impl Project {
    fn empty(root: &Path) -> Project {
        Project {
            root: root.to_owned(),
            config: Config::default(),
            config_file: None,
            files: Vec::new(),
            card: Vec::new(),
            unreadable: Vec::new(),
            learned: None,
            first: FxHashSet::default(),
            missing: None,
            kept: Kept::default(),
            learning: false,
            epoch: None,
            embeddings: None,
            bench: Arc::default(),
            asked: None,
            versions: 0,
            has_strangers: false,
            newer: Glances::default(),
            withdrawn: FxHashSet::default(),
            twins: Twins::default(),
            nears: Arc::default(),
            stale: true,
        }
    }

    /// The folder that holds what belongs to the data set; none for a buffer without a file.
    pub fn folder(&self) -> Option<&Path> {
        let folder = if self.config_file.is_some() { Some(self.root.as_path()) } else { self.root.parent() };
        folder.filter(|folder| folder.is_absolute())
    }

    pub fn file(&self, path: &Path) -> Option<usize> {
        self.files.iter().position(|file| file.path == path)
    }

    pub(crate) fn leave(&mut self, file: usize) {
        self.files.remove(file);
        self.stale = true;
    }

    /// An open buffer (or a new content of the disk) takes the file's place.
    pub fn put(&mut self, path: PathBuf, held_out: bool, document: Document, version: Option<i32>) {
        self.stale = true;
        match self.file(&path) {
            Some(index) => {
                let file = &mut self.files[index];
                (file.document, file.version) = (document, version);
            }
            None => {
                self.files.push(DataFile {
                    path,
                    held_out,
                    document,
                    version,
                    focus: 0,
                    at: None,
                    told: 0,
                    marks: Vec::new(),
                });
            }
        }
    }

    /// Follows an edit of a file. Answers with the files of which something else may be to be said.
    pub fn edit(&mut self, file: usize, edit: &TextEdit) -> Vec<usize> {
        let data = &mut self.files[file];
        let splice = data.document.edit(edit);
        (data.focus, data.at) = (splice.removed.start, Some(splice.removed.start));
        if self.stale {
            return (0..self.files.len()).collect();
        }
        let added = splice.removed.start..splice.removed.start + splice.inserted;
        data.marks.splice(splice.removed.clone(), added.clone().map(|_| Mark::default()));
        let keys: Vec<u64> = data.document.rows()[added.clone()].iter().map(|row| row.text_key()).collect();
        self.look_at(added.map(|row| Place { file, row }));
        let changed = self.twins.splice(file, splice.removed, &keys);
        let mut files = vec![file];
        for place in changed {
            self.mark(place);
            files.push(place.file);
        }
        files.sort_unstable();
        files.dedup();
        files
    }

    /// Someone looks at these rows. Answers whether that is so far from where findings were chosen that others are due.
    pub(crate) fn looked(&mut self, file: usize, rows: Range<usize>, limits: &Limits) -> bool {
        let data = &mut self.files[file];
        if rows.is_empty() || rows.len() == data.document.rows().len() {
            return false;
        }
        data.focus = rows.start.midpoint(rows.end);
        let limit = limits.of(Code::Suggestion);
        data.focus.abs_diff(data.told) > limit / 4 && data.rows_with(Code::Suggestion).nth(limit).is_some()
    }

    /// The encoder that gloss.toml asks for.
    pub fn request(&self) -> Request {
        self.config.request(self.folder().unwrap_or(&self.root))
    }

    pub fn hints(&self) -> Hints {
        let mut hints = self.config.hints();
        if hints.labels.is_empty() {
            hints.labels.clone_from(&self.card);
        }
        hints
    }

    /// Other fields or label names than before: every file is read anew.
    pub(crate) fn reread(&mut self) {
        let hints = self.hints();
        self.files.iter_mut().for_each(|file| file.document.reread(&hints));
        self.stale = true;
    }

    /// Finds texts that stand twice, predicts new ones and marks every row, if something made that due.
    pub fn refresh(&mut self) {
        if !std::mem::take(&mut self.stale) {
            return;
        }
        self.agree();
        let keys = |file: &DataFile| file.document.rows().iter().map(|row| row.text_key()).collect();
        self.twins = Twins::of_files(self.files.iter().map(keys).collect(), self.nears.clone());
        self.mark_all();
    }

    /// A file in which nothing is labelled says nothing of the task: it is read as the others are.
    fn agree(&mut self) {
        let task = self.task();
        let hints = Hints { task: Some(task), ..self.hints() };
        for file in &mut self.files {
            let document = &mut file.document;
            if document.schema().task != task && !document.rows().iter().any(|row| row.is_labelled()) {
                document.reread(&hints);
            }
        }
    }

    pub(crate) fn mark_all(&mut self) {
        self.follow_names();
        for file in 0..self.files.len() {
            let rows = 0..self.files[file].document.rows().len();
            let marks = rows.map(|row| Mark::of(self, Place { file, row })).collect();
            self.files[file].marks = marks;
        }
        let unseen = |place: &Place| {
            let mark = self.files[place.file].marks[place.row];
            self.answer(*place).is_none() && !mark.says(Code::Suggestion) && !mark.says(Code::LabelNext)
        };
        let unseen: Vec<Place> = self.places().filter(unseen).collect();
        let seen_now = self.look_at(unseen.into_iter());
        seen_now.into_iter().for_each(|place| self.mark(place));
    }

    fn mark(&mut self, place: Place) {
        let mark = Mark::of(self, place);
        self.files[place.file].marks[place.row] = mark;
    }

    /// All rows; does not hold on to the project.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> + use<> {
        let rows: Vec<usize> = self.files.iter().map(|file| file.document.rows().len()).collect();
        rows.into_iter().enumerate().flat_map(|(file, rows)| (0..rows).map(move |row| Place { file, row }))
    }

    /// Predicts the unlabelled texts among these that were not met before, unless they are many. Answers which they were.
    fn look_at(&mut self, places: impl Iterator<Item = Place>) -> Vec<Place> {
        let Some(learned) = self.learned.clone() else { return Vec::new() };
        let unknown = |place: &Place| {
            let row = &self.files[place.file].document.rows()[place.row];
            row.answer().is_none() && self.predicted(row.text_key()).is_none()
        };
        let unknown: Vec<Place> = places.filter(unknown).take(AT_ONCE + 1).collect();
        if unknown.is_empty() || unknown.len() > AT_ONCE {
            return Vec::new();
        }
        let texts: Vec<Text> =
            unknown.iter().map(|place| corpus::text(&self.files[place.file].document, place.row)).collect();
        self.has_strangers |= texts.iter().any(|text| !learned.classifier.at_hand(text));
        // Without a cancel flag set, this cannot be cancelled.
        self.newer.extend(learned.glance_at(&texts, &Control::default()).unwrap_or_default());
        unknown
    }

    /// Remembers that this label of this text is right. The error says where it could not be written; it is remembered
    /// until the end nevertheless.
    pub fn keep(&mut self, text: &str, label: &str) -> Result<(), Phrase> {
        let folder = self.folder().map(Path::to_owned);
        let written = self.kept.keep(folder.as_deref(), text, label);
        self.stale = true;
        written.map_err(|error| {
            let folder = folder.unwrap_or_default();
            let folder = folder.display().to_string();
            phrase!("decision-not-written", folder, error = error.to_string())
        })
    }

    /// The decisions kept are these now.
    pub(crate) fn decided(&mut self, kept: Kept) {
        self.kept = kept;
        self.stale = true;
    }

    /// What a training job learns from, or `None` if that was already asked for.
    pub fn corpus(&mut self, even_if_unchanged: bool) -> Option<(Corpus, u64)> {
        let fingerprint = self.fingerprint();
        if !even_if_unchanged && self.asked == Some(fingerprint) {
            return None;
        }
        self.asked = Some(fingerprint);
        self.versions += 1;
        Some((self.snapshot(), self.versions))
    }

    /// The rows as they are now.
    pub fn snapshot(&self) -> Corpus {
        let documents = self.files.iter().map(|file| (file.document.clone(), file.held_out)).collect();
        Corpus { documents, closed: self.config.labels.clone(), queue: self.config.queue, seed: 0 }
    }

    /// Whether the rows say something else than the last training job was asked to learn.
    pub(crate) fn has_news(&self) -> bool {
        self.asked != Some(self.fingerprint())
    }

    /// The last job did not end: what it was asked may be asked again.
    pub(crate) fn forget_asked(&mut self) {
        self.asked = None;
    }

    fn fingerprint(&self) -> u64 {
        corpus::fingerprint(&self.config.labels, self.files.iter().map(|file| (&file.document, file.held_out)))
    }

    /// Takes a job's result, unless a newer one is there.
    pub fn take(&mut self, learned: Arc<Learned>) -> bool {
        if self.learned.as_ref().is_some_and(|present| present.version > learned.version) {
            return false;
        }
        self.versions = self.versions.max(learned.version);
        self.learned = Some(learned);
        self.newer.clear();
        self.missing = None;
        // Texts mostly stand where they stood: only what the model says of them is new.
        if self.stale {
            self.refresh();
        } else {
            self.mark_all();
        }
        true
    }

    /// Takes what is to be labelled first.
    pub(crate) fn begin(&mut self, first: FxHashSet<u64>) {
        self.first = first;
        self.stale = true;
        self.refresh();
    }

    /// Whether this text is among those most worth labelling next.
    pub(crate) fn is_next(&self, key: u64) -> bool {
        self.learned.as_ref().map_or(&self.first, |learned| &learned.queue).contains(&key)
    }

    /// Takes what an earlier run learned and stored; if the rows are still the same, there is nothing to learn.
    pub fn recall(&mut self, learned: Arc<Learned>) {
        self.asked = Some(learned.fingerprint);
        self.take(learned);
    }

    pub fn findings(&self, file: usize, limits: &Limits) -> Findings {
        Findings::of(self, file, limits)
    }

    /// The rows with the text of this one, in the order of files and rows; perhaps that one alone.
    pub(crate) fn same_text(&self, place: Place) -> &[Place] {
        self.twins.of(self.files[place.file].document.rows()[place.row].text_key())
    }

    pub fn answer(&self, place: Place) -> Option<&Answer> {
        self.files[place.file].document.rows()[place.row].answer()
    }

    /// What the rows are labelled with.
    pub fn task(&self) -> Task {
        self.config.task.unwrap_or_else(|| corpus::task_of(self.files.iter().map(|file| &file.document)))
    }

    /// Whether [labels] allows this label.
    pub fn allows(&self, label: &str) -> bool {
        self.config.labels.is_empty() || self.config.labels.iter().any(|(name, _)| name == label)
    }

    /// "more/tickets.jsonl:17", from where gloss.toml lies.
    pub fn describe(&self, place: Place) -> String {
        let file = &self.files[place.file];
        let start = file.document.rows()[place.row].range().start;
        let line = file.document.lines().position(file.document.source(), start, Encoding::Utf32).line + 1;
        format!("{}:{line}", self.name_of(place.file))
    }

    /// A file's path from gloss.toml on.
    pub(crate) fn name_of(&self, file: usize) -> String {
        let path = &self.files[file].path;
        let inside = path.strip_prefix(&self.root).ok().filter(|path| path.file_name().is_some());
        inside.or(path.file_name().map(Path::new)).unwrap_or(path).display().to_string()
    }

    pub(crate) fn model_data(&self, label: Value, probability: f32, step: Step) -> Data {
        let version = self.learned.as_ref().map_or(0, |learned| learned.version);
        Data::Model { label, probability, classifier: step.name(), version }
    }

    /// Fields that gloss.toml names beside text and label, and that no row has.
    pub fn missing_fields(&self) -> Vec<&str> {
        let named = self.config.annotator.iter().chain(&self.config.slices).map(String::as_str);
        let stands = |place: Place, name: &str| self.files[place.file].document.field(place.row, name).is_some();
        named.filter(|name| !self.places().any(|place| stands(place, name))).collect()
    }

    /// Of the rows as they are now, held-out files aside.
    pub fn counts(&self) -> Counts {
        let rows = || self.files.iter().filter(|file| !file.held_out).flat_map(|file| file.document.rows());
        Counts { rows: rows().count(), labelled: rows().filter(|row| row.is_labelled()).count() }
    }
}
