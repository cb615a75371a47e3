//! Learns spans of one JSON Lines file and judges by another: `spans TRAIN TEST [ROWS [SEED [BUDGET]]]`. Rows have "text" and "spans" (a
//! list of "start", "end" in code points, and "label"; none: learned from without spans). With ROWS, only the rows from ROWS * SEED on are
//! learned from. Prints a line of JSON for the lexical step, where GLOSS_ENCODER is an encoder's folder one for the probe, and with BUDGET
//! (seconds) one for the encoder that is trained: held-out estimate, test estimate, seconds of embedding all texts, of a fit from nothing,
//! of a refit after one row's spans changed, and of predicting. Only BUDGET's with ONLY=fine-tuned; EPOCHS: so many, whatever the budget.

use std::{
    collections::BTreeSet,
    env, fs,
    path::Path,
    process::ExitCode,
    sync::Arc,
    time::{Duration, Instant},
};

use catalogue::Phrase;
use learn::{
    Control, Embeddings, Encoder, Fit, FitError, Target, Text, fine_tune, probe,
    spans::{self, Estimate, Example, Lesson, Span, Tagger, find},
    tuning::{Bench, Plan},
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

/// Of all threads of this process.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() / 100.0
}

impl Task {
    /// As a step of the ladder has it.
    fn in_general(&self) -> learn::Lesson {
        let example = |example: &Example| learn::Example {
            text: example.text.clone(),
            target: example.spans.clone().map(Target::Spans),
        };
        let Lesson { labels, examples, seed } = &self.lesson;
        let examples = examples.iter().map(example).collect();
        learn::Lesson { task: learn::Task::Spans, labels: labels.clone(), examples, seed: *seed }
    }

    fn tune(&self, embeddings: &Arc<Embeddings>, budget: Duration) -> Result<Value, FitError> {
        let mut lesson = self.in_general();
        let below = probe(embeddings).fit(&lesson, &Control::default())?;
        let control = Control {
            on_epoch: Some(Box::new(|epoch| {
                let f1 = epoch.held_out.as_ref().map_or(f64::NAN, |estimate| estimate.micro_f1);
                let (training, trainings, step, steps) = (epoch.training, epoch.trainings, epoch.step, epoch.steps);
                eprintln!(
                    "training {training}/{trainings} step {step}/{steps} epoch {:.1} loss {:.4} head's F1 {f1:.3} {:.0} rows/s",
                    epoch.epochs, epoch.loss, epoch.rows_per_second
                );
            })),
            ..Control::default()
        };
        let epochs = env::var("EPOCHS").ok().and_then(|epochs| epochs.parse().ok());
        let plan = Plan { budget, epochs, ..Plan::default() };
        let (start, cpu_start) = (Instant::now(), cpu_seconds());
        let tuned = fine_tune(embeddings, &below, &lesson, plan, &Bench::default(), &control)?;
        let Some(Fit { classifier, held_out }) = tuned.map(|tuned| tuned.fit) else { return Ok(Value::Null) };
        let (fit_seconds, fit_cpu) = (start.elapsed().as_secs_f64(), cpu_seconds() - cpu_start);
        let start = Instant::now();
        let tags = classifier.tag(&self.texts);
        let predict_seconds = start.elapsed().as_secs_f64();
        let estimate = Estimate::of(&self.answers, &tags, lesson.labels.len());

        let (mut refits, mut known) = (Vec::new(), classifier.clone());
        for turn in 0..5 {
            let row = turn / 2 * 7;
            let target = self.lesson.examples[row].spans.clone().map(Target::Spans);
            lesson.examples[row].target = if turn % 2 == 0 { Some(Target::Spans([].into())) } else { target };
            let start = Instant::now();
            known = known.fit(&lesson, &Control::default())?.classifier;
            refits.push(start.elapsed().as_secs_f64());
        }
        refits.sort_by(f64::total_cmp);
        let refitted = Estimate::of(&self.answers, &known.tag(&self.texts), lesson.labels.len());
        let judged = held_out.spans.map(|spans| figures(&spans.estimate));
        Ok(json!({ "step": classifier.step().name(), "rows": lesson.examples.len(), "folds": held_out.folds,
            "held_out": judged, "test": figures(&estimate), "test_after_refits": refitted.f1,
            "fit_seconds": fit_seconds, "fit_cpu_seconds": fit_cpu, "refit_seconds": refits[2],
            "predict_seconds": predict_seconds }))
    }
}

fn run(train: &str, test: &str, rows: usize, seed: u64, budget: Option<Duration>) -> Result<(), String> {
    let task = Task::of(train, test, rows, seed)?;
    let told =
        |measured: Result<Value, FitError>| measured.map(|line| println!("{line}")).map_err(|why| why.to_string());
    let all = env::var("ONLY").is_err();
    if all {
        told(task.measure(&spans::lexical(), 0.0))?;
    }
    let Some(folder) = env::var_os("GLOSS_ENCODER") else { return Ok(()) };
    let encoder = Encoder::open(Path::new(&folder), None).map_err(|error| error.to_string())?;
    let embeddings = Arc::new(Embeddings::new(Arc::new(encoder), None));
    if let Some(budget) = budget.filter(|_| !all) {
        return told(task.tune(&embeddings, budget));
    }
    let texts = task.lesson.examples.iter().map(|example| &example.text).chain(&task.texts);
    let start = Instant::now();
    embeddings.words().embed(texts, &Control::default(), |_, _| {}).map_err(|why| why.to_string())?;
    let seconds = start.elapsed().as_secs_f64();
    told(task.measure(&spans::probe(&embeddings), seconds))?;
    budget.map_or(Ok(()), |budget| told(task.tune(&embeddings, budget)))
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let (Some(train), Some(test)) = (arguments.first(), arguments.get(1)) else {
        eprintln!("usage: spans TRAIN.jsonl TEST.jsonl [ROWS [SEED [BUDGET]]]");
        return ExitCode::from(2);
    };
    let number = |place: usize| arguments.get(place).and_then(|number| number.parse().ok()).unwrap_or(0);
    let budget = arguments.get(4).map(|_| Duration::from_secs(number(4)));
    match run(train, test, number(2) as usize, number(3), budget) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
