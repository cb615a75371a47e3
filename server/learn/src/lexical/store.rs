//! A lexical classifier on disk.
//!
//! Little-endian: magic, version, length of the body, checksum of the body (XXH3-64), body. Nothing is believed that the checksum
//! does not vouch for, no length allocates more than the body holds, and parts that do not fit together are an error: damaged or
//! foreign bytes never panic. Text counts are left out (the first refit counts again); what a warm start needs is in.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use xxhash_rust::xxh3::xxh3_64;

use super::{
    Lexical,
    dual::Weights,
    frequencies::Frequencies,
    memory::{Choice, Memory},
    space::Space,
};

const MAGIC: &[u8; 8] = b"glosslex";
/// To be raised whenever features, weights or this format change their meaning.
const VERSION: u32 = 2;
/// No classifier of bounded dimensions comes near.
const LONGEST: u64 = 1 << 30;

pub(super) fn save(classifier: &Lexical, to: &mut dyn Write) -> io::Result<()> {
    let mut body = Body::default();
    body.names(&classifier.labels);
    body.integers(&classifier.active);
    body.integers(&classifier.space.features);
    body.floats(&classifier.space.idf);
    body.floats(classifier.weights.values());
    body.floats(&[classifier.temperature]);
    let memory = &classifier.memory;
    body.floats(&[memory.choice.strength]);
    body.integers(&[memory.choice.rows]);
    body.names(&memory.classes);
    body.integers(&[memory.folds]);
    body.array(&memory.keys, |key| key.to_le_bytes());
    body.integers(&memory.held_out);
    body.array(&memory.duals, |dual| dual.to_le_bytes());
    to.write_all(MAGIC)?;
    to.write_all(&VERSION.to_le_bytes())?;
    to.write_all(&(body.0.len() as u64).to_le_bytes())?;
    to.write_all(&xxh3_64(&body.0).to_le_bytes())?;
    to.write_all(&body.0)
}

pub(super) fn load(from: &mut dyn Read) -> io::Result<Lexical> {
    let mut head = [0; 28];
    from.read_exact(&mut head).map_err(|_| damaged("it is too short"))?;
    let mut rest = Bytes(&head);
    if rest.take(8)? != MAGIC {
        return Err(damaged("it is not a lexical classifier"));
    }
    let version = rest.u32()?;
    if version != VERSION {
        return Err(damaged(&format!("it has version {version}, this program reads version {VERSION}")));
    }
    let (length, checksum) = (rest.u64()?, rest.u64()?);
    if length > LONGEST {
        return Err(damaged("its length is impossible"));
    }
    let mut body = Vec::new();
    from.take(length).read_to_end(&mut body)?;
    if body.len() as u64 != length {
        return Err(damaged("its end is missing"));
    }
    if xxh3_64(&body) != checksum {
        return Err(damaged("its checksum does not match"));
    }
    parse(Bytes(&body))
}

fn parse(mut body: Bytes<'_>) -> io::Result<Lexical> {
    let labels = body.names()?;
    let active = body.integers()?;
    let features = body.integers()?;
    let idf = body.floats()?;
    let weights = body.floats()?;
    let temperature = body.floats()?;
    let (strength, rows) = (body.floats()?, body.integers()?);
    let (&[strength], &[rows]) = (&strength[..], &rows[..]) else {
        return Err(damaged("its parts do not fit together"));
    };
    let memory = Memory {
        choice: Choice { strength, rows },
        classes: body.names()?,
        folds: body.integers()?.first().copied().unwrap_or(0),
        keys: body.array(u64::from_le_bytes)?,
        held_out: body.integers()?,
        duals: body.array(u16::from_le_bytes)?,
    };
    let dimensions = features.len();
    let space = Space::from_features(features, idf);
    let fits = active.iter().all(|&label| (label as usize) < labels.len())
        && space.dimensions() == dimensions
        && space.idf.len() == dimensions
        && memory.is_sound()
        && body.0.is_empty();
    let blank = labels.is_empty() && weights.is_empty();
    match (Weights::from_values(dimensions, active.len(), weights), &temperature[..]) {
        (Some(weights), &[temperature]) if fits && temperature > 0.0 => {
            let frequencies = Frequencies::default();
            Ok(Lexical { labels, active, space, weights, temperature, frequencies, memory })
        }
        _ if fits && blank => Ok(Lexical::default()),
        _ => Err(damaged("its parts do not fit together")),
    }
}

fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("what was learned cannot be read: {what}"))
}

#[derive(Default)]
struct Body(Vec<u8>);

impl Body {
    fn array<T: Copy, const N: usize>(&mut self, values: &[T], bytes: impl Fn(T) -> [u8; N]) {
        self.0.extend((values.len() as u64).to_le_bytes());
        self.0.reserve(values.len() * N);
        for &value in values {
            self.0.extend(bytes(value));
        }
    }

    fn integers(&mut self, values: &[u32]) {
        self.array(values, u32::to_le_bytes);
    }

    fn floats(&mut self, values: &[f32]) {
        self.array(values, f32::to_le_bytes);
    }

    fn names(&mut self, names: &[Arc<str>]) {
        self.0.extend((names.len() as u64).to_le_bytes());
        for name in names {
            self.array(name.as_bytes(), |byte| [byte]);
        }
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| damaged("a part is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    fn u32(&mut self) -> io::Result<u32> {
        Ok(self.take(4)?.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)))
    }

    fn u64(&mut self) -> io::Result<u64> {
        Ok(self.take(8)?.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
    }

    fn array<T, const N: usize>(&mut self, value: impl Fn([u8; N]) -> T) -> io::Result<Vec<T>> {
        let length = usize::try_from(self.u64()?).ok().and_then(|n| n.checked_mul(N));
        let bytes = self.take(length.unwrap_or(usize::MAX))?;
        Ok(bytes.as_chunks().0.iter().map(|&bytes| value(bytes)).collect())
    }

    fn integers(&mut self) -> io::Result<Vec<u32>> {
        self.array(u32::from_le_bytes)
    }

    fn floats(&mut self) -> io::Result<Vec<f32>> {
        self.array(f32::from_le_bytes)
    }

    fn names(&mut self) -> io::Result<Vec<Arc<str>>> {
        let count = self.u64()?;
        let mut names = Vec::new();
        for _ in 0..count {
            let name = std::str::from_utf8(self.array_bytes()?).map_err(|_| damaged("a label is not UTF-8"))?;
            names.push(name.into());
        }
        Ok(names)
    }

    fn array_bytes(&mut self) -> io::Result<&'a [u8]> {
        let length = usize::try_from(self.u64()?).unwrap_or(usize::MAX);
        self.take(length)
    }
}
