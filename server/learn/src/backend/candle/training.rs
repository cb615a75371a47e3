//! Steps of gradient descent on the device: what `tuning/trainer.rs` does, from the same seed with the same masks of dropout.
//!
//! What must stay true: parameters below the first trained one are never touched; a step that is cancelled or that diverges changes
//! nothing.

use candle_core::{DType, Result as Made, Tensor, Var};

use super::{
    Place, Stop, TOKENS,
    adamw::{self, Parameter},
    batch::{Batch, chunks},
    heard,
    loss::{self, Head},
    model::Model,
};
use crate::{
    Control, Encoder, FitError, Matrix,
    backend::{Samples, Training, diverged},
    encoder::{kernels::dropout::Dropout, net::Drops},
    tuning::{
        recipe::Recipe,
        trainer::{LONGEST, Loss, groups, keeps_states},
    },
};

/// Tokens, padding included, whose graph is held at once where a batch can be cut.
const GRAPH: usize = 1 << 12;

pub(super) struct Steps {
    encoder: Encoder,
    /// The first trained parameter.
    start: usize,
    place: Place,
    model: Model,
    pub(super) head: Head,
    /// Those of the model, as they lie, then weight and bias of the head.
    pub(super) parameters: Vec<Parameter>,
    samples: Samples,
    dropout: f32,
    seed: u64,
    /// Of each sequence, before the first trained block, in half precision.
    states: Option<Vec<Tensor>>,
    pub(super) steps: u64,
}

impl Steps {
    pub(super) fn new(encoder: &Encoder, recipe: &Recipe, samples: Samples, seed: u64, place: Place) -> Made<Steps> {
        let (start, classes) = (recipe.start(encoder), samples.classes);
        let (trained, hidden) = (encoder.layout().len - start, encoder.layout().hidden());
        let model = Model::new(encoder, start, &place)?;
        let head = Head {
            weight: Var::zeros((classes, hidden), place.dtype, &place.device)?,
            bias: Var::from_tensor(&place.tensor(samples.biases(), &[classes])?)?,
            scale: recipe.scale.into(),
        };
        let groups = groups(encoder, start, trained + classes * (hidden + 1), recipe.rates);
        let of_model = model.variables.iter().map(|(range, variable)| (range.start - start, variable));
        let parameters = of_model
            .chain([(trained, &head.weight), (trained, &head.bias)])
            .filter_map(|(at, variable)| Some((variable, groups.iter().find(|group| group.range.contains(&at))?)))
            .map(|(variable, group)| Parameter::new(variable.clone(), group.rate, group.decay))
            .collect::<Made<_>>()?;
        Ok(Steps {
            encoder: encoder.clone(),
            start,
            place,
            model,
            head,
            parameters,
            samples,
            dropout: recipe.dropout,
            seed,
            states: None,
            steps: 0,
        })
    }

    /// The loss of a batch, and its gradient by parameter.
    pub(super) fn slope(
        &self,
        batch: &[usize],
        loss: Loss,
        control: &Control,
    ) -> Result<(f32, Vec<Option<Tensor>>), Stop> {
        // All vectors of a batch of pairs must be there at once.
        let limit = if loss == Loss::Pairs { usize::MAX } else { GRAPH };
        let drops = Dropout::new(self.dropout, self.seed, self.steps);
        let drops = Drops { hidden: drops, attention: drops };
        let mut gradients = vec![None; self.parameters.len()];
        let (of, mut sum) = (self.samples.count(batch), 0.0);
        for chunk in chunks(batch, &self.samples.sequences, limit) {
            let padded = Batch::new(&chunk, &self.samples.sequences, self.samples.read.as_deref(), drops, &self.place)?;
            let states = match &self.states {
                Some(states) => self.kept(&chunk, states)?,
                None => self.model.start(&padded, control)?,
            };
            let vectors = self.model.finish(states, &padded, control)?;
            let targets = self.samples.targets_of(&chunk);
            let share = match loss {
                Loss::Classes { smoothing } => {
                    self.head.cross_entropy(&vectors, &targets, of, smoothing, &self.place)?
                }
                Loss::Pairs => loss::pairs(&vectors, &targets, &self.place)?,
            };
            heard(control)?;
            let slopes = share.backward()?;
            for (parameter, gradient) in self.parameters.iter().zip(&mut gradients) {
                adamw::add(gradient, slopes.get(parameter.variable.as_tensor()))?;
            }
            sum += self.place.values(&share)?[0];
        }
        Ok((sum, gradients))
    }

    /// States that were kept, sequences x longest x hidden.
    fn kept(&self, chunk: &[usize], states: &[Tensor]) -> Made<Tensor> {
        let longest = chunk.iter().map(|&sample| self.samples.sequences[sample].len()).max().unwrap_or(0);
        let padded = chunk.iter().map(|&sample| {
            let states = &states[sample];
            states.pad_with_zeros(0, 0, longest - states.dim(0)?)
        });
        Tensor::stack(&padded.collect::<Made<Vec<_>>>()?, 0)?.to_dtype(self.place.dtype)
    }

    fn keep(&mut self, control: &Control) -> Result<(), Stop> {
        if !keeps_states(&self.encoder, self.start, &self.samples.sequences) {
            return Ok(());
        }
        let all: Vec<usize> = (0..self.samples.sequences.len()).collect();
        let mut states = vec![None; all.len()];
        for chunk in chunks(&all, &self.samples.sequences, TOKENS) {
            let batch = Batch::new(&chunk, &self.samples.sequences, None, Drops::default(), &self.place)?;
            let made = self.model.start(&batch, control)?.to_dtype(DType::F16)?;
            for (row, &sample) in chunk.iter().enumerate() {
                states[sample] = Some(made.get(row)?.narrow(0, 0, self.samples.sequences[sample].len())?);
            }
        }
        self.states = states.into_iter().collect();
        Ok(())
    }

    /// The answer is `None` if the loss or its gradient is no number.
    fn learn(&mut self, batch: &[usize], loss: Loss, rate: f32, control: &Control) -> Result<Option<f32>, Stop> {
        let (loss, gradients) = self.slope(batch, loss, control)?;
        let length = adamw::length(&gradients, &self.place)?;
        if !(loss + length).is_finite() {
            return Ok(None);
        }
        let scale = if length > LONGEST { f64::from(LONGEST / length) } else { 1.0 };
        self.steps += 1;
        adamw::step(&mut self.parameters, &gradients, scale, self.steps as i32, rate)?;
        Ok(Some(loss))
    }

    /// Trained parameters of the encoder, end to end.
    fn own(&self) -> Made<Vec<f32>> {
        let mut own = vec![0.0; self.encoder.layout().len - self.start];
        for (range, variable) in &self.model.variables {
            own[range.start - self.start..range.end - self.start].copy_from_slice(&self.place.values(variable)?);
        }
        Ok(own)
    }
}

impl Training for Steps {
    fn keep_states(&mut self, control: &Control) -> Result<(), FitError> {
        Ok(self.keep(control)?)
    }

    fn step(&mut self, batch: &[usize], loss: Loss, rate: f32, control: &Control) -> Result<f32, FitError> {
        self.learn(batch, loss, rate, control)?.ok_or_else(diverged)
    }

    fn embed(&self, samples: &[usize], control: &Control) -> Result<Matrix, FitError> {
        let Samples { sequences, read, .. } = &self.samples;
        let values = self.model.vectors(samples, sequences, read.as_deref(), &self.place, control)?;
        Ok(Matrix { columns: self.encoder.layout().hidden(), values })
    }

    fn scores(&self, vectors: &Matrix) -> Result<Matrix, FitError> {
        let scores = || {
            let vectors = self.place.tensor(vectors.values.clone(), &[vectors.rows(), vectors.columns])?;
            self.place.values(&self.head.scores(&vectors)?)
        };
        Ok(Matrix { columns: self.samples.classes, values: scores().map_err(Stop::from)? })
    }

    fn own(&self) -> Result<Vec<f32>, FitError> {
        Ok(Steps::own(self).map_err(Stop::from)?)
    }

    fn into_encoder(self: Box<Self>, own: Option<Vec<f32>>) -> Result<Encoder, FitError> {
        let own = own.map_or_else(|| Training::own(&*self), Ok)?;
        Ok(self.encoder.tuned(self.start, own))
    }
}
