//! AdamW (Loshchilov and Hutter 2019): Adam with decay of weights beside the gradient, over one flat vector, both moments and
//! all workers' gradients in one pass.
//!
//! What must stay true: the same numbers whatever the number of threads; gradients are zero afterwards, for the next step to add to.

use std::ops::Range;

use rayon::prelude::*;

use crate::encoder::kernels::{dot, wide};

pub(crate) const BETA_1: f32 = 0.9;
pub(crate) const BETA_2: f32 = 0.999;
pub(crate) const EPSILON: f32 = 1e-8;
/// Numbers of one task.
const TASK: usize = 1 << 16;

/// Parameters that are treated alike.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Group {
    pub(crate) range: Range<usize>,
    /// Of the learning rate of the step.
    pub(crate) rate: f32,
    /// Share of a weight that is lost in a step, of its learning rate.
    pub(crate) decay: f32,
}

#[derive(Debug)]
pub(crate) struct AdamW {
    groups: Vec<Group>,
    pub(crate) first: Vec<f32>,
    second: Vec<f32>,
    steps: i32,
}

struct Task<'a> {
    values: &'a mut [f32],
    first: &'a mut [f32],
    second: &'a mut [f32],
    rate: f32,
    decay: f32,
}

impl AdamW {
    /// The groups lie end to end, from 0.
    pub(crate) fn new(groups: Vec<Group>) -> AdamW {
        let len = groups.last().map_or(0, |group| group.range.end);
        AdamW { groups, first: vec![0.0; len], second: vec![0.0; len], steps: 0 }
    }

    /// Changes `values` by the sum of the workers' gradients, made no longer than `longest`; the answer is how long it was. Nothing
    /// is changed by one that is not finite.
    pub(crate) fn step(&mut self, values: &mut [f32], gradients: &mut [Vec<f32>], rate: f32, longest: f32) -> f32 {
        let length = sum(gradients);
        let Some((gradient, _)) = gradients.split_first_mut().filter(|_| length.is_finite()) else {
            gradients.par_iter_mut().for_each(|gradient| gradient.fill(0.0));
            return length;
        };
        let scale = if length > longest { longest / length } else { 1.0 };
        self.steps += 1;
        let corrections = [BETA_1, BETA_2].map(|beta| 1.0 - beta.powi(self.steps));
        let mut tasks = Vec::new();
        let (mut values, mut first, mut second) = (values, &mut self.first[..], &mut self.second[..]);
        for group in &self.groups {
            let mut left = group.range.len();
            while left > 0 {
                let len = left.min(TASK);
                let task = Task {
                    values: values.split_off_mut(..len).unwrap_or_default(),
                    first: first.split_off_mut(..len).unwrap_or_default(),
                    second: second.split_off_mut(..len).unwrap_or_default(),
                    rate: rate * group.rate,
                    decay: group.decay,
                };
                tasks.push(task);
                left -= len;
            }
        }
        let mut left = &mut gradient[..];
        let slopes: Vec<&mut [f32]> =
            tasks.iter().map(|task| left.split_off_mut(..task.values.len()).unwrap_or_default()).collect();
        tasks.into_par_iter().zip(slopes).for_each(|(task, slopes)| {
            let Task { values, first, second, rate, decay } = task;
            update(values, first, second, slopes, scale, corrections, rate, decay);
        });
        length
    }
}

/// Gathers all gradients in the first; the answer is the length of their sum.
pub(super) fn sum(gradients: &mut [Vec<f32>]) -> f32 {
    let Some((gradient, others)) = gradients.split_first_mut() else { return 0.0 };
    let mut others: Vec<_> = others.iter_mut().map(|other| other.chunks_mut(TASK)).collect();
    let tasks: Vec<(&mut [f32], Vec<&mut [f32]>)> = gradient
        .chunks_mut(TASK)
        .map(|chunk| (chunk, others.iter_mut().filter_map(Iterator::next).collect()))
        .collect();
    let squares: Vec<f64> = tasks
        .into_par_iter()
        .map(|(chunk, others)| {
            others.into_iter().for_each(|other| gather(chunk, other));
            f64::from(square(chunk))
        })
        .collect();
    squares.iter().sum::<f64>().sqrt() as f32
}

wide! {
    fn gather(to: &mut [f32], from: &mut [f32]) {
        for (to, from) in to.iter_mut().zip(from) {
            *to += *from;
            *from = 0.0;
        }
    }

    fn square(values: &[f32]) -> f32 {
        dot::<FUSED>(values, values)
    }

    fn update(
        values: &mut [f32],
        first: &mut [f32],
        second: &mut [f32],
        slopes: &mut [f32],
        scale: f32,
        corrections: [f32; 2],
        rate: f32,
        decay: f32,
    ) {
        let (size, kept) = (rate / corrections[0], 1.0 - rate * decay);
        let root = 1.0 / corrections[1].sqrt();
        for (((value, first), second), slope) in values.iter_mut().zip(first).zip(second).zip(slopes) {
            let gradient = *slope * scale;
            *slope = 0.0;
            *first = BETA_1 * *first + (1.0 - BETA_1) * gradient;
            *second = BETA_2 * *second + (1.0 - BETA_2) * gradient * gradient;
            *value = *value * kept - size * *first / (second.sqrt() * root + EPSILON);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_those_of_the_formula() {
        let groups = vec![Group { range: 0..2, rate: 1.0, decay: 0.1 }, Group { range: 2..3, rate: 0.5, decay: 0.0 }];
        let mut adamw = AdamW::new(groups);
        let (mut values, mut expected) = (vec![1.0f32, -2.0, 0.5], [1.0f64, -2.0, 0.5]);
        let (mut first, mut second) = ([0.0f64; 3], [0.0f64; 3]);
        for step in 1..=5 {
            let slopes = [0.3 * f64::from(step), -0.2, 0.01];
            let whole = slopes.iter().map(|slope| slope * slope).sum::<f64>().sqrt();
            let mut gradients: Vec<Vec<f32>> =
                [0.25, 0.75].iter().map(|share| slopes.iter().map(|slope| (slope * share) as f32).collect()).collect();
            let length = adamw.step(&mut values, &mut gradients, 0.01, 1.0);
            assert!((f64::from(length) - whole).abs() < 1e-6);
            assert!(gradients.concat().iter().all(|slope| *slope == 0.0));
            for place in 0..3 {
                let slope = slopes[place] / whole.max(1.0);
                first[place] = 0.9 * first[place] + 0.1 * slope;
                second[place] = 0.999 * second[place] + 0.001 * slope * slope;
                let (rate, decay) = if place == 2 { (0.005, 0.0) } else { (0.01, 0.1) };
                let mean = first[place] / (1.0 - 0.9f64.powi(step));
                let spread = (second[place] / (1.0 - 0.999f64.powi(step))).sqrt();
                expected[place] = expected[place] * (1.0 - rate * decay) - rate * mean / (spread + 1e-8);
            }
        }
        let near = values.iter().zip(expected).all(|(value, exact)| (f64::from(*value) - exact).abs() < 1e-5);
        assert!(near, "{values:?}, not {expected:?}");
    }

    #[test]
    fn what_is_not_finite_changes_nothing() {
        let mut adamw = AdamW::new(vec![Group { range: 0..1, rate: 1.0, decay: 0.1 }]);
        let (mut values, mut gradients) = (vec![1.0], [vec![f32::NAN]]);
        assert!(!adamw.step(&mut values, &mut gradients, 0.1, 1.0).is_finite());
        assert_eq!((values[0], gradients[0][0]), (1.0, 0.0));
    }
}
