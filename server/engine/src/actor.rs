//! The one owner of all projects: a thread that takes messages in order, starts training jobs, and tells its face.
//!
//! What must stay true:
//! - Saving, the client's watching and the disk's become one message, [`Message::FileChanged`]; an open buffer beats the disk.
//! - One training job at a time. A newer save of the same project cancels the running job; the old classifier serves on.
//! - Messages that wait are all taken before anything is published, so a fast typist costs one publication.
//! - Between two messages no project is stale: whoever is asked next finds marks for the rows that are there.
//! - Nothing here waits: reading a file and looking at rows is all that is done on this thread.

mod buffers;
mod disk;
mod equip;
mod jobs;

use std::{
    cell::RefCell,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    },
    thread,
    time::Duration,
};

use catalogue::{Phrase, phrase};
use rustc_hash::{FxHashMap, FxHashSet};

use self::{equip::Equipment, jobs::Jobs};
use crate::{
    discover,
    finding::Limits,
    message::{Event, Message},
    project::Project,
    projects::Projects,
    store::Store,
    supply::{Machine, Supply},
    watch::Watch,
};

/// The way to the actor. Dropping the last one does not end it; [`Engine::stop`] does.
#[derive(Clone, Debug)]
pub struct Engine {
    messages: Sender<Message>,
}

type Face = Box<dyn FnMut(Event<'_>) + Send>;

impl Engine {
    /// Starts the actor, with the encoders of this machine. `face` is called on its thread.
    pub fn start(limits: Limits, face: impl FnMut(Event<'_>) + Send + 'static) -> Engine {
        Engine::start_with(limits, Some(Arc::new(Machine::of_environment())), face)
    }

    /// With encoders of another kind, or without any.
    pub fn start_with(
        limits: Limits,
        supply: Option<Arc<dyn Supply>>,
        face: impl FnMut(Event<'_>) + Send + 'static,
    ) -> Engine {
        let (messages, inbox) = channel();
        let engine = Engine { messages };
        let (handle, face) = (engine.clone(), Box::new(face));
        let spawned = thread::Builder::new().name("gloss-engine".into()).spawn(move || {
            Actor::new(handle, limits, supply, face).run(&inbox);
        });
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

    /// Ends the actor once everything sent before is done and what was learned is stored, which is waited for so long.
    pub fn stop(&self, patience: Duration) {
        let (ended, end) = channel();
        self.send(Message::Stop { ended });
        if end.recv_timeout(patience) == Err(RecvTimeoutError::Timeout) {
            eprintln!("gloss: what was learned last could not be stored in time; the next start learns it anew.");
        }
    }
}

struct Actor {
    engine: Engine,
    limits: Limits,
    face: Face,
    projects: Projects,
    /// Open files whose findings must be told again.
    dirty: FxHashSet<PathBuf>,
    /// Roots of projects whose gloss.toml has findings to be told again.
    dirty_configs: FxHashSet<PathBuf>,
    /// Something was learned, or could not be, and its findings are not told yet.
    unsettled: bool,
    jobs: Jobs,
    equipment: Equipment,
    watch: Watch,
    /// Open buffers that belong to no data set, so that a change can make them one.
    strangers: FxHashMap<PathBuf, (i32, String)>,
}

impl Actor {
    fn new(engine: Engine, limits: Limits, supply: Option<Arc<dyn Supply>>, face: Face) -> Actor {
        let rumours = engine.clone();
        Actor {
            jobs: Jobs::new(engine.clone()),
            equipment: Equipment::new(engine.clone(), supply),
            watch: Watch::new(move |path| rumours.send(Message::FileChanged { path })),
            engine,
            limits,
            face,
            projects: Projects::default(),
            dirty: FxHashSet::default(),
            dirty_configs: FxHashSet::default(),
            unsettled: false,
            strangers: FxHashMap::default(),
        }
    }

    fn run(mut self, inbox: &Receiver<Message>) {
        while let Ok(message) = inbox.recv() {
            let mut next = Some(message);
            while let Some(message) = next {
                if let Message::Stop { ended } = message {
                    self.jobs.end();
                    drop(ended);
                    return;
                }
                let handled = AssertUnwindSafe(|| {
                    self.handle(message);
                    self.projects.list.iter_mut().for_each(Project::refresh);
                    self.embed_strangers();
                });
                if catch_unwind(handled).is_err() {
                    self.warn(phrase!("error-contained"));
                }
                next = inbox.try_recv().ok();
            }
            if catch_unwind(AssertUnwindSafe(|| self.publish())).is_err() {
                self.warn(phrase!("notes-not-made"));
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Open { path, version, source } => self.open(path, version, source),
            Message::Change { path, version, changes, encoding } => self.change(&path, version, changes, encoding),
            Message::Close { path } => self.close(&path),
            Message::FileChanged { path } => self.file_changed(&path, false),
            Message::LookAgain { path } => self.file_changed(&path, true),
            Message::Looked { path, rows } => {
                let limits = self.limits;
                if self.projects.find_mut(&path).is_some_and(|(project, file)| project.looked(file, rows, &limits)) {
                    self.dirty.insert(path);
                }
            }
            Message::Touch { path } => drop(self.dirty.insert(path)),
            Message::Train { path } => {
                if let Some((project, _)) = self.projects.find(&path) {
                    let root = project.root.clone();
                    self.equipment.forgive();
                    self.equip(&root);
                    self.learn(root, true);
                }
            }
            Message::Load { path } => {
                for root in discover::roots(&path) {
                    if let Some(project) = Project::named_by(&path, &root) {
                        self.add(project);
                    }
                    self.learn(root.clone(), false);
                    if let Some(project) = self.projects.root(&root).filter(|project| !project.learning)
                        && project.learned.is_some()
                    {
                        (self.face)(Event::Learned { project });
                    }
                }
            }
            Message::Unload { path } => self.unload(&path),
            Message::Cancel => {
                self.jobs.cancel_all();
                self.equipment.cancel();
            }
            Message::Encoder { request, result } => self.equipped(request, result),
            Message::Fetching(fetched) => self.fetching(fetched),
            Message::Limit(limits) => {
                self.limits = limits;
                let open: Vec<PathBuf> = self.projects.all().iter().flat_map(open_files).collect();
                self.dirty.extend(open);
            }
            Message::Read(question) => question(&mut self.projects),
            Message::Progressed { root, progress } => {
                if let Some(project) = self.projects.root(&root) {
                    (self.face)(Event::Learning { project, progress });
                }
            }
            Message::Trained { root, epoch } => {
                if let Some(project) = self.projects.root(&root) {
                    project.epoch = Some(epoch);
                }
            }
            Message::Begun { root, first } => self.begun(&root, first),
            Message::Gained { root, learned } => self.gained(&root, learned),
            Message::Finished { root, result } => self.finished(root, result),
            Message::Nears { root, nears } => self.take_nears(&root, nears),
            Message::Warn { message } => self.warn(message),
            Message::Stop { .. } => {}
        }
    }

    /// Puts the project at this root on the list if it is not there.
    fn load(&mut self, root: &Path) {
        if self.projects.root(root).is_none() {
            self.add(Project::load(root));
        }
    }

    fn add(&mut self, mut project: Project) {
        if self.projects.root(&project.root).is_some() {
            return;
        }
        for (path, why) in mem::take(&mut project.unreadable) {
            self.warn(phrase!("unreadable", path = path.display().to_string(), why));
        }
        let equipment = RefCell::new(&mut self.equipment);
        let request = project.request();
        match Store::of(&project).map(|store| store.read(&|| equipment.borrow_mut().find(&request))) {
            Some(Ok(Some(learned))) => project.recall(learned.into()),
            Some(Err(message)) => self.warn(message),
            Some(Ok(None)) | None => {}
        }
        self.watch_folders(&project);
        if project.config_file.is_some() {
            self.dirty_configs.insert(project.root.clone());
        }
        let root = project.root.clone();
        self.projects.list.push(project);
        self.equip(&root);
    }

    /// What is beneath a folder and not open goes.
    fn unload(&mut self, folder: &Path) {
        let gone = |project: &Project| project.root.starts_with(folder) && open_files(project).next().is_none();
        let roots: Vec<PathBuf> =
            self.projects.all().iter().filter(|project| gone(project)).map(|project| project.root.clone()).collect();
        for root in roots {
            self.jobs.forget(&root);
            self.projects.list.retain(|project| project.root != root);
        }
    }

    fn publish(&mut self) {
        for root in mem::take(&mut self.dirty_configs) {
            let Some(project) = self.projects.root(&root) else { continue };
            let Some(config) = &project.config_file else { continue };
            let mut findings = config.findings();
            // A hint is for who has the file before them.
            if config.version.is_some() {
                findings.extend(project.label_findings());
            }
            (self.face)(Event::ConfigFindings { project, findings: &findings });
        }
        for path in mem::take(&mut self.dirty) {
            let Some((project, file)) = self.projects.find_mut(&path) else { continue };
            project.files[file].told = project.files[file].focus;
            let findings = project.findings(file, &self.limits);
            (self.face)(Event::Findings { project, file, findings: &findings });
        }
        if mem::take(&mut self.unsettled) {
            (self.face)(Event::Settled);
        }
    }

    fn warn(&mut self, message: Phrase) {
        (self.face)(Event::Warning { message });
    }
}

fn open_files(project: &Project) -> impl Iterator<Item = PathBuf> + '_ {
    project.files.iter().filter(|file| file.version.is_some()).map(|file| file.path.clone())
}
