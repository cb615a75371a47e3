//! Learns spans of one JSON Lines file and judges by another: `spans TRAIN TEST [ROWS [SEED]]`. Rows have "text" and "spans" (a list of
//! "start", "end" in code points, and "label"; none: learned from without spans). With ROWS, only the rows from ROWS * SEED on are learned
//! from. Prints a line of JSON for the lexical step, and where GLOSS_ENCODER is an encoder's folder one for the probe: held-out estimate,
//! test estimate, seconds of embedding all texts, of a fit from nothing, of a refit after one row's spans changed, and of predicting.

use std::{collections::BTreeSet, env, fs, path::Path, process::ExitCode, sync::Arc, time::Instant};

use catalogue::Phrase;
use learn::{
    Control, Embeddings, Encoder, FitError, Text,
    spans::{self, Estimate, Example, Lesson, Span, Tagger, find},
};
use serde_json::{Value, json};

type Rows = Vec<(Text, Option<Vec<(u32, u32, String)>>)>;

fn read(path: &str) -> Result<Rows, String> {
    let content = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    content
        .lines()
        .map(|line| {
            let row: Value = serde_json::from_str(line).map_err(|error| format!("{path}: {error}"))?;
            let body = row["text"].as_str().unwrap_or_default();
            let mut bytes: Vec<u32> = body.char_indices().map(|(byte, _)| byte as u32).collect();
            bytes.push(body.len() as u32);
            let at = |value: &Value| bytes.get(value.as_u64()? as usize).copied();
            let span =
                |span: &Value| Some((at(&span["start"])?, at(&span["end"])?, span["label"].as_str()?.to_owned()));
            let spans = row["spans"].as_array().map(|spans| spans.iter().filter_map(span).collect());
            Ok((Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }, spans))
        })
        .collect()
}

fn figures(estimate: &Estimate) -> Value {
    let Estimate { rows, precision, recall, f1, low, high, macro_f1, ece, exact } = estimate;
    json!({ "rows": rows, "f1": f1, "low": low, "high": high, "precision": precision, "recall": recall,
        "macro_f1": macro_f1, "ece": ece, "exact": exact })
}

/// What is learned, and what is judged by.
struct Task {
    lesson: Lesson,
    texts: Vec<Text>,
    answers: Vec<Arc<[Span]>>,
}

impl Task {
    fn of(train: &str, test: &str, rows: usize, seed: u64) -> Result<Task, String> {
        let (mut train_rows, test_rows) = (read(train)?, read(test)?);
        if rows > 0 {
            train_rows = train_rows.into_iter().skip(rows * seed as usize).take(rows).collect();
        }
        let given = train_rows.iter().chain(&test_rows).filter_map(|row| row.1.as_ref()).flatten();
        let names: BTreeSet<String> = given.map(|span| span.2.clone()).collect();
        let labels: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
        let spans = |spans: &Vec<(u32, u32, String)>| -> Arc<[Span]> {
            let label = |name: &String| names.iter().position(|known| known == name).unwrap_or(0) as u32;
            spans.iter().map(|(start, end, name)| Span { start: *start, end: *end, label: label(name) }).collect()
        };
        let examples =
            train_rows.iter().map(|row| Example { text: row.0.clone(), spans: row.1.as_ref().map(spans) }).collect();
        let (texts, answers) = test_rows.iter().filter_map(|row| Some((row.0.clone(), spans(row.1.as_ref()?)))).unzip();
        Ok(Task { lesson: Lesson { labels, examples, seed }, texts, answers })
    }

    fn measure(&self, blank: &Arc<dyn Tagger>, embedding_seconds: f64) -> Result<Value, FitError> {
        let mut lesson = self.lesson.clone();
        let start = Instant::now();
        let fit = blank.fit(&lesson, &Control::default())?;
        let fit_seconds = start.elapsed().as_secs_f64();
        let given: Vec<Arc<[Span]>> = lesson.examples.iter().filter_map(|example| example.spans.clone()).collect();
        let doubts = find(&fit.held_out, &given).len();
        let start = Instant::now();
        let tags = fit.tagger.predict(&self.texts);
        let predict_seconds = start.elapsed().as_secs_f64();
        let estimate = Estimate::of(&self.answers, &tags, lesson.labels.len());

        // Rows that lose their spans, and get them back: each refit has one row changed.
        let (mut refits, mut held_out) = (Vec::new(), 0.0);
        let mut known = fit.tagger.clone();
        for turn in 0..6 {
            let row = turn / 2 * 7;
            let spans = self.lesson.examples[row].spans.clone();
            lesson.examples[row].spans = if turn % 2 == 0 { Some([].into()) } else { spans };
            let start = Instant::now();
            let refit = known.fit(&lesson, &Control::default())?;
            refits.push(start.elapsed().as_secs_f64());
            (known, held_out) = (refit.tagger, refit.held_out.estimate.f1);
        }
        refits.sort_by(f64::total_cmp);
        let refitted = Estimate::of(&self.answers, &known.predict(&self.texts), lesson.labels.len());
        let mut saved = Vec::new();
        known.save(&mut saved).map_err(|error| FitError::Failed(Phrase::verbatim(error.to_string())))?;
        Ok(json!({ "step": blank.step().name(), "rows": lesson.examples.len(), "folds": fit.held_out.folds,
            "tagger": format!("{:?}", fit.tagger).split("features").last(), "held_out": figures(&fit.held_out.estimate),
            "test": figures(&estimate), "test_after_refits": refitted.f1,
            "held_out_after_refits": held_out, "doubts": doubts,
            "embedding_seconds": embedding_seconds, "fit_seconds": fit_seconds, "refit_seconds": refits[3],
            "predict_seconds": predict_seconds, "saved_bytes": saved.len() }))
    }
}

fn run(train: &str, test: &str, rows: usize, seed: u64) -> Result<(), String> {
    let task = Task::of(train, test, rows, seed)?;
    let told =
        |measured: Result<Value, FitError>| measured.map(|line| println!("{line}")).map_err(|why| why.to_string());
    told(task.measure(&spans::lexical(), 0.0))?;
    let Some(folder) = env::var_os("GLOSS_ENCODER") else { return Ok(()) };
    let encoder = Encoder::open(Path::new(&folder), None).map_err(|error| error.to_string())?;
    let embeddings = Arc::new(Embeddings::new(Arc::new(encoder), None));
    let texts = task.lesson.examples.iter().map(|example| &example.text).chain(&task.texts);
    let start = Instant::now();
    embeddings.words().embed(texts, &Control::default(), |_, _| {}).map_err(|why| why.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    told(task.measure(&spans::probe(&embeddings), seconds))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (Some(train), Some(test)) = (arguments.first(), arguments.get(1)) else {
        eprintln!("usage: spans TRAIN.jsonl TEST.jsonl [ROWS [SEED]]");
        return ExitCode::from(2);
    };
    let number = |place: usize| arguments.get(place).and_then(|number| number.parse().ok()).unwrap_or(0);
    match run(train, test, number(2) as usize, number(3)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
