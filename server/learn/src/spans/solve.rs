//! Learning of a chain: AdaGrad (Duchi, Hazan and Singer 2011), a row a step, with an L2 penalty.
//!
//! Objective: `Σ rows −ln p(tags | text) + c |w|²`, as CRFsuite counts c. A weight that a row does not touch is made smaller for the
//! penalty when it is next looked at, by the implicit step: so a step costs what its row holds, and the penalty never overshoots.
//!
//! What must stay true: one thread learns one model, in an order that the seed decides; a weight whose pair is in none of the model's own
//! rows stays 0, so that nothing of a held-out row reaches the model that judges it.

use super::{
    chain::{Factors, Passes},
    dense::{Dense, Sight, Steps, add_scores},
    features::TEMPLATES,
    space::{Row, Space},
    tags::Scheme,
    weights::Links,
};
use crate::{Control, softmax::shuffle};

const RATE: f32 = 0.3;
/// What squares of gradients start with: first steps are no leaps.
const CALM: f32 = 0.1;
/// In place of a step's number: the pair is not learned.
const NEVER: u32 = u32::MAX;

/// A weight with what its next step needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cell {
    pub(super) weight: f32,
    /// Sum of the squares of its gradients.
    pub(super) squares: f32,
    /// The step in which it was last made smaller.
    seen: u32,
}

impl Cell {
    pub(super) const NEW: Cell = Cell { weight: 0.0, squares: CALM, seen: NEVER };

    /// Makes up for the steps since it was last looked at.
    fn catch_up(&mut self, step: u32, decay: f32) -> f32 {
        if self.seen < step {
            self.weight /= 1.0 + decay * (step - self.seen) as f32 * RATE / self.squares.sqrt();
            self.seen = step;
        }
        self.weight
    }

    fn learn(&mut self, gradient: f32) {
        self.squares += gradient * gradient;
        self.weight -= RATE * gradient / self.squares.sqrt();
    }
}

/// A model in the making: what a refit starts from.
#[derive(Clone, Debug)]
pub(super) struct Model {
    pub(super) cells: Vec<Cell>,
    pub(super) links: Links,
    pub(super) squares: Links,
    /// Of tokens' vectors, where they have some.
    pub(super) dense: Dense,
}

impl Model {
    pub(super) fn weights(&self) -> Vec<f32> {
        self.cells.iter().map(|cell| cell.weight).collect()
    }

    /// Takes steps as long as `begun` does where that has learned: else weights would follow new rows the less, the more often it learns
    /// again.
    fn keep_pace_of(&mut self, begun: &Model) {
        let own = self.cells.iter_mut().map(|cell| &mut cell.squares);
        let own = own.chain(self.squares.parts_mut().into_iter().flatten()).chain(&mut self.dense.squares);
        let known = begun.cells.iter().map(|cell| &cell.squares);
        let known = known.chain(begun.squares.parts().into_iter().flatten()).chain(&begun.dense.squares);
        own.zip(known).filter(|(_, known)| **known > CALM).for_each(|(own, known)| *own = *known);
    }

    /// `width` is that of tokens' vectors; 0: they have none.
    pub(super) fn new(pairs: usize, scheme: Scheme, width: usize) -> Model {
        let mut squares = Links::zero(scheme);
        squares.parts_mut().into_iter().for_each(|part| part.fill(CALM));
        Model { cells: vec![Cell::NEW; pairs], links: Links::zero(scheme), squares, dense: Dense::new(scheme, width) }
    }
}

/// What a model learns in each round: all rows, or the next of so many parts of them, and with it the rows that are new or have other
/// spans.
pub(super) struct Plan {
    pub(super) rounds: usize,
    pub(super) parts: usize,
    /// The part of the first round.
    pub(super) first: usize,
    pub(super) new: Vec<u32>,
}

impl Plan {
    fn rows(&self, round: usize, order: &[u32]) -> Vec<u32> {
        let part = self.first.wrapping_add(round) % self.parts;
        let cut = |part: usize| part * order.len() / self.parts;
        order[cut(part)..cut(part + 1)].iter().chain(&self.new).copied().collect()
    }
}

pub(super) struct Problem<'a> {
    pub(super) scheme: Scheme,
    pub(super) space: &'a Space,
    pub(super) rows: &'a [Row],
    /// What tokens of each row look like to an encoder, where there is one.
    pub(super) sight: Option<&'a Sight<'a>>,
    /// c of the objective; of features and links, and of vectors.
    pub(super) penalty: f32,
    pub(super) dense_penalty: f32,
    pub(super) control: &'a Control,
}

impl Problem<'_> {
    /// Learns `members` as the plan has it. `None` when cancelled.
    pub(super) fn solve(
        &self,
        members: &[u32],
        model: &mut Model,
        plan: &Plan,
        seed: u64,
        done: &mut dyn FnMut(),
    ) -> Option<()> {
        model.cells.iter_mut().for_each(|cell| cell.seen = NEVER);
        for &member in members {
            let row = &self.rows[member as usize];
            for (ids, &tag) in row.ids.chunks_exact(TEMPLATES).zip(&row.tags) {
                for &id in ids {
                    let pairs = self.space.pairs(id);
                    if let Ok(place) = self.space.tags[pairs.clone()].binary_search(&tag) {
                        model.cells[pairs.start + place].seen = 0;
                    }
                }
            }
        }
        // Of a row that is no longer there, or now held out.
        for cell in model.cells.iter_mut().filter(|cell| cell.seen == NEVER) {
            *cell = Cell::NEW;
        }
        let begun = (plan.parts > 1).then(|| model.clone());
        let mut run = Run {
            problem: self,
            decay: 2.0 * self.penalty / members.len().max(1) as f32,
            step: 0,
            passes: Passes::default(),
            scores: Vec::new(),
            marginals: Vec::new(),
            expected: Links::zero(self.scheme),
            vectors: Vec::new(),
            steps: Steps::of(&model.dense),
            factors: Factors::of(self.scheme, &model.links),
        };
        let mut random = seed | 1;
        let mut order = members.to_vec();
        // Parts are the same in each fit, so that all have their turn.
        shuffle(&mut order, &mut random);
        let mut mean = Mean::default();
        for round in 0..plan.rounds {
            let mut rows = plan.rows(round, &order);
            shuffle(&mut rows, &mut random);
            run.round(&rows, model)?;
            // The second half of a long way: before, weights are far from where they end.
            if 2 * round + 1 >= plan.rounds {
                run.catch_up(model);
                mean.add(model);
            }
            done();
        }
        run.catch_up(model);
        mean.put(model);
        if let Some(begun) = begun {
            model.keep_pace_of(&begun);
        }
        Some(())
    }
}

/// The mean of the weights at the ends of rounds: less a matter of which rows came last (Polyak and Juditsky 1992).
#[derive(Default)]
struct Mean {
    rounds: usize,
    cells: Vec<f32>,
    links: Vec<f32>,
    dense: Vec<f32>,
}

impl Mean {
    fn add(&mut self, model: &Model) {
        self.rounds += 1;
        self.cells.resize(model.cells.len(), 0.0);
        self.cells.iter_mut().zip(&model.cells).for_each(|(sum, cell)| *sum += cell.weight);
        let links = model.links.parts().into_iter().flatten();
        self.links.resize(links.clone().count(), 0.0);
        self.links.iter_mut().zip(links).for_each(|(sum, link)| *sum += link);
        self.dense.resize(model.dense.weights.len(), 0.0);
        self.dense.iter_mut().zip(&model.dense.weights).for_each(|(sum, weight)| *sum += weight);
    }

    fn put(self, model: &mut Model) {
        if self.rounds > 1 {
            let share = 1.0 / self.rounds as f32;
            model.cells.iter_mut().zip(self.cells).for_each(|(cell, sum)| cell.weight = sum * share);
            let links = model.links.parts_mut().into_iter().flatten();
            links.zip(self.links).for_each(|(link, sum)| *link = sum * share);
            let dense = model.dense.weights.iter_mut();
            dense.zip(self.dense).for_each(|(weight, sum)| *weight = sum * share);
        }
    }
}

struct Run<'a> {
    problem: &'a Problem<'a>,
    /// Of a weight, each step.
    decay: f32,
    step: u32,
    passes: Passes,
    scores: Vec<f32>,
    marginals: Vec<f32>,
    expected: Links,
    /// Of the tokens at hand, scaled; a row a token.
    vectors: Vec<f32>,
    steps: Steps,
    factors: Factors,
}

impl Run<'_> {
    fn catch_up(&mut self, model: &mut Model) {
        for cell in model.cells.iter_mut().filter(|cell| cell.seen != NEVER) {
            cell.catch_up(self.step, self.decay);
        }
        self.steps.catch_up(&mut model.dense, self.step, self.dense_decay());
    }

    fn dense_decay(&self) -> f32 {
        self.decay * self.problem.dense_penalty / self.problem.penalty
    }

    fn round(&mut self, order: &[u32], model: &mut Model) -> Option<()> {
        for &number in order {
            let row = &self.problem.rows[number as usize];
            for part in row.parts() {
                if self.problem.control.is_cancelled() {
                    return None;
                }
                let ids = &row.ids[part.start * TEMPLATES..part.end * TEMPLATES];
                if let Some(sight) = self.problem.sight {
                    sight.look(number as usize, &row.whole[part.clone()], &mut self.vectors);
                }
                self.learn(ids, &row.tags[part], model);
            }
            self.step += 1;
        }
        Some(())
    }

    fn learn(&mut self, ids: &[u32], given: &[u16], model: &mut Model) {
        let Problem { scheme, space, .. } = *self.problem;
        let tags = scheme.tags();
        self.scores.clear();
        self.scores.resize(given.len() * tags, 0.0);
        for (scores, ids) in self.scores.chunks_exact_mut(tags).zip(ids.chunks_exact(TEMPLATES)) {
            for &id in ids {
                for pair in space.pairs(id) {
                    scores[usize::from(space.tags[pair])] += model.cells[pair].catch_up(self.step, self.decay);
                }
            }
        }
        let width = self.problem.sight.map_or(0, |sight| sight.scale.width());
        if width > 0 {
            let rows = self.scores.chunks_exact_mut(tags).zip(self.vectors.chunks_exact(width));
            rows.for_each(|(scores, vector)| add_scores(&model.dense.weights, vector, scores));
        }
        self.passes.run(&self.factors, &self.scores);
        self.passes.expect(&self.factors, &mut self.marginals, &mut self.expected);
        let tokens = self.marginals.chunks_exact_mut(tags).zip(ids.chunks_exact(TEMPLATES)).zip(given);
        for ((marginals, ids), &given) in tokens {
            marginals[usize::from(given)] -= 1.0;
            for &id in ids {
                for pair in space.pairs(id) {
                    let cell = &mut model.cells[pair];
                    let gradient = marginals[usize::from(space.tags[pair])];
                    if cell.seen != NEVER && gradient.abs() > 1e-5 {
                        cell.learn(gradient);
                    }
                }
            }
        }
        if width > 0 {
            let rows = self.marginals.chunks_exact(tags).zip(self.vectors.chunks_exact(width));
            rows.for_each(|(slopes, vector)| self.steps.add(slopes, vector));
            let decay = self.dense_decay();
            self.steps.step(&mut model.dense, self.step, decay);
        }
        self.link(given, model);
    }

    /// The step of the links, which also forgets what was expected.
    fn link(&mut self, given: &[u16], model: &mut Model) {
        let scheme = self.problem.scheme;
        self.factors.scale(&mut self.expected);
        for (token, &tag) in given.iter().enumerate() {
            let tag = usize::from(tag);
            let before = token.checked_sub(1).map(|before| usize::from(given[before]));
            let count = match (before, tag.checked_sub(scheme.entries())) {
                (None, None) => &mut self.expected.first[tag],
                (Some(before), None) => &mut self.expected.enter[before * scheme.entries() + tag],
                (Some(before), Some(label)) if before == scheme.begin(label) => &mut self.expected.grow[label],
                (Some(_), Some(label)) => &mut self.expected.go_on[label],
                (None, Some(_)) => continue,
            };
            *count -= 1.0;
        }
        let parts = self.expected.parts_mut().into_iter().zip(model.links.parts_mut()).zip(model.squares.parts_mut());
        for ((expected, links), squares) in parts {
            for ((gradient, weight), squares) in expected.iter_mut().zip(links).zip(squares) {
                *squares += *gradient * *gradient;
                let rate = RATE / squares.sqrt();
                *weight = (*weight - rate * *gradient) / (1.0 + rate * self.decay);
                *gradient = 0.0;
            }
        }
        self.factors.update(&model.links);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_turn_and_what_is_new_is_met_in_each() {
        let order: Vec<u32> = (0..10).collect();
        let rows = |first| {
            let plan = Plan { rounds: 2, parts: 4, first, new: vec![7] };
            [0, 1].map(|round| plan.rows(round, &order))
        };
        assert_eq!(rows(0), [vec![0, 1, 7], vec![2, 3, 4, 7]]);
        assert_eq!(rows(2), [vec![5, 6, 7], vec![7, 8, 9, 7]]);
        assert_eq!(rows(usize::MAX), [vec![7, 8, 9, 7], vec![0, 1, 7]]);
        let few = Plan { rounds: 1, parts: 12, first: 5, new: Vec::new() };
        assert_eq!((few.rows(0, &order), few.rows(1, &[])), (vec![4], vec![]));
        assert_eq!(Plan { parts: 1, ..few }.rows(3, &order), order);
    }

    #[test]
    fn weights_that_had_learned_keep_the_length_of_their_steps() {
        let scheme = Scheme { labels: 1 };
        let mut begun = Model::new(2, scheme, 0);
        begun.cells[0].squares = 3.0;
        let mut model = begun.clone();
        model.cells.iter_mut().for_each(|cell| cell.squares = 9.0);
        model.keep_pace_of(&begun);
        assert_eq!([model.cells[0].squares, model.cells[1].squares], [3.0, 9.0]);
    }
}
