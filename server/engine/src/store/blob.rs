//! Maps of a run as bytes, little-endian. Reading answers `None` to what does not fit.

use learn::{
    Step,
    spans::{Span, Tagged},
};

use crate::{
    doubt::{About, Doubt, Doubts},
    glance::{Glance, Glances, Guess},
    symbols::{Bin, Confusion, Measured, Tally, Witnesses},
    verdict::{Verdict, Verdicts},
};

/// In the order of their numbers.
const STEPS: [Step; 3] = [Step::Lexical, Step::Probe, Step::FineTuned];
/// Key, what it is about, two spans of which a label alone is the third number, probability, score, and how many labels come next: each
/// with its probability.
const DOUBT: usize = 48;

/// An entry: key, probability, margin, step; how many labels are given, where there may be several, else [`ONE`]; a label with its
/// probability, the second or the nearest one; and each that is given with its probability.
pub(super) fn of_glances(glances: &Glances) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(glances.len() * 40);
    for (key, Glance { guess, probability, margin, step }) in glances {
        bytes.extend(key.to_le_bytes());
        bytes.extend(probability.to_le_bytes());
        bytes.extend(margin.to_le_bytes());
        bytes.extend((*step as u32).to_le_bytes());
        let mut add = |count: u32, (other, of_other): (u32, f32), labels: &[(u32, f32)]| {
            bytes.extend(count.to_le_bytes());
            for (label, probability) in [(other, of_other)].iter().chain(labels) {
                bytes.extend(label.to_le_bytes());
                bytes.extend(probability.to_le_bytes());
            }
        };
        match guess {
            Guess::One { label, second, second_probability } => {
                add(ONE, (*second, *second_probability), &[(*label, *probability)]);
            }
            Guess::Set { given, nearest, nearest_probability } => {
                add(given.len() as u32, (*nearest, *nearest_probability), given);
            }
            Guess::Spans(spans) => {
                bytes.extend(SPANS.to_le_bytes());
                bytes.extend((spans.len() as u32).to_le_bytes());
                for Tagged { span, probability } in spans.iter() {
                    [span.start, span.end, span.label].iter().for_each(|number| bytes.extend(number.to_le_bytes()));
                    bytes.extend(probability.to_le_bytes());
                }
            }
        }
    }
    bytes
}

/// Of a guess of one label, in the place of how many there are; of one of spans.
const ONE: u32 = u32::MAX;
const SPANS: u32 = u32::MAX - 1;
/// In the place of a label.
const NOTHING: u32 = u32::MAX;

pub(super) fn glances(bytes: &[u8], labels: usize) -> Option<Glances> {
    let mut glances = Glances::default();
    let mut left = Left(bytes);
    while !left.0.is_empty() {
        let key = left.long()?;
        let (probability, margin) = (left.float()?, left.float()?);
        let step = *STEPS.get(left.integer()? as usize)?;
        let count = left.integer()?;
        if count == SPANS {
            let count = left.integer()?;
            let mut tagged = || Some(Tagged { span: left.span(labels)??, probability: left.float()? });
            let guess = Guess::Spans((0..count).map(|_| tagged()).collect::<Option<_>>()?);
            glances.insert(key, Glance { guess, probability, margin, step });
            continue;
        }
        let mut next = || Some((left.integer().filter(|label| (*label as usize) < labels)?, left.float()?));
        let (other, of_other) = next()?;
        let guess = if count == ONE {
            Guess::One { label: next()?.0, second: other, second_probability: of_other }
        } else {
            let given = (0..count).map(|_| next()).collect::<Option<_>>()?;
            Guess::Set { given, nearest: other, nearest_probability: of_other }
        };
        glances.insert(key, Glance { guess, probability, margin, step });
    }
    Some(glances)
}

/// What was not read yet.
struct Left<'a>(&'a [u8]);

impl Left<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, left) = self.0.split_first_chunk()?;
        self.0 = left;
        Some(*taken)
    }

    fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    /// `Some(None)`: there is none.
    fn span(&mut self, labels: usize) -> Option<Option<Span>> {
        let span = Span { start: self.integer()?, end: self.integer()?, label: self.integer()? };
        match span.label {
            NOTHING => Some(None),
            label => ((label as usize) < labels).then_some(Some(span)),
        }
    }

    fn integer(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn float(&mut self) -> Option<f32> {
        self.take().map(f32::from_le_bytes)
    }
}

pub(super) fn of_doubts(doubts: &Doubts) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(doubts.len() * DOUBT);
    for (key, doubt) in doubts.iter().flat_map(|(key, doubts)| doubts.iter().map(move |doubt| (key, doubt))) {
        let label = |label| Span { start: 0, end: 0, label };
        let (kind, first, second) = match doubt.about {
            About::Other { given, label: other } => (0u32, Some(label(given)), Some(label(other))),
            About::Missing { label: missing } => (1, Some(label(missing)), None),
            About::Wrong { label: wrong } => (2, Some(label(wrong)), None),
            About::Span { given, instead } => (3, given, instead),
        };
        bytes.extend(key.to_le_bytes());
        bytes.extend(kind.to_le_bytes());
        for span in [first, second] {
            let Span { start, end, label } = span.unwrap_or(label(NOTHING));
            [start, end, label].into_iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        }
        bytes.extend(doubt.probability.to_le_bytes());
        bytes.extend(doubt.score.to_le_bytes());
        bytes.extend((doubt.rivals.len() as u32).to_le_bytes());
        for (label, probability) in &*doubt.rivals {
            bytes.extend(label.to_le_bytes());
            bytes.extend(probability.to_le_bytes());
        }
    }
    bytes
}

pub(super) fn doubts(bytes: &[u8], labels: usize) -> Option<Doubts> {
    let mut doubts = Doubts::default();
    let mut left = Left(bytes);
    while !left.0.is_empty() {
        let key = left.long()?;
        let kind = left.integer()?;
        let (first, second) = (left.span(labels)?, left.span(labels)?);
        let (probability, score, count) = (left.float()?, left.float()?, left.integer()?);
        let label = |span: Option<Span>| span.map(|span| span.label);
        let about = match kind {
            0 => About::Other { given: label(first)?, label: label(second)? },
            1 => About::Missing { label: label(first)? },
            2 => About::Wrong { label: label(first)? },
            3 => About::Span { given: first, instead: second },
            _ => return None,
        };
        let mut rival = || Some((left.integer().filter(|label| (*label as usize) < labels)?, left.float()?));
        let rivals = (0..count).map(|_| rival()).collect::<Option<_>>()?;
        doubts.entry(key).or_default().push(Doubt { about, probability, score, rivals });
    }
    Some(doubts)
}

/// How many labels; three numbers each; the confusions, each with its texts.
pub(super) fn of_tally(tally: &Tally) -> Vec<u8> {
    let mut bytes = (tally.measured.len() as u32).to_le_bytes().to_vec();
    let mut add = |number: u32| bytes.extend(number.to_le_bytes());
    for Measured { given, predicted, hits } in &tally.measured {
        [*given, *predicted, *hits].into_iter().for_each(&mut add);
    }
    for Bin { count, right, sum } in &tally.bins {
        [*count, *right, sum.to_bits()].into_iter().for_each(&mut add);
    }
    for Confusion { given, instead, count, examples } in &tally.confusions {
        [*given, *instead, *count, examples.len() as u32]
            .into_iter()
            .for_each(|number| bytes.extend(number.to_le_bytes()));
        examples.iter().for_each(|key| bytes.extend(key.to_le_bytes()));
    }
    bytes
}

pub(super) fn tally(bytes: &[u8], labels: usize) -> Option<Tally> {
    let mut left = Left(bytes);
    let count = left.integer().filter(|count| [0, labels].contains(&(*count as usize)))?;
    let mut one = || Some(Measured { given: left.integer()?, predicted: left.integer()?, hits: left.integer()? });
    let measured = (0..count).map(|_| one()).collect::<Option<_>>()?;
    let mut tally = Tally { measured, ..Tally::default() };
    for bin in &mut tally.bins {
        *bin = Bin { count: left.integer()?, right: left.integer()?, sum: f32::from_bits(left.integer()?) };
    }
    while !left.0.is_empty() {
        let mut label = || left.integer().filter(|label| (*label as usize) < labels);
        let (given, instead) = (label()?, label()?);
        let count = left.integer()?;
        let examples = (0..left.integer()?).map(|_| left.long()).collect::<Option<_>>()?;
        tally.confusions.push(Confusion { given, instead, count, examples });
    }
    Some(tally)
}

/// An entry: the key; how many labels are said, each after it, or [`ONE`] or [`SPANS`] and what these have.
pub(super) fn of_verdicts(verdicts: &Verdicts) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(verdicts.len() * 16);
    for (key, verdict) in verdicts {
        bytes.extend(key.to_le_bytes());
        let mut add = |number: u32| bytes.extend(number.to_le_bytes());
        match verdict {
            Verdict::One(label) => [ONE, *label].into_iter().for_each(add),
            Verdict::Set(labels) => {
                add(labels.len() as u32);
                labels.iter().for_each(|label| add(*label));
            }
            Verdict::Spans(Measured { given, predicted, hits }) => {
                [SPANS, *given, *predicted, *hits].into_iter().for_each(add)
            }
        }
    }
    bytes
}

pub(super) fn verdicts(bytes: &[u8], labels: usize) -> Option<Verdicts> {
    let mut verdicts = Verdicts::default();
    let mut left = Left(bytes);
    while !left.0.is_empty() {
        let key = left.long()?;
        let verdict = match left.integer()? {
            SPANS => {
                Verdict::Spans(Measured { given: left.integer()?, predicted: left.integer()?, hits: left.integer()? })
            }
            count => {
                let mut label = || left.integer().filter(|label| (*label as usize) < labels);
                match count {
                    ONE => Verdict::One(label()?),
                    count => Verdict::Set((0..count).map(|_| label()).collect::<Option<_>>()?),
                }
            }
        };
        verdicts.insert(key, verdict);
    }
    Some(verdicts)
}

/// An entry: the name with its length before it, how many keys, and they.
pub(super) fn of_witnesses(witnesses: &Witnesses) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (label, keys) in &witnesses.0 {
        bytes.extend((label.len() as u32).to_le_bytes());
        bytes.extend(label.as_bytes());
        bytes.extend((keys.len() as u32).to_le_bytes());
        keys.iter().for_each(|key| bytes.extend(key.to_le_bytes()));
    }
    bytes
}

pub(super) fn witnesses(bytes: &[u8]) -> Option<Witnesses> {
    let mut all = Vec::new();
    let mut left = Left(bytes);
    while !left.0.is_empty() {
        let (label, rest) = left.integer().and_then(|length| left.0.split_at_checked(length as usize))?;
        left.0 = rest;
        let label = std::str::from_utf8(label).ok()?.into();
        let keys = (0..left.integer()?).map(|_| left.long()).collect::<Option<_>>()?;
        all.push((label, keys));
    }
    Some(Witnesses(all))
}

pub(super) fn of_keys<'a>(keys: impl IntoIterator<Item = &'a u64>) -> Vec<u8> {
    keys.into_iter().flat_map(|key| key.to_le_bytes()).collect()
}

pub(super) fn keys<T: FromIterator<u64>>(bytes: &[u8]) -> Option<T> {
    let (records, []) = bytes.as_chunks::<8>() else { return None };
    Some(records.iter().map(|key| u64::from_le_bytes(*key)).collect())
}
