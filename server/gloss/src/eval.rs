//! `gloss eval`: trained on one file, measured on another.

use std::{fs, path::Path, process::ExitCode, time::Instant};

use clap::ValueEnum;
use engine::{Control, Document, Estimate, Hints, Learned, corpus::Corpus};
use serde_json::json;

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Format {
    Text,
    /// One object in the last line.
    Json,
}

pub(crate) fn run(train: &Path, test: &Path, format: Format, seed: u64) -> Result<ExitCode, String> {
    let training = read(train, &Hints::default())?;
    // The fields of the training file are those of the other: what was detected there is configured here.
    let schema = training.schema();
    let hints = Hints { text: schema.text.clone(), label: Some(schema.label.clone()), ..Hints::default() };
    let held_out = read(test, &hints)?;
    let started = Instant::now();
    let corpus = Corpus { documents: vec![(training, false)], closed: Vec::new(), seed };
    let learned = learn(corpus, train)?;
    let train_seconds = started.elapsed().as_secs_f64();
    let rows_train = learned.estimate.rows;
    let labels = learned.classifier.labels().to_vec();
    let (texts, targets) =
        Corpus { documents: vec![(held_out.clone(), true)], closed: Vec::new(), seed }.held_out(&labels);
    if texts.is_empty() {
        return Err(format!("{}: no row has a label that {} knows.", test.display(), train.display()));
    }
    let labelled = held_out.rows().iter().filter(|row| row.label().is_some()).count();
    if labelled > texts.len() {
        eprintln!("gloss: {} rows with labels unknown in training are left out.", labelled - texts.len());
    }
    let started = Instant::now();
    let probabilities = learned.predict(&texts);
    let predict_seconds = started.elapsed().as_secs_f64();
    let figures = Estimate::of(&probabilities, &targets);
    let classifier = learned.classifier.step().name();
    match format {
        Format::Text => {
            println!("classifier   {classifier}, {rows_train} rows, {} labels, {train_seconds:.2} s", labels.len());
            let (low, high) = (figures.low * 100.0, figures.high * 100.0);
            println!("accuracy     {:.1}% ({low:.1} to {high:.1}) on {} rows", figures.accuracy * 100.0, figures.rows);
            println!("macro F1     {:.1}%", figures.macro_f1 * 100.0);
            println!("calibration  {:.1}% expected error, log loss {:.3}", figures.ece * 100.0, figures.log_loss);
        }
        Format::Json => println!(
            "{}",
            json!({
                "classifier": classifier, "accuracy": figures.accuracy, "macro_f1": figures.macro_f1,
                "ece": figures.ece, "log_loss": figures.log_loss, "train_seconds": train_seconds,
                "predict_seconds": predict_seconds, "rows_train": rows_train, "rows_test": figures.rows,
                "labels": labels.len(),
            })
        ),
    }
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn read(path: &Path, hints: &Hints) -> Result<Document, String> {
    let bytes = fs::read(path).map_err(|error| format!("{}: {error}.", path.display()))?;
    let document = Document::from_bytes(path, bytes, hints);
    let document = document.ok_or_else(|| format!("{} is not a data file that Gloss knows.", path.display()))?;
    if !document.problems().is_empty() {
        let count = document.problems().len();
        eprintln!("gloss: {}: {count} rows cannot be read; gloss check names them.", path.display());
    }
    Ok(document)
}

pub(crate) fn learn(corpus: Corpus, named: &Path) -> Result<Learned, String> {
    let blank = engine::project::blank();
    Learned::learn(corpus, blank, 1, &Control::default()).map_err(|why| format!("{}: {why}", named.display()))
}
