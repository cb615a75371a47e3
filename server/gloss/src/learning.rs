//! From named files to a classifier, for the commands that do one job and end.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use clap::ValueEnum;
use engine::{
    Cancel, Config, Document, Embeddings, FitError, Hints, Learned, Plan, Project, Shape, Step, Store, Wanted,
    climb::{self, Aim},
    corpus::Corpus,
    discover,
    supply::{Machine, Request, Supply},
    view,
};

use crate::{
    budget::{self, Timer},
    failure::{Failure, why},
    places, progress,
    terminal::{counted, shown},
};

/// A step of the ladder of classifiers.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Classifier {
    /// Hashed n-grams and softmax regression.
    Lexical,
    /// A small classifier on the vectors of a pretrained encoder, and on n-grams.
    Probe,
    /// The encoder itself, trained on the labels.
    FineTuned,
    /// The best of those that there are, by cross-validation.
    Auto,
}

impl Classifier {
    pub(crate) fn aim(self) -> Aim {
        match self {
            Classifier::Lexical => Aim::Only(Step::Lexical),
            Classifier::Probe => Aim::Only(Step::Probe),
            Classifier::FineTuned => Aim::Only(Step::FineTuned),
            Classifier::Auto => Aim::Best,
        }
    }
}

/// What is learned from, and which fields its texts stand in.
pub(crate) struct Source {
    pub(crate) corpus: Corpus,
    /// What was learned from these very rows before.
    stored: Option<Learned>,
    /// For files that are read like these.
    pub(crate) hints: Hints,
    request: Request,
    /// How gloss.toml has the encoder trained.
    pub(crate) plan: Option<Plan>,
    /// For people.
    pub(crate) name: String,
}

impl Source {
    /// The rows of these files alone, all of them to learn from; gloss.toml says how to read those that belong to it.
    pub(crate) fn of_files(paths: &[PathBuf]) -> Result<Source, Failure> {
        let (config, root) = paths.first().and_then(|path| governing(path)).unwrap_or_default();
        let (configured, request, plan) = (config.hints(), config.request(&root), config.plan());
        let mut hints = configured.clone();
        let mut documents = Vec::new();
        for path in paths {
            let document = if documents.is_empty() { read(path, &hints)? } else { read_like(path, &hints)? };
            if documents.is_empty() {
                hints = like(&document, configured.clone());
            }
            documents.push((document, false));
        }
        let name = paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ");
        let corpus = Corpus { documents, closed: config.labels, queue: config.queue, seed: 0 };
        Ok(Source { corpus, stored: None, hints, request, plan, name })
    }

    /// The data set at this path or above it.
    pub(crate) fn of_folder(path: &Path) -> Result<Source, Failure> {
        let folder = path.canonicalize().map_err(|error| format!("{}: {}.", path.display(), why(&error)))?;
        let root = &only_root(&folder, path)?;
        let mut project = Project::load(root);
        for (file, why) in &project.unreadable {
            eprintln!("gloss: {} {why}.", shown(file));
        }
        for problem in places::in_config(&project) {
            eprintln!("gloss: {}: {}", problem.line(), problem.message);
        }
        let name = shown(root);
        let Some((corpus, _)) = project.corpus(true).filter(|(corpus, _)| !corpus.documents.is_empty()) else {
            return Err(format!("{name}: gloss.toml names no data file that exists. See `files` there.").into());
        };
        let hints = like(&project.files[0].document, project.hints());
        let stored = stored(&project).filter(|learned| learned.fingerprint == corpus.fingerprint());
        Ok(Source { corpus, stored, hints, request: project.request(), plan: project.config.plan(), name })
    }
}

/// The root of the one data set at this path or above it, which a person named as `given`.
pub(crate) fn only_root(path: &Path, given: &Path) -> Result<PathBuf, Failure> {
    let mut roots = discover::roots(path);
    match (roots.pop(), roots.first()) {
        (Some(root), None) => Ok(root),
        (None, _) => Err(format!("{}: no data set is here. Name one.", given.display()).into()),
        (Some(_), Some(first)) => {
            let (count, first) = (roots.len() + 1, shown(first));
            Err(format!("{}: {count} data sets are here, {first} among them. Name one of them.", given.display())
                .into())
        }
    }
}

/// What the last run of a data set learned. A store that is no use is a remark on standard error.
pub(crate) fn stored(project: &Project) -> Option<Learned> {
    Store::of(project)?.read(&|| Machine::of_environment().find(&project.request())).unwrap_or_else(|message| {
        eprintln!("gloss: {message}");
        None
    })
}

/// A data file, read with these hints.
fn read(path: &Path, hints: &Hints) -> Result<Document, Failure> {
    let document = open(path, hints)?;
    noted(path, document)
}

/// A data file, read as others were; one with other fields finds its own.
pub(crate) fn read_like(path: &Path, hints: &Hints) -> Result<Document, Failure> {
    let labelled = |document: &Document| document.rows().iter().any(|row| row.is_labelled());
    let mut document = open(path, hints)?;
    if !labelled(&document) {
        let own = open(path, &Hints { labels: hints.labels.clone(), ..Hints::default() })?;
        if labelled(&own) {
            document = own;
        }
    }
    noted(path, document)
}

fn open(path: &Path, hints: &Hints) -> Result<Document, Failure> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {}.", path.display(), why(&error)))?;
    if bytes.is_empty() {
        return Err(format!("{}: the file is empty.", path.display()).into());
    }
    Document::from_bytes(path, bytes, hints).ok_or_else(|| {
        format!("{}: not a data file that Gloss knows (JSON Lines, JSON, CSV, TSV, fastText).", path.display()).into()
    })
}

/// A document without any row is an error; one with some broken rows is a remark on standard error.
fn noted(path: &Path, document: Document) -> Result<Document, Failure> {
    let problems = document.problems();
    match problems.first() {
        Some(problem) if document.rows().is_empty() => {
            return Err(format!("{}: no row can be read. {}", path.display(), problem.message).into());
        }
        Some(_) => {
            let count = counted(problems.len(), "problem", "problems");
            eprintln!("gloss: {}: {count} in rows; `gloss check` names each.", path.display());
        }
        None => {}
    }
    Ok(document)
}

/// Hints to read other files as this one was read.
fn like(document: &Document, hints: Hints) -> Hints {
    let schema = document.schema();
    let hints = Hints { text: schema.text.clone(), task: Some(schema.task), ..hints };
    match &schema.shape {
        shape @ Shape::Flags(_) => Hints { shape: Some(shape.clone()), ..hints },
        _ => Hints { label: Some(schema.label.clone()), ..hints },
    }
}

/// The gloss.toml that a file belongs to, if it belongs to one, and its folder.
fn governing(path: &Path) -> Option<(Config, PathBuf)> {
    let path = path.canonicalize().ok()?;
    let file = discover::config_above(&path)?;
    let root = file.parent()?.to_owned();
    let (config, _) = Config::parse(&fs::read_to_string(&file).ok()?);
    let mut members = discover::members(&root, &config).into_iter();
    members.any(|(member, _)| member == path).then_some((config, root))
}

/// The encoder that is asked for, fetched with a bar if need be. Without it, said on standard error, learning goes on.
pub(crate) fn encoder(request: &Request) -> Option<Arc<Embeddings>> {
    if request.wanted == Wanted::None {
        return None;
    }
    let bar = progress::fetching();
    let brought = Machine::of_environment().bring(request, &Cancel::default(), &mut |fetching| {
        progress::fetched(&bar, fetching);
    });
    bar.finish_and_clear();
    brought.inspect_err(|why| eprintln!("gloss: {why}")).ok()
}

/// Remarks on standard error what the encoder left unread.
pub(crate) fn remark_cuts(embeddings: Option<&Arc<Embeddings>>) {
    if let Some(remark) = embeddings.and_then(|embeddings| view::cut(embeddings)) {
        eprintln!("gloss: {remark}");
    }
}

/// Learns with a bar, within the budget if there is one; or takes what was learned before.
pub(crate) fn learn(source: Source, aim: Aim, budget: Option<Duration>) -> Result<Learned, Failure> {
    let suits = |learned: &Learned| aim == Aim::Best || aim == Aim::Only(learned.classifier.step());
    if let Some(learned) = source.stored.filter(suits) {
        return Ok(learned);
    }
    let embeddings = if aim == Aim::Only(Step::Lexical) { None } else { encoder(&source.request) };
    if let (Aim::Only(step @ (Step::Probe | Step::FineTuned)), None) = (aim, &embeddings) {
        return Err(format!("the {} step needs an encoder. See `gloss model --help`.", step.name()).into());
    }
    let bar = progress::learning();
    let control = progress::control(&bar);
    let timer = budget.map(|budget| Timer::start(budget, &control));
    let started = Instant::now();
    let learned = climb::learn_at_once(source.corpus, aim, embeddings.as_ref(), source.plan, 1, &control);
    drop(timer);
    let step = bar.position();
    bar.finish_and_clear();
    remark_cuts(embeddings.as_ref());
    learned.map_err(|why| match (why, budget) {
        (FitError::Cancelled, Some(budget)) => over(budget, started.elapsed(), step),
        (why, _) => format!("{}: {why}", source.name).into(),
    })
}

/// What to say when the budget is spent, from how far the job had come.
fn over(budget: Duration, spent: Duration, step: u64) -> Failure {
    let done = step as f64 / progress::STEPS as f64;
    // Of a job that had hardly begun nothing can be foretold.
    let needed = if done < 0.05 { budget * 2 } else { spent.div_f64(done).mul_f64(1.2).max(budget.mul_f64(1.2)) };
    let (budget, needed) = (budget::written(budget), budget::written(needed.max(Duration::from_millis(100))));
    format!("nothing was learned within --budget {budget}. Raise --budget: try {needed} at least.").into()
}
