//! Multinomial softmax regression with an L2 penalty, minimised by L-BFGS (Nocedal and Wright 2006, algorithm 7.4).
//!
//! Objective: mean cross-entropy + |W|^2 / (2 C n); the intercepts are not penalised. Convex: warm and cold starts meet.

use std::collections::VecDeque;

use crate::{Control, FitError};

/// Inverse strength of the penalty on the sum of losses.
pub(crate) const C: f32 = 10.0;
const HISTORY: usize = 8;
const MOST_ITERATIONS: usize = 200;
/// Done when no entry of the mean gradient is larger.
const GRADIENT: f32 = 1e-4;
/// Or when an iteration lowers the loss by less than this share of it.
const PROGRESS: f64 = 1e-6;

/// Rows of feature values, their classes, and the sizes of the problem.
pub(crate) struct Problem<'a> {
    pub(crate) rows: Vec<&'a [(u32, f32)]>,
    pub(crate) targets: Vec<u32>,
    pub(crate) features: usize,
    pub(crate) classes: usize,
}

impl Problem<'_> {
    pub(crate) fn size(&self) -> usize {
        (self.features + 1) * self.classes
    }

    /// Loss at these weights (features by classes, then the intercepts), and its gradient.
    fn evaluate(&self, weights: &[f32], gradient: &mut [f32]) -> f64 {
        let (classes, split) = (self.classes, self.features * self.classes);
        let share = 1.0 / self.rows.len() as f32;
        let penalty = share / C;
        let mut loss = 0.0f64;
        for (slope, weight) in gradient[..split].iter_mut().zip(&weights[..split]) {
            *slope = penalty * weight;
            loss += f64::from(weight * weight);
        }
        loss *= f64::from(penalty) / 2.0;
        gradient[split..].fill(0.0);
        let mut scores = vec![0.0f32; classes];
        for (row, &target) in self.rows.iter().zip(&self.targets) {
            score(row, weights, &mut scores);
            let top = scores.iter().fold(f32::MIN, |a, &b| a.max(b));
            let own = scores[target as usize] - top;
            let mut sum = 0.0;
            for value in &mut scores {
                *value = (*value - top).exp();
                sum += *value;
            }
            loss += f64::from(sum.ln() - own) * f64::from(share);
            for value in &mut scores {
                *value *= share / sum;
            }
            scores[target as usize] -= share;
            for &(feature, value) in *row {
                let slopes = &mut gradient[feature as usize * classes..][..classes];
                for (slope, residual) in slopes.iter_mut().zip(&scores) {
                    *slope += value * residual;
                }
            }
            for (slope, residual) in gradient[split..].iter_mut().zip(&scores) {
                *slope += residual;
            }
        }
        loss
    }

    /// Improves the weights until they are good enough.
    pub(crate) fn solve(&self, weights: &mut Vec<f32>, control: &Control) -> Result<(), FitError> {
        let size = self.size();
        let mut gradient = vec![0.0; size];
        let mut loss = self.evaluate(weights, &mut gradient);
        let mut history: VecDeque<(Vec<f32>, Vec<f32>, f64)> = VecDeque::new();
        let (mut next, mut next_gradient) = (vec![0.0; size], vec![0.0; size]);
        for _ in 0..MOST_ITERATIONS {
            if control.is_cancelled() {
                return Err(FitError::Cancelled);
            }
            if gradient.iter().fold(0.0f32, |most, slope| most.max(slope.abs())) <= GRADIENT {
                break;
            }
            let mut direction = direction(&gradient, &history);
            let mut slope = dot(&direction, &gradient);
            if slope >= 0.0 {
                history.clear();
                direction = gradient.iter().map(|slope| -slope).collect();
                slope = dot(&direction, &gradient);
            }
            // Armijo's rule with halving; the first step has no curvature to go by.
            let mut step =
                if history.is_empty() { 1.0 / dot(&gradient, &gradient).sqrt().max(1e-6) } else { 1.0 } as f32;
            let mut next_loss = f64::INFINITY;
            for _ in 0..30 {
                for ((to, from), along) in next.iter_mut().zip(weights.iter()).zip(&direction) {
                    *to = from + step * along;
                }
                next_loss = self.evaluate(&next, &mut next_gradient);
                if next_loss <= loss + 1e-4 * f64::from(step) * slope {
                    break;
                }
                step *= 0.5;
            }
            if next_loss > loss || !next_loss.is_finite() {
                break;
            }
            let moved: Vec<f32> = next.iter().zip(weights.iter()).map(|(a, b)| a - b).collect();
            let turned: Vec<f32> = next_gradient.iter().zip(&gradient).map(|(a, b)| a - b).collect();
            let curvature = dot(&moved, &turned);
            if curvature > 1e-12 {
                if history.len() == HISTORY {
                    history.pop_front();
                }
                history.push_back((moved, turned, curvature));
            }
            std::mem::swap(weights, &mut next);
            std::mem::swap(&mut gradient, &mut next_gradient);
            let gained = loss - next_loss;
            loss = next_loss;
            if gained <= PROGRESS * loss.abs() {
                break;
            }
        }
        Ok(())
    }
}

/// Scores of one row, a class each.
pub(crate) fn score(row: &[(u32, f32)], weights: &[f32], scores: &mut [f32]) {
    let classes = scores.len();
    scores.copy_from_slice(&weights[weights.len() - classes..]);
    for &(feature, value) in row {
        for (score, weight) in scores.iter_mut().zip(&weights[feature as usize * classes..][..classes]) {
            *score += value * weight;
        }
    }
}

fn direction(gradient: &[f32], history: &VecDeque<(Vec<f32>, Vec<f32>, f64)>) -> Vec<f32> {
    let mut direction: Vec<f32> = gradient.iter().map(|slope| -slope).collect();
    let mut shares = Vec::with_capacity(history.len());
    for (moved, turned, curvature) in history.iter().rev() {
        let share = dot(moved, &direction) / curvature;
        add(&mut direction, turned, -share as f32);
        shares.push(share);
    }
    if let Some((_, turned, curvature)) = history.back() {
        let scale = (curvature / dot(turned, turned)) as f32;
        direction.iter_mut().for_each(|value| *value *= scale);
    }
    for ((moved, turned, curvature), share) in history.iter().zip(shares.into_iter().rev()) {
        let correction = dot(turned, &direction) / curvature;
        add(&mut direction, moved, (share - correction) as f32);
    }
    direction
}

/// In pieces, so that single precision sums stay exact enough and the compiler can use wide registers.
fn dot(a: &[f32], b: &[f32]) -> f64 {
    let of_piece = |(a, b): (&[f32], &[f32])| {
        let mut sums = [0.0f32; 8];
        for (a, b) in a.chunks(8).zip(b.chunks(8)) {
            for (sum, (a, b)) in sums.iter_mut().zip(a.iter().zip(b)) {
                *sum += a * b;
            }
        }
        f64::from(sums.iter().sum::<f32>())
    };
    a.chunks(512).zip(b.chunks(512)).map(of_piece).sum()
}

fn add(to: &mut [f32], what: &[f32], times: f32) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(rows: &[Vec<(u32, f32)>]) -> Problem<'_> {
        Problem { rows: rows.iter().map(Vec::as_slice).collect(), targets: vec![0, 1, 2, 0], features: 3, classes: 3 }
    }

    fn rows() -> Vec<Vec<(u32, f32)>> {
        vec![vec![(0, 1.0)], vec![(1, 0.8), (2, 0.6)], vec![(2, 1.0)], vec![(0, 0.6), (1, -0.8)]]
    }

    #[test]
    fn the_gradient_agrees_with_finite_differences() {
        let rows = rows();
        let problem = problem(&rows);
        let weights: Vec<f32> = (0..problem.size()).map(|i| (i as f32 * 0.7).sin()).collect();
        let (mut gradient, mut unused) = (vec![0.0; problem.size()], vec![0.0; problem.size()]);
        problem.evaluate(&weights, &mut gradient);
        for index in 0..problem.size() {
            let mut moved = weights.clone();
            moved[index] += 1e-2;
            let above = problem.evaluate(&moved, &mut unused);
            moved[index] -= 2e-2;
            let below = problem.evaluate(&moved, &mut unused);
            let difference = ((above - below) / 2e-2) as f32;
            assert!((difference - gradient[index]).abs() < 1e-4, "{index}: {difference} {}", gradient[index]);
        }
    }

    #[test]
    fn it_converges_and_any_start_leads_to_the_same_optimum() {
        let rows = rows();
        let problem = problem(&rows);
        let solve = |start: f32| {
            let mut weights = vec![start; problem.size()];
            problem.solve(&mut weights, &Control::default()).unwrap();
            let mut gradient = vec![0.0; problem.size()];
            let loss = problem.evaluate(&weights, &mut gradient);
            (loss, gradient.into_iter().fold(0.0f32, |most, slope| most.max(slope.abs())))
        };
        let ((cold, slope), (warm, _)) = (solve(0.0), solve(0.5));
        assert!(slope < 1e-2, "{slope}");
        assert!((cold - warm).abs() < 1e-3, "{cold} {warm}");
    }
}
