//! What the probe reaches on vectors that were made before: `probe FOLDER VECTORS LABELS SEEDS`. FOLDER holds train.jsonl and
//! test.jsonl, rows with "text" and "label"; VECTORS.train.f32 and VECTORS.test.f32 their vectors, 384 little-endian floats a row, in
//! the same order; LABELS is how many labels a class ("8c"), how many rows ("1000"), "all", or "FILE@NAME": a JSON file that lists
//! row numbers, {NAME: {SEED: {"labelled": [], "rest": []}}}, to learn from the rows that others learned from. In the first three
//! cases up to 9,000 other rows of train are there without labels. Prints a line of JSON a seed.

mod known;

use std::{collections::BTreeSet, env, fs, process::ExitCode, sync::Arc, time::Instant};

use known::{Known, Rows, learn_vectors, rows};
use learn::{Control, Embeddings, Estimate, Example, FitError, Lesson, Target, Text, probe};
use rustc_hash::FxHashMap;
use serde_json::{Value, json};

const UNLABELLED: usize = 9_000;

fn read(folder: &str, vectors: &str, split: &str, known: &mut Known) -> Result<Rows, String> {
    let rows = rows(&format!("{folder}/{split}.jsonl"))?;
    learn_vectors(&rows, &format!("{vectors}.{split}.f32"), known)?;
    Ok(rows)
}

/// Rows to give labels, and the others in the order in which they may be there unlabelled.
fn choose(train: &Rows, which: &str, seed: u64) -> Result<(Vec<usize>, Vec<usize>), String> {
    if let Some((path, seed_of)) = which.split_once('@') {
        let content = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
        let listed: Value = serde_json::from_str(&content).map_err(|error| format!("{path}: {error}"))?;
        let pick = |name: &str| -> Vec<usize> {
            let rows = listed[seed_of][seed.to_string()][name].as_array().cloned().unwrap_or_default();
            rows.iter().filter_map(Value::as_u64).map(|row| row as usize).collect()
        };
        return Ok((pick("labelled"), pick("rest")));
    }
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.sort_by_cached_key(|&row| {
        xxhash_rust::xxh3::xxh3_64_with_seed(train[row].1.as_bytes(), seed) ^ train[row].0.key
    });
    let of_class = which.strip_suffix('c').map(|count| count.parse::<usize>());
    let mut met: FxHashMap<&str, usize> = FxHashMap::default();
    let labelled: BTreeSet<usize> = match of_class {
        Some(Ok(count)) => order
            .iter()
            .copied()
            .filter(|&row| {
                let met = met.entry(&train[row].1).or_default();
                *met += 1;
                *met <= count
            })
            .collect(),
        _ if which == "all" => order.iter().copied().collect(),
        _ => order.iter().copied().take(which.parse().map_err(|_| format!("what is {which}?"))?).collect(),
    };
    let rest = order.iter().copied().filter(|row| !labelled.contains(row)).take(UNLABELLED).collect();
    Ok((labelled.into_iter().collect(), rest))
}

fn run(folder: &str, vectors: &str, which: &str, seeds: u64) -> Result<(), String> {
    let mut known = Known::default();
    let (train, test) = (read(folder, vectors, "train", &mut known)?, read(folder, vectors, "test", &mut known)?);
    let names: BTreeSet<&String> = train.iter().chain(&test).map(|row| &row.1).collect();
    let labels: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
    let target = |label: &str| names.iter().position(|name| *name == label).map(|place| place as u32);
    let embeddings = Arc::new(Embeddings::new(Arc::new(known), None));
    let texts = |rows: &Rows| rows.iter().map(|row| row.0.clone()).collect::<Vec<Text>>();
    let failed = |error: FitError| error.to_string();
    for texts in [texts(&train), texts(&test)] {
        embeddings.of(&texts, &Control::default()).map_err(failed)?;
    }
    let targets: Vec<u32> = test.iter().filter_map(|row| target(&row.1)).collect();
    let blank = probe(&embeddings);
    for seed in 0..seeds {
        let (labelled, rest) = choose(&train, which, seed)?;
        let example = |&row: &usize, labelled: bool| Example {
            text: train[row].0.clone(),
            target: target(&train[row].1).filter(|_| labelled).map(Target::One),
        };
        let examples: Vec<Example> =
            labelled.iter().map(|row| example(row, true)).chain(rest.iter().map(|row| example(row, false))).collect();
        let mut lesson = Lesson { labels: labels.clone(), examples, seed, ..Lesson::default() };
        let start = Instant::now();
        let fit = blank.fit(&lesson, &Control::default()).map_err(failed)?;
        let fit_seconds = start.elapsed().as_secs_f64();
        let estimate = Estimate::of(&fit.classifier.predict(&texts(&test)), &targets);

        let all: Vec<Text> = lesson.examples.iter().map(|example| example.text.clone()).collect();
        let mut refits = Vec::new();
        let mut classifier = fit.classifier.clone();
        for turn in 0..if which == "all" { 1 } else { 5 } {
            let target = &mut lesson.examples[turn * 7].target;
            let label = target.as_ref().and_then(Target::one).unwrap_or(0);
            *target = Some(Target::One((label + 1) % labels.len() as u32));
            let start = Instant::now();
            classifier = classifier.fit(&lesson, &Control::default()).map_err(failed)?.classifier;
            let fitted = start.elapsed().as_secs_f64();
            classifier.predict(&all);
            refits.push((start.elapsed().as_secs_f64(), fitted));
        }
        refits.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (refit_and_predict, refit) = refits[refits.len() / 2];
        let held_out = &fit.held_out.estimate;
        println!(
            "{}",
            json!({ "data": folder.rsplit('/').next(), "labels": which, "seed": seed, "rows": labelled.len(), "others": rest.len(),
                "accuracy": estimate.accuracy, "ece": estimate.ece, "log_loss": estimate.log_loss, "macro_f1": estimate.macro_f1,
                "held_out_accuracy": held_out.accuracy, "held_out_log_loss": held_out.log_loss, "seconds": fit_seconds,
                "refit_seconds": refit, "refit_and_predict_seconds": refit_and_predict, "classifier": format!("{:?}", fit.classifier).split("choice").last() })
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, vectors, which, seeds] = &arguments[..] else {
        eprintln!("usage: probe FOLDER VECTORS LABELS SEEDS");
        return ExitCode::from(2);
    };
    match run(folder, vectors, which, seeds.parse().unwrap_or(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
