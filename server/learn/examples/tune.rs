//! What training an encoder is worth: `tune ENCODER FOLDER LABELS SEED [NAME=VALUE...]`. FOLDER holds train.jsonl and test.jsonl, rows
//! with "text" and "label"; LABELS is "all", or "FILE@NAME": a JSON file that lists row numbers, {NAME: {SEED: {"labelled": []}}}.
//! Names: strategy (auto, last, all, pairs, lora), epochs, budget (seconds), test (rows). Prints how training goes, then the probe before
//! it and the fine-tuned classifier.

use std::{
    env,
    error::Error,
    fs,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use learn::{
    Control, Device, Embeddings, Encoder, Estimate, Example, Fit, Lesson, Target, Text, fine_tune, probe,
    tuning::{Bench, Plan, Strategy},
};
use serde_json::Value;

fn read(path: &str) -> Result<Vec<(Text, String)>, Box<dyn Error>> {
    let content = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let rows = content.lines().map(|line| {
        let row: Value = serde_json::from_str(line)?;
        let body = row["text"].as_str().unwrap_or_default().to_owned();
        let label = row["label"].as_str().map_or_else(|| row["label"].to_string(), str::to_owned);
        Ok((Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }, label))
    });
    rows.collect()
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, data, which, seed, settings @ ..] = &arguments[..] else {
        return Err("ENCODER FOLDER LABELS SEED [NAME=VALUE...]".into());
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
    let budget = Duration::from_secs(number("budget").unwrap_or(60) as u64);
    let plan = Plan { strategy, epochs: number("epochs"), budget, ..Plan::default() };

    let train = read(&format!("{data}/train.jsonl"))?;
    let mut test = read(&format!("{data}/test.jsonl"))?;
    test.truncate(number("test").unwrap_or(usize::MAX));
    let rows: Vec<usize> = match which.split_once('@') {
        Some((file, name)) => {
            let listed: Value = serde_json::from_str(&fs::read_to_string(file)?)?;
            let listed = listed[name][seed]["labelled"].as_array().cloned().unwrap_or_default();
            listed.iter().filter_map(Value::as_u64).map(|row| row as usize).collect()
        }
        None => (0..train.len()).collect(),
    };
    let mut labels: Vec<Arc<str>> = train.iter().map(|(_, label)| Arc::from(label.as_str())).collect();
    labels.sort();
    labels.dedup();
    let index = |label: &str| labels.iter().position(|known| &**known == label).map(|place| place as u32);
    let example = |&row: &usize| Example { text: train[row].0.clone(), target: index(&train[row].1).map(Target::One) };
    let examples = rows.iter().map(example).collect();
    let lesson = Lesson { labels: labels.clone(), examples, seed: seed.parse()?, ..Lesson::default() };
    let texts: Vec<Text> = test.iter().map(|(text, _)| text.clone()).collect();
    let targets: Vec<u32> = test.iter().map(|(_, label)| index(label).unwrap_or(u32::MAX)).collect();
    let show = |name: &str, fit: &Fit, seconds: f64| {
        let estimate = Estimate::of(&fit.classifier.predict(&texts), &targets);
        let percent = |share: f64| format!("{:.1}", share * 100.0);
        let held_out = &fit.held_out.estimate;
        println!(
            "{which} seed {seed} {name}: {seconds:.1} s, accuracy {} ece {}; held out {} ece {} of {}",
            percent(estimate.accuracy),
            percent(estimate.ece),
            percent(held_out.accuracy),
            percent(held_out.ece),
            held_out.rows
        );
    };

    let embeddings =
        Arc::new(Embeddings::new(Arc::new(Encoder::open(Path::new(folder), None)?.on(Device::Auto)?), None));
    let started = Instant::now();
    let below = probe(&embeddings).fit(&lesson, &Control::default())?;
    show("probe", &below, started.elapsed().as_secs_f64());
    let control = Control {
        on_epoch: Some(Box::new(|epoch| {
            let held_out = epoch.held_out.as_ref().map_or(String::new(), |e| format!("{:.1}", e.accuracy * 100.0));
            println!(
                "  training {}/{} step {}/{} epoch {:.1} loss {:.4} held out {held_out} {:.0} rows/s {:.0} s left",
                epoch.training,
                epoch.trainings,
                epoch.step,
                epoch.steps,
                epoch.epochs,
                epoch.loss,
                epoch.rows_per_second,
                epoch.left.as_secs_f32()
            );
        })),
        ..Control::default()
    };
    let started = Instant::now();
    match fine_tune(&embeddings, &below, &lesson, plan, &Bench::default(), &control)? {
        Some(tuned) => show("fine-tuned", &tuned.fit, started.elapsed().as_secs_f64()),
        None => println!("too few rows to fine-tune"),
    }
    Ok(())
}
