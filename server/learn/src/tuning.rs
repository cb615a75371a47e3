//! Training an encoder: gradient descent on labels (cross-entropy through a linear head) or on pairs of texts (equal labels near each
//! other, others apart).

mod adamw;
mod loss;
mod sampler;
mod trainer;

use crate::{
    Control, Encoder, FitError,
    tuning::{
        sampler::Sampler,
        trainer::{Dropped, Loss, Rates, Trainer},
    },
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recipe {
    /// Trained, counted from the last.
    pub blocks: usize,
    pub pairs: bool,
    pub steps: usize,
    pub batch: usize,
    pub rate: f32,
    pub head_rate: f32,
    pub scale: f32,
    pub layers: f32,
    pub decay: f32,
    pub dropout: f32,
    pub smoothing: f32,
    pub seed: u64,
}

pub fn tune(
    encoder: &Encoder,
    texts: &[&str],
    targets: &[u32],
    classes: usize,
    recipe: &Recipe,
    control: &Control,
    mut on_step: impl FnMut(usize, f32, &dyn Fn() -> Encoder),
) -> Result<Encoder, FitError> {
    let sequences = encoder.tokenize(texts);
    let rates = Rates { decay: recipe.decay, head: recipe.head_rate, layers: recipe.layers };
    let dropped = Dropped { rate: recipe.dropout, seed: recipe.seed };
    let mut trainer = Trainer::new(encoder, recipe.blocks, &sequences, targets, classes, recipe.scale, rates, dropped);
    trainer.keep_states(control)?;
    let mut sampler = Sampler::new(targets, classes, recipe.seed);
    let loss = if recipe.pairs { Loss::Pairs } else { Loss::Classes { smoothing: recipe.smoothing } };
    let warm = (recipe.steps / 10).max(1);
    for step in 0..recipe.steps {
        let batch = if recipe.pairs { sampler.balanced(recipe.batch) } else { sampler.next(recipe.batch) };
        let rise = (step + 1) as f32 / warm as f32;
        let fall = (recipe.steps - step) as f32 / (recipe.steps - warm).max(1) as f32;
        let loss = trainer.step(&batch, loss, recipe.rate * rise.min(fall).min(1.0), control)?;
        on_step(step, loss, &|| trainer.encoder());
    }
    Ok(trainer.encoder())
}
