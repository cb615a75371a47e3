//! The tagger: a conditional random field over hashed features of tokens, which needs no download and no language; as a probe, also over
//! vectors of the tokens, which a frozen encoder makes of them where they stand.

use std::{
    fmt,
    io::{self, Write},
    ops::Range,
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    Fit, Lesson, Span, Tagged, Tagger, Tags,
    belief::{Belief, log_odds},
    chain::{Factors, Passes, best},
    course::Memory,
    dense::{Scale, add_scores},
    fit,
    space::Space,
    store,
    tags::{Scheme, covered},
    tokens::tokens,
    weights::{Links, emissions},
};
use crate::{
    Control, Embeddings, FitError, Reasons, Renames, Step, Text, embeddings::packed::Packed, softmax::log_sum_exp,
};

/// Texts predicted by one task.
const PART: usize = 64;
/// Texts whose vectors are held at once.
const LOOKED_AT: usize = 1024;

#[derive(Clone, Default)]
pub(super) struct Field {
    /// Of words. `None`: a lexical tagger.
    pub(super) embeddings: Option<Arc<Embeddings>>,
    pub(super) labels: Vec<Arc<str>>,
    /// Labels that had spans, by column of the chain. The others are never found.
    pub(super) active: Vec<u32>,
    pub(super) chain: Chain,
    pub(super) beliefs: Beliefs,
    /// Not kept on disk: without it a refit learns the folds from nothing.
    pub(super) memory: Memory,
}

/// What was learned.
#[derive(Clone, Debug, Default)]
pub(super) struct Chain {
    pub(super) scheme: Scheme,
    pub(super) space: Arc<Space>,
    pub(super) weights: Vec<f32>,
    pub(super) links: Links,
    /// How vectors of tokens are read, and their weights, a row a tag; empty where there are none.
    pub(super) scale: Arc<Scale>,
    pub(super) dense: Vec<f32>,
}

/// Of spans, and of whole answers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Beliefs {
    pub(super) span: Belief,
    pub(super) whole: Belief,
}

/// An answer before anyone knows how far it can be trusted: log odds in place of probabilities, columns in place of labels.
#[derive(Clone, Debug, Default)]
pub(super) struct Raw {
    pub(super) spans: Vec<(Span, f32)>,
    pub(super) whole: f32,
    /// Of the spans that were asked about. `None`: no tagger can give it.
    pub(super) asked: Vec<Option<f32>>,
}

/// Scratch of predictions, one a thread.
#[derive(Default)]
pub(super) struct Scratch {
    scores: Vec<f32>,
    vectors: Vec<f32>,
    passes: Passes,
}

impl Beliefs {
    /// Of log odds: of spans, and of a whole answer.
    pub(super) fn tags(&self, spans: impl IntoIterator<Item = (Span, f32)>, whole: f32) -> Tags {
        let tagged = |(span, log_odds)| Tagged { span, probability: self.span.probability(log_odds) };
        Tags { spans: spans.into_iter().map(tagged).collect(), certainty: self.whole.probability(whole) }
    }
}

impl Chain {
    fn read(&self, factors: &Factors, text: &str, vectors: &Packed, scratch: &mut Scratch) -> Vec<Range<u32>> {
        let tokens = tokens(text);
        let ids = self.space.locate(text, &tokens);
        emissions(&self.space, |pair| self.weights[pair], &ids, self.scheme.tags(), &mut scratch.scores);
        let (tags, width) = (self.scheme.tags(), self.scale.width());
        if width > 0 {
            self.scale.apply(vectors, 0..tokens.len(), &mut scratch.vectors);
            let rows = scratch.scores.chunks_exact_mut(tags).zip(scratch.vectors.chunks_exact(width));
            rows.for_each(|(scores, vector)| add_scores(&self.dense, vector, scores));
        }
        scratch.passes.run(factors, &scratch.scores);
        tokens
    }

    pub(super) fn factors(&self) -> Factors {
        Factors::of(self.scheme, &self.links)
    }

    /// The best spans, and how probable `asked` (their labels are columns) are. `vectors`: of the tokens, as they are kept.
    pub(super) fn answer(
        &self,
        factors: &Factors,
        text: &str,
        vectors: &Packed,
        asked: &[Option<Span>],
        scratch: &mut Scratch,
    ) -> Raw {
        let tokens = self.read(factors, text, vectors, scratch);
        let (tags, score) = best(self.scheme, &self.links, &scratch.scores);
        let passes = &scratch.passes;
        let span = |(range, column): (Range<usize>, usize)| {
            let span = Span { start: tokens[range.start].start, end: tokens[range.end - 1].end, label: column as u32 };
            (span, log_odds(passes.span(factors, range, column)))
        };
        let asked = asked.iter().map(|asked| {
            let asked = asked.as_ref()?;
            let range = covered(&tokens, asked)?;
            Some(log_odds(passes.span(factors, range, asked.label as usize)))
        });
        Raw {
            whole: log_odds((score - passes.log_sum).min(0.0).exp() as f32),
            asked: asked.collect(),
            spans: self.scheme.spans(&tags).into_iter().map(span).collect(),
        }
    }
}

impl Field {
    pub(super) fn tags(&self, raw: Raw) -> Tags {
        self.beliefs.tags(raw.spans.into_iter().map(|(span, log_odds)| (self.labelled(span), log_odds)), raw.whole)
    }

    /// A span whose label is a column of the chain.
    pub(super) fn labelled(&self, span: Span) -> Span {
        Span { label: self.active.get(span.label as usize).copied().unwrap_or(span.label), ..span }
    }

    pub(super) fn probe(embeddings: &Arc<Embeddings>) -> Field {
        Field { embeddings: Some(embeddings.words()), ..Field::default() }
    }

    /// With its labels called so.
    pub(super) fn called(&self, names: &Renames) -> Field {
        Field { labels: names.names(&self.labels), memory: self.memory.renamed(names), ..self.clone() }
    }

    /// Vectors of each text's tokens, empty ones where it reads none; makes those that are not at hand. `None`: the encoder failed.
    pub(super) fn look(&self, texts: &[Text]) -> Option<Vec<Packed>> {
        let Some(embeddings) = &self.embeddings else { return Some(vec![Packed::default(); texts.len()]) };
        embeddings.of_words(&texts.iter().collect::<Vec<_>>(), &Control::default()).ok()
    }
}

/// The tokens that a part touches: a person need not hit edges.
pub(super) fn touched(tokens: &[Range<u32>], part: &Range<usize>) -> Range<usize> {
    let from = tokens.partition_point(|token| (token.end as usize) <= part.start);
    let to = tokens.partition_point(|token| (token.start as usize) < part.end);
    from..to.max(from)
}

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Field")
            .field("step", &self.step())
            .field("labels", &self.labels)
            .field("features", &self.chain.space.features.len())
            .field("weights", &self.chain.weights.len())
            .field("width", &self.chain.scale.width())
            .field("beliefs", &self.beliefs)
            .finish_non_exhaustive()
    }
}

impl Tagger for Field {
    fn step(&self) -> Step {
        if self.embeddings.is_some() { Step::Probe } else { Step::Lexical }
    }

    fn labels(&self) -> &[Arc<str>] {
        &self.labels
    }

    fn fit(&self, lesson: &Lesson, control: &Control) -> Result<Fit, FitError> {
        let (tagger, held_out) = fit::fit(self, lesson, control)?;
        Ok(Fit { tagger: Arc::new(tagger), held_out })
    }

    fn renamed(&self, names: &Renames) -> Arc<dyn Tagger> {
        Arc::new(self.called(names))
    }

    fn predict(&self, texts: &[Text]) -> Vec<Tags> {
        if self.active.is_empty() {
            return vec![Tags::default(); texts.len()];
        }
        if texts.len() > LOOKED_AT && self.embeddings.is_some() {
            return texts.chunks(LOOKED_AT).flat_map(|texts| self.predict(texts)).collect();
        }
        let Some(vectors) = self.look(texts) else { return vec![Tags::default(); texts.len()] };
        let factors = self.chain.factors();
        let one = |scratch: &mut Scratch, (text, vectors): (&Text, &Packed)| {
            self.tags(self.chain.answer(&factors, &text.body, vectors, &[], scratch))
        };
        if texts.len() <= PART {
            // Too few to wake other threads for: the row that is being typed.
            let mut scratch = Scratch::default();
            return texts.iter().zip(&vectors).map(|text| one(&mut scratch, text)).collect();
        }
        let texts = texts.par_iter().zip(&vectors).with_min_len(PART / 4);
        texts.map_init(Scratch::default, one).collect()
    }

    fn rank(&self, text: &Text, range: Range<usize>) -> Vec<(u32, f32)> {
        if self.active.is_empty() {
            return Vec::new();
        }
        let factors = self.chain.factors();
        let mut scratch = Scratch::default();
        let Some(vectors) = self.look(std::slice::from_ref(text)) else { return Vec::new() };
        let tokens = self.chain.read(&factors, &text.body, &vectors[0], &mut scratch);
        let touched = touched(&tokens, &range);
        let score = |column: usize| {
            let probability = scratch.passes.span(&factors, touched.clone(), column);
            self.beliefs.span.slope * f64::from(probability).max(1e-12).ln() as f32
        };
        let scores: Vec<f32> = (0..self.active.len()).map(score).collect();
        let sum = log_sum_exp(&scores);
        let known = self.active.iter().zip(scores).map(|(&label, score)| (label, (score - sum).exp()));
        let others =
            (0..self.labels.len() as u32).filter(|label| !self.active.contains(label)).map(|label| (label, 0.0));
        let mut ranked: Vec<(u32, f32)> = known.chain(others).collect();
        // Stable: of equals the first label comes first.
        ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
        ranked
    }

    fn reasons(&self, text: &Text, part: Range<usize>, label: u32, control: &Control) -> Option<Reasons> {
        self.decided(text, part, label, control)
    }

    fn at_hand(&self, text: &Text) -> bool {
        self.embeddings.as_ref().is_none_or(|embeddings| embeddings.has(text.key))
    }

    fn embeddings(&self) -> Option<&Arc<Embeddings>> {
        self.embeddings.as_ref()
    }

    fn save(&self, to: &mut dyn Write) -> io::Result<()> {
        store::save(self, to)
    }
}
