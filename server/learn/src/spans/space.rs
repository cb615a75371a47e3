//! Which features count and for which tags, and rows of them.
//!
//! What must stay true: a feature has a weight for those tags only with which it was seen in the labelled rows (as CRFsuite has it by
//! default), so that the number of labels does not multiply memory or time; the space is a function of the rows alone, whatever the threads.

use std::ops::Range;

use rayon::prelude::*;
use rustc_hash::FxHashMap;

use super::{
    Span,
    features::{TEMPLATES, features},
    tags::{Scheme, apart, covered},
    tokens::{cut, tokens},
};
use crate::Control;

/// A feature that has no weight.
pub(super) const UNKNOWN: u32 = u32::MAX;
/// Tokens of a row that are learned in one go; a longer row is cut outside its spans.
const LONGEST: usize = 256;

/// A labelled text, ready to be learned.
pub(super) struct Row {
    /// Dimensions, [`TEMPLATES`] for each token.
    pub(super) ids: Vec<u32>,
    pub(super) tags: Vec<u16>,
    /// The token, before any was cut for a span, that each token is of.
    pub(super) whole: Vec<u32>,
    /// Where the parts end that are learned in one go.
    pub(super) ends: Vec<u32>,
}

impl Row {
    /// The parts, in tokens.
    pub(super) fn parts(&self) -> impl Iterator<Item = Range<usize>> + '_ {
        let starts = std::iter::once(0).chain(self.ends.iter().map(|&end| end as usize));
        starts.zip(&self.ends).map(|(start, &end)| start..end as usize)
    }
}

/// Dimensions by feature, and the pairs of a dimension and a tag that have a weight.
#[derive(Clone, Debug, Default)]
pub(super) struct Space {
    pub(super) features: Vec<u32>,
    /// Where the pairs of each dimension start; one more than dimensions.
    pub(super) starts: Vec<u32>,
    /// The tag of each pair; those of one dimension rise.
    pub(super) tags: Vec<u16>,
    dimension_of: FxHashMap<u32, u32>,
}

impl Space {
    /// Of parts that may come from a file. `None`: they do not fit together.
    pub(super) fn from_parts(features: Vec<u32>, starts: Vec<u32>, tags: Vec<u16>, scheme: Scheme) -> Option<Space> {
        let dimension_of: FxHashMap<u32, u32> = features.iter().copied().zip(0..).collect();
        let fits = dimension_of.len() == features.len()
            && (starts.len() == features.len() + 1 || features.is_empty() && starts.is_empty())
            && starts.is_sorted()
            && starts.first().is_none_or(|&first| first == 0)
            && starts.last().map_or(0, |&last| last as usize) == tags.len()
            && tags.iter().all(|&tag| usize::from(tag) < scheme.tags());
        fits.then_some(Space { features, starts, tags, dimension_of })
    }

    /// The space of these texts' features, and the texts in it. `column` is the column of a label, if it has one. `None` when cancelled.
    pub(super) fn of(
        texts: &[(&str, &[Span])],
        scheme: Scheme,
        column: impl Fn(u32) -> Option<usize> + Sync,
        control: &Control,
    ) -> Option<(Space, Vec<Row>)> {
        let read =
            |(text, spans): &(&str, &[Span])| (!control.is_cancelled()).then(|| row(text, spans, scheme, &column));
        let mut rows: Vec<Row> = texts.par_iter().map(read).collect::<Option<_>>()?;
        let mut space = Space::default();
        // The tags of each dimension, few enough to look through.
        let mut met: Vec<Vec<u16>> = Vec::new();
        for (number, row) in rows.iter_mut().enumerate() {
            if number % 64 == 0 && control.is_cancelled() {
                return None;
            }
            for (ids, &tag) in row.ids.chunks_exact_mut(TEMPLATES).zip(&row.tags) {
                for id in ids {
                    let dimension = *space.dimension_of.entry(*id).or_insert_with(|| {
                        space.features.push(*id);
                        met.push(Vec::new());
                        met.len() as u32 - 1
                    });
                    *id = dimension;
                    let met = &mut met[dimension as usize];
                    if let Err(place) = met.binary_search(&tag) {
                        met.insert(place, tag);
                    }
                }
            }
        }
        space.starts.push(0);
        for met in met {
            space.tags.extend(met);
            space.starts.push(space.tags.len() as u32);
        }
        Some((space, rows))
    }

    /// Dimensions of a text's features.
    pub(super) fn locate(&self, text: &str, tokens: &[Range<u32>]) -> Vec<u32> {
        let mut ids = features(text, tokens);
        for id in &mut ids {
            *id = self.dimension_of.get(id).copied().unwrap_or(UNKNOWN);
        }
        ids
    }

    pub(super) fn dimension(&self, feature: u32) -> Option<u32> {
        self.dimension_of.get(&feature).copied()
    }

    /// The pairs of a dimension.
    pub(super) fn pairs(&self, dimension: u32) -> Range<usize> {
        let bounds = (self.starts.get(dimension as usize), self.starts.get(dimension as usize + 1));
        let (Some(&start), Some(&end)) = bounds else { return 0..0 };
        start as usize..end as usize
    }
}

/// A row whose ids are still features.
fn row(text: &str, spans: &[Span], scheme: Scheme, column: impl Fn(u32) -> Option<usize>) -> Row {
    let spans = apart(text, spans);
    let edges: Vec<u32> = spans.iter().flat_map(|span| [span.start, span.end]).collect();
    let uncut = tokens(text);
    let tokens = cut(uncut.clone(), &edges);
    let of = |token: &Range<u32>| uncut.partition_point(|uncut| uncut.end <= token.start) as u32;
    let whole = tokens.iter().map(of).collect();
    let mut tags = vec![0; tokens.len()];
    for span in &spans {
        if let (Some(range), Some(column)) = (covered(&tokens, span), column(span.label)) {
            tags[range.clone()].fill(scheme.inside(column) as u16);
            tags[range.start] = scheme.begin(column) as u16;
        }
    }
    let mut ends = Vec::new();
    let mut from = 0;
    while tags.len() - from > LONGEST {
        // Not inside a span, unless that is all there is.
        let outside = (from + 1..=from + LONGEST).rev().find(|&at| usize::from(tags[at]) < scheme.entries());
        from = outside.unwrap_or(from + LONGEST);
        ends.push(from as u32);
    }
    ends.push(tags.len() as u32);
    Row { ids: features(text, &tokens), tags, whole, ends }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn space(texts: &[(&str, &[Span])]) -> (Space, Vec<Row>) {
        Space::of(texts, Scheme { labels: 1 }, |_| Some(0), &Control::default()).expect("a space")
    }

    #[test]
    fn a_feature_counts_for_the_tags_that_it_was_seen_with() {
        let spans = [Span { start: 3, end: 8, label: 0 }];
        let (space, rows) = space(&[("to Paris", &spans), ("to me", &[])]);
        assert_eq!(rows[0].tags, [0, 1]);
        let tags = |row: usize, token: usize| {
            let word = rows[row].ids[token * TEMPLATES + 1];
            space.tags[space.pairs(word)].to_vec()
        };
        assert_eq!((tags(0, 0), tags(0, 1), tags(1, 1)), (vec![0], vec![1], vec![0]));
        let located = space.locate("to Rome", &tokens("to Rome"));
        assert_eq!(located[1], rows[0].ids[1]);
        assert_eq!(located[TEMPLATES + 1], UNKNOWN);
    }

    #[test]
    fn a_long_row_is_cut_outside_its_spans() {
        let text = "word ".repeat(600);
        let spans = [Span { start: 1000, end: 1499, label: 0 }];
        let (_, rows) = space(&[(&text, &spans)]);
        let parts: Vec<Range<usize>> = rows[0].parts().collect();
        assert_eq!(parts, [0..200, 200..456, 456..600]);
    }

    #[test]
    fn a_span_inside_a_word_is_learned() {
        let spans = [Span { start: 0, end: 2, label: 0 }];
        let (_, rows) = space(&[("20mg", &spans)]);
        assert_eq!(rows[0].tags, [1, 0]);
    }
}
