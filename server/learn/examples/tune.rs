//! What training an encoder is worth: `tune ENCODER FOLDER FILE@NAME SEED KEY=VALUE...`
use std::{env, fs, path::Path, sync::Arc, time::Instant};

use learn::{
    Control, Embeddings, Encoder, Estimate, Example, Lesson, Text, probe,
    tuning::{Recipe, tune},
};
use serde_json::Value;

fn read(path: &str) -> Vec<(Text, String)> {
    let content = fs::read_to_string(path).expect(path);
    let rows = content.lines().map(|line| {
        let row: Value = serde_json::from_str(line).expect("json");
        let body = row["text"].as_str().unwrap_or_default().to_owned();
        let label = row["label"].as_str().map_or_else(|| row["label"].to_string(), str::to_owned);
        (Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }, label)
    });
    rows.collect()
}

fn main() {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, data, which, seed, settings @ ..] = &arguments[..] else { panic!("ENCODER FOLDER FILE@NAME SEED") };
    let seed: u64 = seed.parse().expect("a number");
    let get = |name: &str, default: f32| {
        settings
            .iter()
            .find_map(|s| s.split_once('=').filter(|(k, _)| *k == name))
            .map_or(default, |(_, v)| v.parse().unwrap())
    };
    let base = Encoder::open(Path::new(folder), None).expect("encoder");
    let train = read(&format!("{data}/train.jsonl"));
    let mut test = read(&format!("{data}/test.jsonl"));
    test.truncate(get("test", 500.0) as usize);
    let rows: Vec<usize> = match which.split_once('@') {
        Some((file, name)) => {
            let listed: Value = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
            listed[name][seed.to_string()]["labelled"]
                .as_array()
                .unwrap()
                .iter()
                .map(|r| r.as_u64().unwrap() as usize)
                .collect()
        }
        None => (0..train.len()).collect(),
    };
    let mut labels: Vec<Arc<str>> = train.iter().map(|(_, label)| Arc::from(label.as_str())).collect();
    labels.sort();
    labels.dedup();
    let index = |label: &str| labels.iter().position(|l| &**l == label).unwrap_or(0) as u32;
    let texts: Vec<&str> = rows.iter().map(|&r| &*train[r].0.body).collect();
    let targets: Vec<u32> = rows.iter().map(|&r| index(&train[r].1)).collect();
    let recipe = Recipe {
        blocks: get("blocks", 6.0) as usize,
        pairs: get("pairs", 1.0) > 0.0,
        steps: get("steps", 100.0) as usize,
        batch: get("batch", 32.0) as usize,
        rate: get("rate", 1e-4),
        head_rate: get("head", 10.0),
        scale: get("scale", 10.0),
        layers: get("layers", 1.0),
        decay: get("decay", 0.01),
        dropout: get("dropout", 0.1),
        smoothing: get("smoothing", 0.0),
        seed,
    };
    let measure = |encoder: Encoder| {
        let embeddings = Arc::new(Embeddings::new(Arc::new(encoder), None));
        let lesson = Lesson {
            labels: labels.clone(),
            examples: rows
                .iter()
                .zip(&targets)
                .map(|(&r, &t)| Example { text: train[r].0.clone(), target: Some(t) })
                .collect(),
            seed,
        };
        let fit = probe(&embeddings).fit(&lesson, &Control::default()).expect("fit");
        let bodies: Vec<Text> = test.iter().map(|(text, _)| text.clone()).collect();
        let estimate =
            Estimate::of(&fit.classifier.predict(&bodies), &test.iter().map(|(_, l)| index(l)).collect::<Vec<_>>());
        format!(
            "accuracy {:.1} ece {:.1} (out of fold, flattered {:.1})",
            estimate.accuracy * 100.0,
            estimate.ece * 100.0,
            fit.held_out.estimate.accuracy * 100.0
        )
    };
    if get("base", 0.0) > 0.0 {
        println!("base {}", measure(Encoder::open(Path::new(folder), None).unwrap()));
    }
    let every = get("every", 1e9) as usize;
    let (mut last, mut spent, mut sum) = (Instant::now(), 0.0, 0.0);
    let tuned = tune(&base, &texts, &targets, labels.len(), &recipe, &Control::default(), |step, loss, now| {
        sum += loss;
        if (step + 1) % every == 0 && step + 1 < recipe.steps {
            spent += last.elapsed().as_secs_f64();
            println!("  step {} loss {:.4} {:.1} s {}", step + 1, sum / every as f32, spent, measure(now()));
            sum = 0.0;
            last = Instant::now();
        }
    })
    .expect("tuned");
    spent += last.elapsed().as_secs_f64();
    println!("{which} seed {seed} {settings:?} {:.1} s {}", spent, measure(tuned));
}
