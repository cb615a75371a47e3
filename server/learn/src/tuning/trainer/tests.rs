//! Gradients are those of PyTorch, recorded by tests/encoder/record.py, and those of differences; what is trained moves, what is
//! frozen does not.

use std::sync::Arc;

use rayon::ThreadPoolBuilder;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::{backend::Read, encoder::Pooling, folds, tuning::Plan};

#[path = "../../../tests/encoder/tiny.rs"]
pub(crate) mod tiny;

mod lora;

const EXPECTED: &str = include_str!("../../../tests/encoder/expected.json");
const RATES: Rates = Rates { decay: 0.01, head: 1.0, layers: 1.0 };
pub(crate) const CLASSES: usize = 3;
const SCALE: f32 = 10.0;
pub(crate) const ALL: usize = usize::MAX;

fn encoder(family: &str) -> Encoder {
    pooled(family, None)
}

fn pooled(family: &str, pooling: Option<Pooling>) -> Encoder {
    let folder = TempDir::new().unwrap();
    tiny::write(folder.path(), family, 520, |_| {});
    Encoder::open(folder.path(), pooling).unwrap()
}

pub(crate) fn sequences(lengths: &[usize]) -> Vec<Box<[u32]>> {
    let id = |sample: usize, place: usize| (1 + (3 * sample + 7 * place + place * place) % 33) as u32;
    let sequence = |(sample, &length): (usize, &usize)| (0..length).map(|place| id(sample, place)).collect();
    lengths.iter().enumerate().map(sequence).collect()
}

pub(crate) fn samples(sequences: &[Box<[u32]>], targets: &[u32]) -> Samples {
    let targets = Arc::new(Targets::One(targets.to_vec()));
    Samples { sequences: sequences.into(), read: None, targets, classes: CLASSES }
}

fn on<T: Send>(workers: usize, work: impl FnOnce() -> T + Send) -> T {
    ThreadPoolBuilder::new().num_threads(workers).build().unwrap().install(work)
}

pub(crate) fn head() -> Vec<f32> {
    [tiny::values("head.weight", CLASSES * 32), tiny::values("head.bias", CLASSES)].concat()
}

pub(crate) fn recipe(blocks: usize, dropout: f32) -> Recipe {
    let plan = Plan::default();
    Recipe { blocks, scale: SCALE, rates: RATES, dropout, ..Recipe::new(&plan, 2, 10, CLASSES, 10.0) }
}

/// A class for each third token.
pub(crate) fn tagged(sequences: &[Box<[u32]>]) -> Samples {
    let (mut read, mut targets) = (Read::default(), Vec::new());
    for (number, sequence) in sequences.iter().enumerate() {
        let places = (number as u32 % 3..sequence.len() as u32).step_by(3);
        targets.extend(places.clone().map(|place| (place * place / 2 + number as u32) % CLASSES as u32));
        read.push(places);
    }
    Samples { read: Some(Arc::new(read)), ..samples(sequences, &targets) }
}

/// With the head of record.py.
pub(crate) fn trainer(
    encoder: &Encoder,
    blocks: usize,
    sequences: &[Box<[u32]>],
    targets: &[u32],
    dropout: f32,
) -> Trainer {
    trainer_of(encoder, blocks, samples(sequences, targets), dropout)
}

pub(crate) fn trainer_of(encoder: &Encoder, blocks: usize, samples: Samples, dropout: f32) -> Trainer {
    let recipe = recipe(blocks, dropout);
    let mut trainer = Trainer::new(encoder, &recipe, samples, 7);
    let trained = trainer.trained();
    trainer.values[trained..].copy_from_slice(&head());
    trainer
}

/// The loss of a batch, and its gradient, at this step.
#[cfg(feature = "candle")]
pub(crate) fn slope(trainer: &mut Trainer, step: u64, batch: &[usize], loss: Loss) -> (f32, Vec<f32>) {
    trainer.steps = step;
    (trainer.slope(batch, loss, &Control::default()).unwrap(), gradient(trainer))
}

/// Parameters, and the first moments of their gradients.
#[cfg(feature = "candle")]
pub(crate) fn state(trainer: &Trainer) -> (&[f32], &[f32]) {
    let Tuner::All(adamw) = &trainer.tuner else { panic!("all parameters are trained") };
    (&trainer.values, &adamw.first)
}

fn gradient(trainer: &Trainer) -> Vec<f32> {
    let mut sum = vec![0.0; trainer.values.len()];
    trainer.gradients.iter().for_each(|gradient| sum.iter_mut().zip(gradient).for_each(|(sum, slope)| *sum += slope));
    sum
}

/// The parts of a gradient of everything, by name.
fn parts(encoder: &Encoder, gradient: &[f32]) -> Vec<(String, Vec<f32>)> {
    let parts = encoder.layout().parts.iter();
    let mut all: Vec<_> = parts.map(|part| (part.name.clone(), gradient[part.range.clone()].to_vec())).collect();
    let (weight, bias) = gradient[encoder.layout().len..].split_at(CLASSES * 32);
    all.push(("head.weight".into(), weight.to_vec()));
    all.push(("head.bias".into(), bias.to_vec()));
    all
}

/// Its length, then the sums of record.py.
fn sketch(gradient: &[f32]) -> Vec<f64> {
    let mut sums = vec![0.0; 17];
    for (place, &slope) in gradient.iter().enumerate() {
        let (slope, hash) = (f64::from(slope), folds::order(place as u64 + 0x9e37_79b9_7f4a_7c15, 0));
        sums[0] += slope * slope;
        for (bit, sum) in sums[1..].iter_mut().enumerate() {
            *sum += if hash >> bit & 1 == 1 { slope } else { -slope };
        }
    }
    sums[0] = sums[0].sqrt();
    sums
}

#[test]
fn gradients_are_those_of_pytorch() {
    let expected: Value = serde_json::from_str(EXPECTED).unwrap();
    let list = |value: &Value| -> Vec<f64> { value.as_array().unwrap().iter().filter_map(Value::as_f64).collect() };
    let lengths: Vec<usize> = list(&expected["batch"]["lengths"]).iter().map(|length| *length as usize).collect();
    let targets: Vec<u32> = list(&expected["batch"]["targets"]).iter().map(|target| *target as u32).collect();
    let sequences = sequences(&lengths);
    let cases = expected["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 5);
    for (case, workers) in cases.iter().flat_map(|case| [(case, 1), (case, 3)]) {
        let encoder = encoder(case["family"].as_str().unwrap());
        let dropout = case["dropout"].as_f64().unwrap() as f32;
        let loss = if case["pairs"] == true { Loss::Pairs } else { Loss::Classes { smoothing: 0.1 } };
        let (loss, gradient) = on(workers, || {
            let mut trainer = trainer(&encoder, ALL, &sequences, &targets, dropout);
            trainer.steps = 3;
            let loss = trainer.slope(&[0, 1, 2, 3], loss, &Control::default()).unwrap();
            (loss, gradient(&trainer))
        });
        let near = |value: f64, expected: &Value| (value / expected.as_f64().unwrap() - 1.0).abs() < 1e-5;
        assert!(near(f64::from(loss), &case["loss"]), "{loss}, not {}", case["loss"]);
        let length = sketch(&gradient)[0];
        assert!(near(length, &case["length"]));
        for (name, slopes) in parts(&encoder, &gradient) {
            let Some(known) = case["gradients"].get(&name).map(&list) else {
                assert!(name.starts_with("head") && loss < 1.0, "{name} has no gradient in PyTorch");
                continue;
            };
            let sketch = sketch(&slopes);
            let squares: f64 = sketch[1..].iter().zip(&known[1..]).map(|(ours, theirs)| (ours - theirs).powi(2)).sum();
            // Beside what is asked for: the rounding of sums that cancel each other (those of a key's bias cancel wholly).
            let rounding = 1e-6 * length;
            let error = (squares / 16.0).sqrt();
            assert!(error < 1e-5 * known[0] + rounding, "{name}: {error} of {}, {case:.40}", known[0]);
        }
    }
}

#[test]
fn gradients_are_those_of_differences() {
    let sequences = sequences(&[8, 33, 20]);
    let (texts, tokens) = (samples(&sequences, &[0, 2, 0]), tagged(&sequences));
    let classes = Loss::Classes { smoothing: 0.0 };
    let cls = Some(Pooling::Cls);
    let cases = [
        (None, &texts, classes, 0.2),
        (None, &texts, Loss::Pairs, 0.0),
        (None, &texts, Loss::Pairs, 0.3),
        (cls, &texts, classes, 0.2),
        (cls, &texts, Loss::Pairs, 0.0),
        (None, &tokens, classes, 0.0),
        (cls, &tokens, classes, 0.2),
    ];
    for (pooling, samples, loss, dropout) in cases {
        let encoder = pooled("bert", pooling);
        let at = |move_by: Option<(&[f32], f32)>| {
            let mut trainer = trainer_of(&encoder, ALL, samples.clone(), dropout);
            if let Some((slopes, step)) = move_by {
                trainer.values.iter_mut().zip(slopes).for_each(|(value, slope)| *value += slope * step);
            }
            let loss = trainer.slope(&[2, 0, 1], loss, &Control::default()).unwrap();
            (f64::from(loss), gradient(&trainer))
        };
        let slopes = at(None).1;
        let square: f64 = slopes.iter().map(|slope| f64::from(*slope).powi(2)).sum();
        // A walk of this length along the gradient.
        let step = (0.0001 / square.sqrt()) as f32;
        let difference = at(Some((&slopes, step))).0 - at(Some((&slopes, -step))).0;
        let slope = difference / (2.0 * f64::from(step));
        assert!(
            (slope / square - 1.0).abs() < 0.005,
            "{slope}, not {square}: {loss:?}, dropout {dropout}, {pooling:?}"
        );
    }
}

#[test]
fn what_is_trained_moves_and_what_is_frozen_does_not() {
    let encoder = encoder("roberta");
    let (sequences, targets) = (sequences(&[8, 30, 20, 5]), [0, 2, 1, 2]);
    let blocks = encoder.layout().layers.len();
    for trained in [0, 1, blocks, ALL] {
        let mut trainer = trainer(&encoder, trained, &sequences, &targets, 0.1);
        trainer.step(&[0, 1, 2, 3], Loss::Classes { smoothing: 0.0 }, 1e-3, &Control::default()).unwrap();
        assert_ne!(trainer.values[trainer.trained()..], head());
        let start = trainer.start;
        let tuned = Box::new(trainer).into_encoder(None).unwrap();
        let (before, after) = (encoder.values().from(0), tuned.values().from(0));
        for part in &encoder.layout().parts {
            let same = before[part.range.clone()] == after[part.range.clone()];
            assert_eq!(same, part.range.start < start, "{} with {trained} blocks", part.name);
        }
    }
}

#[test]
fn lower_blocks_move_less_where_that_is_asked_for() {
    let encoder = encoder("bert");
    let (sequences, targets) = (sequences(&[8, 30, 20, 5]), [0, 2, 1, 2]);
    let moved = |layers: f32| {
        let recipe = Recipe::new(&Plan { layer_decay: layers, ..Plan::default() }, 2, 10, CLASSES, 10.0);
        let mut trainer = Trainer::new(&encoder, &recipe, samples(&sequences, &targets), 7);
        trainer.step(&[0, 1, 2, 3], Loss::Pairs, 1e-3, &Control::default()).unwrap();
        let (before, start) = (encoder.values().from(trainer.start), trainer.start);
        let blocks = encoder.layout().layers.iter().map(|layer| {
            let (up, _) = &layer.up;
            let range = up.start - start..up.end - start;
            before[range.clone()].iter().zip(&trainer.values[range]).map(|(a, b)| (a - b).abs()).sum::<f32>()
        });
        blocks.collect::<Vec<f32>>()
    };
    let (alike, less) = (moved(1.0), moved(0.5));
    let share = (less[0] / less[1]) / (alike[0] / alike[1]);
    assert!((share - 0.5).abs() < 0.01, "{alike:?}, {less:?}");
}

#[test]
fn equal_seeds_and_workers_give_equal_bits() {
    let encoder = encoder("distilbert");
    let (sequences, targets) = (sequences(&[60, 70, 80, 90, 100, 50, 40]), [0, 2, 1, 2, 0, 1, 1]);
    let trained = |workers: usize, loss: Loss| {
        on(workers, || {
            let mut trainer = trainer(&encoder, 2, &sequences, &targets, 0.1);
            (0..3).for_each(|_| {
                trainer.step(&[0, 1, 2, 3, 4, 5, 6], loss, 1e-3, &Control::default()).unwrap();
            });
            trainer.values
        })
    };
    for loss in [Loss::Classes { smoothing: 0.0 }, Loss::Pairs] {
        assert_eq!(trained(2, loss), trained(2, loss));
        let far = trained(1, loss).iter().zip(&trained(3, loss)).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 1e-3, "{far}");
    }
}

#[test]
fn kept_states_change_nothing_but_the_last_bits() {
    let encoder = encoder("bert");
    let (sequences, targets) = (sequences(&[60, 7, 80]), [0, 2, 1]);
    let slopes = |kept: bool| {
        let mut trainer = trainer(&encoder, 1, &sequences, &targets, 0.1);
        if kept {
            trainer.keep_states(&Control::default()).unwrap();
        }
        trainer.slope(&[2, 0, 1], Loss::Classes { smoothing: 0.0 }, &Control::default()).unwrap();
        gradient(&trainer)
    };
    let (without, with) = (slopes(false), slopes(true));
    let square = |values: &mut dyn Iterator<Item = f32>| values.map(|value| value * value).sum::<f32>();
    let far = square(&mut without.iter().zip(&with).map(|(a, b)| a - b));
    assert!(far < 1e-5 * square(&mut without.iter().copied()), "{far}");
}

#[test]
fn a_few_rows_are_learned_by_heart() {
    let encoder = encoder("bert");
    let lengths: Vec<usize> = (0..32).map(|row| 4 + row % 9).collect();
    let sequences = sequences(&lengths);
    let targets: Vec<u32> = (0..32).map(|row| (row * 7 % 3) as u32).collect();
    let mut trainer = trainer(&encoder, ALL, &sequences, &targets, 0.0);
    let rows: Vec<usize> = (0..32).collect();
    let mut loss = f32::INFINITY;
    for _ in 0..150 {
        loss = trainer.step(&rows, Loss::Classes { smoothing: 0.0 }, 3e-3, &Control::default()).unwrap();
    }
    assert!(loss < 0.1, "{loss}");
}

#[test]
fn tags_of_a_few_rows_are_learned_by_heart() {
    let encoder = encoder("bert");
    let sequences = sequences(&(0..12).map(|row| 4 + row % 9).collect::<Vec<_>>());
    let samples = tagged(&sequences);
    let mut trainer = trainer_of(&encoder, ALL, samples.clone(), 0.0);
    let rows: Vec<usize> = (0..12).collect();
    let classes = Loss::Classes { smoothing: 0.0 };
    let losses = (0..200).map(|_| trainer.step(&rows, classes, 3e-3, &Control::default()).unwrap());
    assert!(losses.last().unwrap() < 0.1);
    let states = trainer.embed(&rows, &Control::default()).unwrap();
    let scores = trainer.scores(&states).unwrap();
    let targets = samples.targets_of(&rows);
    let best = |token: usize| (0..CLASSES).max_by(|&a, &b| scores.row(token)[a].total_cmp(&scores.row(token)[b]));
    let right = (0..targets.len()).filter(|&token| best(token) == Some(targets.of(token)[0] as usize)).count();
    assert_eq!((right, scores.rows()), (targets.len(), samples.count(&rows)));
}

#[test]
fn a_cancelled_step_changes_nothing() {
    let encoder = encoder("bert");
    let (sequences, targets) = (sequences(&[60, 7]), [0, 2]);
    let mut trainer = trainer(&encoder, ALL, &sequences, &targets, 0.1);
    let before = trainer.values.clone();
    let control = Control::default();
    control.cancel.cancel();
    for loss in [Loss::Classes { smoothing: 0.0 }, Loss::Pairs] {
        assert_eq!(trainer.step(&[0, 1], loss, 1e-3, &control), Err(FitError::Cancelled));
    }
    assert!(trainer.values == before && gradient(&trainer).iter().all(|slope| *slope == 0.0));
}

#[test]
fn divergence_is_said() {
    let encoder = encoder("bert");
    let sequences = sequences(&[60, 7]);
    for samples in [samples(&sequences, &[0, 2]), tagged(&sequences)] {
        let mut trainer = trainer_of(&encoder, ALL, samples, 0.0);
        let classes = Loss::Classes { smoothing: 0.0 };
        let failed = (0..50).find_map(|_| trainer.step(&[0, 1], classes, 1e30, &Control::default()).err());
        assert!(matches!(failed, Some(FitError::Failed(why)) if why.to_string().contains("diverged")));
    }
}
