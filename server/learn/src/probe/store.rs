//! A probe on disk.
//!
//! What must stay true: parts that do not fit together are an error, and so is another encoder than the one that it learned with;
//! damaged or foreign bytes never panic ([`crate::bytes`]). What a warm start needs is in.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use super::{Probe, choice::Choice, kernel::Kernel};
use crate::{
    Embeddings, Matrix,
    bytes::{self, Body, Bytes, damaged},
    memory::Memory,
};

const MAGIC: &[u8; 8] = b"glossprb";
/// To be raised whenever weights or this format change their meaning.
const VERSION: u32 = 2;

pub(super) fn save(probe: &Probe, to: &mut dyn Write) -> io::Result<()> {
    let mut body = Body::default();
    let encoder = probe.embeddings.encoder();
    body.array(&[encoder.id()], u64::to_le_bytes);
    body.integers(&[encoder.width() as u32]);
    body.names(&probe.labels);
    body.integers(&probe.active);
    let (gamma, keys, landmarks) = match &probe.kernel {
        Some(kernel) => (kernel.gamma, &kernel.keys[..], &kernel.landmarks.values[..]),
        None => (0.0, &[][..], &[][..]),
    };
    body.array(keys, u64::to_le_bytes);
    body.floats(landmarks);
    body.floats(&probe.weights.values);
    let choice = &probe.choice;
    body.floats(&[gamma, probe.temperature, choice.strength]);
    body.integers(&[u32::from(choice.kernel), u32::from(choice.self_training), choice.rows]);
    probe.memory.write(&mut body);
    body.write(MAGIC, VERSION, to)
}

pub(super) fn load(from: &mut dyn Read, embeddings: &Arc<Embeddings>) -> io::Result<Probe> {
    let body = bytes::read(MAGIC, VERSION, "a probe", from)?;
    let mut body = Bytes::new(&body);
    let unfit = || damaged("its parts do not fit together");
    let (encoder, width) = (body.array(u64::from_le_bytes)?, body.integers()?);
    let here = embeddings.encoder();
    if encoder != [here.id()] || width != [here.width() as u32] {
        return Err(damaged("it learned with another encoder"));
    }
    let width = here.width();
    let labels = body.names()?;
    let active = body.integers()?;
    let keys = body.array(u64::from_le_bytes)?;
    let landmarks = Matrix { columns: width, values: body.floats()? };
    let weights = body.floats()?;
    let &[gamma, temperature, strength] = &body.floats()?[..] else { return Err(unfit()) };
    let &[kernel, self_training, rows] = &body.integers()?[..] else { return Err(unfit()) };
    let choice = Choice { kernel: kernel == 1, strength, self_training: self_training == 1, rows };
    let memory = Memory::read(&mut body)?;
    let whole = keys.len().checked_mul(width) == Some(landmarks.values.len());
    // A blank probe has neither.
    let kernel = choice.kernel && !active.is_empty();
    let columns = 1 + if kernel { keys.len() } else { width };
    let fits = whole
        && active.iter().all(|&label| (label as usize) < labels.len())
        && active.len().checked_mul(columns) == Some(weights.len())
        && gamma >= 0.0
        && gamma.is_finite()
        && temperature > 0.0
        && temperature.is_finite()
        && choice.is_sound()
        && memory.is_sound()
        && body.is_empty()
        && (labels.is_empty() || !active.is_empty());
    if !fits {
        return Err(unfit());
    }
    let kernel = kernel.then(|| Arc::new(Kernel::new(gamma, keys, landmarks)));
    let weights = Matrix { columns, values: weights };
    let embeddings = embeddings.clone();
    Ok(Probe { embeddings, labels, active, kernel, weights, temperature, choice, memory, kept: None })
}
