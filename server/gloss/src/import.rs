//! `gloss import`: a data set starts from a folder that `gloss export` wrote.

use std::{path::PathBuf, process::ExitCode};

use clap::Args;
use engine::{Project, Store, exchange::Offer, supply::Machine};

use crate::{
    failure::{Failure, why},
    learning, progress,
    terminal::shown,
};

const EXAMPLES: &str = "\
Examples:
  gloss import model               this folder's data set starts from `model`
  gloss import model data/         another does

Writes [model] encoder to gloss.toml (and pooling, where the folder needs it), every other byte of which stays; a data file
without a gloss.toml gets one. If the classifier in the folder knows the labels of the data set, it serves until the next fit:
at the next save in an editor, or gloss train.

Exit codes: 0 done, and what was done is said; 2 it could not be done.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A folder that `gloss export` wrote. It stays where it is: gloss.toml names it.
    dir: PathBuf,
    /// A data file, or a folder with gloss.toml or one data file.
    #[arg(default_value = ".")]
    path: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let offer = Offer::open(&arguments.dir, &Machine::of_environment())?;
    let path = arguments.path.canonicalize();
    let path = path.map_err(|error| format!("{}: {}.", arguments.path.display(), why(&error)))?;
    let project = Project::load(&learning::only_root(&path, &arguments.path)?);
    let before = learning::stored(&project);
    let (file, entries) = offer.configure(&project)?;
    eprintln!("gloss: {} has {} in [model] now.", shown(&file), entries.join(" and "));

    // As gloss.toml governs it now.
    let root = file.parent().unwrap_or(&path);
    let mut project = Project::load(root);
    for problem in crate::places::in_config(&project) {
        eprintln!("gloss: {}: {}", problem.line(), problem.message);
    }
    if let Some(before) = before {
        // Versions go on where they ended.
        project.recall(before.into());
    }
    let Some((corpus, version)) = project.corpus(true) else { return Err("nothing to predict.".to_owned().into()) };
    if let Err(why) = offer.suits(&corpus) {
        eprintln!(
            "gloss: the classifier of {} does not serve here: {why}. `gloss train` learns one.",
            shown(&arguments.dir)
        );
        return Ok(ExitCode::SUCCESS);
    }
    let bar = progress::learning();
    let learned = offer.adopt(corpus, version, &progress::control(&bar));
    bar.finish_and_clear();
    let learned = learned.map_err(|why| why.to_string())?;
    if let Some(store) = Store::of(&project) {
        store.save(&learned).map_err(|why| why.to_string())?;
    }
    eprintln!("gloss: its classifier serves until the next fit: at a save in an editor, or `gloss train`.");
    Ok(ExitCode::SUCCESS)
}
