//! The two back ends are each other's measure: vectors, gradients with dropout, clipped ones, steps.

use candle_core::Var;

use super::*;
use crate::{
    backend::Cpu,
    encoder::Pooling,
    tuning::trainer::{
        Loss,
        tests::{ALL, CLASSES, head, pooled, recipe, sequences, slope, trainer},
    },
};

const FAMILIES: [&str; 3] = ["bert", "roberta", "distilbert"];
const LENGTHS: [&[usize]; 4] = [&[8, 8, 8, 8], &[128, 128, 128, 128], &[512, 512, 512, 512], &[5, 129, 33, 510]];
const TARGETS: [u32; 4] = [0, 2, 0, 1];
/// An order that is not that of the samples.
const BATCH: [usize; 4] = [2, 0, 3, 1];
const SMOOTH: Loss = Loss::Classes { smoothing: 0.1 };
const NEAR: f64 = 1e-5;

fn place(dtype: DType) -> Place {
    Place { device: candle_core::Device::Cpu, dtype }
}

fn steps(encoder: &Encoder, blocks: usize, lengths: &[usize], dropout: f32, dtype: DType) -> Steps {
    let (all, targets) = (sequences(lengths).into(), TARGETS.into());
    let place = place(dtype);
    let steps = Steps::new(encoder, &recipe(blocks, dropout), all, targets, CLASSES, 7, place.clone()).unwrap();
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
    let start = layout.len + head().len() - found.len();
    let of = |values: &[f32]| length(values.iter().map(|value| f64::from(*value)));
    let whole = of(expected);
    let parts = layout.parts.iter().filter(|part| part.range.start >= start);
    let own = parts.map(|part| (part.name.as_str(), part.range.start - start..part.range.end - start));
    let of_head = [("head.weight", found.len() - head().len()..found.len() - CLASSES)];
    let of_head = of_head.into_iter().chain([("head.bias", found.len() - CLASSES..found.len())]);
    let mut worst = (0.0, String::new());
    for (name, range) in own.chain(of_head) {
        let (found, expected) = (&found[range.clone()], &expected[range]);
        if name.contains("key.bias") || name.contains("k_lin.bias") {
            assert!(of(found).max(of(expected)) < 1e-6 * whole, "{name}: {} of {whole}", of(found));
            continue;
        }
        let far = length(found.iter().zip(expected).map(|(found, expected)| f64::from(*found) - f64::from(*expected)));
        let error = if far == 0.0 { 0.0 } else { far / of(expected) };
        if !(error <= worst.0) {
            worst = (error, name.to_owned());
        }
    }
    worst
}

#[test]
fn vectors_are_those_of_the_other_back_end() {
    let candle = Candle::open(Device::Cpu).unwrap();
    for (family, pooling) in FAMILIES.into_iter().flat_map(|family| [(family, None), (family, Some(Pooling::Cls))]) {
        let encoder = pooled(family, pooling);
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
fn gradients_are_those_of_the_other_back_end() {
    for (family, loss) in FAMILIES.into_iter().flat_map(|family| [(family, SMOOTH), (family, Loss::Pairs)]) {
        let encoder = pooled(family, None);
        for (lengths, dropout, blocks) in LENGTHS.into_iter().flat_map(|l| [(l, 0.1, ALL), (l, 0.0, ALL), (l, 0.1, 1)])
        {
            let mut cpu = trainer(&encoder, blocks, &sequences(lengths), &TARGETS, dropout);
            let (expected_loss, expected) = slope(&mut cpu, 3, &BATCH, loss);
            for dtype in [DType::F32, DType::F64] {
                let mut candle = steps(&encoder, blocks, lengths, dropout, dtype);
                candle.steps = 3;
                let (found_loss, gradients) = candle.slope(&BATCH, loss, &Control::default()).unwrap();
                assert!((found_loss / expected_loss - 1.0).abs() < 1e-5, "{found_loss}, not {expected_loss}");
                let (error, name) = worst(&encoder, &flat(&candle, &gradients), &expected);
                println!("{family} {loss:?} {lengths:?} {dropout} {} {dtype:?}: {error:.2e} {name}", blocks == ALL);
                assert!(error <= NEAR, "{name}: {error:.2e}; {family}, {loss:?}, {lengths:?}, {dropout}, {dtype:?}");
            }
        }
    }
}
