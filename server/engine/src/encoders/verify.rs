//! Whether a file is what it was announced to be, before it takes its name.
//!
//! The layout of a safetensors file: eight bytes, the length N of the header (little-endian); N bytes of JSON, for each tensor
//! {"dtype", "shape", "data_offsets": [begin, end]}; then the data, without a gap between tensors or behind them.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use catalogue::{Phrase, phrase};

use learn::Cancel;
use ring::digest;
use serde_json::Value;

/// As the format's own library has it.
const LONGEST_HEADER: u64 = 100_000_000;

/// What is wrong with it, without a full stop.
pub(super) fn weights(path: &Path) -> Result<(), Phrase> {
    let read = |error: io::Error| phrase!("it-cannot-be-read", error = error.to_string());
    let mut file = File::open(path).map_err(read)?;
    let size = file.metadata().map_err(read)?.len();
    let mut length = [0; 8];
    file.read_exact(&mut length).map_err(|_| phrase!("weights-too-short", size))?;
    let length = u64::from_le_bytes(length);
    let data = size.checked_sub(8).and_then(|rest| rest.checked_sub(length));
    let Some(data) = data.filter(|_| length <= LONGEST_HEADER) else {
        return Err(phrase!("weights-long-header", length, size));
    };
    let mut header = vec![0; length as usize];
    file.read_exact(&mut header).map_err(read)?;
    let header: Value = serde_json::from_slice(&header)
        .map_err(|error| phrase!("weights-header-no-json", error = error.to_string()))?;
    let header = header.as_object().ok_or_else(|| phrase!("weights-header-no-table"))?;
    let mut ranges = Vec::new();
    for (name, tensor) in header.iter().filter(|(name, _)| *name != "__metadata__") {
        ranges.push((range(tensor).ok_or_else(|| phrase!("weights-no-shape", name))?, name));
    }
    ranges.sort();
    let mut end = 0;
    for ((from, to), name) in ranges {
        if from != end {
            return Err(phrase!("weights-gap", name, from, end));
        }
        end = to;
    }
    match end {
        0 => Err(phrase!("weights-none")),
        end if end == data => Ok(()),
        end => Err(phrase!("weights-of-wrong-size", end, data)),
    }
}

/// Where a tensor's bytes lie, if there are as many as its shape asks for.
fn range(tensor: &Value) -> Option<(u64, u64)> {
    let bits: u64 = match tensor["dtype"].as_str()? {
        "F64" | "I64" | "U64" | "C64" => 64,
        "F32" | "I32" | "U32" => 32,
        "F16" | "BF16" | "I16" | "U16" => 16,
        dtype if dtype.starts_with("F4") => 4,
        dtype if dtype.starts_with("F6") => 6,
        _ => 8,
    };
    let mut values: u64 = 1;
    for dimension in tensor["shape"].as_array()? {
        values = values.checked_mul(dimension.as_u64()?)?;
    }
    let [from, to] = &tensor["data_offsets"].as_array()?[..] else { return None };
    let (from, to) = (from.as_u64()?, to.as_u64()?);
    (to.checked_sub(from)? == values.checked_mul(bits)?.div_ceil(8)).then_some((from, to))
}

/// What is wrong with a file of JSON, without a full stop. A page of a proxy or of a login is found here.
pub(super) fn json(path: &Path) -> Result<(), Phrase> {
    let bytes = std::fs::read(path).map_err(|error| phrase!("it-cannot-be-read", error = error.to_string()))?;
    serde_json::from_slice::<Value>(&bytes)
        .map(drop)
        .map_err(|error| phrase!("it-is-no-json", error = error.to_string()))
}

/// The SHA-256 of a file in hexadecimal digits; `None`: cancelled.
pub(super) fn sha256(path: &Path, cancel: &Cancel) -> io::Result<Option<String>> {
    let mut file = File::open(path)?;
    let mut context = digest::Context::new(&digest::SHA256);
    let mut chunk = vec![0; 1 << 18];
    loop {
        if cancel.is_cancelled() {
            return Ok(None);
        }
        match file.read(&mut chunk)? {
            0 => break,
            len => context.update(&chunk[..len]),
        }
    }
    Ok(Some(context.finish().as_ref().iter().map(|byte| format!("{byte:02x}")).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn checked(header: &str, data: usize) -> Result<(), Phrase> {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.resize(bytes.len() + data, 0);
        std::fs::write(file.path(), bytes).unwrap();
        weights(file.path())
    }

    #[test]
    fn weights_fill_their_file_exactly() {
        let two = r#"{"__metadata__": {"format": "pt"}, "b": {"dtype": "F16", "shape": [2], "data_offsets": [24, 28]},
                      "a": {"dtype": "F32", "shape": [2, 3], "data_offsets": [0, 24]}}"#;
        assert_eq!(checked(two, 28), Ok(()));
        let says = |header: &str, data, said: &str| {
            let found = checked(header, data).unwrap_err();
            assert!(found.to_string().contains(said), "{found}");
        };
        says(two, 27, "take 28 bytes, and 27 are there");
        says(two, 29, "and 29 are there");
        says(&two.replace("[24, 28]", "[25, 29]"), 29, "`b` begins at byte 25");
        says(&two.replace("[2, 3]", "[2, 4]"), 28, "`a` has a size that fits no shape");
        says(&two.replace("[2, 3]", "[9223372036854775807, 3]"), 28, "`a`");
        says("{}", 0, "no tensor");
        says("[]", 0, "no table");
        says("<html>", 0, "no JSON");
    }

    #[test]
    fn a_file_that_is_something_else_is_no_panic() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(weights(file.path()).unwrap_err().to_string().contains("too few"));
        std::fs::write(file.path(), b"<!doctype html><html></html>").unwrap();
        assert!(weights(file.path()).unwrap_err().to_string().contains("header would be"));
    }

    #[test]
    fn a_digest_is_the_known_one() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "abc").unwrap();
        let digest = sha256(file.path(), &Cancel::default()).unwrap().unwrap();
        assert_eq!(digest, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}
