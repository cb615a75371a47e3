//! LayerNorm (Ba et al. 2016) over rows.

use super::{dot, madd, sum, wide};

wide! {
    /// `to = (from - mean) / sqrt(variance + epsilon) * weight + bias`, row by row. What was in `from` is lost.
    pub(crate) fn norm(from: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32, to: &mut [f32]) {
        let columns = weight.len();
        let rows = from.chunks_exact_mut(columns).zip(to.chunks_exact_mut(columns));
        for (from, to) in rows {
            let mean = sum(from) / columns as f32;
            for value in from.iter_mut() {
                *value -= mean;
            }
            let variance = dot::<FUSED>(from, from) / columns as f32;
            let inverse = 1.0 / (variance + epsilon).sqrt();
            for (((value, to), weight), bias) in from.iter().zip(to).zip(weight).zip(bias) {
                *to = madd::<FUSED>(*value * inverse, *weight, *bias);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: usize = 21;

    fn numbers(count: usize, seed: usize) -> Vec<f64> {
        (0..count).map(|index| ((index * 37 + seed * 101) % 97) as f64 / 48.0 - 1.0).collect()
    }

    fn reference(x: &[f64], weight: &[f64], bias: &[f64]) -> Vec<f64> {
        let rows = x.chunks(COLUMNS).flat_map(|row| {
            let mean = row.iter().sum::<f64>() / COLUMNS as f64;
            let variance = row.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / COLUMNS as f64;
            let scaled = row.iter().zip(weight).zip(bias);
            scaled.map(move |((x, weight), bias)| (x - mean) / (variance + 1e-5).sqrt() * weight + bias)
        });
        rows.collect()
    }

    fn narrow(values: &[f64]) -> Vec<f32> {
        values.iter().map(|value| *value as f32).collect()
    }

    #[test]
    fn values_are_near() {
        let (x, weight, bias) = (numbers(COLUMNS * 3, 1), numbers(COLUMNS, 2), numbers(COLUMNS, 3));
        let (mut from, mut to) = (narrow(&x), vec![0.0; x.len()]);
        norm(&mut from, &narrow(&weight), &narrow(&bias), 1e-5, &mut to);
        let exact = reference(&x, &weight, &bias);
        assert!(to.iter().zip(&exact).all(|(y, exact)| (f64::from(*y) - exact).abs() < 1e-6));
    }
}
