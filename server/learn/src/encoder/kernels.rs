//! The arithmetic of an encoder: products of matrices, GELU, softmax, LayerNorm, dropout; forward and backward.
//!
//! What must stay true: every function is safe to call with any slices (a wrong length panics, it never reads beyond); sums run
//! in a fixed order, so that equal input gives equal bits on one kind of machine.

pub(crate) mod dropout;
pub(crate) mod gelu;
pub(crate) mod norm;
pub(crate) mod product;
pub(crate) mod softmax;

/// Numbers summed side by side: wide enough for two registers of eight.
pub(crate) const LANES: usize = 16;

/// Declares functions that are compiled twice, for any machine and for one with AVX2 and FMA, and chosen between at run time.
/// The workspace is built for the oldest x86-64, whose registers hold four numbers. `FUSED` is true where [`madd`] is one instruction.
macro_rules! wide {
    ($($(#[$doc:meta])* $vis:vis fn $name:ident($($arg:ident: $type:ty),* $(,)?) $(-> $returns:ty)? $body:block)*) => {$(
        $(#[$doc])*
        #[allow(clippy::too_many_arguments)]
        $vis fn $name($($arg: $type),*) $(-> $returns)? {
            #[inline(always)]
            #[allow(clippy::too_many_arguments)]
            fn body<const FUSED: bool>($($arg: $type),*) $(-> $returns)? $body

            #[cfg(target_arch = "x86_64")]
            {
                #[target_feature(enable = "avx2,fma")]
                #[allow(clippy::too_many_arguments)]
                fn avx2($($arg: $type),*) $(-> $returns)? {
                    body::<true>($($arg),*)
                }
                if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
                    // SAFETY: the machine has the two features that the function was compiled for.
                    return unsafe { avx2($($arg),*) };
                }
            }
            body::<{ cfg!(target_arch = "aarch64") }>($($arg),*)
        }
    )*};
}
pub(crate) use wide;

/// `a * b + c`. Without the instruction, `mul_add` is a slow function call.
#[inline(always)]
pub(crate) fn madd<const FUSED: bool>(a: f32, b: f32, c: f32) -> f32 {
    if FUSED { a.mul_add(b, c) } else { a * b + c }
}

/// `e^x`, within 2e-7 of it relatively; 0 below -87, capped above 88.
#[inline(always)]
pub(crate) fn exp<const FUSED: bool>(x: f32) -> f32 {
    // 1.5 * 2^23: adding it rounds to a whole number, which is then found in the lowest bits.
    const ROUND: f32 = 12_582_912.0;
    let small = x < -87.0;
    let x = if x > 88.0 { 88.0 } else { x };
    let x = if small { -87.0 } else { x };
    let rounded = madd::<FUSED>(x, std::f32::consts::LOG2_E, ROUND);
    let whole = rounded - ROUND;
    // ln 2 in two parts, the first of which has few bits, so that the difference is exact.
    let rest = madd::<FUSED>(whole, -0.693_359_4, x);
    let rest = madd::<FUSED>(whole, 2.121_944_4e-4, rest);
    // e^r = 1 + r + r^2 * P(r) on |r| <= ln(2) / 2, fitted for the relative error.
    let p = madd::<FUSED>(rest, 0.001_375_123_6, 0.008_369_004);
    let p = madd::<FUSED>(rest, p, 0.041_669_544);
    let p = madd::<FUSED>(rest, p, 0.166_665_18);
    let p = madd::<FUSED>(rest, p, 0.499_999_9);
    let value = madd::<FUSED>(rest * rest, p, rest) + 1.0;
    let power = f32::from_bits(rounded.to_bits().wrapping_add(127) << 23);
    if small { 0.0 } else { value * power }
}

#[inline(always)]
pub(crate) fn sum(values: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest: f32 = chunks.remainder().iter().sum();
    for chunk in chunks {
        for (lane, value) in lanes.iter_mut().zip(chunk) {
            *lane += value;
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[inline(always)]
pub(crate) fn dot<const FUSED: bool>(a: &[f32], b: &[f32]) -> f32 {
    let mut lanes = [0.0f32; LANES];
    let (left, right) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = left.remainder().iter().zip(right.remainder()).map(|(a, b)| a * b).sum();
    for (a, b) in left.zip(right) {
        for ((lane, a), b) in lanes.iter_mut().zip(a).zip(b) {
            *lane = madd::<FUSED>(*a, *b, *lane);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

wide! {
    /// Adds to `sums` each column's sum: the gradient of a bias.
    pub(crate) fn add_columns(rows: &[f32], sums: &mut [f32]) {
        for row in rows.chunks_exact(sums.len()) {
            for (sum, value) in sums.iter_mut().zip(row) {
                *sum += value;
            }
        }
    }

    /// Adds the same to every row.
    pub(crate) fn add_to_rows(rows: &mut [f32], bias: &[f32]) {
        for row in rows.chunks_exact_mut(bias.len()) {
            for (value, bias) in row.iter_mut().zip(bias) {
                *value += bias;
            }
        }
    }

    pub(crate) fn add(to: &mut [f32], from: &[f32]) {
        for (to, from) in to.iter_mut().zip(from) {
            *to += from;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    wide! {
        fn exps(values: &mut [f32]) {
            for value in values {
                *value = exp::<FUSED>(*value);
            }
        }
    }

    #[test]
    fn exponentials_are_near() {
        let input: Vec<f32> = (0..400_000).map(|step| (step as f32 - 200_000.0) / 2_272.0).collect();
        let mut output = input.clone();
        exps(&mut output);
        for (x, y) in input.iter().zip(&output).filter(|(x, _)| (-87.0..=87.9).contains(*x)) {
            let exact = f64::from(*x).exp();
            assert!(((f64::from(*y) - exact) / exact).abs() < 2e-7, "exp({x}) = {y}, not {exact}");
        }
        let mut odd = [f32::NEG_INFINITY, -1e30, f32::INFINITY, f32::NAN, 0.0];
        exps(&mut odd);
        assert!(odd[0] == 0.0 && odd[1] == 0.0 && odd[2].is_finite() && odd[3].is_nan() && odd[4] == 1.0);
    }

    #[test]
    fn sums_of_any_length() {
        let values: Vec<f32> = (1..=37).map(|value| value as f32).collect();
        assert_eq!(sum(&values), 703.0);
        assert_eq!(dot::<false>(&values, &[2.0; 37]), 1406.0);
        let mut rows = [values.clone(), values.clone()].concat();
        add_to_rows(&mut rows, &values);
        assert_eq!((rows[36], rows[73]), (74.0, 74.0));
        let mut sums = vec![1.0; 37];
        add_columns(&rows, &mut sums);
        assert_eq!(sums[36], 149.0);
    }
}
