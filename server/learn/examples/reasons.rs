//! Whether the words that are said to decide do: `reasons STEP TRAIN TEST [ROWS]`, the step being lexical, probe or tuned; the two latter ask
//! for GLOSS_ENCODER, a folder. Learns the first ROWS rows of TRAIN (all), then takes from each of 300 texts of TEST (of more than 3 words) the three words
//! that add most to its label, and three by chance. Prints one line of JSON: how often either changes the label, how far reasons are from what
//! the text adds, and how long they take.

use std::{
    collections::BTreeSet,
    env, fs,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use learn::{
    Classifier, Control, Embeddings, Encoder, Example, Fit, Lesson, Reason, Target, Text,
    tuning::{Bench, Plan, Strategy},
};
use serde_json::{Value, json};

const TEXTS: usize = 300;
const WORDS: usize = 3;

fn text(body: &str) -> Text {
    Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }
}

fn read(path: &str) -> Result<Vec<(Text, String)>, String> {
    let content = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let row = |line: &str| {
        let row: Value = serde_json::from_str(line).map_err(|error| format!("{path}: {error}"))?;
        Ok((text(row["text"].as_str().unwrap_or_default()), row["label"].as_str().unwrap_or_default().to_owned()))
    };
    content.lines().map(row).collect()
}

fn learned(step: &str, lesson: &Lesson) -> Result<Fit, String> {
    let control = Control::default();
    if step == "lexical" {
        return learn::lexical().fit(lesson, &control).map_err(|error| error.to_string());
    }
    let folder = env::var("GLOSS_ENCODER").map_err(|_| "GLOSS_ENCODER is not set")?;
    let encoder = Encoder::open(Path::new(&folder), None).map_err(|error| error.to_string())?;
    let embeddings = Arc::new(Embeddings::new(Arc::new(encoder), None));
    let probe = learn::probe(&embeddings).fit(lesson, &control).map_err(|error| error.to_string())?;
    if step == "probe" {
        return Ok(probe);
    }
    let plan = Plan { strategy: Strategy::Auto, budget: Duration::from_secs(60), ..Plan::default() };
    let tuned = learn::fine_tune(&embeddings, &probe, lesson, plan, &Bench::default(), &control);
    Ok(tuned.map_err(|error| error.to_string())?.ok_or("too few rows to train an encoder")?.fit)
}

fn top(classifier: &dyn Classifier, text: &Text) -> u32 {
    let row = classifier.predict(std::slice::from_ref(text));
    let best = (0..row.columns).max_by(|a, b| row.values[*a].total_cmp(&row.values[*b]));
    best.unwrap_or_default() as u32
}

fn without(body: &str, words: &[&Reason]) -> Text {
    let (mut left, mut at) = (String::new(), 0);
    let mut words = words.to_vec();
    words.sort_by_key(|word| word.bytes.start);
    for word in words {
        left += &body[at..word.bytes.start as usize];
        at = word.bytes.end as usize;
    }
    text(&(left + &body[at..]))
}

fn run(step: &str, train: &str, test: &str, rows: usize) -> Result<(), String> {
    let (mut train, test) = (read(train)?, read(test)?);
    train.truncate(rows);
    let names: BTreeSet<&String> = train.iter().map(|row| &row.1).collect();
    let labels: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
    let target = |label| names.iter().position(|name| *name == label).map(|place| Target::One(place as u32));
    let examples = train.iter().map(|(text, label)| Example { text: text.clone(), target: target(label) });
    let lesson = Lesson { labels: labels.clone(), examples: examples.collect(), ..Lesson::default() };
    let classifier = learned(step, &lesson)?.classifier;

    let (mut changed, mut by_chance, mut texts, mut chance) = (0, 0, 0, 1u64);
    let (mut errors, mut times, mut longest) = (Vec::new(), Vec::new(), 0);
    for (text, _) in &test {
        let label = top(&*classifier, text);
        let started = Instant::now();
        let Some(reasons) = classifier.reasons(text, label, &Control::default()) else { continue };
        times.push(started.elapsed().as_secs_f64());
        errors.push(reasons.error);
        longest = longest.max(reasons.words.len());
        let mut words: Vec<&Reason> = reasons.words.iter().collect();
        if words.len() <= WORDS {
            continue;
        }
        words.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        changed += usize::from(top(&*classifier, &without(&text.body, &words[..WORDS])) != label);
        for place in 0..WORDS {
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let left = words.len() - place;
            words.swap(place, place + (chance >> 33) as usize % left);
        }
        by_chance += usize::from(top(&*classifier, &without(&text.body, &words[..WORDS])) != label);
        texts += 1;
        if texts == TEXTS {
            break;
        }
    }
    errors.sort_by(f32::total_cmp);
    times.sort_by(f64::total_cmp);
    let share = |count: usize| (1000.0 * count as f64 / texts.max(1) as f64).round() / 10.0;
    let within = errors.iter().filter(|error| **error <= 0.05).count() as f64 / errors.len().max(1) as f64;
    println!(
        "{}",
        json!({ "step": classifier.step().name(), "texts": texts, "longest_words": longest,
            "changed_by_top_words": share(changed), "by_words_of_chance": share(by_chance),
            "error_median": errors[errors.len() / 2], "error_p95": errors[errors.len() * 95 / 100],
            "within_5_percent": within, "ms_median": 1e3 * times[times.len() / 2],
            "ms_p95": 1e3 * times[times.len() * 95 / 100], "ms_worst": times.last().map(|s| 1e3 * s) })
    );
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let result = match &arguments[..] {
        [step, train, test] => run(step, train, test, usize::MAX),
        [step, train, test, rows] => run(step, train, test, rows.parse().unwrap_or(usize::MAX)),
        _ => Err("usage: reasons STEP TRAIN TEST [ROWS]".to_owned()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
