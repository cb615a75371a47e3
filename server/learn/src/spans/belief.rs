//! How far scores can be trusted: Platt scaling (Platt 1999) of log odds, near what they say themselves.
//!
//! What must stay true: a surer score never becomes a less probable one. With few answers the prior decides, which leaves scores as they
//! are; with many the answers do.

/// Of the priors of slope and offset, normal distributions around 1 and 0 ([`crate::temperature`] has the same).
const PRECISION: f64 = 20.0;
/// Log odds are held in this range.
const FAR: f32 = 14.0;
const ROUNDS: usize = 30;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Belief {
    pub(super) slope: f32,
    pub(super) offset: f32,
}

impl Default for Belief {
    fn default() -> Belief {
        Belief { slope: 1.0, offset: 0.0 }
    }
}

pub(super) fn log_odds(probability: f32) -> f32 {
    let probability = f64::from(probability).clamp(1e-9, 1.0 - 1e-9);
    ((probability / (1.0 - probability)).ln() as f32).clamp(-FAR, FAR)
}

impl Belief {
    /// From log odds and whether each was right: the most probable one, by Newton's method.
    pub(super) fn of(answers: &[(f32, bool)]) -> Belief {
        let (mut slope, mut offset) = (1.0f64, 0.0f64);
        for _ in 0..ROUNDS {
            let (mut by_slope, mut by_offset) = (PRECISION * (slope - 1.0), PRECISION * offset);
            let (mut ss, mut so, mut oo) = (PRECISION, 0.0, PRECISION);
            for &(score, right) in answers {
                let score = f64::from(score);
                let probability = 1.0 / (1.0 + (-(slope * score + offset)).exp());
                let (error, weight) = (probability - f64::from(u8::from(right)), probability * (1.0 - probability));
                by_slope += error * score;
                by_offset += error;
                ss += weight * score * score;
                so += weight * score;
                oo += weight;
            }
            let determinant = ss * oo - so * so;
            // Half a step at most of each, for the curve is steep far from its valley.
            let move_slope = ((oo * by_slope - so * by_offset) / determinant).clamp(-0.5, 0.5);
            let move_offset = ((ss * by_offset - so * by_slope) / determinant).clamp(-1.0, 1.0);
            slope = (slope - move_slope).max(0.05);
            offset -= move_offset;
            if move_slope.abs() + move_offset.abs() < 1e-6 {
                break;
            }
        }
        Belief { slope: slope as f32, offset: offset as f32 }
    }

    pub(super) fn probability(self, log_odds: f32) -> f32 {
        1.0 / (1.0 + (-(self.slope * log_odds + self.offset)).exp())
    }

    /// Whether it may come from a file.
    pub(super) fn is_sound(self) -> bool {
        self.slope.is_finite() && self.slope > 0.0 && self.offset.is_finite()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::folds;

    /// Scores of which so many are right as a belief has it.
    fn drawn(of: Belief, count: usize) -> Vec<(f32, bool)> {
        let random = |row: u64, seed| (folds::order(row, seed) >> 40) as f32 / (1 << 24) as f32;
        (0..count as u64)
            .map(|row| {
                let score = 8.0 * random(row, 1) - 4.0;
                (score, random(row, 2) < of.probability(score))
            })
            .collect()
    }

    #[test]
    fn many_answers_speak_and_few_do_not() {
        let truth = Belief { slope: 0.5, offset: -1.0 };
        let many = Belief::of(&drawn(truth, 5000));
        assert!((many.slope - 0.5).abs() < 0.08 && (many.offset + 1.0).abs() < 0.15, "{many:?}");
        let few = Belief::of(&drawn(truth, 6));
        assert!(few.slope > 0.7 && few.offset.abs() < 0.4, "{few:?}");
        assert_eq!(Belief::of(&[]), Belief::default());
    }

    #[test]
    fn contradicted_scores_keep_their_order() {
        let belief = Belief::of(&drawn(Belief { slope: -1.0, offset: 0.0 }, 3000));
        assert!(belief.is_sound() && belief.probability(3.0) > belief.probability(-3.0), "{belief:?}");
    }
}
