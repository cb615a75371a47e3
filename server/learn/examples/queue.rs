//! Labels that a queue saves: `queue FOLDER VECTORS SEEDS STRATEGY...`. FOLDER holds train.jsonl and test.jsonl, rows with "text" and
//! "label"; VECTORS.train.f32 and VECTORS.test.f32 their vectors, 384 little-endian floats a row, in the same order. A strategy is random,
//! mixed, margin, entropy, confidence or k-center; mixed@lexical and so on learn without vectors.
//!
//! Somebody labels rows of train, 10 random ones first, then what the queue asks, 20 rows at a time, up to 410. Of a seed, all strategies begin
//! with the same rows. Prints a line of JSON for each size: accuracy on test, and seconds that the choice of the next rows took.

mod known;

use std::{collections::BTreeSet, env, process::ExitCode, sync::Arc, time::Instant};

use known::{Known, Rows, learn_vectors, rows};
use learn::{
    Control, Embeddings, Estimate, Example, Lesson, Target, Text, lexical, probe,
    queue::{self, Candidate, Ground, Strategy},
};
use serde_json::json;

const FIRST: usize = 10;
const BATCH: usize = 20;
const LAST: usize = 410;

fn read(folder: &str, vectors: &str, split: &str, known: &mut Known) -> Result<Rows, String> {
    let rows = rows(&format!("{folder}/{split}.jsonl"))?;
    learn_vectors(&rows, &format!("{vectors}.{split}.f32"), known)?;
    Ok(rows)
}

/// The order in which a seed would label rows at random; the first ten have two labels at least.
fn shuffled(train: &Rows, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..train.len()).collect();
    order.sort_by_cached_key(|&row| xxhash_rust::xxh3::xxh3_64_with_seed(&row.to_le_bytes(), seed));
    let other = order.iter().position(|&row| train[row].1 != train[order[0]].1);
    if let Some(place) = other.filter(|&place| place >= FIRST) {
        order.swap(place, FIRST - 1);
    }
    order
}

/// `None`: at random.
fn strategy_named(name: &str) -> Result<Option<Strategy>, String> {
    Ok(Some(match name {
        "random" => return Ok(None),
        "mixed" => Strategy::Mixed,
        "margin" => Strategy::Margin,
        "entropy" => Strategy::Entropy,
        "confidence" => Strategy::Confidence,
        "k-center" => Strategy::KCenter,
        _ => return Err(format!("no strategy is called {name}")),
    }))
}

struct Bench {
    data: String,
    train: Rows,
    test: Vec<Text>,
    answers: Vec<u32>,
    labels: Vec<Arc<str>>,
    embeddings: Arc<Embeddings>,
}

impl Bench {
    fn open(folder: &str, vectors: &str) -> Result<Bench, String> {
        let mut known = Known::default();
        let (train, test) = (read(folder, vectors, "train", &mut known)?, read(folder, vectors, "test", &mut known)?);
        let labels: BTreeSet<Arc<str>> = train.iter().chain(&test).map(|(_, label)| label.as_str().into()).collect();
        let labels: Vec<Arc<str>> = labels.into_iter().collect();
        let answers = test.iter().filter_map(|(_, label)| number(&labels, label)).collect();
        let texts = |rows: Rows| rows.into_iter().map(|(text, _)| text).collect::<Vec<Text>>();
        let (embeddings, test) = (Arc::new(Embeddings::new(Arc::new(known), None)), texts(test));
        for texts in [&texts(train.clone()), &test] {
            embeddings.of(texts, &Control::default()).map_err(|error| error.to_string())?;
        }
        let data = folder.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
        Ok(Bench { data, train, test, answers, labels, embeddings })
    }

    fn run(&self, name: &str, seed: u64) -> Result<(), String> {
        let (how, step) = name.split_once('@').unwrap_or((name, "probe"));
        let strategy = strategy_named(how)?;
        let order = shuffled(&self.train, seed);
        let example = |row: &(Text, String)| Example { text: row.0.clone(), target: None };
        let examples = self.train.iter().map(example).collect();
        let mut lesson = Lesson { labels: self.labels.clone(), examples, seed, ..Lesson::default() };
        let mut classifier = if step == "lexical" { lexical() } else { probe(&self.embeddings) };
        let mut next = order[..FIRST].to_vec();
        let mut labelled = 0;
        loop {
            labelled += next.len();
            for row in next.drain(..) {
                lesson.examples[row].target = number(&self.labels, &self.train[row].1).map(Target::One);
            }
            let fit = classifier.fit(&lesson, &Control::default()).map_err(|error| error.to_string())?;
            classifier = fit.classifier;
            let accuracy = Estimate::of(&classifier.predict(&self.test), &self.answers).accuracy;
            let rows: Vec<usize> = order.iter().copied().filter(|&row| lesson.examples[row].target.is_none()).collect();
            let unlabelled: Vec<Text> = rows.iter().map(|&row| self.train[row].0.clone()).collect();
            let mut seconds = 0.0;
            if let (Some(strategy), true) = (strategy, labelled < LAST) {
                let probabilities = classifier.predict(&unlabelled);
                let candidate = |(place, text): (usize, &Text)| {
                    let of = probabilities.row(place);
                    let label = (0..).zip(of).max_by(|a, b| a.1.total_cmp(b.1)).map_or(0, |(label, _)| label);
                    Candidate { place, key: text.key, label, sureness: strategy.sureness(of) }
                };
                let candidates: Vec<Candidate> = unlabelled.iter().enumerate().map(candidate).collect();
                let known = lesson.examples.iter().filter(|example| example.target.is_some());
                let ground = Ground {
                    unlabelled: &unlabelled,
                    labelled: known.map(|example| &example.text).collect(),
                    embeddings: classifier.embeddings().map(|embeddings| &**embeddings),
                };
                let begun = Instant::now();
                next =
                    queue::choose(strategy, &candidates, &ground, BATCH).into_iter().map(|place| rows[place]).collect();
                seconds = begun.elapsed().as_secs_f64();
            } else {
                next = rows.into_iter().take(BATCH).collect();
            }
            println!(
                "{}",
                json!({ "data": self.data, "strategy": name, "seed": seed, "labels": labelled, "accuracy": accuracy, "seconds": seconds })
            );
            if labelled >= LAST || next.is_empty() {
                return Ok(());
            }
        }
    }
}

fn number(labels: &[Arc<str>], label: &str) -> Option<u32> {
    labels.binary_search_by(|known| (**known).cmp(label)).ok().map(|place| place as u32)
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, vectors, seeds, strategies @ ..] = &arguments[..] else {
        eprintln!("usage: queue FOLDER VECTORS SEEDS STRATEGY...");
        return ExitCode::from(2);
    };
    let run = || {
        let bench = Bench::open(folder, vectors)?;
        for seed in 0..seeds.parse().map_err(|_| format!("{seeds} is no number of seeds"))? {
            strategies.iter().try_for_each(|strategy| bench.run(strategy, seed))?;
        }
        Ok::<(), String>(())
    };
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
