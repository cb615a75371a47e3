//! Maps of a run as bytes, little-endian, one fixed-size record an entry. Reading answers `None` to what does not fit.

use learn::Step;
use rustc_hash::FxHashMap;

use crate::learned::{Doubt, Glance, Glances};

/// Key, label, probability, second label and its probability, step.
const GLANCE: usize = 28;
/// In the order of their numbers.
const STEPS: [Step; 3] = [Step::Lexical, Step::Probe, Step::FineTuned];
/// Key, given label, label, probability, score.
const DOUBT: usize = 24;

pub(super) fn of_glances(glances: &Glances) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(glances.len() * GLANCE);
    for (key, glance) in glances {
        bytes.extend(key.to_le_bytes());
        bytes.extend(glance.label.to_le_bytes());
        bytes.extend(glance.probability.to_le_bytes());
        bytes.extend(glance.second.to_le_bytes());
        bytes.extend(glance.second_probability.to_le_bytes());
        bytes.extend((glance.step as u32).to_le_bytes());
    }
    bytes
}

pub(super) fn glances(bytes: &[u8], labels: usize) -> Option<Glances> {
    let (records, []) = bytes.as_chunks::<GLANCE>() else { return None };
    let read = |record: &[u8; GLANCE]| {
        let glance = Glance {
            label: integer(record, 8),
            probability: float(record, 12),
            second: integer(record, 16),
            second_probability: float(record, 20),
            step: *STEPS.get(integer(record, 24) as usize)?,
        };
        (glance.label.max(glance.second) < labels as u32).then(|| (key(record), glance))
    };
    records.iter().map(read).collect()
}

pub(super) fn of_doubts(doubts: &FxHashMap<u64, Doubt>) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(doubts.len() * DOUBT);
    for (key, doubt) in doubts {
        bytes.extend(key.to_le_bytes());
        bytes.extend(doubt.given.to_le_bytes());
        bytes.extend(doubt.label.to_le_bytes());
        bytes.extend(doubt.probability.to_le_bytes());
        bytes.extend(doubt.score.to_le_bytes());
    }
    bytes
}

pub(super) fn doubts(bytes: &[u8], labels: usize) -> Option<FxHashMap<u64, Doubt>> {
    let (records, []) = bytes.as_chunks::<DOUBT>() else { return None };
    let read = |record: &[u8; DOUBT]| {
        let doubt = Doubt {
            given: integer(record, 8),
            label: integer(record, 12),
            probability: float(record, 16),
            score: float(record, 20),
        };
        (doubt.given.max(doubt.label) < labels as u32).then(|| (key(record), doubt))
    };
    records.iter().map(read).collect()
}

pub(super) fn of_keys<'a>(keys: impl IntoIterator<Item = &'a u64>) -> Vec<u8> {
    keys.into_iter().flat_map(|key| key.to_le_bytes()).collect()
}

pub(super) fn keys<T: FromIterator<u64>>(bytes: &[u8]) -> Option<T> {
    let (records, []) = bytes.as_chunks::<8>() else { return None };
    Some(records.iter().map(|key| u64::from_le_bytes(*key)).collect())
}

fn key(record: &[u8]) -> u64 {
    record.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
}

fn integer(record: &[u8], at: usize) -> u32 {
    record[at..].first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

fn float(record: &[u8], at: usize) -> f32 {
    f32::from_bits(integer(record, at))
}
