//! From named files to a classifier, for the commands that do one job and end.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use engine::{Config, Document, FitError, Hints, Learned, Project, Store, corpus::Corpus, discover};

use crate::{
    budget::{self, Timer},
    failure::{Failure, why},
    places, progress,
    terminal::{counted, shown},
};

/// What is learned from, and which fields its texts stand in.
pub(crate) struct Source {
    pub(crate) corpus: Corpus,
    /// What was learned from these very rows before.
    stored: Option<Learned>,
    /// For files that are read like these.
    pub(crate) hints: Hints,
    /// For people.
    pub(crate) name: String,
}

impl Source {
    /// The rows of these files alone, all of them to learn from; gloss.toml says how to read those that belong to it.
    pub(crate) fn of_files(paths: &[PathBuf]) -> Result<Source, Failure> {
        let configured = paths.first().map(|path| governing(path)).unwrap_or_default();
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
        let corpus = Corpus { documents, closed: configured.labels, seed: 0 };
        Ok(Source { corpus, stored: None, hints, name })
    }

    /// The data set at this path or above it.
    pub(crate) fn of_folder(path: &Path) -> Result<Source, Failure> {
        let folder = path.canonicalize().map_err(|error| format!("{}: {}.", path.display(), why(&error)))?;
        let roots = discover::roots(&folder);
        let [root] = &roots[..] else {
            let found = match &roots[..] {
                [] => "no data set is here".to_owned(),
                [first, ..] => format!("{} data sets are here, {} among them", roots.len(), shown(first)),
            };
            return Err(format!("{}: {found}. Name one with --train.", path.display()).into());
        };
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
        Ok(Source { corpus, stored, hints, name })
    }
}

/// What the last run of a data set learned. A store that is no use is a remark on standard error.
pub(crate) fn stored(project: &Project) -> Option<Learned> {
    Store::of(project)?.read().unwrap_or_else(|message| {
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
    let labelled = |document: &Document| document.rows().iter().any(|row| row.label().is_some());
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
    Hints { text: schema.text.clone(), label: Some(schema.label.clone()), ..hints }
}

/// What gloss.toml says of a file, if the file belongs to one.
fn governing(path: &Path) -> Hints {
    let hints = || {
        let path = path.canonicalize().ok()?;
        let config = discover::config_above(&path)?;
        let (parsed, _) = Config::parse(&fs::read_to_string(&config).ok()?);
        let mut members = discover::members(config.parent()?, &parsed).into_iter();
        members.any(|(member, _)| member == path).then(|| parsed.hints())
    };
    hints().unwrap_or_default()
}

/// Learns with a bar, within the budget if there is one; or takes what was learned before.
pub(crate) fn learn(source: Source, budget: Option<Duration>) -> Result<Learned, Failure> {
    if let Some(learned) = source.stored {
        return Ok(learned);
    }
    let bar = progress::learning();
    let control = progress::control(&bar);
    let timer = budget.map(|budget| Timer::start(budget, &control));
    let started = Instant::now();
    let learned = Learned::learn(source.corpus, engine::project::blank(), 1, &control);
    drop(timer);
    let step = bar.position();
    bar.finish_and_clear();
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
