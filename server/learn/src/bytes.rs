//! The form of every classifier on disk.
//!
//! Little-endian: magic, version, length of the body, checksum of the body (XXH3-64), body. Nothing is believed that the checksum
//! does not vouch for, and no length allocates more than the body holds: damaged or foreign bytes are an error, never a panic.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use xxhash_rust::xxh3::xxh3_64;

/// No classifier of bounded dimensions comes near.
const LONGEST: u64 = 1 << 30;

/// The body, of which `what` it should be ("a lexical classifier").
pub(crate) fn read(magic: &[u8; 8], version: u32, what: &str, from: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = [0; 28];
    from.read_exact(&mut head).map_err(|_| damaged("it is too short"))?;
    let mut rest = Bytes(&head);
    if rest.take(8)? != magic {
        return Err(damaged(&format!("it is not {what}")));
    }
    let found = rest.u32()?;
    if found != version {
        return Err(damaged(&format!("it has version {found}, this program reads version {version}")));
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
    Ok(body)
}

pub(crate) fn damaged(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("what was learned cannot be read: {what}"))
}

#[derive(Default)]
pub(crate) struct Body(Vec<u8>);

impl Body {
    pub(crate) fn write(&self, magic: &[u8; 8], version: u32, to: &mut dyn Write) -> io::Result<()> {
        to.write_all(magic)?;
        to.write_all(&version.to_le_bytes())?;
        to.write_all(&(self.0.len() as u64).to_le_bytes())?;
        to.write_all(&xxh3_64(&self.0).to_le_bytes())?;
        to.write_all(&self.0)
    }

    pub(crate) fn array<T: Copy, const N: usize>(&mut self, values: &[T], bytes: impl Fn(T) -> [u8; N]) {
        self.0.extend((values.len() as u64).to_le_bytes());
        self.0.reserve(values.len() * N);
        for &value in values {
            self.0.extend(bytes(value));
        }
    }

    pub(crate) fn integers(&mut self, values: &[u32]) {
        self.array(values, u32::to_le_bytes);
    }

    pub(crate) fn floats(&mut self, values: &[f32]) {
        self.array(values, f32::to_le_bytes);
    }

    pub(crate) fn names(&mut self, names: &[Arc<str>]) {
        self.0.extend((names.len() as u64).to_le_bytes());
        for name in names {
            self.array(name.as_bytes(), |byte| [byte]);
        }
    }
}

pub(crate) struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    pub(crate) fn new(body: &'a [u8]) -> Bytes<'a> {
        Bytes(body)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(|| damaged("a part is cut off"))?;
        self.0 = rest;
        Ok(taken)
    }

    pub(crate) fn u32(&mut self) -> io::Result<u32> {
        Ok(self.take(4)?.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes)))
    }

    pub(crate) fn u64(&mut self) -> io::Result<u64> {
        Ok(self.take(8)?.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes)))
    }

    pub(crate) fn array<T, const N: usize>(&mut self, value: impl Fn([u8; N]) -> T) -> io::Result<Vec<T>> {
        let length = usize::try_from(self.u64()?).ok().and_then(|n| n.checked_mul(N));
        let bytes = self.take(length.unwrap_or(usize::MAX))?;
        Ok(bytes.as_chunks().0.iter().map(|&bytes| value(bytes)).collect())
    }

    pub(crate) fn integers(&mut self) -> io::Result<Vec<u32>> {
        self.array(u32::from_le_bytes)
    }

    pub(crate) fn floats(&mut self) -> io::Result<Vec<f32>> {
        self.array(f32::from_le_bytes)
    }

    pub(crate) fn names(&mut self) -> io::Result<Vec<Arc<str>>> {
        let count = self.u64()?;
        let mut names = Vec::new();
        for _ in 0..count {
            let name = std::str::from_utf8(self.array_bytes()?).map_err(|_| damaged("a label is not UTF-8"))?;
            names.push(name.into());
        }
        Ok(names)
    }

    pub(crate) fn array_bytes(&mut self) -> io::Result<&'a [u8]> {
        let length = usize::try_from(self.u64()?).unwrap_or(usize::MAX);
        self.take(length)
    }
}
