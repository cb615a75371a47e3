//! `gloss eval`: trained on some files, measured on others.

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::{Args, ValueEnum};
use engine::{LearnedTask, corpus::Judged, names, view};
use serde_json::json;

use crate::{
    failure::Failure,
    learning::{self, Classifier, Source},
    terminal::{STRONG, counted, styled},
    tuning::Tuning,
};

const EXAMPLES: &str = "\
Examples:
  gloss eval --train train.jsonl --test test.jsonl
  gloss eval --train a.csv --train b.csv --test test.csv --seed 7
  gloss eval --train train.jsonl --test test.jsonl --budget 60s --format json | tail -n 1

Unlabelled rows of the training files are learned from, too; those of the test files never.

Exit codes: 0 measured; 2 nothing could be learned or measured (or not within --budget).";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// A data file to learn from; may be repeated.
    #[arg(long, required = true, value_name = "FILE")]
    train: Vec<PathBuf>,
    /// A data file to measure on; may be repeated.
    #[arg(long, required = true, value_name = "FILE")]
    test: Vec<PathBuf>,
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[arg(long, value_enum, default_value_t = Classifier::Auto)]
    classifier: Classifier,
    #[command(flatten)]
    tuning: Tuning,
    /// Fixes chance: which rows are held out together.
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// Lines for people.
    Text,
    /// One object in the last line.
    Json,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let mut source = Source::of_files(&arguments.train)?;
    source.corpus.seed = arguments.seed;
    let held_out =
        arguments.test.iter().map(|path| learning::read_like(path, &source.hints)).collect::<Result<Vec<_>, _>>()?;

    let started = Instant::now();
    source.plan = arguments.tuning.plan(source.plan);
    let learned = learning::learn(source, arguments.classifier.aim(), arguments.tuning.budget)?;
    let train_seconds = started.elapsed().as_secs_f64();

    let labels = learned.classifier.labels();
    let Judged { texts, targets, unknown } = Judged::of(held_out.iter(), labels);
    if texts.len() == unknown {
        let names: Vec<_> = arguments.test.iter().map(|path| path.display().to_string()).collect();
        let what = if texts.is_empty() { "no row has a label" } else { "no row has a label that training knows" };
        return Err(format!("{}: {what}. Name a labelled file with --test.", names.join(", ")).into());
    }
    if unknown > 0 {
        let rows = counted(unknown, "row has a label", "rows have labels");
        eprintln!("gloss: {rows} that training does not know; they count as wrong.");
    }
    let started = Instant::now();
    let figures = learned.judge(&texts, &targets);
    let predict_seconds = started.elapsed().as_secs_f64();
    let task = learned.classifier.task();
    let (classifier, rows_train) = (learned.classifier.step().name(), learned.counts.labelled);
    let text = match arguments.format {
        Format::Text => {
            let percent = |share: f64| format!("{:.1}%", share * 100.0);
            let rows = counted(figures.rows, "row", "rows");
            let origin = if learned.from_names { format!("{}, ", names::origin()) } else { String::new() };
            let trained =
                format!("{origin}{}, {}", counted(rows_train, "row", "rows"), counted(labels.len(), "label", "labels"));
            let interval = format!("{} to {}", percent(figures.low), percent(figures.high));
            let (measure, value) = view::measure(&learned, &figures);
            let exact = (task != LearnedTask::Single)
                .then(|| format!("whole rows   {} exactly right", percent(figures.accuracy)));
            let lines = [
                format!("classifier   {classifier}, {trained}, learned in {train_seconds:.2} s"),
                format!("{:<13}{} ({interval}) on {rows}", measure.to_string(), styled(STRONG, &percent(value))),
                format!("macro F1     {}", percent(figures.macro_f1)),
                format!("calibration  {} expected error, log loss {:.3}", percent(figures.ece), figures.log_loss),
            ];
            lines.into_iter().chain(exact).collect::<Vec<_>>().join("\n")
        }
        Format::Json => {
            let mut object = json!({
                "classifier": classifier, "accuracy": figures.accuracy, "macro_f1": figures.macro_f1,
                "ece": figures.ece, "log_loss": figures.log_loss, "train_seconds": train_seconds,
                "predict_seconds": predict_seconds, "rows_train": rows_train, "rows_test": figures.rows,
                "labels": labels.len(),
            });
            if task != LearnedTask::Single {
                object["micro_f1"] = figures.micro_f1.into();
            }
            object.to_string()
        }
    };
    crate::terminal::print(&format!("{text}\n"))?;
    Ok(ExitCode::SUCCESS)
}
