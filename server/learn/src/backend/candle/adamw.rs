//! AdamW on the device: the steps of `tuning/adamw.rs`, a tensor at a time.

use candle_core::{Result as Made, Tensor, Var};

use super::Place;
use crate::tuning::adamw::{BETA_1, BETA_2, EPSILON};

/// A variable with its moments.
pub(super) struct Parameter {
    pub(super) variable: Var,
    pub(super) first: Tensor,
    second: Tensor,
    /// Of the learning rate of the step.
    rate: f64,
    /// Share that is lost in a step, of its learning rate.
    decay: f64,
}

impl Parameter {
    pub(super) fn new(variable: Var, rate: f32, decay: f32) -> Made<Parameter> {
        let (first, second) = (variable.zeros_like()?, variable.zeros_like()?);
        Ok(Parameter { variable, first, second, rate: rate.into(), decay: decay.into() })
    }
}

/// How long all gradients are together: read from the device once.
pub(super) fn length(gradients: &[Option<Tensor>], place: &Place) -> Made<f32> {
    let squares = gradients.iter().flatten().map(|gradient| gradient.sqr()?.sum_all()?.reshape(1));
    let squares = squares.collect::<Made<Vec<_>>>()?;
    if squares.is_empty() {
        return Ok(0.0);
    }
    Ok(place.values(&Tensor::cat(&squares, 0)?.sum_all()?.sqrt()?)?[0])
}

/// The step of this number, from 1, by gradients times `scale`. A parameter without a gradient is one whose gradient is zero.
pub(super) fn step(
    parameters: &mut [Parameter],
    gradients: &[Option<Tensor>],
    scale: f64,
    number: i32,
    rate: f32,
) -> Made<()> {
    let [beta_1, beta_2, epsilon] = [BETA_1, BETA_2, EPSILON].map(f64::from);
    let corrections = [beta_1, beta_2].map(|beta| 1.0 - beta.powi(number));
    for (parameter, gradient) in parameters.iter_mut().zip(gradients) {
        let rate = f64::from(rate) * parameter.rate;
        let gradient = match gradient {
            Some(gradient) => (gradient * scale)?,
            None => parameter.variable.zeros_like()?,
        };
        parameter.first = ((&parameter.first * beta_1)? + (&gradient * (1.0 - beta_1))?)?;
        parameter.second = ((&parameter.second * beta_2)? + (gradient.sqr()? * (1.0 - beta_2))?)?;
        let spread = ((&parameter.second / corrections[1])?.sqrt()? + epsilon)?;
        let change = ((&parameter.first * (rate / corrections[0]))? / spread)?;
        let kept = (parameter.variable.as_tensor() * (1.0 - rate * parameter.decay))?;
        parameter.variable.set(&kept.sub(&change)?.detach())?;
    }
    Ok(())
}

/// Sums of gradients, whatever they are of.
pub(super) fn add(sum: &mut Option<Tensor>, gradient: Option<&Tensor>) -> Made<()> {
    if let Some(gradient) = gradient {
        let gradient = gradient.detach();
        *sum = Some(match sum.take() {
            Some(sum) => sum.add(&gradient)?,
            None => gradient,
        });
    }
    Ok(())
}
