//! What encoders are computed and trained with: the cores of this machine ([`cpu`]), or tensors of candle ([`candle`]), for GPUs.
//!
//! What must stay true: both back ends compute the same, but for the last bits: the same vectors, and from the same seed the same
//! masks of dropout, the same gradients and steps. Parameters that leave a back end are one flat vector by the encoder's layout, so
//! nothing that is stored depends on where it was computed.

#[cfg(feature = "candle")]
mod candle;
pub(crate) mod cpu;

use std::{fmt, ops::Range, sync::Arc};

pub(crate) use self::cpu::Cpu;
use catalogue::{Phrase, phrase};

use crate::{
    Control, Encoder, FitError, Matrix,
    lesson::Targets,
    tuning::{
        recipe::Recipe,
        trainer::{Loss, of_samples},
    },
};

/// What a training learns from.
#[derive(Clone)]
pub(crate) struct Samples {
    pub(crate) sequences: Arc<[Box<[u32]>]>,
    /// `None`: a head reads the vector of each sequence.
    pub(crate) read: Option<Arc<Read>>,
    /// The classes of what is read: of each sequence, or of each token.
    pub(crate) targets: Arc<Targets>,
    pub(crate) classes: usize,
}

/// The tokens of sequences whose last states a head reads.
#[derive(Default)]
pub(crate) struct Read {
    /// Of all sequences, end to end: in their sequence.
    places: Vec<u32>,
    /// Where each sequence's places begin.
    starts: Vec<usize>,
}

impl Read {
    pub(crate) fn push(&mut self, places: impl IntoIterator<Item = u32>) {
        self.starts.push(self.places.len());
        self.places.extend(places);
    }

    /// Of a sequence, among those of all.
    pub(crate) fn range(&self, sequence: usize) -> Range<usize> {
        self.starts[sequence]..self.starts.get(sequence + 1).copied().unwrap_or(self.places.len())
    }

    pub(crate) fn of(&self, sequence: usize) -> &[u32] {
        &self.places[self.range(sequence)]
    }
}

impl Samples {
    /// What a head begins with. Where most labels apply to few sequences, and most tokens are of one class, vectors need not learn that first,
    /// all in one direction: then it is the odds of each label, or the logarithm of each class's share.
    pub(crate) fn biases(&self) -> Vec<f32> {
        let rows = self.targets.len();
        if self.read.is_none() && !self.targets.are_sets() {
            return vec![0.0; self.classes];
        }
        let counts = self.targets.counts(0..rows as u32, self.classes);
        let bias = |count: usize| {
            let others = if self.targets.are_sets() { rows - count } else { rows };
            ((count as f32 + 0.5) / (others as f32 + 0.5)).ln()
        };
        counts.into_iter().map(bias).collect()
    }

    /// The classes of what is read of these samples, in their order.
    pub(crate) fn targets_of(&self, samples: &[usize]) -> Targets {
        match &self.read {
            None => of_samples(&self.targets, samples),
            Some(read) => {
                of_samples(&self.targets, &samples.iter().flat_map(|&sample| read.range(sample)).collect::<Vec<_>>())
            }
        }
    }

    /// How much is read of these samples.
    pub(crate) fn count(&self, samples: &[usize]) -> usize {
        let of = |read: &Arc<Read>| samples.iter().map(|&sample| read.range(sample).len()).sum();
        self.read.as_ref().map_or(samples.len(), of)
    }
}

/// Forward passes and trainings of encoders.
pub(crate) trait Backend: Send + Sync + fmt::Debug {
    /// A vector for each sequence of ids, end to end, in their order.
    fn embed(&self, encoder: &Encoder, sequences: &[Box<[u32]>], control: &Control) -> Result<Vec<f32>, FitError>;

    /// What these layers make of each token of each sequence, end to end, in their order: the mean over them. Layer 0 are the embeddings,
    /// others are blocks, counted from 1.
    fn states(
        &self,
        encoder: &Encoder,
        layers: &Range<usize>,
        sequences: &[Box<[u32]>],
        control: &Control,
    ) -> Result<Vec<f32>, FitError>;

    /// Of the last blocks of an encoder and of a head over the samples' classes, which begins at [`Samples::biases`].
    fn training(
        &self,
        encoder: &Encoder,
        recipe: &Recipe,
        samples: Samples,
        seed: u64,
    ) -> Result<Box<dyn Training>, FitError>;
}

/// A training under way.
pub(crate) trait Training: Send {
    /// Computes what frozen blocks make of all sequences, once. Without room for that, each step does it again.
    fn keep_states(&mut self, control: &Control) -> Result<(), FitError>;

    /// Learns from the samples of these numbers; the answer is their mean loss before it. A cancelled step changes nothing.
    fn step(&mut self, batch: &[usize], loss: Loss, rate: f32, control: &Control) -> Result<f32, FitError>;

    /// What a head reads of some of the sequences, as the encoder is now: a vector of each, or of each token that is read.
    fn embed(&self, samples: &[usize], control: &Control) -> Result<Matrix, FitError>;

    /// What the head, as it is now, makes of such vectors: a row each, a column a class.
    fn scores(&self, vectors: &Matrix) -> Result<Matrix, FitError>;

    /// Trained parameters of the encoder, as they are now.
    fn own(&self) -> Result<Vec<f32>, FitError>;

    /// The encoder as it is now, or with what was its [`Training::own`] at another moment. All else that training needed is freed.
    fn into_encoder(self: Box<Self>, own: Option<Vec<f32>>) -> Result<Encoder, FitError>;
}

/// Where encoders are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Device {
    /// A GPU, if this build can use one and one can be opened; else the CPU.
    #[default]
    Auto,
    Cpu,
    Cuda,
    Metal,
}

impl Device {
    /// What to do, if this build cannot use such a device.
    pub fn missing(self) -> Option<Phrase> {
        match self {
            Device::Cuda if !cfg!(feature = "cuda") => Some(phrase!("no-cuda")),
            Device::Metal if !cfg!(feature = "metal") => Some(phrase!("no-metal")),
            _ => None,
        }
    }

    /// Opens the device; the error says what to do.
    pub(crate) fn open(self) -> Result<Arc<dyn Backend>, Phrase> {
        if let Some(problem) = self.missing() {
            return Err(problem);
        }
        match self {
            Device::Cpu => Ok(Arc::new(Cpu)),
            Device::Auto => {
                let gpus = [Device::Cuda, Device::Metal].into_iter().filter(|gpu| gpu.missing().is_none());
                Ok(gpus.flat_map(Device::gpu).next().unwrap_or_else(|| Arc::new(Cpu)))
            }
            Device::Cuda | Device::Metal => self.gpu().map_err(|error| phrase!("no-gpu", error)),
        }
    }

    #[cfg(feature = "candle")]
    fn gpu(self) -> Result<Arc<dyn Backend>, String> {
        candle::Candle::open(self).map(|gpu| Arc::new(gpu) as _).map_err(|error| error.to_string())
    }

    #[cfg(not(feature = "candle"))]
    fn gpu(self) -> Result<Arc<dyn Backend>, String> {
        Err("this build uses none".to_owned())
    }
}

/// Of a training whose loss or gradient is no number.
pub(crate) fn diverged() -> FitError {
    FitError::Failed(phrase!("diverged"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_this_build_lacks_is_refused_and_auto_falls_back_to_the_cpu() {
        for (device, feature) in [(Device::Cuda, "--features cuda"), (Device::Metal, "--features metal")] {
            if device.missing().is_some() {
                assert!(device.open().is_err_and(|why| why.to_string().contains(feature)));
            }
        }
        assert_eq!(format!("{:?}", Device::Cpu.open()), "Ok(Cpu)");
        if Device::Cuda.missing().and(Device::Metal.missing()).is_some() {
            assert_eq!(format!("{:?}", Device::Auto.open()), "Ok(Cpu)");
        }
    }
}
