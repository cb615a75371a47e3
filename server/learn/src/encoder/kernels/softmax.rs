//! Softmax over rows, and its backward pass.

use super::{LANES, dot, exp, sum, wide};

wide! {
    /// Each row of `columns` numbers becomes positive and sums to 1.
    pub(crate) fn softmax(rows: &mut [f32], columns: usize) {
        for row in rows.chunks_exact_mut(columns.max(1)) {
            let mut lanes = [f32::NEG_INFINITY; LANES];
            let chunks = row.chunks_exact(LANES);
            let rest = chunks.remainder().iter().copied().fold(f32::NEG_INFINITY, f32::max);
            for chunk in chunks {
                for (lane, &value) in lanes.iter_mut().zip(chunk) {
                    *lane = if value > *lane { value } else { *lane };
                }
            }
            let highest = lanes.iter().copied().fold(rest, f32::max);
            for value in row.iter_mut() {
                *value = exp::<FUSED>(*value - highest);
            }
            let scale = 1.0 / sum(row);
            for value in row.iter_mut() {
                *value *= scale;
            }
        }
    }

    /// `gradient` of the probabilities becomes that of the scores: p (g - sum(p g)).
    pub(crate) fn softmax_backward(probabilities: &[f32], gradient: &mut [f32], columns: usize) {
        let columns = columns.max(1);
        for (p, g) in probabilities.chunks_exact(columns).zip(gradient.chunks_exact_mut(columns)) {
            let mean = dot::<FUSED>(p, g);
            for (g, p) in g.iter_mut().zip(p) {
                *g = p * (*g - mean);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reference(row: &[f64]) -> Vec<f64> {
        let total: f64 = row.iter().map(|value| value.exp()).sum();
        row.iter().map(|value| value.exp() / total).collect()
    }

    #[test]
    fn values_and_gradients_are_near() {
        for columns in [1, 3, 16, 37] {
            let scores: Vec<f64> = (0..columns).map(|column| f64::from((column * 7 % 11) as f32) / 3.0).collect();
            let outer: Vec<f64> = (0..columns).map(|column| f64::from((column * 5 % 7) as f32) / 7.0).collect();
            let mut p: Vec<f32> = scores.iter().map(|score| *score as f32).collect();
            softmax(&mut p, columns);
            let exact = reference(&scores);
            assert!(p.iter().zip(&exact).all(|(p, exact)| (f64::from(*p) - exact).abs() < 1e-6));
            let mut gradient: Vec<f32> = outer.iter().map(|value| *value as f32).collect();
            softmax_backward(&p, &mut gradient, columns);
            for column in 0..columns {
                let at = |step: f64| {
                    let mut moved = scores.clone();
                    moved[column] += step;
                    reference(&moved).iter().zip(&outer).map(|(p, outer)| p * outer).sum::<f64>()
                };
                let difference = (at(1e-5) - at(-1e-5)) / 2e-5;
                assert!((f64::from(gradient[column]) - difference).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn large_scores_do_not_overflow() {
        let mut rows = [1e30, 0.0, -1e30, -1e30];
        softmax(&mut rows, 2);
        assert_eq!(rows, [1.0, 0.0, 0.5, 0.5]);
    }
}
