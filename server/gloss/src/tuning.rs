//! The options of commands that may train an encoder, and how such a training is shown.

use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};
use engine::{Epoch, Plan, Strategy};

use crate::budget;

#[derive(Args, Clone, Copy)]
pub(crate) struct Tuning {
    /// What of the encoder is trained; else what gloss.toml says.
    #[arg(long, value_enum)]
    strategy: Option<Named>,
    /// How often each row is seen in training; else as rows and budget have it.
    #[arg(long, value_name = "COUNT")]
    epochs: Option<usize>,
    /// The most time to learn for: 90s, 2m, 1m30s, 500ms.
    #[arg(long, value_name = "DURATION", value_parser = budget::parse)]
    pub(crate) budget: Option<Duration>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Named {
    /// As the rows have it.
    Auto,
    /// Nothing: the probe on the pretrained encoder is the highest step.
    Head,
    /// The last two layers, by cross-entropy.
    LastLayers,
    /// All layers, by cross-entropy.
    All,
    /// All layers, by pairs of texts.
    Contrastive,
    /// Adapters of low rank in all layers (LoRA), by pairs of texts.
    Lora,
}

impl Tuning {
    /// From what gloss.toml wants to what is asked for here.
    pub(crate) fn plan(&self, configured: Option<Plan>) -> Option<Plan> {
        let mut plan = match self.strategy {
            None => configured?,
            Some(Named::Head) => return None,
            Some(named) => {
                let strategy = match named {
                    Named::LastLayers => Strategy::LastBlocks,
                    Named::All => Strategy::All,
                    Named::Contrastive => Strategy::Contrastive,
                    Named::Lora => Strategy::Lora,
                    Named::Auto | Named::Head => Strategy::Auto,
                };
                Plan { strategy, ..configured.unwrap_or_default() }
            }
        };
        plan.epochs = self.epochs;
        if let Some(budget) = self.budget {
            plan.budget = budget;
            plan.until = Some(Instant::now() + budget);
        }
        Some(plan)
    }
}

/// The head of the table whose lines [`line`] writes.
pub(crate) const HEAD: &str = "training     epoch     loss  held-out accuracy  macro F1     ECE   rows/s     left";

/// A line of the table of a training.
pub(crate) fn line(epoch: &Epoch) -> String {
    let percent = |share: f64| format!("{:.1}%", share * 100.0);
    let [accuracy, f1, ece] = match &epoch.held_out {
        Some(estimate) => [estimate.accuracy, estimate.macro_f1, estimate.ece].map(percent),
        None => ["–"; 3].map(str::to_owned),
    };
    format!(
        "{:>8}  {:>8.1}  {:>7.4}  {accuracy:>17}  {f1:>8}  {ece:>6}  {:>7.0}  {:>7}",
        format!("{}/{}", epoch.training, epoch.trainings),
        epoch.epochs,
        epoch.loss,
        epoch.rows_per_second,
        budget::written(Duration::from_secs(epoch.left.as_secs().max(1))),
    )
}
