//! `gloss predict`: rows in, rows with a prediction out, in pieces, so that memory does not grow with the file.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Write},
    path::Path,
    process::ExitCode,
    sync::Arc,
};

use engine::{
    Hints, Learned,
    corpus::{Corpus, text_of},
    learned::Glance,
    stream::{Rows, StreamedRow, with_prediction},
};
use serde_json::{Map, json};

use crate::eval;

/// Rows predicted together.
const PIECE: usize = 4096;

pub(crate) fn run(train: &Path, file: Option<&Path>) -> Result<ExitCode, String> {
    let document = eval::read(train, &Hints::default())?;
    let hints = Hints { text: document.schema().text.clone(), ..Hints::default() };
    let learned = eval::learn(Corpus { documents: vec![(document, false)], closed: Vec::new(), seed: 0 }, train)?;
    let failed =
        |error: io::Error| format!("{}: {error}.", file.map_or("standard input".into(), |f| f.to_string_lossy()));
    let out = BufWriter::with_capacity(1 << 20, io::stdout().lock());
    let done = match file {
        Some(path) => {
            let reader = BufReader::with_capacity(1 << 20, File::open(path).map_err(failed)?);
            Rows::named(reader, path, &hints).and_then(|rows| stream(rows, &learned, out))
        }
        None => Rows::new(io::stdin().lock(), None, &hints).and_then(|rows| stream(rows, &learned, out)),
    };
    match done {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(ExitCode::SUCCESS),
        done => done.map(|()| ExitCode::SUCCESS).map_err(failed),
    }
}

fn stream<R: BufRead>(mut rows: Rows<R>, learned: &Learned, mut out: impl Write) -> io::Result<()> {
    let mut bytes = Vec::new();
    loop {
        let piece: Vec<StreamedRow> = rows.by_ref().take(PIECE).collect::<io::Result<_>>()?;
        if piece.is_empty() {
            return out.flush();
        }
        let texts: Vec<_> = piece.iter().filter_map(|row| row.text.as_deref().ok()).map(text_of).collect();
        let probabilities = learned.predict(&texts);
        let mut next = 0;
        bytes.clear();
        for row in &piece {
            let prediction = match &row.text {
                Ok(_) => {
                    next += 1;
                    prediction(learned.classifier.labels(), probabilities.row(next - 1))
                }
                Err(problem) => {
                    eprintln!("gloss: line {}: {}", row.line + 1, problem.message);
                    None
                }
            };
            with_prediction(rows.schema(), row, prediction.as_deref(), &mut bytes);
        }
        out.write_all(&bytes)?;
    }
}

/// {"label", "probability", "scores": {label: p}} with four decimals, which is more than is known.
fn prediction(labels: &[Arc<str>], probabilities: &[f32]) -> Option<String> {
    let round = |probability: f32| (f64::from(probability) * 1e4).round() / 1e4;
    let glance = Glance::of(probabilities)?;
    let scores: Map<_, _> =
        labels.iter().zip(probabilities).map(|(label, p)| (label.to_string(), round(*p).into())).collect();
    let label = &*labels[glance.label as usize];
    Some(json!({"label": label, "probability": round(glance.probability), "scores": scores}).to_string())
}
