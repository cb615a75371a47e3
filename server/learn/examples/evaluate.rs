//! Learns one JSON Lines file and judges by another: `evaluate TRAIN TEST [SEED]`. Rows have "text" and "label" (none or null:
//! learned from without a label). Prints one line of JSON a pair of files: held-out estimate, test estimate, seconds of a fit
//! from nothing, of a refit after one changed label, and of predicting.

use std::{collections::BTreeSet, env, fs, process::ExitCode, sync::Arc, time::Instant};

use learn::{Control, Estimate, Example, Lesson, Step, Target, Text, lexical};
use serde_json::{Value, json};

fn read(path: &str) -> Result<Vec<(Text, Option<String>)>, String> {
    let content = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    content
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).map_err(|error| format!("{path}: {error}"))?;
            let body = row["text"].as_str().unwrap_or_default();
            let label = row["label"].as_str().map(str::to_owned);
            Ok((Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }, label))
        })
        .collect()
}

fn figures(estimate: &Estimate) -> Value {
    json!({ "rows": estimate.rows, "accuracy": estimate.accuracy, "macro_f1": estimate.macro_f1, "ece": estimate.ece,
        "log_loss": estimate.log_loss })
}

fn run(train: &str, test: &str, seed: u64) -> Result<(), String> {
    let (train_rows, test_rows) = (read(train)?, read(test)?);
    let names: BTreeSet<&String> = train_rows.iter().chain(&test_rows).filter_map(|row| row.1.as_ref()).collect();
    let labels: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
    let target = |label: &Option<String>| {
        let label = label.as_ref()?;
        names.iter().position(|name| *name == label).map(|place| place as u32)
    };
    let examples = train_rows
        .iter()
        .map(|(text, label)| Example { text: text.clone(), target: target(label).map(Target::One) })
        .collect();
    let mut lesson = Lesson { labels, examples, seed, ..Lesson::default() };
    let start = Instant::now();
    let fit = lexical().fit(&lesson, &Control::default()).map_err(|error| error.to_string())?;
    let fit_seconds = start.elapsed().as_secs_f64();

    let (texts, targets): (Vec<Text>, Vec<u32>) =
        test_rows.iter().filter_map(|(text, label)| Some((text.clone(), target(label)?))).unzip();
    let start = Instant::now();
    let probabilities = fit.classifier.predict(&texts);
    let predict_seconds = start.elapsed().as_secs_f64();

    let classes = lesson.labels.len() as u32;
    let mut refits = Vec::new();
    let mut known = fit.classifier.clone();
    for turn in 0..5 {
        let labelled = lesson.examples.iter_mut().filter(|example| example.target.is_some()).nth(turn * 7);
        if let Some(Target::One(target)) = labelled.and_then(|example| example.target.as_mut()) {
            *target = (*target + 1) % classes;
        }
        let start = Instant::now();
        known = known.fit(&lesson, &Control::default()).map_err(|error| error.to_string())?.classifier;
        refits.push(start.elapsed().as_secs_f64());
    }
    refits.sort_by(f64::total_cmp);

    let unlabelled: Vec<Text> =
        lesson.examples.iter().filter(|example| example.target.is_none()).map(|example| example.text.clone()).collect();
    let start = Instant::now();
    known.predict(&unlabelled);
    let unlabelled_seconds = start.elapsed().as_secs_f64();

    let mut saved = Vec::new();
    let start = Instant::now();
    known.save(&mut saved).map_err(|error| error.to_string())?;
    let save_seconds = start.elapsed().as_secs_f64();
    let start = Instant::now();
    learn::load(Step::Lexical, &mut &saved[..], None, &learn::none_trained).map_err(|error| error.to_string())?;
    let load_seconds = start.elapsed().as_secs_f64();

    println!(
        "{}",
        json!({ "train": train, "folds": fit.held_out.folds, "classifier": format!("{:?}", fit.classifier).split("dimensions").last(),
            "held_out": figures(&fit.held_out.estimate), "test": figures(&Estimate::of(&probabilities, &targets)),
            "fit_seconds": fit_seconds, "refit_seconds": refits[2], "predict_seconds": predict_seconds,
            "unlabelled": unlabelled.len(), "predict_unlabelled_seconds": unlabelled_seconds,
            "saved_bytes": saved.len(), "save_seconds": save_seconds, "load_seconds": load_seconds })
    );
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (Some(train), Some(test)) = (arguments.first(), arguments.get(1)) else {
        eprintln!("usage: evaluate TRAIN.jsonl TEST.jsonl [SEED]");
        return ExitCode::from(2);
    };
    let seed = arguments.get(2).and_then(|seed| seed.parse().ok()).unwrap_or(0);
    match run(train, test, seed) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
