//! Training jobs: one at a time, the newest save wins.
//!
//! A save is answered by a fit, which takes moments; then a climb (see [`crate::climb`]) goes on in the background. Whatever is
//! to be answered cancels a climb, which goes on afterwards from where it was. Before a climb, texts that are nearly the same are
//! searched for ([`crate::near`]), where texts were saved that nobody has searched.

use std::{
    collections::VecDeque,
    mem,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use catalogue::phrase;
use dataset::Document;
use learn::{Cancel, Control, FitError};
use rustc_hash::FxHashSet;

use super::{Actor, Engine, open_files};
use crate::{
    beginning::Beginning,
    climb::Climb,
    learned::Learned,
    message::{Event, Message},
    near::Nears,
    project::Project,
    store::{Store, saver::Saver},
};

type Job = Box<dyn FnOnce() + Send>;
type Outcome = Result<Option<Arc<Learned>>, FitError>;

/// Rows before and after the one last looked at that are embedded first.
const NEAR: usize = 50;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Fit,
    Search,
    Climb,
}

struct Running {
    root: PathBuf,
    kind: Kind,
    cancel: Cancel,
}

pub(super) struct Jobs {
    engine: Engine,
    running: Option<Running>,
    waiting: VecDeque<PathBuf>,
    /// Data sets with something to gain in the background.
    climbing: VecDeque<PathBuf>,
    trainer: Sender<Job>,
    saver: Saver,
}

impl Jobs {
    pub(super) fn new(engine: Engine) -> Jobs {
        let (trainer, jobs) = channel();
        let warnings = engine.clone();
        let warn = move |message| warnings.send(Message::Warn { message });
        let spawned = thread::Builder::new().name("gloss-learn".into()).spawn(move || train(&jobs));
        if let Err(error) = spawned {
            warn(phrase!("nothing-can-be-learned", error = error.to_string()));
        }
        Jobs {
            engine,
            running: None,
            waiting: VecDeque::new(),
            climbing: VecDeque::new(),
            trainer,
            saver: Saver::start(warn),
        }
    }

    /// Stops what runs; what waits is not begun.
    pub(super) fn cancel_all(&mut self) {
        self.waiting.clear();
        self.climbing.clear();
        self.cancel();
    }

    fn cancel(&self) {
        if let Some(running) = &self.running {
            running.cancel.cancel();
        }
    }

    pub(super) fn forget(&mut self, root: &Path) {
        self.waiting.retain(|waiting| waiting != root);
        self.climbing.retain(|climbing| climbing != root);
        if self.running.as_ref().is_some_and(|running| running.root == root) {
            self.cancel();
        }
    }

    /// Cancels what runs, and waits until what was learned is stored.
    pub(super) fn end(&mut self) {
        self.cancel_all();
        self.saver.end();
    }

    fn fit(&mut self, project: &mut Project, even_if_unchanged: bool) {
        let Some((corpus, version)) = project.corpus(even_if_unchanged) else { return };
        let before = project.learned.clone();
        let job = move |control: &Control, _: &dyn Fn(Arc<Learned>)| {
            Learned::learn(corpus, before.as_deref(), version, control).map(|learned| Some(Arc::new(learned)))
        };
        project.learning = self.start(project.root.clone(), Kind::Fit, job);
    }

    fn climb(&mut self, project: &Project) {
        if project.seeks_nears() {
            return self.search(project);
        }
        if let Some(naming) = project.naming(|| near(project)) {
            let run = move |control: &Control, tell: &dyn Fn(Arc<Learned>)| naming.run(control, tell).map(Some);
            self.start(project.root.clone(), Kind::Climb, run);
            return;
        }
        if let Some(beginning) = Beginning::of(project) {
            let (engine, root) = (self.engine.clone(), project.root.clone());
            let tell = move |first| engine.send(Message::Begun { root: root.clone(), first });
            let run = move |control: &Control, _: &dyn Fn(Arc<Learned>)| beginning.run(control, &tell).map(|()| None);
            self.start(project.root.clone(), Kind::Climb, run);
            return;
        }
        let Some(climb) = climb(project) else { return };
        self.start(project.root.clone(), Kind::Climb, move |control, tell| climb.run(control, tell));
    }

    fn search(&mut self, project: &Project) {
        let documents: Vec<Document> = project.files.iter().map(|file| file.document.clone()).collect();
        let (engine, root) = (self.engine.clone(), project.root.clone());
        self.start(root.clone(), Kind::Search, move |control, _| {
            let nears = Nears::search(&documents, control)?.into();
            engine.send(Message::Nears { root, nears });
            Ok(None)
        });
    }

    /// Whether it was started.
    fn start(
        &mut self,
        root: PathBuf,
        kind: Kind,
        work: impl FnOnce(&Control, &dyn Fn(Arc<Learned>)) -> Outcome + Send + 'static,
    ) -> bool {
        let cancel = Cancel::default();
        self.running = Some(Running { root: root.clone(), kind, cancel: cancel.clone() });
        let engine = self.engine.clone();
        let (reports, to) = (engine.clone(), root.clone());
        let (epochs, of) = (engine.clone(), root.clone());
        let control = Control {
            cancel,
            on_progress: Some(Box::new(move |progress| {
                reports.send(Message::Progressed { root: to.clone(), progress });
            })),
            on_epoch: Some(Box::new(move |epoch| {
                epochs.send(Message::Trained { root: of.clone(), epoch: epoch.clone() });
            })),
        };
        let job: Job = Box::new(move || {
            let tell = |learned| engine.send(Message::Gained { root: root.clone(), learned });
            let result = catch_unwind(AssertUnwindSafe(|| work(&control, &tell)))
                .unwrap_or_else(|_| Err(FitError::Failed(phrase!("training-error-contained"))));
            engine.send(Message::Finished { root, result });
        });
        let started = self.trainer.send(job).is_ok();
        if !started {
            self.running = None;
        }
        started
    }
}

/// What there is to gain, if there is something.
fn climb(project: &Project) -> Option<Climb> {
    let (learned, embeddings) = (project.learned.clone()?, project.embeddings.clone()?);
    if !project.can_climb() {
        return None;
    }
    let corpus = project.snapshot();
    // Where names are to speak, rows teach too little to climb.
    if learned.from_names && corpus.asks_names() {
        return None;
    }
    let near = near(project);
    Some(Climb {
        corpus,
        learned,
        embeddings,
        near,
        tunes: project.config.plan().is_some(),
        training: project.training(),
    })
}

/// Keys of the texts near where a person last looked.
fn near(project: &Project) -> FxHashSet<u64> {
    let mut near = FxHashSet::default();
    for file in project.files.iter().filter(|file| file.version.is_some()) {
        let rows = file.document.rows();
        let seen = file.focus.saturating_sub(NEAR)..rows.len().min(file.focus + NEAR);
        near.extend(rows[seen.start.min(seen.end)..seen.end].iter().map(|row| row.text_key()));
    }
    near
}

/// All training happens here and on the threads of one pool, of which this thread is one: so that what a job needs for
/// itself comes from the memory that the job before it gave back.
fn train(jobs: &Receiver<Job>) {
    lower_priority();
    let pool = rayon::ThreadPoolBuilder::new()
        .use_current_thread()
        .thread_name(|index| format!("gloss-learn-{index}"))
        .start_handler(|_| lower_priority())
        .build();
    for job in jobs {
        match &pool {
            Ok(pool) => pool.install(job),
            Err(_) => job(),
        }
    }
}

impl Actor {
    /// Starts a fit, or has it wait for the job that runs.
    pub(super) fn learn(&mut self, root: PathBuf, even_if_unchanged: bool) {
        let Some(project) = self.projects.root(&root) else { return };
        let Some(running) = &self.jobs.running else {
            self.jobs.fit(project, even_if_unchanged);
            // What was learned is recalled after a start; what is near to what is not stored.
            if self.jobs.running.is_none() && project.seeks_nears() {
                self.climb(root);
            }
            return;
        };
        if even_if_unchanged || project.has_news() {
            if running.root == root || running.kind != Kind::Fit {
                running.cancel.cancel();
            }
            project.forget_asked();
            if !self.jobs.waiting.contains(&root) {
                self.jobs.waiting.push_back(root);
            }
        }
    }

    /// Has a data set gain in the background what it can, once nothing else is to be answered.
    pub(super) fn climb(&mut self, root: PathBuf) {
        if !self.jobs.climbing.contains(&root) {
            self.jobs.climbing.push_back(root);
        }
        self.go_on();
    }

    /// Texts that were just typed are embedded in a short climb.
    pub(super) fn embed_strangers(&mut self) {
        let root = |project: &mut Project| mem::take(&mut project.has_strangers).then(|| project.root.clone());
        let roots: Vec<PathBuf> = self.projects.list.iter_mut().filter_map(root).collect();
        roots.into_iter().for_each(|root| self.climb(root));
    }

    /// From a job that found where to begin.
    pub(super) fn begun(&mut self, root: &Path, first: FxHashSet<u64>) {
        let Some(project) = self.projects.root(root).filter(|project| project.learned.is_none()) else { return };
        project.begin(first);
        self.dirty.extend(open_files(project));
        self.unsettled = true;
    }

    /// From a job that goes on.
    pub(super) fn gained(&mut self, root: &Path, learned: Arc<Learned>) {
        let Some(project) = self.projects.root(root) else { return };
        let known = |project: &Project| {
            project.learned.as_ref().map(|learned| (learned.classifier.step(), learned.test.is_some()))
        };
        let before = known(project);
        if !project.take(learned.clone()) {
            return;
        }
        self.dirty.extend(open_files(project));
        self.unsettled = true;
        let is_new = known(project) != before;
        // A training must not be lost when the job that embeds with it does not end.
        if let Some(store) = Store::of(project).filter(|_| is_new) {
            self.jobs.saver.save(store, learned);
        }
        (self.face)(if is_new { Event::Learned { project } } else { Event::Improved { project } });
    }

    pub(super) fn take_nears(&mut self, root: &Path, nears: Arc<Nears>) {
        let Some(project) = self.projects.root(root) else { return };
        if project.take_nears(nears) {
            self.dirty.extend(open_files(project));
        }
    }

    pub(super) fn finished(&mut self, root: PathBuf, result: Outcome) {
        self.tell_of_cuts(&root);
        let kind = self.jobs.running.take().map(|running| running.kind);
        // Which labels are in use may have changed since they were last told.
        self.dirty_configs.insert(root.clone());
        if let Some(project) = self.projects.root(&root) {
            project.learning &= kind != Some(Kind::Fit);
            project.epoch = None;
            match result {
                // What there is to gain was to be asked after it.
                Ok(_) if kind == Some(Kind::Search) => self.jobs.climbing.push_front(root),
                Ok(learned) => {
                    if let (Some(store), Some(learned)) = (Store::of(project), &learned) {
                        self.jobs.saver.save(store, learned.clone());
                    }
                    if kind == Some(Kind::Fit) {
                        if let Some(learned) = learned {
                            project.take(learned);
                        }
                        self.dirty.extend(open_files(project));
                        self.unsettled = true;
                        (self.face)(Event::Learned { project });
                        self.jobs.climbing.push_back(root);
                    } else {
                        // The bar of the climb ends here.
                        (self.face)(Event::Improved { project });
                    }
                }
                Err(FitError::Cancelled) if kind == Some(Kind::Search) => {
                    if !self.jobs.waiting.is_empty() {
                        self.jobs.climbing.push_front(root);
                    }
                }
                Err(FitError::Cancelled) if kind == Some(Kind::Climb) => {
                    (self.face)(Event::Improved { project });
                    if !self.jobs.waiting.is_empty() {
                        self.jobs.climbing.push_front(root);
                    }
                }
                Err(FitError::Cancelled) if self.jobs.waiting.contains(&root) => {}
                Err(why) => {
                    match &why {
                        // Saving again, without a change, may ask for it again.
                        FitError::Cancelled => project.forget_asked(),
                        _ if kind != Some(Kind::Fit) => {}
                        FitError::TooLittle(what) | FitError::Failed(what) => project.missing = Some(what.clone()),
                    }
                    self.unsettled = true;
                    (self.face)(Event::NotLearned { project, why: &why });
                    // What labels are called may say something, or else what texts say.
                    if kind == Some(Kind::Fit) && matches!(why, FitError::TooLittle(_)) {
                        self.jobs.climbing.push_back(root);
                    }
                }
            }
        }
        self.go_on();
    }

    /// Starts what waits: fits first, climbs after.
    fn go_on(&mut self) {
        while self.jobs.running.is_none() {
            if let Some(next) = self.jobs.waiting.pop_front() {
                self.learn(next, false);
            } else if let Some(next) = self.jobs.climbing.pop_front() {
                if let Some(project) = self.projects.root(&next) {
                    self.jobs.climb(project);
                }
            } else {
                return;
            }
        }
    }
}

/// Training must not be felt while typing.
fn lower_priority() {
    #[cfg(unix)]
    let _ = rustix::process::nice(19);
}
