//! Encoders as tensors of candle: on GPUs, and on the CPU as the measure of the other back end.
//!
//! A [`model`] is made of operations that candle can derive, and no other: its own LayerNorm, softmax and rope cut the graph, and
//! everything below them would stay as it was without an error. Its GELU has a slope of six digits, so that is written out, too.
//!
//! What must stay true: a batch is padded, and padding changes nothing; masks of dropout are the other back end's, made on the CPU;
//! nothing is computed for what is not trained.

mod adamw;
mod batch;
mod loss;
mod model;
mod training;

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use candle_core::{DType, Error, Result as Made};
use catalogue::phrase;

use self::{model::Model, training::Steps};
use super::{Backend, Cpu, Device, Samples, Training};
use crate::{Control, Encode, Encoder, FitError, tuning::recipe::Recipe};

/// Tokens, padding included, that are embedded at once.
const TOKENS: usize = 1 << 14;
/// Encoders that stay on the device: the pretrained one and the trained one, which are asked by turns.
const KEPT: usize = 2;

#[derive(Debug)]
pub(crate) struct Candle {
    place: Place,
    /// By the encoder's id, the one used last first.
    models: Mutex<Vec<(u64, Arc<Model>)>>,
}

/// Where tensors lie, and of what numbers they are.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    device: candle_core::Device,
    dtype: DType,
}

impl Candle {
    pub(crate) fn open(device: Device) -> Made<Candle> {
        let device = match device {
            Device::Cuda => candle_core::Device::new_cuda(0)?,
            Device::Metal => candle_core::Device::new_metal(0)?,
            Device::Auto | Device::Cpu => candle_core::Device::Cpu,
        };
        Ok(Candle::at(Place { device, dtype: DType::F32 }))
    }

    fn at(place: Place) -> Candle {
        Candle { place, models: Mutex::default() }
    }

    fn model(&self, encoder: &Encoder) -> Made<Arc<Model>> {
        // Held while it is brought to the device: who comes second waits for the first.
        let mut models = self.models.lock().unwrap_or_else(PoisonError::into_inner);
        let known = models.iter().position(|(id, _)| *id == encoder.id()).map(|known| models.remove(known));
        let (id, model) = match known {
            Some(known) => known,
            None => {
                models.truncate(KEPT - 1);
                (encoder.id(), Arc::new(Model::new(encoder, encoder.layout().len, &self.place)?))
            }
        };
        models.insert(0, (id, model.clone()));
        Ok(model)
    }
}

/// A cancel, or a device that fails.
#[derive(Debug)]
enum Stop {
    Cancelled,
    Failed(Error),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Stop {
        Stop::Failed(error)
    }
}

impl From<Stop> for FitError {
    fn from(stop: Stop) -> FitError {
        match stop {
            Stop::Cancelled => FitError::Cancelled,
            Stop::Failed(error) => FitError::Failed(phrase!("gpu-failed", error = error.to_string())),
        }
    }
}

fn heard(control: &Control) -> Result<(), Stop> {
    if control.is_cancelled() { Err(Stop::Cancelled) } else { Ok(()) }
}

impl Backend for Candle {
    fn embed(&self, encoder: &Encoder, sequences: &[Box<[u32]>], control: &Control) -> Result<Vec<f32>, FitError> {
        let model = self.model(encoder).map_err(Stop::from)?;
        let all: Vec<usize> = (0..sequences.len()).collect();
        Ok(model.vectors(&all, sequences, None, &self.place, control)?)
    }

    fn states(
        &self,
        encoder: &Encoder,
        layers: &Range<usize>,
        sequences: &[Box<[u32]>],
        control: &Control,
    ) -> Result<Vec<f32>, FitError> {
        let model = self.model(encoder).map_err(Stop::from)?;
        Ok(model.survey(layers, sequences, &self.place, control)?)
    }

    fn training(
        &self,
        encoder: &Encoder,
        recipe: &Recipe,
        samples: Samples,
        seed: u64,
    ) -> Result<Box<dyn Training>, FitError> {
        // Adapters are so little work that they stay with the cores.
        if recipe.adapters.is_some() {
            return Cpu.training(encoder, recipe, samples, seed);
        }
        let steps = Steps::new(encoder, recipe, samples, seed, self.place.clone());
        Ok(Box::new(steps.map_err(Stop::from)?))
    }
}

#[cfg(test)]
mod tests;
