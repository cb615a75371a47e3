//! The one owner of all projects: a thread that takes messages in order, starts training jobs, and tells its face.
//!
//! What must stay true here:
//! - Saving, the client's watching and the disk's become one message, [`Message::FileChanged`]; an open buffer beats the disk.
//! - One training job at a time. A newer save of the same project cancels the running job; the old classifier serves on.
//! - Messages that wait are all taken before anything is published, so a fast typist costs one publication.

use std::{
    collections::VecDeque,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::mpsc::{Receiver, Sender, channel},
    thread,
    time::Duration,
};

use dataset::{
    Document, Hints, TextEdit,
    position::{Encoding, Position},
};
use learn::{Cancel, Control, FitError, Progress};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{
    discover,
    finding::{Findings, Limits},
    keep,
    learned::Learned,
    project::Project,
    watch::Watch,
};

/// A change of an open buffer; without a range, its whole text.
#[derive(Clone, Debug)]
pub struct Change {
    pub range: Option<(Position, Position)>,
    pub text: String,
}

type Read = Box<dyn FnOnce(&mut Projects) + Send>;

pub enum Message {
    Open {
        path: PathBuf,
        version: i32,
        source: String,
    },
    Change {
        path: PathBuf,
        version: i32,
        changes: Vec<Change>,
        encoding: Encoding,
    },
    Close {
        path: PathBuf,
    },
    FileChanged {
        path: PathBuf,
    },
    /// Learn again, whatever changed: asked for by a person.
    Train {
        path: PathBuf,
    },
    /// Load what lies beneath a path and learn from it.
    Load {
        path: PathBuf,
    },
    Cancel,
    /// A question, answered on the actor's thread: short.
    Read(Read),
    Progressed {
        root: PathBuf,
        progress: Progress,
    },
    Finished {
        root: PathBuf,
        result: Box<Result<Learned, FitError>>,
    },
    /// Say again what is to be said of an open file.
    Touch {
        path: PathBuf,
    },
    /// Look at an empty or missing file once more.
    LookAgain {
        path: PathBuf,
    },
    Stop,
}

/// What a face is told, on the actor's thread; it must not wait.
pub enum Event<'a> {
    /// The findings of an open file, for this state of it.
    Findings {
        project: &'a Project,
        file: usize,
        findings: &'a Findings,
    },
    /// A file was closed or is no data set any more.
    Gone {
        path: &'a Path,
    },
    Learning {
        project: &'a Project,
        progress: Progress,
    },
    Learned {
        project: &'a Project,
    },
    /// The old classifier serves on.
    NotLearned {
        project: &'a Project,
        why: &'a FitError,
    },
    Warning {
        message: String,
    },
}

/// The way to the actor. Dropping the last one does not end it; [`Message::Stop`] does.
#[derive(Clone, Debug)]
pub struct Engine {
    messages: Sender<Message>,
}

impl Engine {
    /// Starts the actor. `face` is called on its thread.
    pub fn start(limits: Limits, face: impl FnMut(Event<'_>) + Send + 'static) -> Engine {
        let (messages, inbox) = channel();
        let engine = Engine { messages };
        let mut actor = Actor::new(engine.clone(), limits, Box::new(face));
        let spawned = thread::Builder::new().name("gloss-engine".into()).spawn(move || actor.run(&inbox));
        if let Err(error) = spawned {
            eprintln!("gloss: the engine's thread cannot be started: {error}");
        }
        engine
    }

    /// Never waits. After the actor has ended, messages go nowhere.
    pub fn send(&self, message: Message) {
        let _ = self.messages.send(message);
    }

    /// Asks something of the projects, after everything sent before.
    pub fn read(&self, question: impl FnOnce(&mut Projects) + Send + 'static) {
        self.send(Message::Read(Box::new(question)));
    }
}

/// All data sets that are open or watched.
#[derive(Debug, Default)]
pub struct Projects {
    list: Vec<Project>,
}

impl Projects {
    /// The project and index of a file.
    pub fn find(&self, path: &Path) -> Option<(&Project, usize)> {
        self.list.iter().find_map(|project| Some((project, project.file(path)?)))
    }

    pub fn find_mut(&mut self, path: &Path) -> Option<(&mut Project, usize)> {
        self.list.iter_mut().find_map(|project| project.file(path).map(|file| (project, file)))
    }

    pub fn all(&self) -> &[Project] {
        &self.list
    }

    fn root(&mut self, root: &Path) -> Option<&mut Project> {
        self.list.iter_mut().find(|project| project.root == root)
    }
}

struct Actor {
    engine: Engine,
    limits: Limits,
    face: Box<dyn FnMut(Event<'_>) + Send>,
    projects: Projects,
    /// Open files whose findings must be told again.
    dirty: FxHashSet<PathBuf>,
    running: Option<(PathBuf, Cancel)>,
    waiting: VecDeque<PathBuf>,
    watch: Option<Watch>,
    pool: Option<std::sync::Arc<rayon::ThreadPool>>,
    /// Open buffers that belong to no data set, so that a change can make them one.
    strangers: FxHashMap<PathBuf, (i32, String)>,
}

impl Actor {
    fn new(engine: Engine, limits: Limits, face: Box<dyn FnMut(Event<'_>) + Send>) -> Actor {
        let rumours = engine.clone();
        let watch = Watch::start(move |path| rumours.send(Message::FileChanged { path }));
        let pool = rayon::ThreadPoolBuilder::new()
            .thread_name(|index| format!("gloss-learn-{index}"))
            .start_handler(|_| lower_priority())
            .build();
        let mut actor = Actor {
            engine,
            limits,
            face,
            projects: Projects::default(),
            dirty: FxHashSet::default(),
            running: None,
            waiting: VecDeque::new(),
            watch: None,
            pool: pool.ok().map(Into::into),
            strangers: FxHashMap::default(),
        };
        match watch {
            Ok(watch) => actor.watch = Some(watch),
            Err(message) => (actor.face)(Event::Warning { message }),
        }
        actor
    }

    fn run(&mut self, inbox: &Receiver<Message>) {
        while let Ok(message) = inbox.recv() {
            let mut next = Some(message);
            while let Some(message) = next {
                if matches!(message, Message::Stop) {
                    self.cancel();
                    return;
                }
                if catch_unwind(AssertUnwindSafe(|| self.handle(message))).is_err() {
                    let message =
                        "An error inside Gloss was contained; see the log. Reopen the file if notes look wrong.";
                    (self.face)(Event::Warning { message: message.into() });
                }
                next = inbox.try_recv().ok();
            }
            if catch_unwind(AssertUnwindSafe(|| self.publish())).is_err() {
                (self.face)(Event::Warning { message: "Notes could not be made; see the log.".into() });
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Open { path, version, source } => self.open(path, version, source),
            Message::Change { path, version, changes, encoding } => self.change(&path, version, changes, encoding),
            Message::Close { path } => self.close(&path),
            Message::FileChanged { path } => self.file_changed(&path, false),
            Message::Touch { path } => drop(self.dirty.insert(path)),
            Message::LookAgain { path } => self.file_changed(&path, true),
            Message::Train { path } => {
                if let Some((project, _)) = self.projects.find(&path) {
                    let root = project.root.clone();
                    self.learn(root, true);
                }
            }
            Message::Load { path } => {
                for root in discover::roots(&path) {
                    self.load(&root);
                    self.learn(root, false);
                }
            }
            Message::Cancel => self.cancel(),
            Message::Read(question) => question(&mut self.projects),
            Message::Progressed { root, progress } => {
                if let Some(project) = self.projects.root(&root) {
                    (self.face)(Event::Learning { project, progress });
                }
            }
            Message::Finished { root, result } => self.finished(root, *result),
            Message::Stop => {}
        }
    }

    /// Puts the project at this root on the list if it is not there.
    fn load(&mut self, root: &Path) {
        if self.projects.root(root).is_some() {
            return;
        }
        let project = Project::load(root);
        for (path, why) in &project.unreadable {
            (self.face)(Event::Warning { message: format!("{} {why}.", path.display()) });
        }
        if let Some(config) = project.config_path() {
            for problem in &project.config_problems {
                (self.face)(Event::Warning { message: format!("{}: {}", config.display(), problem.message) });
            }
        }
        let folders: FxHashSet<&Path> =
            project.files.iter().filter_map(|file| file.path.parent()).chain([project.folder()]).collect();
        for folder in folders.into_iter().filter(|folder| folder.is_dir()) {
            if let Some(Err(message)) = self.watch.as_mut().map(|watch| watch.add(folder)) {
                (self.face)(Event::Warning { message });
            }
        }
        self.projects.list.push(project);
    }

    fn open(&mut self, path: PathBuf, version: i32, source: String) {
        if let Some(config) = discover::config_above(&path) {
            self.load(config.parent().unwrap_or(&path));
        }
        if self.projects.find(&path).is_none() && !self.alone(&path, &source) {
            self.strangers.insert(path, (version, source));
            return;
        }
        let Some((project, file)) = self.projects.find_mut(&path) else { return };
        let held_out = project.files[file].held_out;
        let Some(document) = Document::open(&path, source, &project.hints()) else { return };
        project.put(path.clone(), held_out, document, Some(version));
        let root = project.root.clone();
        self.dirty.insert(path);
        self.learn(root, false);
    }

    /// Makes a data set of its own of a file that looks annotated.
    fn alone(&mut self, path: &Path, source: &str) -> bool {
        let Some(document) = Document::open(path, source.to_owned(), &Hints::default()) else { return false };
        if !document.schema().annotated || path.ends_with(keep::FILE_NAME) || discover::config_above(path).is_some() {
            return false;
        }
        self.load(path);
        if let Some(project) = self.projects.root(path) {
            project.put(path.to_owned(), false, document, None);
        }
        true
    }

    fn change(&mut self, path: &Path, version: i32, changes: Vec<Change>, encoding: Encoding) {
        if let Some((_, mut source)) = self.strangers.remove(path) {
            for change in changes {
                let lines = dataset::position::LineIndex::new(&source);
                match change.range {
                    Some((from, to)) => {
                        let start = lines.offset(&source, from, encoding);
                        let end = lines.offset(&source, to, encoding).max(start);
                        source.replace_range(start..end, &change.text);
                    }
                    None => source = change.text,
                }
            }
            self.open(path.to_owned(), version, source);
            return;
        }
        let Some((project, file)) = self.projects.find_mut(path) else { return };
        for change in changes {
            let document = &project.files[file].document;
            let range = match change.range {
                Some((from, to)) => {
                    let start = document.lines().offset(document.source(), from, encoding);
                    start..document.lines().offset(document.source(), to, encoding).max(start)
                }
                None => 0..document.source().len(),
            };
            project.edit(file, &TextEdit { range, text: change.text });
        }
        project.files[file].version = Some(version);
        self.dirty.insert(path.to_owned());
    }

    /// The disk's content takes the buffer's place again.
    fn close(&mut self, path: &Path) {
        self.strangers.remove(path);
        self.dirty.remove(path);
        let Some((project, file)) = self.projects.find_mut(path) else { return };
        project.files[file].version = None;
        if project.root == path {
            let root = project.root.clone();
            self.stop_learning(&root);
            self.projects.list.retain(|project| project.root != root);
        } else {
            self.file_changed(path, false);
        }
        (self.face)(Event::Gone { path });
    }

    fn file_changed(&mut self, path: &Path, again: bool) {
        if path.ends_with(discover::CONFIG_NAME) {
            self.reload(path);
            return;
        }
        let Some((project, file)) = self.projects.find_mut(path) else { return };
        let root = project.root.clone();
        if project.files[file].version.is_none() {
            let bytes = fs::read(path).unwrap_or_default();
            let data = &project.files[file];
            if bytes == data.document.source().as_bytes() {
                return;
            }
            if bytes.is_empty() && !again {
                look_again(self.engine.clone(), path.to_owned());
                return;
            }
            let held_out = data.held_out;
            let Some(document) = Document::from_bytes(path, bytes, &project.hints()) else { return };
            project.put(path.to_owned(), held_out, document, None);
            project.refresh();
        }
        if project.config.on_save {
            self.learn(root, false);
        }
    }

    /// gloss.toml changed: everything is read again, open buffers and what was learned stay.
    fn reload(&mut self, config: &Path) {
        let Some(root) = config.parent().map(Path::to_owned) else { return };
        let Some(index) = self.projects.list.iter().position(|project| project.root == root) else { return };
        let old = self.projects.list.remove(index);
        self.load(&root);
        let Some(project) = self.projects.root(&root) else { return };
        for file in old.files.into_iter().filter(|file| file.version.is_some()) {
            let held_out = project.file(&file.path).map_or(file.held_out, |index| project.files[index].held_out);
            let mut document = file.document;
            document.reread(&project.hints());
            self.dirty.insert(file.path.clone());
            project.put(file.path, held_out, document, file.version);
        }
        if let Some(learned) = old.learned {
            project.take(learned);
        }
        self.learn(root, false);
    }

    /// Starts a training job, or has it wait for the one that runs.
    fn learn(&mut self, root: PathBuf, even_if_unchanged: bool) {
        if let Some((running, cancel)) = &self.running {
            let same = *running == root;
            let changed = self.projects.root(&root).is_some_and(|project| {
                even_if_unchanged || project.corpus(false).map(|_| project.asked = None).is_some()
            });
            if changed {
                if same {
                    cancel.cancel();
                }
                if !self.waiting.contains(&root) {
                    self.waiting.push_back(root);
                }
            }
            return;
        }
        let Some(project) = self.projects.root(&root) else { return };
        project.refresh();
        let Some((corpus, version)) = project.corpus(even_if_unchanged) else { return };
        let (before, cancel) = (project.classifier(), Cancel::default());
        let (engine, pool, job) = (self.engine.clone(), self.pool.clone(), root.clone());
        let (reports, to) = (engine.clone(), root.clone());
        let control = Control {
            cancel: cancel.clone(),
            on_progress: Some(Box::new(move |progress| {
                reports.send(Message::Progressed { root: to.clone(), progress });
            })),
        };
        let spawned = thread::Builder::new().name("gloss-learn".into()).spawn(move || {
            lower_priority();
            let fit = || Learned::learn(&corpus, before, version, &control);
            let result = catch_unwind(AssertUnwindSafe(|| match &pool {
                Some(pool) => pool.install(fit),
                None => fit(),
            }));
            let result = result.unwrap_or_else(|_| {
                Err(FitError::Failed(
                    "An error inside the training job was contained; see the log. Save to try again.".into(),
                ))
            });
            engine.send(Message::Finished { root: job, result: Box::new(result) });
        });
        match spawned {
            Ok(_) => {
                project.learning = true;
                self.running = Some((root, cancel));
            }
            Err(error) => (self.face)(Event::Warning { message: format!("Training cannot start: {error}.") }),
        }
    }

    fn finished(&mut self, root: PathBuf, result: Result<Learned, FitError>) {
        self.running = None;
        if let Some(project) = self.projects.root(&root) {
            project.learning = false;
            match result {
                Ok(learned) => {
                    project.take(learned);
                    let open = project.files.iter().filter(|file| file.version.is_some());
                    self.dirty.extend(open.map(|file| file.path.clone()));
                    (self.face)(Event::Learned { project });
                }
                Err(FitError::Cancelled) if self.waiting.contains(&root) => project.asked = None,
                Err(why) => (self.face)(Event::NotLearned { project, why: &why }),
            }
        }
        while self.running.is_none() {
            let Some(next) = self.waiting.pop_front() else { return };
            self.learn(next, false);
        }
    }

    fn stop_learning(&mut self, root: &Path) {
        self.waiting.retain(|waiting| waiting != root);
        if let Some((running, cancel)) = &self.running
            && running == root
        {
            cancel.cancel();
        }
    }

    fn cancel(&mut self) {
        self.waiting.clear();
        if let Some((_, cancel)) = &self.running {
            cancel.cancel();
        }
    }

    fn publish(&mut self) {
        for path in std::mem::take(&mut self.dirty) {
            let Some((project, file)) = self.projects.find_mut(&path) else { continue };
            project.refresh();
            let findings = project.findings(file, &self.limits);
            (self.face)(Event::Findings { project, file, findings: &findings });
        }
    }
}

/// Half-saved files are empty for a moment; this thread alone waits for that.
fn look_again(engine: Engine, path: PathBuf) {
    let _ = thread::Builder::new().name("gloss-look-again".into()).spawn(move || {
        thread::sleep(Duration::from_millis(200));
        engine.send(Message::LookAgain { path });
    });
}

/// Training must not be felt while typing.
fn lower_priority() {
    #[cfg(unix)]
    let _ = rustix::process::nice(19);
}
