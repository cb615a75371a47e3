//! `gloss export`: the classifier of a data set as a folder that Hugging Face's libraries open.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use engine::{
    exchange::{self, ExportLayout},
    view,
};

use crate::{
    failure::Failure,
    learning::{self, Classifier, Source},
    terminal::{self, counted},
};

const EXAMPLES: &str = "\
Examples:
  gloss export model               the classifier of this folder's data set
  gloss export model data/         of another
  gloss export model --classifier probe
  gloss export model --classifier fine-tuned    with the encoder as it was trained

What was stored is exported while the rows are the same; else it is learned first. The folder opens with
SentenceTransformer(\"model\"), with [model] pooling = \"cls\" in gloss.toml with
AutoModelForSequenceClassification.from_pretrained(\"model\"); server/docs/export.md has both in full.

The folder appears whole or not at all. One that holds anything but an older export is refused.

Exit codes: 0 exported; 2 it could not be done.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// The folder to write: new, empty or an older export.
    dir: PathBuf,
    /// A data file, or a folder with gloss.toml or one data file.
    #[arg(default_value = ".")]
    path: PathBuf,
    /// The step to export; the lexical one has no encoder and cannot be.
    #[arg(long, value_enum, default_value_t = Classifier::Auto)]
    classifier: Classifier,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let dir: &Path = &arguments.dir;
    // Before time goes into learning.
    exchange::check_target(dir)?;
    let source = Source::of_folder(&arguments.path)?;
    let learned = learning::learn(source, arguments.classifier.aim(), None)?;
    let layout = match exchange::write(&learned, dir)? {
        ExportLayout::SentenceTransformers => "sentence-transformers",
        ExportLayout::SequenceClassification => "transformers' sequence classification",
    };
    let (step, labels) = (learned.classifier.step().name(), learned.classifier.labels().len());
    eprintln!(
        "gloss: exported the {step} classifier, {}, {:.1}% on rows that were held out, in the layout of {layout}.",
        counted(labels, "label", "labels"),
        view::measure(&learned, &learned.estimate).1 * 100.0
    );
    terminal::print(&format!("{}\n", dir.display()))?;
    Ok(ExitCode::SUCCESS)
}
