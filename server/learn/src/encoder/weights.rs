//! Reads a checkpoint in the safetensors format into the one vector of parameters.
//!
//! What must stay true: nothing is allocated by the word of a file: shapes are checked against the configuration, and the length
//! of the file against both, before a vector is made. Pickle is never opened.

use std::{
    fs::File,
    io::{Read, Seek, SeekFrom},
    path::{Path, PathBuf},
};

use catalogue::phrase;
use half::{bf16, f16};
use safetensors::{Dtype, tensor::Metadata};
use xxhash_rust::xxh3::Xxh3;

use super::{
    config::cause,
    error::OpenError,
    layout::{Layout, Part},
};

/// Of the header; what the format allows.
const LONGEST_HEADER: u64 = 100_000_000;
const CHUNK: usize = 1 << 20;

/// The models whose name stands before the names of an encoder's tensors.
const PREFIXES: [&str; 6] = ["", "bert.", "roberta.", "distilbert.", "model.", "0.auto_model."];

struct Checkpoint {
    path: PathBuf,
    file: File,
    data: u64,
    tensors: Metadata,
}

pub(crate) fn read(folder: &Path, layout: &Layout, hash: &mut Xxh3) -> Result<Vec<f32>, OpenError> {
    let mut checkpoint = Checkpoint::open(folder)?;
    let names = checkpoint.names(layout)?;
    let mut values = vec![0.0; layout.len];
    // In the order of the file.
    let mut order: Vec<usize> = (0..names.len()).collect();
    let offset = |index: &usize| checkpoint.tensors.info(&names[*index]).map(|info| info.data_offsets);
    order.sort_by_key(offset);
    for index in order {
        checkpoint.fill(&names[index], &mut values[layout.parts[index].range.clone()], hash)?;
    }
    if let Some(index) = values.iter().position(|value| !value.is_finite()) {
        let part = layout.parts.iter().position(|part| part.range.contains(&index)).unwrap_or(0);
        let problem = phrase!("tensor-not-finite", name = &names[part]);
        return Err(OpenError::new(&checkpoint.path, problem));
    }
    Ok(values)
}

impl Checkpoint {
    fn open(folder: &Path) -> Result<Checkpoint, OpenError> {
        let path = folder.join("model.safetensors");
        if !path.is_file() {
            if folder.join("model.safetensors.index.json").is_file() {
                return Err(OpenError::new(&path, phrase!("checkpoint-in-parts")));
            }
            if folder.join("pytorch_model.bin").is_file() {
                return Err(OpenError::new(&path, phrase!("checkpoint-is-pickled")));
            }
        }
        let fail = |error: std::io::Error| OpenError::new(&path, cause(&error));
        let mut file = File::open(&path).map_err(fail)?;
        let length = file.metadata().map_err(fail)?.len();
        let cut = |expected: u64| OpenError::new(&path, phrase!("checkpoint-cut", length, expected));
        let mut start = [0; 8];
        file.read_exact(&mut start).map_err(|_| cut(8))?;
        let header = u64::from_le_bytes(start);
        if header > LONGEST_HEADER {
            return Err(OpenError::new(&path, phrase!("no-safetensors")));
        }
        if header + 8 > length {
            return Err(cut(header + 8));
        }
        let mut json = vec![0; header as usize];
        file.read_exact(&mut json).map_err(fail)?;
        let tensors: Metadata = serde_json::from_slice(&json)
            .map_err(|error| OpenError::new(&path, phrase!("no-safetensors-since", error = error.to_string())))?;
        let (data, bytes) = (header + 8, tensors.data_len() as u64);
        if data.saturating_add(bytes) != length {
            return Err(cut(data.saturating_add(bytes)));
        }
        Ok(Checkpoint { path, file, data, tensors })
    }

    /// The name of each part, after its shape and type were checked.
    fn names(&self, layout: &Layout) -> Result<Vec<String>, OpenError> {
        let word = &layout.parts[0].name;
        let has = |prefix: &&str| self.tensors.info(&format!("{prefix}{word}")).is_some();
        let Some(prefix) = PREFIXES.iter().find(|prefix| has(prefix)) else {
            return Err(self.missing(word));
        };
        layout.parts.iter().map(|part| self.name(prefix, part)).collect()
    }

    fn name(&self, prefix: &str, part: &Part) -> Result<String, OpenError> {
        let name = format!("{prefix}{}", part.name);
        // As checkpoints converted from TensorFlow call them.
        let old = name.replace("LayerNorm.weight", "LayerNorm.gamma").replace("LayerNorm.bias", "LayerNorm.beta");
        let found = [name, old].into_iter().find_map(|name| Some((self.tensors.info(&name)?, name)));
        let Some((info, name)) = found else { return Err(self.missing(&format!("{prefix}{}", part.name))) };
        if info.shape != part.shape {
            let (found, expected) = (&info.shape, &part.shape);
            let problem = phrase!(
                "tensor-of-wrong-shape",
                name,
                found = format!("{found:?}"),
                expected = format!("{expected:?}")
            );
            return Err(OpenError::new(&self.path, problem));
        }
        if width(info.dtype).is_none() {
            let problem = phrase!("tensor-of-wrong-type", name, found = format!("{:?}", info.dtype));
            return Err(OpenError::new(&self.path, problem));
        }
        Ok(name)
    }

    fn missing(&self, name: &str) -> OpenError {
        OpenError::new(&self.path, phrase!("tensor-missing", name))
    }

    /// The bytes of a tensor, a chunk after the other.
    fn each(&mut self, name: &str, mut chunk: impl FnMut(&[u8])) -> Result<(), OpenError> {
        let Some(info) = self.tensors.info(name) else { return Err(self.missing(name)) };
        let (start, end) = info.data_offsets;
        let fail = |error: std::io::Error| OpenError::new(&self.path, cause(&error));
        self.file.seek(SeekFrom::Start(self.data + start as u64)).map_err(fail)?;
        let (mut left, mut buffer) = (end - start, vec![0; CHUNK.min(end - start)]);
        while left > 0 {
            let bytes = &mut buffer[..CHUNK.min(left)];
            self.file.read_exact(bytes).map_err(fail)?;
            chunk(bytes);
            left -= bytes.len();
        }
        Ok(())
    }

    fn fill(&mut self, name: &str, values: &mut [f32], hash: &mut Xxh3) -> Result<(), OpenError> {
        let dtype = self.tensors.info(name).map_or(Dtype::F32, |info| info.dtype);
        let mut done = 0;
        self.each(name, |bytes| {
            hash.update(bytes);
            let values = &mut values[done..];
            done += match dtype {
                Dtype::F16 => decode(bytes, values, |bytes| f16::from_le_bytes(bytes).to_f32()),
                Dtype::BF16 => decode(bytes, values, |bytes| bf16::from_le_bytes(bytes).to_f32()),
                _ => decode(bytes, values, f32::from_le_bytes),
            };
        })
    }
}

/// Bytes of a number, of the types that are read.
fn width(dtype: Dtype) -> Option<usize> {
    match dtype {
        Dtype::F32 => Some(4),
        Dtype::F16 | Dtype::BF16 => Some(2),
        _ => None,
    }
}

/// Chunks are of an even number of bytes, four at least in a tensor of four-byte numbers: none is cut.
fn decode<const WIDTH: usize>(bytes: &[u8], values: &mut [f32], number: impl Fn([u8; WIDTH]) -> f32) -> usize {
    let (numbers, _) = bytes.as_chunks::<WIDTH>();
    for (value, bytes) in values.iter_mut().zip(numbers) {
        *value = number(*bytes);
    }
    numbers.len()
}
