//! `gloss predict`: rows in, rows with a prediction out, in pieces, so that memory does not grow with the file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Args;
use engine::{
    Glance, Guess, Hints, Learned, Offsets, Ruler, Schema, Tagged, Text,
    corpus::text_of,
    stream::{Rows, StreamedRow, with_prediction},
};
use indicatif::ProgressBar;
use serde_json::{Map, Value, json};

use crate::{
    failure::{Failure, why},
    learning::{self, Classifier, Source},
    progress,
    terminal::counted,
};

/// Rows predicted together.
const PIECE: usize = 4096;
/// Rows without a prediction are named up to this many, then counted.
const NAMED: usize = 20;

const EXAMPLES: &str = "\
Examples:
  gloss predict new.jsonl > out.jsonl              learned from the data set of this folder
  gloss predict --train tickets.csv new.csv        learned from one file
  zcat new.jsonl.gz | gloss predict --train data/  rows from standard input

A row comes out as it was, with \"prediction\": {\"label\", \"probability\", \"scores\"} added: a last field in JSON, \
a last column in CSV, behind a tab in fastText. A row that cannot be read stays as it is and is named on standard error.

Exit codes: 0 done, even if some rows have no prediction; 2 nothing could be learned, or no row could be predicted.";

#[derive(Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// What to learn from: a data file, or a folder with gloss.toml [default: the data set of this folder]
    #[arg(long, value_name = "PATH")]
    train: Option<PathBuf>,
    /// The rows to predict; standard input if left out.
    file: Option<PathBuf>,
    /// The step that predicts; lexical is by far the fastest.
    #[arg(long, value_enum, default_value_t = Classifier::Auto)]
    classifier: Classifier,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    // Whether the input can be opened is known before time goes into learning.
    let input = Input::open(arguments.file.as_deref())?;
    let source = match &arguments.train {
        Some(path) if !path.is_dir() => Source::of_files(std::slice::from_ref(path))?,
        Some(path) => Source::of_folder(path)?,
        None => Source::of_folder(Path::new("."))?,
    };
    let hints = Hints { text: source.hints.text.clone(), ..Hints::default() };
    let learned = learning::learn(source, arguments.classifier.aim(), None)?;
    input.predict(&learned, &hints)
}

struct Input {
    name: String,
    /// With its path; `None`: standard input.
    file: Option<(File, PathBuf)>,
}

impl Input {
    fn open(path: Option<&Path>) -> Result<Input, Failure> {
        let Some(path) = path else {
            if io::stdin().is_terminal() {
                eprintln!("gloss: reading rows from standard input.");
            }
            return Ok(Input { name: "standard input".into(), file: None });
        };
        let name = path.display().to_string();
        let failed = |error: io::Error| format!("{name}: {}.", why(&error));
        let file = File::open(path).map_err(failed)?;
        if file.metadata().map_err(failed)?.is_dir() {
            return Err(failed(io::ErrorKind::IsADirectory.into()).into());
        }
        Ok(Input { name, file: Some((file, path.to_owned())) })
    }

    fn predict(self, learned: &Learned, hints: &Hints) -> Result<ExitCode, Failure> {
        // Rows that run over a terminal would run through the bar.
        let bar = match &self.file {
            _ if io::stdout().is_terminal() => ProgressBar::hidden(),
            Some((file, _)) => progress::bytes(file.metadata().map_or(0, |metadata| metadata.len())),
            None => progress::rows(),
        };
        let (mut reader, path): (Box<dyn BufRead>, _) = match self.file {
            Some((file, path)) => (Box::new(BufReader::with_capacity(1 << 20, bar.wrap_read(file))), Some(path)),
            None => (Box::new(io::stdin().lock()), None),
        };
        let failed = |error: io::Error| format!("{}: {}", self.name, error);
        match reader.fill_buf().map_err(failed)? {
            [] => {
                progress::say(&bar, &format!("{}: the input is empty.", self.name));
                return Ok(ExitCode::SUCCESS);
            }
            [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {
                return Err(format!("{}: not UTF-8; it looks like UTF-16. Save it as UTF-8.", self.name).into());
            }
            _ => {}
        }
        let rows = match &path {
            Some(path) => Rows::named(reader, path, hints),
            None => Rows::new(reader, None, hints),
        };
        let mut stream = Stream { rows: rows.map_err(failed)?, name: &self.name, bar: &bar, read: 0, unread: 0 };
        let out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
        let done = stream.run(learned, out);
        let (read, unread) = (stream.read, stream.unread);
        bar.finish_and_clear();
        done?;
        if unread > NAMED {
            eprintln!(
                "gloss: {}: {} no prediction.",
                self.name,
                counted(unread - NAMED, "more row has", "more rows have")
            );
        }
        if read == 0 && unread > 0 {
            let fields = hints.text.join("`, `");
            return Err(format!("{}: no row could be predicted. Expected the text in `{fields}`.", self.name).into());
        }
        Ok(ExitCode::SUCCESS)
    }
}

struct Stream<'a, R> {
    rows: Rows<R>,
    name: &'a str,
    bar: &'a ProgressBar,
    read: usize,
    unread: usize,
}

impl<R: BufRead> Stream<'_, R> {
    fn run(&mut self, learned: &Learned, mut out: impl Write) -> Result<(), Failure> {
        let mut bytes = Vec::new();
        loop {
            let piece = self.rows.by_ref().take(PIECE).collect::<io::Result<Vec<StreamedRow>>>();
            let line = self.read + self.unread;
            let piece = piece.map_err(|error| format!("{}: after row {line}: {}.", self.name, why(&error)))?;
            if piece.is_empty() {
                return out.flush().map_err(Failure::of_output);
            }
            let texts: Vec<_> = piece.iter().filter_map(|row| row.text.as_deref().ok()).map(text_of).collect();
            let mut predictions = predictions(learned, self.rows.schema(), &texts).into_iter();
            let mut next = 0;
            bytes.clear();
            for row in &piece {
                let prediction = match &row.text {
                    Ok(_) => {
                        next += 1;
                        predictions.next().flatten()
                    }
                    Err(problem) => {
                        self.without(row.line, &problem.message.to_string());
                        None
                    }
                };
                with_prediction(self.rows.schema(), row, prediction.as_deref(), &mut bytes);
            }
            self.read += next;
            if self.bar.length().is_none() {
                self.bar.set_position((self.read + self.unread) as u64);
            }
            out.write_all(&bytes).map_err(Failure::of_output)?;
        }
    }

    fn without(&mut self, line: u64, why: &str) {
        self.unread += 1;
        if self.unread <= NAMED {
            progress::say(self.bar, &format!("{}:{}: {why}", self.name, line + 1));
        }
    }
}

/// Of each text, one object.
fn predictions(learned: &Learned, schema: &Schema, texts: &[Text]) -> Vec<Option<String>> {
    if let Some(found) = learned.find_spans(texts) {
        let object = |(text, glance): (&Text, &Glance)| spans(learned, schema.offsets, &text.body, glance);
        return texts.iter().zip(&found).map(object).map(Some).collect();
    }
    let probabilities = learned.predict(texts);
    (0..texts.len()).map(|row| labels(learned, probabilities.row(row))).collect()
}

/// {"spans": [{"start", "end", "label", "probability"}], "probability"}, with offsets as the file counts them.
fn spans(learned: &Learned, offsets: Offsets, text: &str, glance: &Glance) -> String {
    let mut ruler = Ruler::new(text, offsets);
    let span = |tagged: &Tagged| {
        let (start, end) = (ruler.unit(tagged.span.start as usize), ruler.unit(tagged.span.end as usize));
        let label = &**learned.label(tagged.span.label);
        json!({"start": start, "end": end, "label": label, "probability": round(tagged.probability)})
    };
    let spans: Vec<Value> = glance.spans().iter().map(span).collect();
    json!({"spans": spans, "probability": round(glance.probability)}).to_string()
}

/// {"label", "probability", "scores": {label: p}} with four decimals, which is more than is known. Where a text may have several labels,
/// "label" is a list of those that it is given.
fn labels(learned: &Learned, probabilities: &[f32]) -> Option<String> {
    let labels = learned.classifier.labels();
    let glance = learned.glance(probabilities)?;
    let scores: Map<_, _> =
        labels.iter().zip(probabilities).map(|(label, p)| (label.to_string(), round(*p).into())).collect();
    let name = |label: u32| Value::from(&*labels[label as usize]);
    let label = match &glance.guess {
        Guess::One { label, .. } => name(*label),
        Guess::Set { .. } | Guess::Spans(_) => glance.labels().iter().map(|(label, _)| name(*label)).collect(),
    };
    Some(json!({"label": label, "probability": round(glance.probability), "scores": scores}).to_string())
}

fn round(probability: f32) -> f64 {
    (f64::from(probability) * 1e4).round() / 1e4
}
