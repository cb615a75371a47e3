//! For examples that learn from vectors that were made before: rows, and an encoder that knows the vectors of their texts.

use std::fs;

use learn::{Control, Encode, FitError, Matrix, Text};
use rustc_hash::FxHashMap;
use serde_json::Value;

/// Floats of a vector.
pub(crate) const WIDTH: usize = 384;

/// Knows the vectors of its texts, and no others.
#[derive(Debug, Default)]
pub(crate) struct Known(pub(crate) FxHashMap<String, Vec<f32>>);

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

pub(crate) type Rows = Vec<(Text, String)>;

/// Of a file of JSON Lines with "text" and "label".
pub(crate) fn rows(path: &str) -> Result<Rows, String> {
    let content = fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let rows = content.lines().enumerate().map(|(line, row)| {
        let row: Value = serde_json::from_str(row).map_err(|error| format!("{path}:{}: {error}", line + 1))?;
        let Some(body) = row["text"].as_str() else { return Err(format!("{path}:{}: no \"text\"", line + 1)) };
        let label = row["label"].as_str().map_or_else(|| row["label"].to_string(), str::to_owned);
        Ok((Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }, label))
    });
    rows.collect()
}

/// Learns the vectors of these rows: a file of little-endian floats, a row after the other.
pub(crate) fn learn_vectors(rows: &Rows, path: &str, known: &mut Known) -> Result<(), String> {
    let bytes = fs::read(path).map_err(|error| format!("{path}: {error}"))?;
    let floats: Vec<f32> = bytes.as_chunks().0.iter().map(|&bytes| f32::from_le_bytes(bytes)).collect();
    if floats.len() != rows.len() * WIDTH {
        return Err(format!("{path}: {} floats, not {WIDTH} for each of {} rows", floats.len(), rows.len()));
    }
    let vectors = rows.iter().zip(floats.chunks_exact(WIDTH));
    known.0.extend(vectors.map(|(row, vector)| (row.0.body.to_string(), vector.to_vec())));
    Ok(())
}
