//! Labelled spans in texts: a lesson of texts with spans in, a tagger with calibrated probabilities out.
//!
//! What must stay true here:
//! - Offsets are bytes of the text, at the edges of characters. What a tagger answers is in order and does not overlap.
//! - A tagger is immutable once made, as a [`crate::Classifier`] is; same lesson, same seed: same result, whatever the threads.
//! - What is held out was not seen: equal texts share a fold, and a fold's model starts only from the same fold's.
//!
//! Texts become tokens ([`tokens`]), tokens features ([`features`]), spans tags of tokens ([`tags`]). A linear-chain conditional random
//! field ([`chain`], [`weights`]) learns from the labelled rows ([`solve`]), once for each fold and once for all ([`course`]); the
//! out-of-fold answers tell how far it can be trusted ([`belief`], [`estimate`]) and which given spans look wrong ([`doubts`]).
//! Tokens may also be seen as vectors of a frozen encoder ([`dense`]). [`field`] puts these together, and says why ([`reasons`]); [`store`] is the form on disk; as a step of the ladder it is a [`classifier`].

mod belief;
mod chain;
mod classifier;
mod course;
mod dense;
mod doubts;
mod estimate;
mod features;
mod field;
mod fit;
mod reasons;
mod solve;
mod space;
mod store;
mod tags;
mod taught;
mod tokens;
mod tuned;
mod weights;

use std::{
    fmt,
    io::{self, Read, Write},
    ops::Range,
    sync::Arc,
};

use self::field::Field;
pub use self::{
    classifier::estimate,
    doubts::{Doubt, Kind, find},
    estimate::Estimate,
};
pub(crate) use self::{
    classifier::{classifier, fit},
    taught::Parts,
    tokens::tokens,
    tuned::{Tuned, learn as tuned},
};
use crate::{Control, Embeddings, FitError, Reasons, Renames, Step, Text};

/// A labelled part of a text: its bytes from `start` to before `end`, not empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    pub start: u32,
    pub end: u32,
    /// Index into [`Lesson::labels`].
    pub label: u32,
}

impl Span {
    fn overlaps(&self, other: &Span) -> bool {
        self.start < other.end && other.start < self.end
    }

    fn has_edges_of(&self, other: &Span) -> bool {
        (self.start, self.end) == (other.start, other.end)
    }
}

#[derive(Clone, Debug)]
pub struct Example {
    pub text: Text,
    /// `None`: unlabelled. Empty: somebody looked, and there is none.
    pub spans: Option<Arc<[Span]>>,
}

#[derive(Clone, Debug)]
pub struct Lesson {
    /// The labels, sorted, without repetition. Some may have no span.
    pub labels: Vec<Arc<str>>,
    pub examples: Vec<Example>,
    pub seed: u64,
}

/// A span that a tagger found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tagged {
    pub span: Span,
    /// Calibrated: that exactly this span with this label is right.
    pub probability: f32,
}

/// A tagger's answer to a text.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tags {
    /// In order, not overlapping.
    pub spans: Vec<Tagged>,
    /// Calibrated probability that the whole answer is right: these spans, and no others.
    pub certainty: f32,
}

pub trait Tagger: Send + Sync + fmt::Debug {
    fn step(&self) -> Step;
    /// What [`Span::label`] counts. Empty before the first fit.
    fn labels(&self) -> &[Arc<str>];
    /// Learns the lesson, starting from what `self` knows (a blank one: from nothing), whatever its labels were.
    fn fit(&self, lesson: &Lesson, control: &Control) -> Result<Fit, FitError>;
    /// The same, with other names for labels.
    fn renamed(&self, names: &Renames) -> Arc<dyn Tagger>;
    /// An answer a text.
    fn predict(&self, texts: &[Text]) -> Vec<Tags>;
    /// Labels for a part of a text that a person chose, best first; their probabilities sum to 1. Empty before the first fit.
    fn rank(&self, text: &Text, range: Range<usize>) -> Vec<(u32, f32)>;
    /// What each word of a text adds to the label of a part of it; see [`crate::Classifier::reasons_of_part`].
    fn reasons(&self, text: &Text, part: Range<usize>, label: u32, control: &Control) -> Option<Reasons>;
    /// Whether tagging this text takes no more than a moment.
    fn at_hand(&self, _text: &Text) -> bool {
        true
    }
    /// The vectors that it judges words by.
    fn embeddings(&self) -> Option<&Arc<Embeddings>> {
        None
    }
    fn save(&self, to: &mut dyn Write) -> io::Result<()>;
}

#[derive(Clone, Debug)]
pub struct Fit {
    pub tagger: Arc<dyn Tagger>,
    pub held_out: HeldOut,
}

/// What models that had not seen a row's text say of it (cross-validation; equal texts share a fold).
#[derive(Clone, Debug)]
pub struct HeldOut {
    /// 1: one part of the rows was held out, and the estimate is of that alone.
    pub folds: usize,
    /// For each labelled example, in the lesson's order.
    pub tags: Vec<Tags>,
    /// For each of its given spans, in their order: how probable the same models hold exactly that span, calibrated. 0 where a span is not
    /// one that a tagger can give.
    pub given: Vec<Vec<f32>>,
    /// Places of the rows that tell how a new text fares: of those alone is the estimate.
    pub judged: Vec<u32>,
    pub estimate: Estimate,
}

/// A lexical tagger that has learned nothing.
pub fn lexical() -> Arc<dyn Tagger> {
    Arc::new(Field::default())
}

/// A tagger that has learned nothing, and will also see words as an encoder does. Its fit embeds the labelled texts, its answers those
/// that are not at hand.
pub fn probe(embeddings: &Arc<Embeddings>) -> Arc<dyn Tagger> {
    Arc::new(Field::probe(embeddings))
}

/// Whether [`Tagger::save`] wrote these bytes, sound or not.
pub(crate) fn is_saved(bytes: &[u8]) -> bool {
    [store::MAGIC, store::PROBE, tuned::MAGIC].iter().any(|magic| bytes.starts_with(*magic))
}

/// What [`Tagger::save`] wrote. Damaged or foreign bytes are an error, never a panic; so are a missing encoder and another one than it
/// learned with.
pub fn load(step: Step, from: &mut dyn Read, embeddings: Option<&Arc<Embeddings>>) -> io::Result<Arc<dyn Tagger>> {
    match (step, embeddings) {
        (Step::Lexical, _) => Ok(Arc::new(store::load(from)?)),
        (Step::Probe, Some(embeddings)) => Ok(Arc::new(store::load_probe(from, embeddings)?)),
        (Step::Probe, None) => Err(io::Error::other("the probe needs an encoder, and there is none")),
        _ => Err(io::Error::other(format!("no tagger has the {} step yet", step.name()))),
    }
}
