//! Training jobs: one at a time, the newest save wins.

use std::{
    collections::VecDeque,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{
        Arc,
        mpsc::{Receiver, Sender, channel},
    },
    thread,
};

use learn::{Cancel, Control, FitError};

use super::{Actor, Engine, open_files};
use crate::{
    learned::Learned,
    message::{Event, Message},
    project::Project,
    store::{Store, saver::Saver},
};

type Job = Box<dyn FnOnce() + Send>;

pub(super) struct Jobs {
    engine: Engine,
    running: Option<(PathBuf, Cancel)>,
    waiting: VecDeque<PathBuf>,
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
            warn(format!("Nothing can be learned: {error}. Start the editor again."));
        }
        Jobs { engine, running: None, waiting: VecDeque::new(), trainer, saver: Saver::start(warn) }
    }

    /// Stops what runs; what waits is not begun.
    pub(super) fn cancel_all(&mut self) {
        self.waiting.clear();
        if let Some((_, cancel)) = &self.running {
            cancel.cancel();
        }
    }

    pub(super) fn forget(&mut self, root: &Path) {
        self.waiting.retain(|waiting| waiting != root);
        if let Some((running, cancel)) = &self.running
            && running == root
        {
            cancel.cancel();
        }
    }

    /// Cancels what runs, and waits until what was learned is stored.
    pub(super) fn end(&mut self) {
        self.cancel_all();
        self.saver.end();
    }

    fn start(&mut self, project: &mut Project, even_if_unchanged: bool) {
        let Some((corpus, version)) = project.corpus(even_if_unchanged) else { return };
        let (before, cancel) = (project.classifier(), Cancel::default());
        let (engine, root) = (self.engine.clone(), project.root.clone());
        let (reports, to) = (engine.clone(), root.clone());
        let control = Control {
            cancel: cancel.clone(),
            on_progress: Some(Box::new(move |progress| {
                reports.send(Message::Progressed { root: to.clone(), progress });
            })),
        };
        let job: Job = Box::new(move || {
            let fit = AssertUnwindSafe(|| Learned::learn(corpus, before, version, &control));
            let result = catch_unwind(fit).unwrap_or_else(|_| {
                let message = "An error inside the training job was contained; see the log. Save to try again.";
                Err(FitError::Failed(message.into()))
            });
            engine.send(Message::Finished { root, result: result.map(Arc::new) });
        });
        if self.trainer.send(job).is_ok() {
            project.learning = true;
            self.running = Some((project.root.clone(), cancel));
        }
    }
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
    /// Starts a training job, or has it wait for the one that runs.
    pub(super) fn learn(&mut self, root: PathBuf, even_if_unchanged: bool) {
        let Some(project) = self.projects.root(&root) else { return };
        if let Some((running, cancel)) = &self.jobs.running {
            if even_if_unchanged || project.has_news() {
                if *running == root {
                    cancel.cancel();
                }
                project.forget_asked();
                if !self.jobs.waiting.contains(&root) {
                    self.jobs.waiting.push_back(root);
                }
            }
            return;
        }
        self.jobs.start(project, even_if_unchanged);
    }

    pub(super) fn finished(&mut self, root: PathBuf, result: Result<Arc<Learned>, FitError>) {
        self.jobs.running = None;
        if let Some(project) = self.projects.root(&root) {
            project.learning = false;
            match result {
                Ok(learned) => {
                    if let Some(store) = Store::of(project) {
                        self.jobs.saver.save(store, learned.clone());
                    }
                    project.take(learned);
                    self.dirty.extend(open_files(project));
                    self.unsettled = true;
                    (self.face)(Event::Learned { project });
                }
                Err(FitError::Cancelled) if self.jobs.waiting.contains(&root) => {}
                Err(why) => {
                    match &why {
                        // Saving again, without a change, may ask for it again.
                        FitError::Cancelled => project.forget_asked(),
                        FitError::TooLittle(what) | FitError::Failed(what) => project.missing = Some(what.clone()),
                    }
                    self.unsettled = true;
                    (self.face)(Event::NotLearned { project, why: &why });
                }
            }
        }
        while self.jobs.running.is_none() {
            let Some(next) = self.jobs.waiting.pop_front() else { return };
            self.learn(next, false);
        }
    }
}

/// Training must not be felt while typing.
fn lower_priority() {
    #[cfg(unix)]
    let _ = rustix::process::nice(19);
}
