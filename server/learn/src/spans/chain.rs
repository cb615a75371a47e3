//! A linear-chain conditional random field over the tags of one text (Lafferty, McCallum and Pereira 2001): the forward and backward
//! passes (Rabiner 1989, scaled), what they expect, and the best tags (Viterbi 1967).
//!
//! What must stay true: probabilities are finite whatever the weights are; an inside tag follows its own label's tags only.

use std::ops::Range;

use super::{tags::Scheme, weights::Links};

/// Scores are held so near to a token's best one that sums of their exponentials stay in range.
const FAR: f32 = 40.0;
const STEEP: f32 = 25.0;
const MOST: f32 = 1e30;

/// [`Links`] as factors.
pub(super) struct Factors {
    scheme: Scheme,
    links: Links,
}

impl Factors {
    pub(super) fn of(scheme: Scheme, links: &Links) -> Factors {
        let mut factors = Factors { scheme, links: links.clone() };
        factors.update(links);
        factors
    }

    pub(super) fn update(&mut self, links: &Links) {
        for (factors, weights) in self.links.parts_mut().into_iter().zip(links.parts()) {
            factors.iter_mut().zip(weights).for_each(|(factor, weight)| *factor = weight.clamp(-STEEP, STEEP).exp());
        }
    }

    /// Makes counts of what [`Passes::expect`] added up.
    pub(super) fn scale(&self, expected: &mut Links) {
        for (expected, factors) in expected.parts_mut().into_iter().zip(self.links.parts()) {
            expected.iter_mut().zip(factors).for_each(|(expected, factor)| *expected *= factor);
        }
    }
}

/// Scratch of one text's passes.
#[derive(Default)]
pub(super) struct Passes {
    tokens: usize,
    /// Exponentials of the scores, less each token's best; a row a token, a column a tag.
    emit: Vec<f32>,
    /// Scaled so that the forward ones of a token sum to 1.
    forward: Vec<f32>,
    backward: Vec<f32>,
    scale: Vec<f32>,
    /// Of the sum over all sequences of tags.
    pub(super) log_sum: f64,
    next: Vec<f32>,
}

impl Passes {
    /// `scores`: a row a token, a column a tag.
    pub(super) fn run(&mut self, factors: &Factors, scores: &[f32]) {
        let Factors { scheme, links } = factors;
        let (tags, entries) = (scheme.tags(), scheme.entries());
        self.tokens = scores.len() / tags;
        for values in [&mut self.emit, &mut self.forward, &mut self.backward] {
            values.clear();
            values.resize(scores.len(), 0.0);
        }
        self.scale.clear();
        self.log_sum = 0.0;
        for token in 0..self.tokens {
            let row = token * tags..(token + 1) * tags;
            let top = scores[row.clone()].iter().copied().fold(f32::MIN, f32::max);
            let emit = &mut self.emit[row.clone()];
            emit.iter_mut().zip(&scores[row.clone()]).for_each(|(emit, score)| *emit = (score - top).max(-FAR).exp());
            let (before, forward) = self.forward.split_at_mut(row.start);
            let forward = &mut forward[..tags];
            if token == 0 {
                forward[..entries].copy_from_slice(&links.first);
            } else {
                let before = &before[row.start - tags..];
                for (&before, enter) in before.iter().zip(links.enter.chunks_exact(entries)) {
                    add(&mut forward[..entries], before, enter);
                }
                for label in 0..scheme.labels {
                    forward[scheme.inside(label)] = before[scheme.begin(label)] * links.grow[label]
                        + before[scheme.inside(label)] * links.go_on[label];
                }
            }
            forward.iter_mut().zip(&*emit).for_each(|(forward, emit)| *forward *= emit);
            let sum = forward.iter().sum::<f32>().max(f32::MIN_POSITIVE);
            forward.iter_mut().for_each(|forward| *forward /= sum);
            self.scale.push(sum);
            self.log_sum += f64::from(sum.ln()) + f64::from(top);
        }
        let Some(last) = self.tokens.checked_sub(1) else { return };
        self.backward[last * tags..].fill(1.0);
        for token in (0..last).rev() {
            self.arrive(scheme, token + 1);
            let backward = &mut self.backward[token * tags..][..tags];
            for (backward, enter) in backward.iter_mut().zip(links.enter.chunks_exact(entries)) {
                *backward = dot(enter, &self.next[..entries]);
            }
            for label in 0..scheme.labels {
                let inside = self.next[scheme.inside(label)];
                backward[scheme.begin(label)] += links.grow[label] * inside;
                backward[scheme.inside(label)] += links.go_on[label] * inside;
            }
            backward.iter_mut().for_each(|backward| *backward = backward.min(MOST));
        }
    }

    /// What it is worth to arrive at each tag of a token.
    fn arrive(&mut self, scheme: &Scheme, token: usize) {
        let (tags, scale) = (scheme.tags(), 1.0 / self.scale[token]);
        let row = token * tags..(token + 1) * tags;
        self.next.clear();
        self.next
            .extend(self.emit[row.clone()].iter().zip(&self.backward[row]).map(|(emit, after)| emit * after * scale));
    }

    /// Probabilities of the tags of each token, into `marginals`; expected counts of the links, added to `expected` (still to be
    /// multiplied by the factors).
    pub(super) fn expect(&mut self, factors: &Factors, marginals: &mut Vec<f32>, expected: &mut Links) {
        let Factors { scheme, .. } = factors;
        let (tags, entries) = (scheme.tags(), scheme.entries());
        marginals.clear();
        marginals.extend(self.forward.iter().zip(&self.backward).map(|(forward, backward)| forward * backward));
        for token in 0..self.tokens {
            self.arrive(scheme, token);
            let Some(before) = token.checked_sub(1) else {
                expected.first.iter_mut().zip(&self.next).for_each(|(expected, next)| *expected += next);
                continue;
            };
            let before = &self.forward[before * tags..][..tags];
            for (&before, expected) in before.iter().zip(expected.enter.chunks_exact_mut(entries)) {
                add(expected, before, &self.next[..entries]);
            }
            for label in 0..scheme.labels {
                let inside = self.next[scheme.inside(label)];
                expected.grow[label] += before[scheme.begin(label)] * inside;
                expected.go_on[label] += before[scheme.inside(label)] * inside;
            }
        }
    }

    /// The probability that exactly these tokens are a span of this label.
    pub(super) fn span(&self, factors: &Factors, range: Range<usize>, label: usize) -> f32 {
        let Factors { scheme, links } = factors;
        let tags = scheme.tags();
        if range.is_empty() || range.end > self.tokens {
            return 0.0;
        }
        let (begin, inside) = (scheme.begin(label), scheme.inside(label));
        let mut path = f64::from(self.forward[range.start * tags + begin]);
        for token in range.start + 1..range.end {
            let link = if token == range.start + 1 { links.grow[label] } else { links.go_on[label] };
            path *= f64::from(link) * f64::from(self.emit[token * tags + inside]) / f64::from(self.scale[token]);
        }
        let (last, link) = if range.len() == 1 { (begin, links.grow[label]) } else { (inside, links.go_on[label]) };
        let mut after = f64::from(self.backward[(range.end - 1) * tags + last]);
        if range.end < self.tokens {
            let next = range.end * tags + inside;
            let longer = f64::from(link) * f64::from(self.emit[next]) * f64::from(self.backward[next]);
            after -= longer / f64::from(self.scale[range.end]);
        }
        (path * after.max(0.0)).clamp(0.0, 1.0) as f32
    }
}

/// The best tags and their score.
pub(super) fn best(scheme: Scheme, links: &Links, scores: &[f32]) -> (Vec<u16>, f64) {
    let (count, entries) = (scheme.tags(), scheme.entries());
    let tokens = scores.len() / count;
    let mut from = vec![0u16; scores.len()];
    let mut now = vec![f32::MIN; count];
    let mut before = now.clone();
    // Taken off on the way, so that long texts lose no precision.
    let mut sum = 0.0f64;
    for token in 0..tokens {
        let from = &mut from[token * count..][..count];
        std::mem::swap(&mut now, &mut before);
        if token == 0 {
            now[..entries].copy_from_slice(&links.first);
            now[entries..].fill(f32::MIN);
        } else {
            now[..entries].fill(f32::MIN);
            for (tag, (&before, enter)) in before.iter().zip(links.enter.chunks_exact(entries)).enumerate() {
                for ((now, from), enter) in now.iter_mut().zip(&mut *from).zip(enter) {
                    let score = before + enter.clamp(-STEEP, STEEP);
                    if score > *now {
                        (*now, *from) = (score, tag as u16);
                    }
                }
            }
            for label in 0..scheme.labels {
                let (begin, inside) = (scheme.begin(label), scheme.inside(label));
                let grow = before[begin] + links.grow[label].clamp(-STEEP, STEEP);
                let go_on = before[inside] + links.go_on[label].clamp(-STEEP, STEEP);
                (now[inside], from[inside]) = if grow >= go_on { (grow, begin as u16) } else { (go_on, inside as u16) };
            }
        }
        let scores = &scores[token * count..][..count];
        let top = scores.iter().copied().fold(f32::MIN, f32::max);
        now.iter_mut().zip(scores).for_each(|(now, score)| *now += (score - top).max(-FAR));
        let most = now.iter().copied().fold(f32::MIN, f32::max);
        now.iter_mut().for_each(|now| *now -= most);
        sum += f64::from(top) + f64::from(most);
    }
    let mut tag = (0..count).fold(0, |best, tag| if now[tag] > now[best] { tag } else { best }) as u16;
    let mut tags = vec![0; tokens];
    for token in (0..tokens).rev() {
        tags[token] = tag;
        tag = from[token * count + usize::from(tag)];
    }
    (tags, sum)
}

fn add(to: &mut [f32], factor: f32, of: &[f32]) {
    to.iter_mut().zip(of).for_each(|(to, of)| *to += factor * of);
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0f32; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    sums.iter().sum::<f32>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SCHEME: Scheme = Scheme { labels: 2 };

    /// Every allowed sequence with its score.
    fn all(links: &Links, scores: &[f32]) -> Vec<(Vec<u16>, f64)> {
        let tags = SCHEME.tags();
        let mut all = vec![(Vec::new(), 0.0)];
        for scores in scores.chunks_exact(tags) {
            let longer = |(path, sum): &(Vec<u16>, f64)| {
                let path = path.clone();
                let sum = *sum;
                (0..tags)
                    .filter_map(move |tag| {
                        let label = tag.checked_sub(SCHEME.entries());
                        let link = match (path.last().map(|&last| usize::from(last)), label) {
                            (None, None) => links.first[tag],
                            (Some(last), None) => links.enter[last * SCHEME.entries() + tag],
                            (Some(last), Some(label)) if last == SCHEME.begin(label) => links.grow[label],
                            (Some(last), Some(label)) if last == SCHEME.inside(label) => links.go_on[label],
                            _ => return None,
                        };
                        let path = path.iter().copied().chain([tag as u16]).collect();
                        Some((path, sum + f64::from(link) + f64::from(scores[tag])))
                    })
                    .collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        all
    }

    fn links(values: &[f32]) -> Links {
        let mut links = Links::zero(SCHEME);
        let mut values = values.iter().cycle();
        for part in links.parts_mut() {
            part.iter_mut().for_each(|weight| *weight = *values.next().expect("a value"));
        }
        links
    }

    proptest! {
        #[test]
        fn all_is_as_if_every_sequence_were_looked_at(
            scores in prop::collection::vec(-3.0f32..3.0, 4 * 5), values in prop::collection::vec(-2.0f32..2.0, 22),
        ) {
            let links = links(&values);
            let factors = Factors::of(SCHEME, &links);
            let all = all(&links, &scores);
            let sum: f64 = all.iter().map(|(_, score)| score.exp()).sum();
            let mut passes = Passes::default();
            passes.run(&factors, &scores);
            prop_assert!((passes.log_sum - sum.ln()).abs() < 1e-4);

            let (mut marginals, mut expected) = (Vec::new(), Links::zero(SCHEME));
            passes.expect(&factors, &mut marginals, &mut expected);
            let share = |holds: &dyn Fn(&[u16]) -> usize| -> f64 {
                all.iter().map(|(tags, score)| holds(tags) as f64 * score.exp() / sum).sum()
            };
            for (place, marginal) in marginals.iter().enumerate() {
                let (token, tag) = (place / 5, (place % 5) as u16);
                prop_assert!((f64::from(*marginal) - share(&|tags| usize::from(tags[token] == tag))).abs() < 1e-4);
            }
            for (place, (count, factor)) in expected.enter.iter().zip(&factors.links.enter).enumerate() {
                let pair = [(place / 3) as u16, (place % 3) as u16];
                let count = f64::from(count * factor);
                prop_assert!((count - share(&|tags| tags.windows(2).filter(|two| **two == pair).count())).abs() < 1e-4);
            }
            for (range, label) in [(0..1, 0), (1..3, 1), (1..4, 0), (0..4, 1)] {
                let found = f64::from(passes.span(&factors, range.clone(), label));
                let share = share(&|tags| usize::from(SCHEME.spans(tags).contains(&(range.clone(), label))));
                prop_assert!((found - share).abs() < 1e-4, "{found} {share}");
            }
            let (tags, score) = best(SCHEME, &links, &scores);
            let most = all.iter().map(|(_, score)| *score).fold(f64::MIN, f64::max);
            prop_assert!((score - most).abs() < 1e-4);
            prop_assert!(all.iter().any(|(path, score)| *path == tags && (score - most).abs() < 1e-4));
        }

        #[test]
        fn wild_weights_give_finite_probabilities(
            scores in prop::collection::vec(-900.0f32..900.0, 40 * 5), values in prop::collection::vec(-90.0f32..90.0, 22),
        ) {
            let factors = Factors::of(SCHEME, &links(&values));
            let mut passes = Passes::default();
            passes.run(&factors, &scores);
            let (mut marginals, mut expected) = (Vec::new(), Links::zero(SCHEME));
            passes.expect(&factors, &mut marginals, &mut expected);
            prop_assert!(marginals.iter().chain(&expected.enter).all(|value| value.is_finite()));
            prop_assert!(passes.log_sum.is_finite());
        }
    }

    #[test]
    fn a_text_without_tokens_has_no_tags() {
        assert_eq!(best(SCHEME, &Links::zero(SCHEME), &[]), (Vec::new(), 0.0));
        let mut passes = Passes::default();
        passes.run(&Factors::of(SCHEME, &Links::zero(SCHEME)), &[]);
        assert_eq!((passes.log_sum, passes.span(&Factors::of(SCHEME, &Links::zero(SCHEME)), 0..1, 0)), (0.0, 0.0));
    }
}
