//! A probe's head by itself, for classifiers that leave and come.

use std::sync::Arc;

use super::{Probe, choice::Choice, course::Kept, kernel::Kernel};
use crate::{Embeddings, Matrix, calibration::Link, export::Head, memory::Memory};

pub(super) fn of(probe: &Probe) -> Option<Head> {
    let Link::Softmax(temperature) = probe.link else { return None };
    // The intercept is the last column.
    let features = probe.weights.columns.checked_sub(1).filter(|_| !probe.active.is_empty())?;
    let rows = || probe.weights.values.chunks_exact(features + 1);
    Some(Head {
        labels: probe.active.iter().map(|&label| probe.labels[label as usize].clone()).collect(),
        ridge: probe.kernel.as_ref().map(|kernel| kernel.landmarks.clone()),
        weights: Matrix { columns: features, values: rows().flat_map(|row| &row[..features]).copied().collect() },
        bias: rows().map(|row| row[features]).collect(),
        temperature,
    })
}

/// A probe that predicts by this head, and whose next fit starts from nothing.
pub(super) fn probe(head: Head, embeddings: &Arc<Embeddings>) -> Probe {
    let features = head.weights.columns;
    let mut values = Vec::with_capacity(head.weights.values.len() + head.bias.len());
    for (row, bias) in head.weights.values.chunks_exact(features.max(1)).zip(&head.bias) {
        values.extend_from_slice(row);
        values.push(*bias);
    }
    let choice = Choice { kernel: head.ridge.is_some(), ..Choice::default() };
    // Which texts the landmarks are only a fit would ask, and the next one makes its own.
    let reads = head.ridge.as_ref().is_none_or(|landmarks| landmarks.share > 0.0);
    let kernel = head.ridge.map(|landmarks| Arc::new(Kernel::new((0..features as u64).collect(), landmarks)));
    Probe {
        embeddings: embeddings.clone(),
        reads,
        active: (0..head.labels.len() as u32).collect(),
        labels: head.labels,
        kernel,
        weights: Matrix { columns: features + 1, values },
        link: Link::Softmax(head.temperature),
        choice,
        memory: Memory::default(),
        kept: Kept::default(),
    }
}
