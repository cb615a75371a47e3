//! Whether some of the rows are wrong more often than the others, or whether chance would have it so: Fisher's exact test (Fisher 1922),
//! one-sided, and Holm's correction (Holm 1979) where several questions are asked of the same rows.

/// How often chance alone would put at least `wrong` of all `all_wrong` mistakes among `rows` of `all_rows` rows. Counts that contradict
/// each other are cut to what fits.
pub fn chance(wrong: usize, rows: usize, all_wrong: usize, all_rows: usize) -> f64 {
    let rows = rows.min(all_rows);
    let all_wrong = all_wrong.min(all_rows);
    let most = rows.min(all_wrong);
    let least = (rows + all_wrong).saturating_sub(all_rows);
    if wrong <= least {
        return 1.0;
    }
    let all = ln_choose(all_rows, rows);
    let share =
        |count: usize| (ln_choose(all_wrong, count) + ln_choose(all_rows - all_wrong, rows - count) - all).exp();
    (wrong..=most).map(share).sum::<f64>().min(1.0)
}

/// The probabilities of several questions, corrected so that any of them below 0.05 is a mistake in one of twenty cases, however many
/// there are: in their order.
pub fn holm(chances: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..chances.len()).collect();
    order.sort_by(|a, b| chances[*a].total_cmp(&chances[*b]));
    let (mut corrected, mut highest) = (vec![0.0; chances.len()], 0.0f64);
    for (rank, &place) in order.iter().enumerate() {
        highest = highest.max((chances[place] * (chances.len() - rank) as f64).min(1.0));
        corrected[place] = highest;
    }
    corrected
}

fn ln_choose(all: usize, some: usize) -> f64 {
    ln_factorial(all) - ln_factorial(some) - ln_factorial(all - some)
}

/// Stirling's series, which is exact to ten digits from 16 on.
fn ln_factorial(number: usize) -> f64 {
    if number < 16 {
        return (2..=number).map(|factor| (factor as f64).ln()).sum();
    }
    let n = number as f64;
    let tail = 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3)) + 1.0 / (1260.0 * n.powi(5));
    n * n.ln() - n + 0.5 * (std::f64::consts::TAU * n).ln() + tail
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_lady_tasting_tea() {
        // Fisher 1935: of eight cups four had milk first; she finds all four, or three of them.
        assert!((chance(4, 4, 4, 8) - 1.0 / 70.0).abs() < 1e-12);
        assert!((chance(3, 4, 4, 8) - 17.0 / 70.0).abs() < 1e-12);
        assert_eq!(chance(0, 4, 4, 8), 1.0);
    }

    #[test]
    fn factorials_go_over_into_their_series() {
        for number in [15, 16, 17, 170] {
            let exact: f64 = (2..=number).map(|factor| (factor as f64).ln()).sum();
            assert!((ln_factorial(number) - exact).abs() < 1e-9 * exact, "{number}");
        }
    }

    #[test]
    fn corrected_by_hand() {
        // The least counts four times, the next three times; none is less than one before it.
        let corrected = holm(&[0.01, 0.04, 0.03, 0.005]);
        let expected = [0.03, 0.06, 0.06, 0.02];
        assert!(corrected.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{corrected:?}");
        assert!(holm(&[]).is_empty());
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
    }

    proptest! {
        #[test]
        fn all_outcomes_together_are_certain_and_more_is_rarer(
            rows in 0usize..300, all_wrong in 0usize..300, more in 0usize..300, wrong in 0usize..400,
        ) {
            let all_rows = rows.max(all_wrong) + more;
            let (this, next) = (chance(wrong, rows, all_wrong, all_rows), chance(wrong + 1, rows, all_wrong, all_rows));
            prop_assert!((0.0..=1.0).contains(&this) && next <= this + 1e-9);
            prop_assert!(wrong > 0 || this == 1.0);
        }
    }
}
