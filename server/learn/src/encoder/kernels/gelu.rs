//! GELU (Hendrycks and Gimpel 2016) and its derivative: `x Phi(x)` exactly, or by the tanh formula that some checkpoints were
//! trained with.

use super::{exp, madd, wide};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gelu {
    Exact,
    Tanh,
}

/// (Phi(x), phi(x)) of the normal distribution. The upper tail is `t P(t) e^(-x^2 / 2)` with t = 1 / (1 + 0.26 x), P fitted for the
/// relative error (2.5e-8), so that tails are right too.
#[inline(always)]
fn normal<const FUSED: bool>(x: f32) -> (f32, f32) {
    let bell = exp::<FUSED>(-0.5 * x * x);
    let t = 1.0 / madd::<FUSED>(0.26, x.abs(), 1.0);
    let p = madd::<FUSED>(t, 0.030_506_9, -0.152_838_66);
    let p = madd::<FUSED>(t, p, 0.251_511_72);
    let p = madd::<FUSED>(t, p, -0.150_972_46);
    let p = madd::<FUSED>(t, p, 0.160_964_19);
    let p = madd::<FUSED>(t, p, 0.051_020_675);
    let p = madd::<FUSED>(t, p, 0.103_032_06);
    let p = madd::<FUSED>(t, p, 0.103_016_494);
    let p = madd::<FUSED>(t, p, 0.103_759_08);
    let tail = p * t * bell;
    (if x < 0.0 { tail } else { 1.0 - tail }, bell * 0.398_942_3)
}

/// sqrt(2 / pi)
const ROOT: f32 = 0.797_884_6;
const CUBE: f32 = 0.044_715;

/// (1 + tanh(z)) / 2, where z is the argument of the tanh formula: the logistic function of 2 z.
#[inline(always)]
fn gate<const FUSED: bool>(x: f32) -> f32 {
    1.0 / (1.0 + exp::<FUSED>(-2.0 * ROOT * x * madd::<FUSED>(CUBE, x * x, 1.0)))
}

wide! {
    /// `to = gelu(from)`
    fn exact(from: &[f32], to: &mut [f32]) {
        for (to, &x) in to.iter_mut().zip(from) {
            *to = x * normal::<FUSED>(x).0;
        }
    }

    fn tanh(from: &[f32], to: &mut [f32]) {
        for (to, &x) in to.iter_mut().zip(from) {
            *to = x * gate::<FUSED>(x);
        }
    }

    /// `gradient *= gelu'(from)`
    fn exact_slope(from: &[f32], gradient: &mut [f32]) {
        for (gradient, &x) in gradient.iter_mut().zip(from) {
            let (below, density) = normal::<FUSED>(x);
            *gradient *= madd::<FUSED>(x, density, below);
        }
    }

    fn tanh_slope(from: &[f32], gradient: &mut [f32]) {
        for (gradient, &x) in gradient.iter_mut().zip(from) {
            let gate = gate::<FUSED>(x);
            let inner = 2.0 * ROOT * madd::<FUSED>(3.0 * CUBE, x * x, 1.0);
            *gradient *= madd::<FUSED>(x * inner, gate * (1.0 - gate), gate);
        }
    }
}

impl Gelu {
    pub(crate) fn forward(self, from: &[f32], to: &mut [f32]) {
        match self {
            Gelu::Exact => exact(from, to),
            Gelu::Tanh => tanh(from, to),
        }
    }

    /// Multiplies the gradient of what came out by the slope at what went in.
    pub(crate) fn backward(self, from: &[f32], gradient: &mut [f32]) {
        match self {
            Gelu::Exact => exact_slope(from, gradient),
            Gelu::Tanh => tanh_slope(from, gradient),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Phi(x) by its series: sum of phi(x) x^(2 n + 1) / (1 3 5 ... (2 n + 1)).
    fn below(x: f64) -> f64 {
        let (mut term, mut sum) = (x, x);
        for n in 1..200 {
            term *= x * x / f64::from(2 * n + 1);
            sum += term;
        }
        0.5 + sum * (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt()
    }

    fn formula(x: f64) -> f64 {
        0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x * x * x)).tanh())
    }

    #[test]
    fn values_and_slopes_are_near() {
        let from: Vec<f32> = (-6000..=6000).map(|step| step as f32 / 1000.0).collect();
        for gelu in [Gelu::Exact, Gelu::Tanh] {
            let exact = |x: f64| if gelu == Gelu::Exact { x * below(x) } else { formula(x) };
            let (mut to, mut slope) = (vec![0.0; from.len()], vec![1.0; from.len()]);
            gelu.forward(&from, &mut to);
            gelu.backward(&from, &mut slope);
            for ((&x, &y), &slope) in from.iter().zip(&to).zip(&slope) {
                let x = f64::from(x);
                assert!(
                    (f64::from(y) - exact(x)).abs() < 4e-7 * (1.0 + x.abs()),
                    "{gelu:?}({x}) = {y}, not {}",
                    exact(x)
                );
                let difference = (exact(x + 1e-4) - exact(x - 1e-4)) / 2e-4;
                assert!(
                    (f64::from(slope) - difference).abs() < 2e-6,
                    "slope of {gelu:?} at {x}: {slope}, not {difference}"
                );
            }
        }
        let mut tail = [0.0];
        Gelu::Exact.forward(&[-8.0], &mut tail);
        assert!((tail[0] / -4.976_765e-15 - 1.0).abs() < 1e-5);
    }
}
