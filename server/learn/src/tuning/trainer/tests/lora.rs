//! Adapters: their gradient is that of differences, and they change what they are there for, no more.

use super::*;
use crate::tuning::lora::Adapters;

const RANK: usize = 3;

fn with_adapters(encoder: &Encoder, sequences: &[Box<[u32]>], targets: &[u32], rates: Rates) -> Trainer {
    let adapters = Some(Adapters { rank: RANK, alpha: 6.0 });
    let recipe = Recipe::new(&Plan::default(), 2, 10, CLASSES, 10.0);
    let recipe = Recipe { blocks: 2, scale: SCALE, rates, dropout: 0.2, adapters, ..recipe };
    Trainer::new(encoder, &recipe, samples(sequences, targets), 7)
}

fn lora(trainer: &mut Trainer) -> &mut Lora {
    match &mut trainer.tuner {
        Tuner::Adapters(lora) => lora,
        Tuner::All(_) => panic!("no adapters"),
    }
}

#[test]
fn the_first_pass_is_that_of_the_pretrained_encoder() {
    let encoder = encoder("bert");
    let (sequences, targets) = (sequences(&[8, 30, 20, 5]), [0, 2, 1, 2]);
    let trainer = with_adapters(&encoder, &sequences, &targets, RATES);
    let ids: Vec<&[u32]> = sequences.iter().map(|sequence| &**sequence).collect();
    let pretrained = crate::backend::cpu::embed(&encoder, encoder.values(), &ids, None, &Control::default()).unwrap();
    assert_eq!(trainer.embed(&[0, 1, 2, 3], &Control::default()).unwrap().values, pretrained);
}

#[test]
fn gradients_of_adapters_are_those_of_differences() {
    let encoder = encoder("roberta");
    let (sequences, targets) = (sequences(&[8, 33, 20]), [0, 2, 0]);
    for loss in [Loss::Pairs, Loss::Classes { smoothing: 0.1 }] {
        let at = |move_by: Option<(&[f32], f32)>| {
            let mut trainer = with_adapters(&encoder, &sequences, &targets, RATES);
            let start = trainer.start;
            let (mut values, mut whole) = (lora(&mut trainer).values.clone(), std::mem::take(&mut trainer.values));
            // B and the head are zero as they begin: any other place tells more.
            for (place, value) in values.iter_mut().enumerate().filter(|(_, value)| **value == 0.0) {
                *value = ((place * 7919 % 1009) as f32 / 1009.0 - 0.5) * 0.2;
            }
            if let Some((slopes, step)) = move_by {
                values.iter_mut().zip(slopes).for_each(|(value, slope)| *value += slope * step);
            }
            lora(&mut trainer).values = values;
            lora(&mut trainer).renew(&encoder, start, &mut whole);
            trainer.values = whole;
            let loss = trainer.slope(&[2, 0, 1], loss, &Control::default()).unwrap();
            let sum = gradient(&trainer);
            let lora = lora(&mut trainer);
            lora.project(start, &sum);
            (f64::from(loss), lora.gradient().to_vec())
        };
        let slopes = at(None).1;
        let square: f64 = slopes.iter().map(|slope| f64::from(*slope).powi(2)).sum();
        let step = (0.001 / square.sqrt()) as f32;
        let difference = at(Some((&slopes, step))).0 - at(Some((&slopes, -step))).0;
        let slope = difference / (2.0 * f64::from(step));
        assert!((slope / square - 1.0).abs() < 0.005, "{slope}, not {square}: {loss:?}");
    }
}

/// By elimination, with the largest number left as pivot.
fn rank(mut rows: Vec<Vec<f64>>) -> usize {
    let most = |rows: &[Vec<f64>]| rows.iter().flatten().fold(0.0, |most: f64, value| most.max(value.abs()));
    let whole = most(&rows);
    let mut rank = 0;
    while !rows.is_empty() && most(&rows) > 1e-3 * whole {
        let size = |row: &Vec<f64>| most(std::slice::from_ref(row));
        rows.sort_by(|one, other| size(one).total_cmp(&size(other)));
        let pivot = rows.pop().unwrap();
        let column = (0..pivot.len()).max_by(|&a, &b| pivot[a].abs().total_cmp(&pivot[b].abs())).unwrap();
        for row in &mut rows {
            let share = row[column] / pivot[column];
            row.iter_mut().zip(&pivot).for_each(|(value, pivot)| *value -= share * pivot);
        }
        rank += 1;
    }
    rank
}

#[test]
fn only_query_and_value_change_and_by_no_more_than_the_rank() {
    let encoder = encoder("distilbert");
    let (sequences, targets) = (sequences(&[8, 30, 20, 5]), [0, 2, 1, 2]);
    let mut trainer = with_adapters(&encoder, &sequences, &targets, RATES);
    for _ in 0..5 {
        trainer.step(&[0, 1, 2, 3], Loss::Classes { smoothing: 0.0 }, 1e-2, &Control::default()).unwrap();
    }
    assert!(trainer.values[trainer.trained()..].iter().any(|value| *value != 0.0), "the head learns");
    let tuned = Box::new(trainer).into_encoder(None).unwrap();
    let (before, after) = (encoder.values().from(0), tuned.values().from(0));
    for part in &encoder.layout().parts {
        let change = before[part.range.clone()].iter().zip(&after[part.range.clone()]);
        let change: Vec<f64> = change.map(|(before, after)| f64::from(after - before)).collect();
        if part.name.ends_with("q_lin.weight") || part.name.ends_with("v_lin.weight") {
            assert_eq!(rank(change.chunks_exact(32).map(<[f64]>::to_vec).collect()), RANK, "{}", part.name);
        } else {
            assert!(change.iter().all(|change| *change == 0.0), "{} moved", part.name);
        }
    }
}

#[test]
fn equal_seeds_give_equal_adapters() {
    let encoder = encoder("bert");
    let (sequences, targets) = (sequences(&[60, 70, 80, 90, 100]), [0, 2, 1, 2, 0]);
    let trained = || {
        on(2, || {
            let mut trainer = with_adapters(&encoder, &sequences, &targets, RATES);
            for _ in 0..3 {
                trainer.step(&[0, 1, 2, 3, 4], Loss::Pairs, 1e-3, &Control::default()).unwrap();
            }
            trainer.values
        })
    };
    assert_eq!(trained(), trained());
}

#[test]
fn adapters_of_lower_blocks_learn_slower_where_that_is_asked_for() {
    let encoder = encoder("bert");
    let (sequences, targets) = (sequences(&[8, 30, 20, 5]), [0, 2, 1, 2]);
    let mut trainer = with_adapters(&encoder, &sequences, &targets, Rates { layers: 0.25, ..RATES });
    trainer.step(&[0, 1, 2, 3], Loss::Pairs, 1e-3, &Control::default()).unwrap();
    let lora = lora(&mut trainer);
    // In the first step each number of B moves by its rate.
    let b = |block: usize| {
        let site = 2 * block * 2 * RANK * 32;
        lora.values[site + RANK * 32..site + 2 * RANK * 32].iter().map(|value| value.abs()).sum::<f32>()
    };
    assert!((b(0) / b(1) - 0.25).abs() < 0.01, "{} of {}", b(0), b(1));
}

#[test]
fn divergence_of_adapters_changes_nothing_and_is_said() {
    let encoder = encoder("bert");
    let (sequences, targets) = (sequences(&[60, 7]), [0, 2]);
    let mut trainer = with_adapters(&encoder, &sequences, &targets, RATES);
    let before = lora(&mut trainer).values.clone();
    trainer.values[0] = f32::NAN;
    let failed = trainer.step(&[0, 1], Loss::Pairs, 1e-3, &Control::default());
    assert!(matches!(failed, Err(FitError::Failed(why)) if why.to_string().contains("diverged")));
    assert!(lora(&mut trainer).values == before && gradient(&trainer).iter().all(|slope| *slope == 0.0));
}
