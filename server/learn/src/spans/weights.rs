//! The weights of a chain: of pairs of a feature and a tag, of a text's first tag, and of neighbouring tags.

use super::{
    features::TEMPLATES,
    space::{Space, UNKNOWN},
    tags::Scheme,
};

/// Of what a text begins with, and of what follows what: the part of the weights that all features share.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Links {
    /// For each entry ([`Scheme::entries`]), of beginning a text.
    pub(super) first: Vec<f32>,
    /// For each tag and each entry, of the entry after the tag; the entries of one tag together.
    pub(super) enter: Vec<f32>,
    /// For each label, of its inside after its beginning, and after its inside.
    pub(super) grow: Vec<f32>,
    pub(super) go_on: Vec<f32>,
}

impl Links {
    pub(super) fn zero(scheme: Scheme) -> Links {
        Links {
            first: vec![0.0; scheme.entries()],
            enter: vec![0.0; scheme.tags() * scheme.entries()],
            grow: vec![0.0; scheme.labels],
            go_on: vec![0.0; scheme.labels],
        }
    }

    pub(super) fn parts(&self) -> [&[f32]; 4] {
        [&self.first, &self.enter, &self.grow, &self.go_on]
    }

    pub(super) fn parts_mut(&mut self) -> [&mut Vec<f32>; 4] {
        [&mut self.first, &mut self.enter, &mut self.grow, &mut self.go_on]
    }

    /// Whether they may come from a file.
    pub(super) fn is_sound(&self, scheme: Scheme) -> bool {
        let zero = Links::zero(scheme);
        self.parts()
            .iter()
            .zip(zero.parts())
            .all(|(part, zero)| part.len() == zero.len() && part.iter().all(|weight| weight.is_finite()))
    }
}

/// Scores of the tags of each token, from weights of pairs.
pub(super) fn emissions(space: &Space, weight: impl Fn(usize) -> f32, ids: &[u32], tags: usize, scores: &mut Vec<f32>) {
    scores.clear();
    scores.resize(ids.len() / TEMPLATES * tags, 0.0);
    for (scores, ids) in scores.chunks_exact_mut(tags).zip(ids.chunks_exact(TEMPLATES)) {
        for &id in ids.iter().filter(|&&id| id != UNKNOWN) {
            for pair in space.pairs(id) {
                scores[usize::from(space.tags[pair])] += weight(pair);
            }
        }
    }
}
