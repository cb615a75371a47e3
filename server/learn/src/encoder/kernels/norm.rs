//! LayerNorm (Ba et al. 2016) over rows, and its backward pass.

use super::{dot, madd, sum, wide};

/// Rows that are summed by themselves.
const BLOCK: usize = 16;

wide! {
    /// `to = (from - mean) / sqrt(variance + epsilon) * weight + bias`, row by row. Leaves (from - mean) / ... in `from`, and one
    /// inverse deviation a row in `inverse`.
    pub(crate) fn norm(from: &mut [f32], inverse: &mut [f32], weight: &[f32], bias: &[f32], epsilon: f32, to: &mut [f32]) {
        let columns = weight.len();
        let rows = from.chunks_exact_mut(columns).zip(to.chunks_exact_mut(columns)).zip(inverse);
        for ((from, to), inverse) in rows {
            let mean = sum(from) / columns as f32;
            for value in from.iter_mut() {
                *value -= mean;
            }
            let variance = dot::<FUSED>(from, from) / columns as f32;
            *inverse = 1.0 / (variance + epsilon).sqrt();
            for (((value, to), weight), bias) in from.iter_mut().zip(to).zip(weight).zip(bias) {
                *value *= *inverse;
                *to = madd::<FUSED>(*value, *weight, *bias);
            }
        }
    }

    /// `to = normal * weight + bias`: the output of [`norm`] from what it left.
    pub(crate) fn norm_again(normal: &[f32], weight: &[f32], bias: &[f32], to: &mut [f32]) {
        let columns = weight.len();
        for (normal, to) in normal.chunks_exact(columns).zip(to.chunks_exact_mut(columns)) {
            for (((normal, to), weight), bias) in normal.iter().zip(to).zip(weight).zip(bias) {
                *to = madd::<FUSED>(*normal, *weight, *bias);
            }
        }
    }

    /// `gradient` of what came out becomes that of what went in.
    pub(crate) fn norm_backward(normal: &[f32], inverse: &[f32], weight: &[f32], gradient: &mut [f32]) {
        let columns = weight.len();
        let rows = normal.chunks_exact(columns).zip(gradient.chunks_exact_mut(columns)).zip(inverse);
        for ((normal, gradient), inverse) in rows {
            for (gradient, weight) in gradient.iter_mut().zip(weight) {
                *gradient *= weight;
            }
            let mean = sum(gradient) / columns as f32;
            let slope = dot::<FUSED>(gradient, normal) / columns as f32;
            for (gradient, normal) in gradient.iter_mut().zip(normal) {
                *gradient = (*gradient - mean - normal * slope) * inverse;
            }
        }
    }

    /// Adds the gradients of weight and bias. Row by row into sums of a block, and those into the whole: slopes of a mean are equal
    /// in all rows of a sequence, so that one long sum of them would round the same way each time.
    pub(crate) fn norm_parameters(normal: &[f32], gradient: &[f32], weight: &mut [f32], bias: &mut [f32]) {
        let columns = weight.len();
        let mut sums = vec![0.0; 2 * columns];
        let (weight_sum, bias_sum) = sums.split_at_mut(columns);
        for (normal, gradient) in normal.chunks(BLOCK * columns).zip(gradient.chunks(BLOCK * columns)) {
            weight_sum.fill(0.0);
            bias_sum.fill(0.0);
            for (normal, gradient) in normal.chunks_exact(columns).zip(gradient.chunks_exact(columns)) {
                for (((normal, gradient), weight), bias) in normal.iter().zip(gradient).zip(weight_sum.iter_mut()).zip(bias_sum.iter_mut()) {
                    *weight = madd::<FUSED>(*normal, *gradient, *weight);
                    *bias += gradient;
                }
            }
            weight.iter_mut().zip(weight_sum.iter()).for_each(|(weight, sum)| *weight += sum);
            bias.iter_mut().zip(bias_sum.iter()).for_each(|(bias, sum)| *bias += sum);
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
    fn gradients_are_those_of_differences() {
        let (x, weight, bias) = (numbers(COLUMNS * 3, 1), numbers(COLUMNS, 2), numbers(COLUMNS, 3));
        let outer = numbers(COLUMNS * 3, 4);
        let (mut kept, mut inverse, mut to) = (narrow(&x), vec![0.0; 3], vec![0.0; x.len()]);
        norm(&mut kept, &mut inverse, &narrow(&weight), &narrow(&bias), 1e-5, &mut to);
        let exact = reference(&x, &weight, &bias);
        assert!(to.iter().zip(&exact).all(|(y, exact)| (f64::from(*y) - exact).abs() < 1e-6));
        let mut again = vec![0.0; x.len()];
        norm_again(&kept, &narrow(&weight), &narrow(&bias), &mut again);
        assert_eq!(to, again);

        let mut dx = narrow(&outer);
        norm_backward(&kept, &inverse, &narrow(&weight), &mut dx);
        let (mut dw, mut db) = (vec![0.0; COLUMNS], vec![0.0; COLUMNS]);
        norm_parameters(&kept, &narrow(&outer), &mut dw, &mut db);
        let loss = |x: &[f64], weight: &[f64], bias: &[f64]| {
            reference(x, weight, bias).iter().zip(&outer).map(|(y, outer)| y * outer).sum::<f64>()
        };
        let moved = |values: &[f64], index: usize, step: f64| {
            let mut values = values.to_vec();
            values[index] += step;
            values
        };
        let difference = |at: &dyn Fn(f64) -> f64| (at(1e-5) - at(-1e-5)) / 2e-5;
        let check = |slopes: &[f32], at: &dyn Fn(usize, f64) -> f64| {
            for (index, slope) in slopes.iter().enumerate() {
                let exact = difference(&|step| at(index, step));
                assert!((f64::from(*slope) - exact).abs() < 2e-6, "{slope}, not {exact}");
            }
        };
        check(&dx, &|index, step| loss(&moved(&x, index, step), &weight, &bias));
        check(&dw, &|index, step| loss(&x, &moved(&weight, index, step), &bias));
        check(&db, &|index, step| loss(&x, &weight, &moved(&bias, index, step)));
    }
}
