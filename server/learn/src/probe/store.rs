//! A probe on disk.
//!
//! What must stay true: parts that do not fit together are an error, and so is another encoder than the one that it learned with;
//! damaged or foreign bytes never panic ([`crate::bytes`]). What a warm start needs is in.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use super::{Probe, choice::Choice, course::Kept, kernel::Kernel, landmarks::Landmarks, words::Words};
use crate::{
    Embeddings, Matrix,
    bytes::{self, Body, Bytes, damaged},
    calibration::Link,
    memory::Memory,
};

const MAGIC: &[u8; 8] = b"glossprb";
/// To be raised whenever weights or this format change their meaning.
const VERSION: u32 = 4;

pub(super) fn save(probe: &Probe, to: &mut dyn Write) -> io::Result<()> {
    let mut body = Body::default();
    let encoder = probe.embeddings.encoder();
    body.array(&[encoder.id()], u64::to_le_bytes);
    body.integers(&[encoder.width() as u32]);
    body.names(&probe.labels);
    body.integers(&probe.active);
    body.floats(&probe.weights.values);
    let choice = &probe.choice;
    probe.link.write(&mut body);
    body.floats(&[choice.strength]);
    body.integers(&[u32::from(probe.reads), u32::from(choice.kernel), u32::from(choice.self_training), choice.rows]);
    if let Some(Kernel { keys, landmarks, .. }) = probe.kernel.as_deref() {
        body.array(keys, u64::to_le_bytes);
        body.floats(&[landmarks.gamma, landmarks.share]);
        body.floats(&landmarks.vectors.values);
        let (grams, marks, weights) = landmarks.words().parts();
        body.integers(&grams);
        body.integers(&marks);
        body.floats(&weights);
    }
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
    let weights = body.floats()?;
    let link = Link::read(&mut body)?;
    let &[strength] = &body.floats()?[..] else { return Err(unfit()) };
    let &[reads, kernel, self_training, rows] = &body.integers()?[..] else { return Err(unfit()) };
    let choice = Choice { kernel: kernel == 1, strength, self_training: self_training == 1, rows };
    // A blank probe has none.
    let kernel = match choice.kernel && !active.is_empty() {
        true => Some(Arc::new(kernel_of(&mut body, width)?)),
        false => None,
    };
    let memory = Memory::read(&mut body)?;
    let columns = 1 + kernel.as_ref().map_or(width, |kernel| kernel.keys.len());
    let fits = active.iter().all(|&label| (label as usize) < labels.len())
        && active.len().checked_mul(columns) == Some(weights.len())
        && link.is_sound(labels.len())
        && choice.is_sound()
        && memory.is_sound()
        && body.is_empty()
        && (labels.is_empty() || !active.is_empty());
    if !fits {
        return Err(unfit());
    }
    let weights = Matrix { columns, values: weights };
    let embeddings = embeddings.clone();
    let reads = reads == 1;
    Ok(Probe { embeddings, reads, labels, active, kernel, weights, link, choice, memory, kept: Kept::default() })
}

fn kernel_of(body: &mut Bytes, width: usize) -> io::Result<Kernel> {
    let unfit = || damaged("its landmarks do not fit together");
    let keys = body.array(u64::from_le_bytes)?;
    let &[gamma, share] = &body.floats()?[..] else { return Err(unfit()) };
    let vectors = Matrix { columns: width, values: body.floats()? };
    let (grams, marks, weights) = (body.integers()?, body.integers()?, body.floats()?);
    let words = Words::of_parts(grams, &marks, &weights, keys.len()).ok_or_else(unfit)?;
    let landmarks = Landmarks::of_parts(gamma, share, vectors, words);
    let fits = keys.len().checked_mul(width) == Some(landmarks.vectors.values.len()) && landmarks.is_sound();
    if fits { Ok(Kernel::new(keys, landmarks)) } else { Err(unfit()) }
}
