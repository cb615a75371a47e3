//! The two back ends are each other's measure: vectors, gradients with dropout, clipped ones, steps. Built with the feature `cuda`,
//! these tests are run on a GPU.

use std::sync::LazyLock;

use candle_core::Var;
use tempfile::TempDir;

use super::*;
use crate::{
    backend::Cpu,
    encoder::Pooling,
    folds,
    tuning::trainer::{
        Loss,
        tests::{ALL, CLASSES, head, recipe, samples, sequences, slope, state, tagged, tiny, trainer, trainer_of},
    },
};

const FAMILIES: [&str; 3] = ["bert", "roberta", "distilbert"];
const RAGGED: &[usize] = &[5, 129, 33, 510];
const LENGTHS: [&[usize]; 4] = [&[8; 4], &[128; 4], &[512; 4], RAGGED];
const TARGETS: [u32; 4] = [0, 2, 0, 1];
/// An order that is not that of the samples.
const BATCH: [usize; 4] = [2, 0, 3, 1];
const SMOOTH: Loss = Loss::Classes { smoothing: 0.1 };
const RATE: f32 = 1e-3;

/// Opened once: tensors of two openings of one GPU do not mix.
static DEVICE: LazyLock<candle_core::Device> = LazyLock::new(|| {
    let device = if cfg!(feature = "cuda") { Device::Cuda } else { Device::Cpu };
    Candle::open(device).unwrap().place.device
});

fn place(dtype: DType) -> Place {
    Place { device: DEVICE.clone(), dtype }
}

fn back_end() -> Candle {
    Candle::at(place(DType::F32))
}

/// Numbers by chance, of the sizes that pretrained ones have: sums of them do not cancel each other, as those of tiny.rs do, whose
/// gradients are mostly rounding in some tensors.
fn values(name: &str, shape: &[usize]) -> Vec<f32> {
    let start = xxhash_rust::xxh3::xxh3_64(name.as_bytes());
    let even = |place: u64| (folds::order(place, start) >> 40) as f32 / (1u32 << 23) as f32 - 1.0;
    let (middle, size) = match shape {
        [_, columns] if name.contains("embeddings") => (0.0, 1.0 / (*columns as f32).sqrt()),
        [_, columns] => (0.0, 2.0 / (*columns as f32).sqrt()),
        _ if name.contains("orm.weight") => (1.0, 0.2),
        _ => (0.0, 0.2),
    };
    (0..shape.iter().product::<usize>() as u64).map(|place| middle + size * even(place)).collect()
}

fn encoder(family: &str, pooling: Option<Pooling>) -> Encoder {
    let folder = TempDir::new().unwrap();
    tiny::write_values(folder.path(), family, 520, |_| {}, values);
    Encoder::open(folder.path(), pooling).unwrap()
}

fn steps(encoder: &Encoder, blocks: usize, lengths: &[usize], dropout: f32, dtype: DType) -> Steps {
    steps_of(encoder, blocks, samples(&sequences(lengths), &TARGETS), dropout, dtype)
}

fn steps_of(encoder: &Encoder, blocks: usize, all: Samples, dropout: f32, dtype: DType) -> Steps {
    let place = place(dtype);
    let steps = Steps::new(encoder, &recipe(blocks, dropout), all, 7, place.clone()).unwrap();
    let head = head();
    let (weight, bias) = head.split_at(head.len() - CLASSES);
    let set = |variable: &Var, values: &[f32]| {
        variable.set(&place.tensor(values.to_vec(), variable.dims()).unwrap()).unwrap();
    };
    set(&steps.head.weight, weight);
    set(&steps.head.bias, bias);
    steps
}

/// From one tensor a parameter to the order of the other back end.
fn flat(steps: &Steps, tensors: &[Option<candle_core::Tensor>]) -> Vec<f32> {
    let flat = steps.parameters.iter().zip(tensors).flat_map(|(parameter, tensor)| match tensor {
        Some(tensor) => place(DType::F32).values(tensor).unwrap(),
        None => vec![0.0; parameter.variable.elem_count()],
    });
    flat.collect()
}

fn length(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|value| value * value).sum::<f64>().sqrt()
}

/// The worst relative L2 error of a tensor, with its name. That of a key's bias is left out: scores that all grow alike change no
/// probability, so its gradient is nothing but rounding, which must be small beside the whole.
fn worst(encoder: &Encoder, found: &[f32], expected: &[f32]) -> (f64, String) {
    assert_eq!(found.len(), expected.len());
    let layout = encoder.layout();
    let head = found.len() - head().len();
    let start = layout.len - head;
    let of = |values: &[f32]| length(values.iter().map(|value| f64::from(*value)));
    let whole = of(expected);
    let parts = layout.parts.iter().filter(|part| part.range.start >= start);
    let own = parts.map(|part| (part.name.as_str(), part.range.start - start..part.range.end - start));
    let of_head = [("head.weight", head..found.len() - CLASSES), ("head.bias", found.len() - CLASSES..found.len())];
    let mut worst = (0.0, String::new());
    for (name, range) in own.chain(of_head) {
        let (found, expected) = (&found[range.clone()], &expected[range]);
        if name.ends_with("key.bias") || name.ends_with("k_lin.bias") {
            assert!(of(found).max(of(expected)) < 1e-7 * whole, "{name}: {} of {whole}", of(found));
            continue;
        }
        let far = length(found.iter().zip(expected).map(|(found, expected)| f64::from(*found) - f64::from(*expected)));
        let error = if far == 0.0 { 0.0 } else { far / of(expected) };
        if error.is_nan() || error > worst.0 {
            worst = (error, name.to_owned());
        }
    }
    worst
}

#[test]
fn vectors_are_those_of_the_other_back_end() {
    let candle = back_end();
    for (family, pooling) in FAMILIES.into_iter().flat_map(|family| [(family, None), (family, Some(Pooling::Cls))]) {
        let encoder = encoder(family, pooling);
        for lengths in LENGTHS {
            let sequences = sequences(lengths);
            let found = candle.embed(&encoder, &sequences, &Control::default()).unwrap();
            let expected = Cpu.embed(&encoder, &sequences, &Control::default()).unwrap();
            let far = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(far < 1e-5, "{family}, {pooling:?}, {lengths:?}: {far}");
        }
    }
}

#[test]
fn states_are_those_of_the_other_back_end() {
    let candle = back_end();
    for family in FAMILIES {
        let encoder = encoder(family, None);
        for lengths in LENGTHS {
            let sequences = sequences(lengths);
            for layers in [0..2, 2..3] {
                let found = candle.states(&encoder, &layers, &sequences, &Control::default()).unwrap();
                let expected = Cpu.states(&encoder, &layers, &sequences, &Control::default()).unwrap();
                assert_eq!(found.len(), lengths.iter().sum::<usize>() * encoder.width());
                assert_eq!(found.len(), expected.len());
                let far = found.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
                assert!(far < 1e-4, "{family}, {lengths:?}, {layers:?}: {far}");
            }
        }
    }
}

#[test]
fn gradients_are_those_of_the_other_back_end() {
    let mut all = (0.0, String::new());
    for (family, loss) in FAMILIES.into_iter().flat_map(|family| [(family, SMOOTH), (family, Loss::Pairs)]) {
        let encoder = encoder(family, None);
        let lengths = LENGTHS.into_iter().filter(|lengths| family == "bert" || *lengths == RAGGED);
        for (lengths, dropout, blocks) in lengths.flat_map(|l| [(l, 0.1, ALL), (l, 0.0, ALL), (l, 0.1, 1)]) {
            if dropout == 0.0 && lengths[0] > 100 {
                continue;
            }
            let mut cpu = trainer(&encoder, blocks, &sequences(lengths), &TARGETS, dropout);
            let (expected_loss, expected) = slope(&mut cpu, 3, &BATCH, loss);
            // In single precision tensors have errors of their own, of long sums.
            let precisions = [(DType::F64, 1e-5), (DType::F32, 1e-4)];
            for (dtype, near) in precisions.into_iter().take(if blocks == ALL { 2 } else { 1 }) {
                let mut candle = steps(&encoder, blocks, lengths, dropout, dtype);
                candle.steps = 3;
                let (found_loss, gradients) = candle.slope(&BATCH, loss, &Control::default()).unwrap();
                assert!((found_loss / expected_loss - 1.0).abs() < 1e-5, "{found_loss}, not {expected_loss}");
                let (error, name) = worst(&encoder, &flat(&candle, &gradients), &expected);
                let case = format!("{name}: {error:.1e}, {family}, {loss:?}, {lengths:?}, {dropout}, {blocks} blocks");
                assert!(error <= near, "{case}");
                if dtype == DType::F64 && error > all.0 {
                    all = (error, case);
                }
            }
        }
    }
    println!("the worst: {}", all.1);
}

#[test]
fn gradients_by_tokens_are_those_of_the_other_back_end() {
    let encoder = encoder("bert", None);
    let samples = tagged(&sequences(RAGGED));
    for (dropout, blocks) in [(0.1, ALL), (0.0, ALL), (0.1, 1)] {
        let mut cpu = trainer_of(&encoder, blocks, samples.clone(), dropout);
        let mut candle = steps_of(&encoder, blocks, samples.clone(), dropout, DType::F64);
        let (expected_loss, expected) = slope(&mut cpu, 3, &BATCH, SMOOTH);
        candle.steps = 3;
        let (found_loss, gradients) = candle.slope(&BATCH, SMOOTH, &Control::default()).unwrap();
        assert!((found_loss / expected_loss - 1.0).abs() < 1e-5, "{found_loss}, not {expected_loss}");
        let (error, name) = worst(&encoder, &flat(&candle, &gradients), &expected);
        assert!(error <= 1e-5, "{name}: {error:.1e}, {dropout}, {blocks} blocks");
        let scores = |training: &dyn Training| {
            let states = training.embed(&[2, 0, 3], &Control::default()).unwrap();
            training.scores(&states).unwrap()
        };
        let (found, expected) = (scores(&candle), scores(&cpu));
        assert_eq!(found.rows(), samples.count(&[2, 0, 3]));
        let far = found.values.iter().zip(&expected.values).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(far < 1e-4, "{far}");
    }
}

#[test]
fn a_step_by_clipped_gradients_is_that_of_the_other_back_end() {
    let encoder = encoder("bert", None);
    for (loss, blocks) in [(SMOOTH, ALL), (SMOOTH, 1), (Loss::Pairs, ALL)] {
        let mut cpu = trainer(&encoder, blocks, &sequences(RAGGED), &TARGETS, 0.1);
        let mut candle = steps(&encoder, blocks, RAGGED, 0.1, DType::F64);
        let (_, gradients) = candle.slope(&BATCH, loss, &Control::default()).unwrap();
        let clips = adamw::length(&gradients, &place(DType::F64)).unwrap() > 1.5;
        assert_eq!(clips, loss == SMOOTH);
        let losses = |cpu: &mut crate::tuning::trainer::Trainer, candle: &mut Steps| {
            let found = candle.step(&BATCH, loss, RATE, &Control::default()).unwrap();
            let expected = cpu.step(&BATCH, loss, RATE, &Control::default()).unwrap();
            assert!((found / expected - 1.0).abs() < 1e-4, "{found}, not {expected}");
        };
        losses(&mut cpu, &mut candle);
        let (values, moments) = state(&cpu);
        let first: Vec<_> = candle.parameters.iter().map(|parameter| Some(parameter.first.clone())).collect();
        let (error, name) = worst(&encoder, &flat(&candle, &first), moments);
        assert!(error <= 1e-5, "{name}: {error}");
        let variables: Vec<_> = candle.parameters.iter().map(|p| Some(p.variable.as_tensor().clone())).collect();
        for ((found, expected), moment) in flat(&candle, &variables).iter().zip(values).zip(moments) {
            // A step is about as long for a slope that is nothing but rounding.
            let near = if *moment == 0.0 || moment.abs() > 1e-7 { 2e-3 * RATE } else { 2.0 * RATE };
            assert!((found - expected).abs() <= near, "{found}, not {expected}: {moment}");
        }
        losses(&mut cpu, &mut candle);
        let embedded = |training: &dyn Training| training.embed(&[2, 0], &Control::default()).unwrap().values;
        for (found, expected) in embedded(&candle).iter().zip(embedded(&cpu)) {
            assert!((found - expected).abs() < 1e-3, "{found}, not {expected}");
        }

        let start = encoder.start_of_last(blocks);
        let (before, after) = (encoder.values().from(0), Box::new(candle).into_encoder(None).unwrap().values().from(0));
        assert_eq!(before[..start], after[..start]);
        assert_ne!(before[start..], after[start..]);
    }
}

#[test]
fn a_training_from_the_start_goes_the_same_way() {
    let encoder = encoder("distilbert", None);
    let candle = back_end();
    let losses = |backend: &dyn Backend| {
        let all = samples(&sequences(&[9, 30, 12, 20]), &TARGETS);
        let mut training = backend.training(&encoder, &recipe(ALL, 0.1), all, 7).unwrap();
        training.keep_states(&Control::default()).unwrap();
        [0; 4].map(|_| training.step(&BATCH, SMOOTH, RATE, &Control::default()).unwrap())
    };
    let (found, expected) = (losses(&candle), losses(&Cpu));
    let near = found.iter().zip(&expected).all(|(found, expected)| (found / expected - 1.0).abs() < 1e-3);
    assert!(near, "{found:?}, not {expected:?}");
}

#[test]
fn kept_states_change_nothing_but_the_last_bits() {
    let encoder = encoder("bert", None);
    let slopes = |kept: bool| {
        let mut candle = steps(&encoder, 1, RAGGED, 0.1, DType::F32);
        if kept {
            candle.keep_states(&Control::default()).unwrap();
        }
        let (_, gradients) = candle.slope(&BATCH, SMOOTH, &Control::default()).unwrap();
        flat(&candle, &gradients)
    };
    let (without, with) = (slopes(false), slopes(true));
    let far = length(without.iter().zip(&with).map(|(a, b)| f64::from(a - b)));
    let whole = length(without.iter().map(|slope| f64::from(*slope)));
    assert!(far > 0.0 && far < 3e-3 * whole, "{far} of {whole}");
}

#[test]
fn a_cancelled_step_changes_nothing_and_divergence_is_said() {
    let encoder = encoder("bert", None);
    let mut candle = steps(&encoder, ALL, &[8, 30, 5, 6], 0.0, DType::F32);
    let control = Control::default();
    control.cancel.cancel();
    assert_eq!(candle.step(&BATCH, SMOOTH, RATE, &control), Err(FitError::Cancelled));
    assert_eq!(Training::own(&candle).unwrap(), encoder.values().from(0));
    assert_eq!(back_end().embed(&encoder, &sequences(&[8]), &control), Err(FitError::Cancelled));

    let failed = (0..50).find_map(|_| candle.step(&BATCH, SMOOTH, 1e30, &Control::default()).err());
    assert!(matches!(failed, Some(FitError::Failed(why)) if why.to_string().contains("diverged")));
}
