//! Which rows a step learns from.
//!
//! What must stay true: in a course over rows each comes once before any comes again; equal seeds give equal batches.

use crate::folds;

/// Rows by chance.
pub(crate) struct Sampler {
    by_class: Vec<Deck>,
    all: Deck,
    /// Where the next batch of classes begins.
    class: usize,
}

/// Rows in an order that is shuffled anew each time it was gone through.
struct Deck {
    rows: Vec<usize>,
    next: usize,
    seed: u64,
}

impl Deck {
    fn new(rows: Vec<usize>, seed: u64) -> Deck {
        Deck { next: rows.len(), rows, seed }
    }

    fn draw(&mut self) -> usize {
        if self.next >= self.rows.len() {
            self.seed = self.seed.wrapping_add(1);
            self.rows.sort_unstable();
            let seed = self.seed;
            self.rows.sort_by_cached_key(|&row| folds::order(row as u64, seed));
            self.next = 0;
        }
        self.next += 1;
        self.rows[self.next - 1]
    }
}

impl Sampler {
    pub(crate) fn new(targets: &[u32], classes: usize, seed: u64) -> Sampler {
        let mut rows = vec![Vec::new(); classes];
        for (row, &target) in targets.iter().enumerate() {
            rows[target as usize].push(row);
        }
        let by_class: Vec<Deck> =
            rows.into_iter().filter(|rows| !rows.is_empty()).map(|rows| Deck::new(rows, seed)).collect();
        Sampler { by_class, all: Deck::new((0..targets.len()).collect(), seed), class: 0 }
    }

    /// The next rows of the course.
    pub(crate) fn next(&mut self, count: usize) -> Vec<usize> {
        (0..count.min(self.all.rows.len())).map(|_| self.all.draw()).collect()
    }

    /// Different rows of as many classes as give at least two to each, in turn.
    pub(crate) fn balanced(&mut self, count: usize) -> Vec<usize> {
        let classes = self.by_class.len().min(count / 2).max(1);
        let share = count.div_ceil(classes);
        let mut batch = Vec::with_capacity(share * classes);
        for _ in 0..classes {
            let deck = &mut self.by_class[self.class];
            let most = share.min(deck.rows.len());
            if deck.next + most > deck.rows.len() {
                // A batch must not hold a row twice.
                deck.next = deck.rows.len();
            }
            batch.extend((0..most).map(|_| deck.draw()));
            self.class += 1;
            if self.class == self.by_class.len() {
                self.class = 0;
                // Other classes meet in the next round.
                let seed = self.all.seed;
                self.all.seed = seed.wrapping_add(1);
                self.by_class
                    .sort_by_cached_key(|deck| folds::order(deck.rows.iter().min().copied().unwrap_or(0) as u64, seed));
            }
        }
        batch
    }
}
