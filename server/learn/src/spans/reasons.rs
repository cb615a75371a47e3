//! Why a part of a text has a label: what each word of the text adds to how far the label's score is above that of no label, over the tokens of
//! the part.
//!
//! Scores are linear in features of tokens and in tokens' vectors. What a feature adds is that of the words that it is of, in equal parts. What a
//! vector adds is that of its own word, as the encoder reads it where it stands; through an encoder that was trained it is the integrated
//! gradient, and so that of the words around it, too.
//!
//! What must stay true: what speaks of no word - how often the label occurs, where in the text a token stands, which tags follow each
//! other - is left out.

use std::ops::Range;

use super::{
    features::{SOURCES, TEMPLATES},
    field::{Field, touched},
    space::UNKNOWN,
    tokens::tokens,
};
use crate::{
    Control, Grain, Reading, Text,
    encoder::fade::Faded,
    reasons::{Reasons, Tally, points, rule},
};

/// One label of one part.
struct Part<'a> {
    field: &'a Field,
    /// Of the whole text.
    tokens: Vec<Range<u32>>,
    within: Range<usize>,
    /// Tags of its first token, and of the others.
    tags: [usize; 2],
}

impl Field {
    pub(super) fn decided(&self, text: &Text, part: Range<usize>, label: u32, control: &Control) -> Option<Reasons> {
        let column = self.active.binary_search(&label).ok()?;
        let tokens = tokens(&text.body);
        let within = Some(touched(&tokens, &part)).filter(|within| !within.is_empty())?;
        let scheme = self.chain.scheme;
        let part = Part { field: self, tokens, within, tags: [scheme.begin(column), scheme.inside(column)] };
        let mut tally = Tally::new(&text.body);
        let mut total = part.add_features(&text.body, &mut tally);
        let trained =
            self.embeddings.as_ref().filter(|embeddings| embeddings.grain() == Grain::Words(Reading::Trained));
        total += match trained.and_then(|embeddings| embeddings.encoder().trainable()) {
            // Of a part that is beyond what is read at once, its vectors speak.
            Some(encoder) => match Faded::of_parts(encoder, &text.body, &part.tokens[part.within.clone()]) {
                Some(faded) => part.add_faded(&faded, &mut tally, control)?,
                None => part.add_vectors(text, &mut tally)?,
            },
            None => part.add_vectors(text, &mut tally)?,
        };
        Some(tally.reasons(total).scaled(self.beliefs.span.slope))
    }
}

impl Part<'_> {
    fn tag(&self, token: usize) -> usize {
        self.tags[usize::from(token > self.within.start)]
    }

    fn add_features(&self, text: &str, tally: &mut Tally) -> f32 {
        let chain = &self.field.chain;
        let ids = chain.space.locate(text, &self.tokens);
        let mut total = 0.0;
        for here in self.within.clone() {
            let features = ids[here * TEMPLATES..][..TEMPLATES].iter().zip(SOURCES);
            for (&id, sources) in features.filter(|(id, sources)| **id != UNKNOWN && !sources.is_empty()) {
                let weight: f32 = chain.space.pairs(id).map(|pair| self.sign(here, pair) * chain.weights[pair]).sum();
                let words = || sources.iter().filter_map(|&away| self.tokens.get(here.checked_add_signed(away)?));
                // What is beyond the text says something of what is at its edge.
                let count = words().count();
                let own = (count == 0).then(|| &self.tokens[here]);
                words().chain(own).for_each(|word| tally.add(word.clone(), weight / count.max(1) as f32));
                total += weight;
            }
        }
        total
    }

    /// What a pair's weight counts for: for the label, against it, or not at all.
    fn sign(&self, token: usize, pair: usize) -> f32 {
        match usize::from(self.field.chain.space.tags[pair]) {
            0 => -1.0,
            tag if tag == self.tag(token) => 1.0,
            _ => 0.0,
        }
    }

    /// Along a token's vector, as it is kept.
    fn slopes(&self, token: usize) -> Vec<f32> {
        let chain = &self.field.chain;
        let width = chain.scale.width();
        let row = |tag: usize| &chain.dense[tag * width..][..width];
        let weights = row(self.tag(token)).iter().zip(row(0)).map(|(label, none)| label - none);
        weights.zip(&chain.scale.factors).map(|(weight, factor)| weight * factor).collect()
    }

    fn add_vectors(&self, text: &Text, tally: &mut Tally) -> Option<f32> {
        let chain = &self.field.chain;
        let width = chain.scale.width();
        if width == 0 {
            return Some(0.0);
        }
        let vectors = self.field.look(std::slice::from_ref(text))?.pop()?;
        let (mut vector, mut total) = (vec![0.0; width], 0.0);
        for token in self.within.clone().filter(|token| *token < vectors.words(width)) {
            vectors.read(token, &mut vector);
            let above = vector.iter().zip(&chain.scale.means).map(|(value, mean)| value - mean);
            let weight: f32 = self.slopes(token).iter().zip(above).map(|(slope, value)| slope * value).sum();
            tally.add(self.tokens[token].clone(), weight);
            total += weight;
        }
        Some(total)
    }

    fn add_faded(&self, faded: &Faded<'_>, tally: &mut Tally, control: &Control) -> Option<f32> {
        let along: Vec<f32> = self.within.clone().flat_map(|token| self.slopes(token)).collect();
        // What comes of a pass are states, divided by this.
        let length = (self.field.chain.scale.width() as f32).sqrt();
        let ends = faded.vectors(&[0.0, 1.0], control).ok()?;
        let (nothing, whole) = ends.split_at(ends.len() / 2);
        let change = whole.iter().zip(nothing).map(|(whole, nothing)| (whole - nothing) * length);
        let total: f32 = along.iter().zip(change).map(|(slope, change)| slope * change).sum();
        let rule = rule(points(faded.tokens()));
        let places: Vec<f32> = rule.iter().map(|(point, _)| *point).collect();
        let slope =
            |place: usize, _: &[f32]| [along.iter().map(|slope| slope * length * rule[place].1).collect(), Vec::new()];
        let (added, _) = faded.add_up(&places, slope, control).ok()?;
        faded.bytes.iter().zip(added).for_each(|(bytes, weight)| tally.add(bytes.clone(), weight));
        Some(total)
    }
}
