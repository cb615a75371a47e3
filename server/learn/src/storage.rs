//! A lexical classifier as bytes: little-endian, with a checksum, never trusted.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use xxhash_rust::xxh3::xxh3_64;

use crate::{features::Vocabulary, lexical::Lexical};

const MAGIC: &[u8; 8] = b"GLOSLEX1";

pub(crate) fn write(lexical: &Lexical, to: &mut dyn Write) -> io::Result<()> {
    let mut body = Vec::with_capacity(lexical.weights.len() * 4 + lexical.vocabulary.idf.len() * 8 + 1024);
    let number = |body: &mut Vec<u8>, value: usize| body.extend((value as u64).to_le_bytes());
    number(&mut body, lexical.labels.len());
    for label in &lexical.labels {
        number(&mut body, label.len());
        body.extend(label.as_bytes());
    }
    body.extend(lexical.temperature.to_le_bytes());
    number(&mut body, lexical.vocabulary.idf.len());
    let mut grams: Vec<(u32, u32)> = lexical.vocabulary.index.iter().map(|(gram, at)| (*at, *gram)).collect();
    grams.sort_unstable();
    for (at, gram) in grams {
        body.extend(gram.to_le_bytes());
        body.extend(lexical.vocabulary.idf[at as usize].to_le_bytes());
    }
    lexical.weights.iter().for_each(|weight| body.extend(weight.to_le_bytes()));
    to.write_all(MAGIC)?;
    to.write_all(&xxh3_64(&body).to_le_bytes())?;
    to.write_all(&body)
}

pub(crate) fn read(from: &mut dyn Read) -> io::Result<Lexical> {
    let mut bytes = Vec::new();
    from.read_to_end(&mut bytes)?;
    parse(&bytes).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "not a lexical classifier, or damaged"))
}

fn parse(bytes: &[u8]) -> Option<Lexical> {
    let body = bytes.strip_prefix(MAGIC)?;
    let (sum, body) = body.split_at_checked(8)?;
    if xxh3_64(body).to_le_bytes() != sum {
        return None;
    }
    let mut rest = Bytes(body);
    let classes = rest.number()?;
    let mut labels = Vec::new();
    for _ in 0..classes {
        let length = rest.number()?;
        labels.push(Arc::from(std::str::from_utf8(rest.take(length)?).ok()?));
    }
    let temperature = rest.float()?;
    let features = rest.number()?;
    let mut vocabulary = Vocabulary::default();
    for feature in 0..features {
        let gram = u32::from_le_bytes(rest.take(4)?.try_into().ok()?);
        vocabulary.index.insert(gram, u32::try_from(feature).ok()?);
        vocabulary.idf.push(rest.float()?);
    }
    let size = features.checked_add(1)?.checked_mul(classes)?;
    let weights = rest.take(size.checked_mul(4)?)?;
    let weights =
        weights.chunks_exact(4).map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]])).collect();
    rest.0.is_empty().then(|| Lexical::restored(labels, vocabulary, weights, temperature))
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<usize> {
        usize::try_from(u64::from_le_bytes(self.take(8)?.try_into().ok()?)).ok()
    }

    fn float(&mut self) -> Option<f32> {
        Some(f32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Classifier, Control, Example, Lesson, Text};

    #[test]
    fn what_was_saved_predicts_the_same_and_damage_is_an_error() {
        let text = |body: &str| Text { key: xxh3_64(body.as_bytes()), body: body.into() };
        let example = |body: &str, target| Example { text: text(body), target: Some(target) };
        let lesson = Lesson {
            labels: ["好", "bad"].map(Arc::from).to_vec(),
            examples: vec![example("sunny day", 0), example("rainy night", 1)],
            seed: 0,
        };
        let fitted = Lexical::default().fit(&lesson, &Control::default()).unwrap().classifier;
        let mut bytes = Vec::new();
        fitted.save(&mut bytes).unwrap();
        let loaded = read(&mut bytes.as_slice()).unwrap();
        let texts = [text("a sunny night"), text("")];
        assert_eq!(loaded.predict(&texts), fitted.predict(&texts));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            assert!(read(&mut damaged.as_slice()).is_err(), "byte {at}");
            assert!(read(&mut &bytes[..at]).is_err(), "cut at {at}");
        }
    }
}
