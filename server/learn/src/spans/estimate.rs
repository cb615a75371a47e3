//! How good answers in spans are.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use super::{Span, Tags};
use crate::folds;

/// How well answers met the spans of rows that were not trained on. A span is right when its edges and its label are.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Estimate {
    pub rows: usize,
    /// Of all spans together.
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
    /// 95% interval of F1: percentiles of rows drawn again (bootstrap; Efron 1979).
    pub low: f64,
    pub high: f64,
    /// Mean F1 of the labels that are given or predicted at least once.
    pub macro_f1: f64,
    /// Expected calibration error over 15 equal-width bins of the probabilities of predicted spans.
    pub ece: f64,
    /// Share of the rows that are entirely right.
    pub exact: f64,
}

const BINS: usize = 15;
const DRAWS: usize = 400;

#[derive(Clone, Copy, Default)]
struct Counts {
    hits: usize,
    given: usize,
    found: usize,
}

impl Counts {
    /// Where nothing is given and nothing found, nothing is wrong.
    fn f1(self) -> f64 {
        share(2 * self.hits, self.given + self.found)
    }

    fn add(&mut self, other: Counts) {
        self.hits += other.hits;
        self.given += other.given;
        self.found += other.found;
    }
}

fn share(part: usize, of: usize) -> f64 {
    if of == 0 { 1.0 } else { part as f64 / of as f64 }
}

impl Estimate {
    /// `answers[i]` are the true spans of row `i`; labels beyond `labels` count as always missed. Spans given twice count once.
    pub fn of(answers: &[Arc<[Span]>], tags: &[Tags], labels: usize) -> Estimate {
        let rows = answers.len().min(tags.len());
        if rows == 0 {
            return Estimate { high: 1.0, ..Estimate::default() };
        }
        let mut by_label = vec![Counts::default(); labels + 1];
        let mut by_row = Vec::with_capacity(rows);
        let mut bins = [(0.0f64, 0.0f64); BINS];
        let (mut all, mut exact) = (Counts::default(), 0);
        for (given, tags) in answers.iter().zip(tags) {
            let given: FxHashSet<Span> = given.iter().copied().collect();
            let mut row = Counts { given: given.len(), found: tags.spans.len(), hits: 0 };
            given.iter().for_each(|span| by_label[(span.label as usize).min(labels)].given += 1);
            for tagged in &tags.spans {
                let hit = given.contains(&tagged.span);
                let counts = &mut by_label[(tagged.span.label as usize).min(labels)];
                counts.found += 1;
                counts.hits += usize::from(hit);
                row.hits += usize::from(hit);
                let bin = &mut bins[((tagged.probability * BINS as f32) as usize).min(BINS - 1)];
                bin.0 += f64::from(tagged.probability);
                bin.1 += f64::from(u8::from(hit));
            }
            exact += usize::from(row.hits == row.given && row.hits == row.found);
            all.add(row);
            by_row.push(row);
        }
        let present = by_label.iter().filter(|counts| counts.given + counts.found > 0);
        let off: f64 = bins.iter().map(|(sure, right)| (sure - right).abs()).sum();
        let (low, high) = interval(&by_row);
        Estimate {
            rows,
            precision: share(all.hits, all.found),
            recall: share(all.hits, all.given),
            f1: all.f1(),
            low,
            high,
            macro_f1: present.clone().map(|counts| counts.f1()).sum::<f64>() / present.count().max(1) as f64,
            ece: off / all.found.max(1) as f64,
            exact: share(exact, rows),
        }
    }
}

fn interval(rows: &[Counts]) -> (f64, f64) {
    let draw = |draw: usize| {
        let mut sum = Counts::default();
        for place in 0..rows.len() {
            let random = folds::order((draw * rows.len() + place) as u64, 0);
            sum.add(rows[(random % rows.len() as u64) as usize]);
        }
        sum.f1()
    };
    // Of very many rows fewer draws say as much, and take no longer.
    let draws = (4_000_000 / rows.len()).clamp(40, DRAWS);
    let mut drawn: Vec<f64> = (0..draws).map(draw).collect();
    drawn.sort_by(f64::total_cmp);
    (drawn[draws / 40], drawn[draws - 1 - draws / 40])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spans::Tagged;

    fn span(start: u32, end: u32, label: u32) -> Span {
        Span { start, end, label }
    }

    fn tags(spans: &[(u32, u32, u32, f32)]) -> Tags {
        let tagged = |&(start, end, label, probability): &(u32, u32, u32, f32)| Tagged {
            span: span(start, end, label),
            probability,
        };
        Tags { spans: spans.iter().map(tagged).collect(), certainty: 0.5 }
    }

    #[test]
    fn three_rows_by_hand() {
        let answers: [Arc<[Span]>; 3] = [[span(0, 2, 0), span(3, 5, 1)].into(), [span(0, 4, 1)].into(), [].into()];
        // One right and one with another label; other edges; nothing, rightly.
        let found = [tags(&[(0, 2, 0, 0.9), (3, 5, 0, 0.6)]), tags(&[(0, 3, 1, 0.5)]), tags(&[])];
        let estimate = Estimate::of(&answers, &found, 2);
        assert_eq!((estimate.rows, estimate.exact), (3, 1.0 / 3.0));
        assert!((estimate.f1 - 1.0 / 3.0).abs() < 1e-9 && (estimate.precision - estimate.recall).abs() < 1e-9);
        // Label 0: one hit of one given and two found; label 1: none.
        assert!((estimate.macro_f1 - 1.0 / 3.0).abs() < 1e-9);
        assert!((estimate.ece - (0.1 + 0.6 + 0.5) / 3.0).abs() < 1e-6);
        assert!(estimate.low <= estimate.f1 && estimate.f1 <= estimate.high);
    }

    #[test]
    fn more_rows_narrow_the_interval() {
        let rows = |count: usize| {
            let answers: Vec<Arc<[Span]>> = (0..count).map(|_| [span(0, 1, 0)].into()).collect();
            let found: Vec<Tags> = (0..count).map(|row| tags(&[(0, 1, u32::from(row % 3 == 0), 0.5)])).collect();
            let estimate = Estimate::of(&answers, &found, 2);
            estimate.high - estimate.low
        };
        assert!(rows(1000) < rows(30) / 2.0);
        assert!((rows(1000) - 0.058).abs() < 0.015, "{}", rows(1000));
    }

    #[test]
    fn nothing_and_nonsense_are_estimated_too() {
        assert_eq!(Estimate::of(&[], &[], 3).rows, 0);
        let estimate = Estimate::of(&[[].into()], &[tags(&[])], 0);
        assert_eq!((estimate.f1, estimate.exact), (1.0, 1.0));
        let estimate = Estimate::of(&[[span(5, 1, 9)].into()], &[tags(&[(0, 1, 7, f32::NAN)])], 1);
        assert_eq!((estimate.f1, estimate.exact), (0.0, 0.0));
    }
}
