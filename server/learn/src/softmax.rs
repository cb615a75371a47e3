//! Softmax regression in its dual, one row at a time: what every solver of it shares.
//!
//! A row holds a distribution p over the classes. While all other rows keep theirs, its best one solves
//! `ln p[c] + q p[c] = b[c] − ν`, `Σ p = 1`, with `q = C |x|²`, `b = W x + q p_old` (Yu, Huang and Lin 2011), so
//! `p[c] = ω(b[c] − ν + ln q) / q` with Wright's omega function, and ν by Newton's method on a convex, falling function.
//!
//! What must stay true: what comes out is a distribution, whatever the scores are.

/// `KL(p ‖ softmax(scores))`
pub(crate) fn divergence(dual: &[f32], scores: &[f32]) -> f64 {
    let scores = &scores[..dual.len()];
    let normaliser = log_sum_exp(scores);
    let sum: f32 =
        dual.iter().zip(scores).filter(|(p, _)| **p > 0.0).map(|(p, score)| p * (p.ln() - score + normaliser)).sum();
    f64::from(sum.max(0.0))
}

pub(crate) fn log_sum_exp(scores: &[f32]) -> f32 {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    top + scores.iter().map(|score| (score - top).exp()).sum::<f32>().ln()
}

/// The row's best distribution while all other rows keep theirs.
pub(crate) fn improve(dual: &mut [f32], scores: &[f32], q: f32) {
    let scores = &scores[..dual.len()];
    // b + ln q, in place of p until p is known.
    let mut top = f32::NEG_INFINITY;
    for (dual, score) in dual.iter_mut().zip(scores) {
        *dual = score + q * *dual;
        top = top.max(*dual);
    }
    let log_q = q.ln();
    // Here the sum is 1 or more. From its left the root is reached monotonically; from its right by one step to its left.
    let lowest = top - q;
    let mut nu = log_sum_exp(scores).max(lowest);
    let mut sum = 1.0;
    for _ in 0..30 {
        let mut slope = 0.0;
        sum = 0.0;
        for b in dual.iter() {
            let omega = omega(b - nu + log_q);
            sum += omega;
            slope += omega / (1.0 + omega);
        }
        if (sum - q).abs() <= 1e-5 * q || slope <= 0.0 {
            break;
        }
        nu = (nu + (sum - q) / slope).max(lowest);
    }
    for dual in dual.iter_mut() {
        *dual = omega(*dual - nu + log_q) / sum;
    }
}

/// Wright's omega function of a real number: `w + ln w = x`. Relative error below 1e-5.
fn omega(x: f32) -> f32 {
    if x < -8.0 {
        let power = x.exp();
        return power * (1.0 - power);
    }
    let mut w = if x < 1.0 {
        let power = x.exp();
        power / (1.0 + power)
    } else {
        x - x.ln()
    };
    for _ in 0..3 {
        w *= (1.0 + x - w.ln()) / (1.0 + w);
    }
    w
}

/// Fisher and Yates, by Marsaglia's xorshift.
pub(crate) fn shuffle(order: &mut [u32], random: &mut u64) {
    for last in (1..order.len()).rev() {
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        order.swap(last, (((*random >> 32) * (last as u64 + 1)) >> 32) as usize);
    }
}
