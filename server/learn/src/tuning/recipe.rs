//! How an encoder is trained, by what there is to learn from.
//!
//! Figures come from runs with all-MiniLM-L6-v2 on trec, sst2, agnews and banking77, of 8 labels a class to 2,000 rows
//! (examples/tune.rs): pairs beat cross-entropy in each, and steps count, not epochs.

use super::{
    Plan,
    lora::Adapters,
    trainer::{Loss, Rates},
};
use crate::Encoder;

/// What of an encoder is trained, and on what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Strategy {
    /// As the rows have it.
    #[default]
    Auto,
    /// The last two blocks, by cross-entropy.
    LastBlocks,
    /// All blocks, by cross-entropy.
    All,
    /// All blocks, by pairs of texts.
    Contrastive,
    /// Adapters of low rank in all blocks, by pairs of texts.
    Lora,
}

/// Blocks of [`Strategy::LastBlocks`].
const LAST: usize = 2;
/// Tokens of a batch of pairs, all of whose tapes are kept at once.
const TOKENS: usize = 1536;
/// What learns from few numbers learns faster.
const ADAPTERS: Adapters = Adapters { rank: 8, alpha: 16.0 };
const RATE_OF_ADAPTERS: f32 = 1e-3;
/// Rows of a batch.
const BATCH: usize = 32;
const MOST: usize = 128;
/// Rows of which each training holds a part out, and no second training on all of them follows.
const MANY: usize = 1_000;
/// Of cross-entropy over all rows, at least.
const PASSES: usize = 3;
/// Of tags over all rows, at most.
const PASSES_BY_TOKENS: usize = 15;
/// Rows of a batch of tags, each of which teaches many tokens, and from how many rows on twice as many.
const SMALL: usize = 8;
const SOME: usize = 2_000;
/// Of all parameters.
const RATE: f32 = 1e-4;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Recipe {
    pub(crate) blocks: usize,
    pub(crate) loss: Loss,
    /// Where there are some, they are trained in place of all parameters.
    pub(crate) adapters: Option<Adapters>,
    pub(crate) batch: usize,
    pub(crate) steps: usize,
    pub(crate) rate: f32,
    pub(crate) rates: Rates,
    pub(crate) dropout: f32,
    /// Multiplies vectors before the head.
    pub(crate) scale: f32,
    /// Whether the encoder that was judged serves, without another training on all rows.
    pub(crate) once: bool,
}

impl Recipe {
    /// For so many labelled rows of so many classes and, in the mean, tokens.
    pub(crate) fn new(plan: &Plan, blocks: usize, rows: usize, classes: usize, tokens: f32) -> Recipe {
        let pairs = match plan.strategy {
            Strategy::Auto | Strategy::Lora => rows < MANY,
            strategy => strategy == Strategy::Contrastive,
        };
        let adapters = (plan.strategy == Strategy::Lora).then_some(ADAPTERS);
        let batch = if pairs {
            let most = (TOKENS as f32 / tokens.max(1.0)) as usize;
            (2 * classes).clamp(BATCH, MOST).min(most).max(8)
        } else {
            BATCH
        };
        let pass = rows.div_ceil(batch).max(1);
        let steps = match plan.epochs {
            Some(epochs) => epochs.max(1) * pass,
            None if pairs => 30 + rows / 16,
            None => (30 + rows / 16).max(PASSES * pass),
        };
        Recipe {
            blocks: if plan.strategy == Strategy::LastBlocks { LAST.min(blocks) } else { blocks },
            loss: if pairs { Loss::Pairs } else { Loss::Classes { smoothing: plan.label_smoothing } },
            adapters,
            batch: batch.min(rows),
            steps,
            rate: if adapters.is_some() { RATE_OF_ADAPTERS } else { RATE },
            rates: Rates { decay: 0.01, head: 10.0, layers: plan.layer_decay },
            dropout: 0.1,
            scale: 10.0,
            once: rows >= MANY,
        }
    }

    /// Of tags of tokens, for so many rows. A strategy that is about pairs of texts is one of cross-entropy here.
    pub(crate) fn of_spans(plan: &Plan, blocks: usize, rows: usize) -> Recipe {
        let adapters = (plan.strategy == Strategy::Lora).then_some(ADAPTERS);
        let batch = if rows < SOME { SMALL } else { 2 * SMALL };
        Recipe {
            blocks: if plan.strategy == Strategy::LastBlocks { LAST.min(blocks) } else { blocks },
            loss: Loss::Classes { smoothing: plan.label_smoothing },
            adapters,
            batch,
            steps: plan.epochs.unwrap_or(PASSES_BY_TOKENS).max(1) * rows.div_ceil(batch).max(1),
            rate: if adapters.is_some() { RATE_OF_ADAPTERS } else { RATE },
            rates: Rates { decay: 0.01, head: 10.0, layers: plan.layer_decay },
            dropout: 0.1,
            scale: 10.0,
            once: rows >= MANY,
        }
    }

    /// The first trained parameter of an encoder. What was trained before goes on being trained.
    pub(crate) fn start(&self, encoder: &Encoder) -> usize {
        encoder.start_of_last(self.blocks).min(encoder.values().start)
    }

    /// Of the learning rate: a rise over the first tenth, then a fall to nothing.
    pub(crate) fn rate_of(&self, step: usize) -> f32 {
        let warm = (self.steps / 10).max(1);
        let rise = (step + 1) as f32 / warm as f32;
        let fall = self.steps.saturating_sub(step) as f32 / (self.steps - warm).max(1) as f32;
        self.rate * rise.min(fall).min(1.0)
    }
}
