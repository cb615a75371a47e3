//! `gloss train`: learns each data set once, from nothing, and stores what it learned.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use engine::{
    Control, Project, Store,
    climb::{self, Aim},
    discover,
};

use crate::{
    budget::Timer,
    failure::{Failure, why},
    learning, progress,
    table::{self, Measured},
    terminal::{self, shown},
    tuning::Tuning,
};

const EXAMPLES: &str = "\
Examples:
  gloss train                      the data set of this folder
  gloss train data/ && gloss predict new.jsonl

What was learned goes to the folder .gloss beside gloss.toml (for a file without one, to your cache folder): editors start
with it, and gloss predict uses it while the rows are the same. Deleting it costs only time.

Exit codes: 0 learned and stored; 2 a data set could not be learned or stored, or there is none.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Data files, or folders with gloss.toml or data files.
    #[arg(default_value = ".")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    tuning: Tuning,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut trained = 0;
    let mut failures = Vec::new();
    for given in &arguments.paths {
        let path = given.canonicalize().map_err(|error| format!("{}: {}.", given.display(), why(&error)))?;
        for root in discover::roots(&path) {
            let Some(mut project) = Project::named_by(&path, &root) else { continue };
            trained += 1;
            match train(&mut project, &arguments.tuning) {
                Ok(outcome) => terminal::print(&table::of(&project, &outcome))?,
                Err(why) => failures.push(format!("{}: {why}", shown(&root))),
            }
        }
    }
    if trained == 0 {
        return Err("no data set is here. Name a data file, or a folder that holds one.".to_owned().into());
    }
    match failures.is_empty() {
        true => Ok(ExitCode::SUCCESS),
        false => Err(failures.join("\ngloss: ").into()),
    }
}

/// What is to be said of the fit.
fn train(project: &mut Project, tuning: &Tuning) -> Result<String, String> {
    for (file, why) in &project.unreadable {
        eprintln!("gloss: {} {why}.", shown(file));
    }
    let before = learning::stored(project).and_then(|before| {
        let measured = Measured::of(&before);
        // Versions go on where they ended.
        project.recall(before.into());
        measured
    });
    let Some((corpus, version)) = project.corpus(true) else { return Err("nothing to learn.".into()) };
    let embeddings = learning::encoder(&project.request());
    let bar = progress::learning();
    let control = progress::control(&bar);
    let timer = tuning.budget.map(|budget| Timer::start(budget, &control));
    let plan = tuning.plan(project.config.plan());
    let learned = climb::learn_at_once(corpus, Aim::Best, embeddings.as_ref(), plan, version, &control);
    drop(timer);
    bar.finish_and_clear();
    learning::remark_cuts(embeddings.as_ref());
    let learned = learned.map_err(|why| why.to_string())?;
    if let Some(store) = Store::of(project) {
        store.save(&learned).map_err(|why| why.to_string())?;
    }
    project.take(learned.into());
    // Without a cancel flag set, this cannot be cancelled.
    let _ = project.find_nears(&Control::default());
    Ok(table::learned(project, before))
}
