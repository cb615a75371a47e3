//! How suspicious the label of each row is: `rank ROWS.jsonl [SEED [VECTORS.f32]]`. Rows have "text" and "label"; one without a label is an
//! error. Prints a line a row, in their order, of numbers that are higher for more suspicious labels, all from the out-of-fold
//! probabilities of the lexical classifier, or of the probe on these vectors (384 little-endian floats a row): `suspects::scores`,
//! self-confidence (less the label's own probability) and normalised margin (the highest other probability less the label's own).

use std::{collections::BTreeSet, env, fs, process::ExitCode, sync::Arc};

use learn::{Control, Embeddings, Encode, Example, FitError, Lesson, Matrix, Target, Text, lexical, probe, suspects};
use rustc_hash::FxHashMap;
use serde_json::Value;

const WIDTH: usize = 384;

/// Knows the vectors of its texts, and no others.
#[derive(Debug)]
struct Known(FxHashMap<String, Vec<f32>>);

impl Encode for Known {
    fn id(&self) -> u64 {
        1
    }
    fn width(&self) -> usize {
        WIDTH
    }
    fn embed(&self, texts: &[&str], _: &Control) -> Result<Matrix, FitError> {
        let values = texts.iter().flat_map(|text| self.0[*text].iter().copied()).collect();
        Ok(Matrix { columns: WIDTH, values })
    }
}

fn read(path: &str) -> Result<Vec<(Text, String)>, String> {
    let content = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let rows = content.lines().enumerate().map(|(line, row)| {
        let row: Value = serde_json::from_str(row).map_err(|error| format!("{path}:{}: {error}", line + 1))?;
        match (row["text"].as_str(), row["label"].as_str()) {
            (Some(body), Some(label)) => {
                Ok((Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }, label.to_owned()))
            }
            _ => Err(format!("{path}:{}: \"text\" and \"label\" must be strings", line + 1)),
        }
    });
    rows.collect()
}

fn embeddings(rows: &[(Text, String)], path: &str) -> Result<Arc<Embeddings>, String> {
    let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let floats: Vec<f32> = bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    if floats.len() != rows.len() * WIDTH {
        return Err(format!("{path}: {} floats, not {WIDTH} a row", floats.len()));
    }
    let vectors = rows.iter().zip(floats.chunks_exact(WIDTH));
    let known = vectors.map(|(row, vector)| (row.0.body.to_string(), vector.to_vec())).collect();
    Ok(Arc::new(Embeddings::new(Arc::new(Known(known)), None)))
}

fn rank(path: &str, seed: u64, vectors: Option<&str>) -> Result<Vec<[f32; 3]>, String> {
    let rows = read(path)?;
    let blank = match vectors {
        Some(vectors) => probe(&embeddings(&rows, vectors)?),
        None => lexical(),
    };
    let names: Vec<&String> = rows.iter().map(|row| &row.1).collect::<BTreeSet<_>>().into_iter().collect();
    let targets: Vec<u32> =
        rows.iter().map(|row| names.binary_search(&&row.1).expect("a label of a row") as u32).collect();
    let labels: Vec<Arc<str>> = names.iter().map(|name| name.as_str().into()).collect();
    let examples = rows
        .iter()
        .zip(&targets)
        .map(|(row, &target)| Example { text: row.0.clone(), target: Some(Target::One(target)) });
    let lesson = Lesson { labels, examples: examples.collect(), seed, ..Lesson::default() };
    let fit = blank.fit(&lesson, &Control::default()).map_err(|error| error.to_string())?;
    let probabilities = &fit.held_out.probabilities;
    let scores = suspects::scores(probabilities, &targets).into_iter().zip(&targets).enumerate();
    let rankings = scores.map(|(row, (score, &target))| {
        let (mut own, mut other) = (0.0, 0.0f32);
        for (label, &probability) in (0..).zip(probabilities.row(row)) {
            if label == target { own = probability } else { other = other.max(probability) }
        }
        [score, -own, other - own]
    });
    Ok(rankings.collect())
}

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let Some(path) = arguments.first() else {
        eprintln!("usage: rank ROWS.jsonl [SEED [VECTORS.f32]]");
        return ExitCode::from(2);
    };
    let seed = arguments.get(1).and_then(|seed| seed.parse().ok()).unwrap_or(0);
    match rank(path, seed, arguments.get(2).map(String::as_str)) {
        Ok(rankings) => {
            rankings.iter().for_each(|[score, own, margin]| println!("{score} {own} {margin}"));
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
