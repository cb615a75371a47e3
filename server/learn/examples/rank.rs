//! How suspicious the label of each row is: `rank ROWS.jsonl [SEED [VECTORS.f32]]`. Rows have "text" and "label". Prints a line a row, in
//! their order, of numbers that are higher for more suspicious labels, all from the out-of-fold probabilities of the lexical classifier, or of
//! the probe on these vectors (384 little-endian floats a row): `suspects::scores`, self-confidence (less the label's own probability) and
//! normalised margin (the highest other probability less the label's own).

mod known;

use std::{collections::BTreeSet, env, process::ExitCode, sync::Arc};

use known::{Known, learn_vectors, rows};
use learn::{Control, Embeddings, Example, Lesson, Target, lexical, probe, suspects};

fn rank(path: &str, seed: u64, vectors: Option<&str>) -> Result<Vec<[f32; 3]>, String> {
    let rows = rows(path)?;
    let blank = match vectors {
        Some(vectors) => {
            let mut known = Known::default();
            learn_vectors(&rows, vectors, &mut known)?;
            probe(&Arc::new(Embeddings::new(Arc::new(known), None)))
        }
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
    let probabilities = fit.held_out.doubts();
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
