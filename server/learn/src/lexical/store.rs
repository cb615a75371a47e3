//! A lexical classifier on disk.
//!
//! What must stay true: parts that do not fit together are an error; damaged or foreign bytes never panic ([`crate::bytes`]). Text counts are left out (the first refit counts again); what a warm start needs is in.

use std::io::{self, Read, Write};

use super::{Lexical, course::Choice, dual::Weights, frequencies::Frequencies, space::Space};
use crate::{
    bytes::{self, Body, Bytes, damaged},
    calibration::Link,
    memory::Memory,
};

const MAGIC: &[u8; 8] = b"glosslex";
/// To be raised whenever features, weights or this format change their meaning.
const VERSION: u32 = 3;

pub(super) fn save(classifier: &Lexical, to: &mut dyn Write) -> io::Result<()> {
    let mut body = Body::default();
    body.names(&classifier.labels);
    body.integers(&classifier.active);
    body.integers(&classifier.space.features);
    body.floats(&classifier.space.idf);
    body.floats(classifier.weights.values());
    classifier.link.write(&mut body);
    body.floats(&[classifier.choice.strength]);
    body.integers(&[classifier.choice.rows]);
    classifier.memory.write(&mut body);
    body.write(MAGIC, VERSION, to)
}

pub(super) fn load(from: &mut dyn Read) -> io::Result<Lexical> {
    let body = bytes::read(MAGIC, VERSION, "a lexical classifier", from)?;
    parse(Bytes::new(&body))
}

fn parse(mut body: Bytes<'_>) -> io::Result<Lexical> {
    let labels = body.names()?;
    let active = body.integers()?;
    let features = body.integers()?;
    let idf = body.floats()?;
    let weights = body.floats()?;
    let link = Link::read(&mut body)?;
    let (strength, rows) = (body.floats()?, body.integers()?);
    let (&[strength], &[rows]) = (&strength[..], &rows[..]) else {
        return Err(damaged("its parts do not fit together"));
    };
    let choice = Choice { strength, rows };
    let memory = Memory::read(&mut body)?;
    let dimensions = features.len();
    let space = Space::from_features(features, idf);
    let fits = active.iter().all(|&label| (label as usize) < labels.len())
        && space.dimensions() == dimensions
        && space.idf.len() == dimensions
        && choice.is_sound()
        && link.is_sound(labels.len())
        && memory.is_sound()
        && body.is_empty();
    let blank = labels.is_empty() && weights.is_empty();
    match Weights::from_values(dimensions, active.len(), weights) {
        Some(weights) if fits => {
            let frequencies = Frequencies::default();
            Ok(Lexical { labels, active, space, weights, link, frequencies, choice, memory })
        }
        _ if fits && blank => Ok(Lexical::default()),
        _ => Err(damaged("its parts do not fit together")),
    }
}
