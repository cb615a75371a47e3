//! The layout of transformers' sequence classification: an encoder, and a network on the state of \[CLS\].
//!
//! The network that the library puts between that state x and the classifier is made to pass x on: a classifier that learned on x
//! itself has nothing to gain from it. What is left of it is below what probabilities can show.
//!
//! - BERT, RoBERTa: `tanh(εx)`, which is εx but for a relative error of (εx)²/3; the classifier divides by ε.
//! - DistilBERT: `max(0, x + b)` with b so large that it is x + b for every x; the classifier subtracts b again.

use serde_json::{Map, Value};

use super::{
    Head, config,
    folder::Aside,
    parameters,
    tensors::{Tensor, diagonal, linear},
};
use crate::{Encoder, encoder::Family};

/// ε. States of a value are at most about 20, so the relative error is below 1e-5; a power of two, it costs no digit of a number.
const SMALL: f32 = 1.0 / 4096.0;

pub(super) fn write(encoder: &Encoder, head: &Head, to: &Aside) -> Result<(), String> {
    let mut config = config(encoder, "ForSequenceClassification")?;
    let names = || head.labels.iter().enumerate();
    let label_of: Map<_, _> = names().map(|(id, label)| (id.to_string(), Value::from(&**label))).collect();
    let id_of: Map<_, _> = names().map(|(id, label)| (label.to_string(), Value::from(id))).collect();
    config.insert("id2label".into(), label_of.into());
    config.insert("label2id".into(), id_of.into());
    config.insert("problem_type".into(), "single_label_classification".into());
    config.remove("num_labels");
    to.json("config.json", &Value::Object(config))?;
    to.tensors("model.safetensors", tensors(encoder, head))
}

fn tensors<'a>(encoder: &'a Encoder, head: &Head) -> Vec<(String, Tensor<'a>)> {
    let hidden = encoder.config().hidden;
    let (mut weights, mut bias) = folded(head, hidden);
    let (prefix, between, last) = match encoder.config().family {
        Family::Bert => ("bert.", "bert.pooler.dense", "classifier"),
        Family::Roberta => ("roberta.", "classifier.dense", "classifier.out_proj"),
        Family::DistilBert => ("distilbert.", "pre_classifier", "classifier"),
    };
    let (scale, shift) = match encoder.config().family {
        Family::Bert | Family::Roberta => (SMALL, vec![0.0; hidden]),
        Family::DistilBert => (1.0, bounds(encoder)),
    };
    for (weights, bias) in weights.chunks_exact(hidden).zip(&mut bias) {
        *bias -= weights.iter().zip(&shift).map(|(weight, shift)| weight * f64::from(*shift)).sum::<f64>();
    }
    weights.iter_mut().for_each(|weight| *weight /= f64::from(scale));
    let single = |values: Vec<f64>| values.into_iter().map(|value| value as f32).collect::<Vec<f32>>();
    let mut tensors = parameters(encoder, prefix);
    tensors.extend(linear(between, diagonal(hidden, scale), shift));
    tensors.extend(linear(last, single(weights), single(bias)));
    tensors
}

/// Weights and biases of the state itself, the temperature and the constant of vectors being in them.
fn folded(head: &Head, hidden: usize) -> (Vec<f64>, Vec<f64>) {
    let temperature = f64::from(head.temperature);
    let scale = 1.0 / (temperature * (hidden as f64).sqrt());
    let weights = head.weights.values.iter().map(|weight| f64::from(*weight) * scale).collect();
    (weights, head.bias.iter().map(|bias| f64::from(*bias) / temperature).collect())
}

/// Of each value of a state, more than it can be below 0: a LayerNorm `γx + β` has |x| < √hidden.
fn bounds(encoder: &Encoder) -> Vec<f32> {
    let layout = encoder.layout();
    let (gamma, beta) = layout.layers.last().map_or(&layout.norm, |layer| &layer.output_norm).clone();
    let root = (encoder.config().hidden as f32).sqrt();
    let bound = |(gamma, beta): (&f32, &f32)| (gamma.abs() * root + beta.abs() + 1.0).ceil();
    encoder.values().at(&gamma).iter().zip(encoder.values().at(&beta)).map(bound).collect()
}
