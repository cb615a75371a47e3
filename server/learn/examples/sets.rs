//! How good each step is where a text has several labels: `sets STEPS ENCODER TEST TRAIN...`.
//!
//! STEPS: of `lexical`, `probe`, `tuned`, those to learn, with commas between. Rows have "text" and "labels". Settings of the training may stand among the files, as
//! NAME=VALUE: strategy (auto, last, all, pairs, lora), epochs, budget (seconds), seed. Prints a line of JSON a step and training file,
//! figures in percent; the seconds of the probe are those after all texts are embedded.

use std::{
    collections::BTreeSet,
    env,
    error::Error,
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use learn::{
    Control, Device, Embeddings, Encoder, Estimate, Example, Fit, Lesson, Target, Task, Text, fine_tune, lexical,
    probe,
    tuning::{Bench, Plan, Strategy},
};
use serde_json::{Value, json};

type Rows = Vec<(Text, Vec<String>)>;

fn read(path: &str) -> Result<Rows, Box<dyn Error>> {
    let content = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let rows = content.lines().map(|line| {
        let row: Value = serde_json::from_str(line)?;
        let body = row["text"].as_str().unwrap_or_default();
        let labels = row["labels"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let text = Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() };
        Ok((text, labels.map(str::to_owned).collect()))
    });
    rows.collect()
}

fn figures(estimate: &Estimate) -> Value {
    let percent = |share: f64| (share * 1000.0).round() / 10.0;
    json!({ "micro_f1": percent(estimate.micro_f1), "macro_f1": percent(estimate.macro_f1),
        "exact": percent(estimate.accuracy), "ece": percent(estimate.ece),
        "low": percent(estimate.low), "high": percent(estimate.high),
        "log_loss": (estimate.log_loss * 1000.0).round() / 1000.0 })
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (settings, rest): (Vec<&String>, Vec<&String>) = arguments.iter().partition(|argument| argument.contains('='));
    let [steps, folder, test, trains @ ..] = &rest[..] else {
        return Err("STEPS ENCODER TEST TRAIN... [NAME=VALUE...]".into());
    };
    let setting =
        |name: &str| settings.iter().find_map(|s| s.split_once('=').filter(|(n, _)| *n == name)).map(|(_, v)| v);
    let number = |name: &str| setting(name).and_then(|value| value.parse::<usize>().ok());
    let strategy = match setting("strategy") {
        Some("last") => Strategy::LastBlocks,
        Some("all") => Strategy::All,
        Some("pairs") => Strategy::Contrastive,
        Some("lora") => Strategy::Lora,
        _ => Strategy::Auto,
    };
    let budget = Duration::from_secs(number("budget").unwrap_or(600) as u64);
    let plan = Plan { strategy, epochs: number("epochs"), budget, ..Plan::default() };
    let wants = |step: &str| steps.split(',').any(|wanted| wanted == step);

    let test = read(test)?;
    let embeddings = if wants("probe") || wants("tuned") {
        Some(Arc::new(Embeddings::new(Arc::new(Encoder::open(Path::new(folder), None)?.on(Device::Auto)?), None)))
    } else {
        None
    };
    let control = Control::default();
    for path in trains {
        let train = read(path)?;
        let names: BTreeSet<&String> = train.iter().chain(&test).flat_map(|row| &row.1).collect();
        let labels: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
        let set = |row: &(Text, Vec<String>)| -> Arc<[u32]> {
            (0..).zip(&names).filter(|(_, name)| row.1.contains(name)).map(|(label, _)| label).collect()
        };
        let example = |row| Example { text: <(Text, Vec<String>)>::clone(row).0, target: Some(Target::Set(set(row))) };
        let examples = train.iter().map(example).collect();
        let seed = number("seed").unwrap_or(0) as u64;
        let lesson = Lesson { task: Task::Multi, labels, examples, seed };
        let texts: Vec<Text> = test.iter().map(|(text, _)| text.clone()).collect();
        let targets: Vec<Arc<[u32]>> = test.iter().map(set).collect();
        let show = |step: &str, fit: &Fit, seconds: f64| {
            let thresholds = fit.classifier.thresholds().unwrap_or_default();
            let estimate = Estimate::of_sets(&fit.classifier.predict(&texts), &targets, thresholds);
            let line = json!({ "train": path, "step": step, "seconds": (seconds * 100.0).round() / 100.0,
                "test": figures(&estimate), "held_out": figures(&fit.held_out.estimate) });
            println!("{line} {:?}", fit.classifier);
        };
        if wants("lexical") {
            let started = Instant::now();
            let fit = lexical().fit(&lesson, &control)?;
            show("lexical", &fit, started.elapsed().as_secs_f64());
        }
        let Some(embeddings) = &embeddings else { continue };
        let learned: Vec<Text> = train.iter().map(|(text, _)| text.clone()).collect();
        embeddings.of(&[learned, texts.clone()].concat(), &control)?;
        let started = Instant::now();
        let below = probe(embeddings).fit(&lesson, &control)?;
        if wants("probe") {
            show("probe", &below, started.elapsed().as_secs_f64());
        }
        let started = Instant::now();
        if wants("tuned")
            && let Some(tuned) = fine_tune(embeddings, &below, &lesson, plan, &Bench::default(), &control)?
        {
            show("fine-tuned", &tuned.fit, started.elapsed().as_secs_f64());
        }
    }
    Ok(())
}
