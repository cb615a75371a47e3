//! Logistic regression of labels that do not exclude each other, in its dual: what [`crate::softmax`] is for classes.
//!
//! A row holds a probability p for every label. While all other rows keep theirs, its best one solves `s + q σ(s) = b`, `p = σ(s)`, with
//! `q = C |x|²`, `b = w x + q p_old` (Yu, Huang and Lin 2011): the left side rises, so its root is found by Newton's method within bounds
//! that close in on it.
//!
//! What must stay true: what comes out is a probability, whatever the scores are.

pub(crate) fn sigmoid(score: f32) -> f32 {
    1.0 / (1.0 + (-score).exp())
}

/// Moves the probabilities of a row to their best, but for those that lack less than `least`; `steps` are how far they fell. The answer is
/// `Σ KL(p ‖ σ(score))` of before, or a little more: a bound on what the row lacks.
pub(crate) fn improve(dual: &mut [f32], scores: &[f32], q: f32, least: f32, steps: &mut [f32]) -> f64 {
    let mut lacks = 0.0;
    for ((dual, &score), step) in dual.iter_mut().zip(scores).zip(steps) {
        *step = 0.0;
        let model = sigmoid(score);
        // χ² is no less than the divergence, and needs no logarithm.
        let far = *dual - model;
        let most = far * far / (model * (1.0 - model)).max(f32::MIN_POSITIVE);
        if most < least {
            lacks += f64::from(most);
            continue;
        }
        let divergence = divergence(*dual, score);
        lacks += f64::from(divergence);
        if divergence >= least {
            let better = best(score + q * *dual, score, q);
            *step = *dual - better;
            *dual = better;
        }
    }
    lacks
}

/// `KL(p ‖ σ(score))`
fn divergence(p: f32, score: f32) -> f32 {
    let part = |p: f32, score: f32| if p > 0.0 { p * (p.ln() + softplus(-score)) } else { 0.0 };
    (part(p, score) + part(1.0 - p, -score)).max(0.0)
}

/// `ln (1 + exp x)`
pub(crate) fn softplus(x: f32) -> f32 {
    x.max(0.0) + (-x.abs()).exp().ln_1p()
}

/// `σ(s)` where `s + q σ(s) = b`.
fn best(b: f32, near: f32, q: f32) -> f32 {
    let (mut low, mut high) = (b - q, b);
    let mut s = near.clamp(low, high);
    let mut p = sigmoid(s);
    for _ in 0..40 {
        let over = s + q * p - b;
        if over.abs() <= 1e-5 * (1.0 + q) {
            break;
        }
        if over > 0.0 {
            high = s
        } else {
            low = s
        }
        s -= over / (1.0 + q * p * (1.0 - p));
        // A step onto a bound would come back to where it started.
        if !(low < s && s < high) {
            s = (low + high) / 2.0;
        }
        p = sigmoid(s);
    }
    if p.is_nan() { 0.5 } else { p }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The root by halving.
    fn halved(b: f64, q: f64) -> f64 {
        let p = |s: f64| 1.0 / (1.0 + (-s).exp());
        let (mut low, mut high) = (b - q, b);
        for _ in 0..100 {
            let middle = (low + high) / 2.0;
            if middle + q * p(middle) > b { high = middle } else { low = middle }
        }
        p(low)
    }

    #[test]
    fn the_best_probability_solves_its_equation() {
        for q in [1e-3, 0.5, 3.0, 40.0, 2000.0] {
            for score in [-30.0f32, -2.0, 0.0, 0.7, 12.0] {
                for old in [0.0f32, 0.01, 0.5, 1.0] {
                    let (mut dual, mut step) = ([old], [0.0]);
                    improve(&mut dual, &[score], q, 0.0, &mut step);
                    let truth = halved(f64::from(score) + f64::from(q) * f64::from(old), q.into());
                    assert!((truth - f64::from(dual[0])).abs() < 1e-4, "{q} {score} {old}: {truth}, not {}", dual[0]);
                    assert!((step[0] - (old - dual[0])).abs() < 1e-6);
                }
            }
        }
    }

    #[test]
    fn what_lacks_nothing_stays() {
        let (mut dual, mut steps) = ([sigmoid(1.5), 0.2], [9.0; 2]);
        let lacks = improve(&mut dual, &[1.5, 3.0], 5.0, 1e-5, &mut steps);
        assert_eq!((dual[0], steps[0]), (sigmoid(1.5), 0.0));
        assert!(dual[1] > 0.3 && steps[1] < 0.0);
        let truth = 0.2 * (0.2 / 0.952_574f64).ln() + 0.8 * (0.8 / 0.047_426f64).ln();
        assert!((lacks - truth).abs() < 1e-3, "{lacks} {truth}");
    }

    #[test]
    fn nonsense_gives_probabilities() {
        for score in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            let (mut dual, mut step) = ([0.5], [0.0]);
            improve(&mut dual, &[score], 3.0, 1e-5, &mut step);
            assert!((0.0..=1.0).contains(&dual[0]), "{score}: {}", dual[0]);
        }
    }
}
