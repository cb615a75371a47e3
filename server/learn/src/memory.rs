//! What a refit of softmax regression starts from: the distributions at which the last fit ended, for the full model and for each
//! fold's.
//!
//! What must stay true: a fold's model starts only from what the same fold's model ended with, never from a row that is held out
//! in the fold, so that nothing of a held-out row reaches the model that judges it. Labels are matched by name, rows by their
//! text's key; a label that changed, came or went needs nothing else.

use std::{io, sync::Arc};

use rustc_hash::FxHashMap;

use crate::{
    Renames,
    bytes::{Body, Bytes},
    lesson::Targets,
};

/// Floats kept at most (of two bytes each): beyond, a refit starts from nothing.
const KEPT: usize = 16 << 20;

#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// Classes that had rows.
    pub(crate) classes: Vec<Arc<str>>,
    pub(crate) folds: u32,
    pub(crate) keys: Vec<u64>,
    /// The fold in which each row was held out.
    pub(crate) held_out: Vec<u32>,
    /// Probability in 1/65535, by model (the folds', then the full one), row and class.
    pub(crate) duals: Vec<u16>,
}

impl Memory {
    pub(crate) fn write(&self, body: &mut Body) {
        body.names(&self.classes);
        body.integers(&[self.folds]);
        body.array(&self.keys, |key| key.to_le_bytes());
        body.integers(&self.held_out);
        body.array(&self.duals, |dual| dual.to_le_bytes());
    }

    /// What [`Memory::write`] wrote; whether its parts fit together, [`Memory::is_sound`] says.
    pub(crate) fn read(body: &mut Bytes<'_>) -> io::Result<Memory> {
        Ok(Memory {
            classes: body.names()?,
            folds: body.integers()?.first().copied().unwrap_or(0),
            keys: body.array(u64::from_le_bytes)?,
            held_out: body.integers()?,
            duals: body.array(u16::from_le_bytes)?,
        })
    }

    pub(crate) fn of(
        classes: Vec<Arc<str>>,
        folds: u32,
        keys: Vec<u64>,
        held_out: Vec<u32>,
        models: &[Vec<f32>],
    ) -> Memory {
        if models.iter().map(Vec::len).sum::<usize>() > KEPT {
            return Memory::default();
        }
        let duals = models.iter().flatten().map(|p| (p * 65535.0).round() as u16).collect();
        Memory { classes, folds, keys, held_out, duals }
    }

    pub(crate) fn renamed(&self, names: &Renames) -> Memory {
        Memory { classes: names.names(&self.classes), ..self.clone() }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether the parts fit together (they may come from a file).
    pub(crate) fn is_sound(&self) -> bool {
        let length =
            (self.folds as usize + 1).checked_mul(self.keys.len()).and_then(|n| n.checked_mul(self.classes.len()));
        self.held_out.len() == self.keys.len() && length == Some(self.duals.len())
    }

    pub(crate) fn recall<'a>(&'a self, classes: &[Arc<str>]) -> Recall<'a> {
        let row_of = self.keys.iter().enumerate().map(|(row, &key)| (key, row as u32)).collect();
        let columns = classes.iter().map(|class| self.classes.iter().position(|known| known == class)).collect();
        Recall { memory: self, row_of, columns }
    }
}

/// A memory looked up by a lesson with classes of its own.
pub(crate) struct Recall<'a> {
    memory: &'a Memory,
    row_of: FxHashMap<u64, u32>,
    /// For each class of the lesson, its column in the memory.
    columns: Vec<Option<usize>>,
}

impl Recall<'_> {
    /// Where a row's distribution, or the probabilities of its labels, start in the model of `fold` (`None`: the full model). Without
    /// memory: with its own labels, which is as if the row were not there.
    pub(crate) fn start(&self, fold: Option<u32>, key: u64, targets: &Targets, row: usize, dual: &mut [f32]) {
        if !targets.are_sets() && self.recalled(fold, key, dual).is_some() {
            return;
        }
        dual.fill(0.0);
        targets.of(row).iter().for_each(|&target| dual[target as usize] = 1.0);
        if let Some(known) = self.known(fold, key).filter(|_| targets.are_sets()) {
            for (dual, column) in dual.iter_mut().zip(&self.columns) {
                *dual = column.map_or(*dual, |column| f32::from(known[column]) / 65535.0);
            }
        }
    }

    fn known(&self, fold: Option<u32>, key: u64) -> Option<&[u16]> {
        let row = *self.row_of.get(&key)? as usize;
        if fold.is_some() && (fold == Some(self.memory.held_out[row]) || fold >= Some(self.memory.folds)) {
            return None;
        }
        let model = fold.unwrap_or(self.memory.folds) as usize;
        let classes = self.memory.classes.len();
        Some(&self.memory.duals[(model * self.memory.keys.len() + row) * classes..][..classes])
    }

    /// The row's distribution, if there is one.
    pub(crate) fn recalled(&self, fold: Option<u32>, key: u64, dual: &mut [f32]) -> Option<()> {
        let known = self.known(fold, key)?;
        let mut sum = 0.0;
        for (dual, column) in dual.iter_mut().zip(&self.columns) {
            *dual = column.map_or(0.0, |column| f32::from(known[column]));
            sum += *dual;
        }
        if sum == 0.0 {
            return None;
        }
        dual.iter_mut().for_each(|dual| *dual /= sum);
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<Arc<str>> {
        names.iter().map(|&name| name.into()).collect()
    }

    #[test]
    fn classes_are_matched_by_name_and_held_out_rows_are_not_recalled() {
        let fold = vec![0.25, 0.75, 0.0, 0.5, 0.25, 0.25];
        let full = vec![0.0, 1.0, 0.0, 1.0, 0.0, 0.0];
        let memory = Memory::of(names(&["a", "b", "c"]), 1, vec![7, 8], vec![1, 0], &[fold, full]);
        assert!(memory.is_sound());
        let recall = memory.recall(&names(&["b", "new", "a"]));
        let start = |fold, key, target| {
            let mut dual = [9.0; 3];
            recall.start(fold, key, &Targets::One(vec![target]), 0, &mut dual);
            dual.map(|p| (p * 100.0).round())
        };
        assert_eq!(start(Some(0), 7, 1), [75.0, 0.0, 25.0]);
        assert_eq!(start(Some(0), 8, 1), [0.0, 100.0, 0.0]); // held out in fold 0
        assert_eq!(start(Some(1), 7, 2), [0.0, 0.0, 100.0]); // no such fold
        assert_eq!(start(None, 8, 0), [0.0, 0.0, 100.0]);
        assert_eq!(start(None, 9, 0), [100.0, 0.0, 0.0]); // unknown row
        // Labels of sets by themselves; one that was not known starts as if the row were not there.
        let mut dual = [9.0; 3];
        recall.start(Some(0), 7, &Targets::Sets(vec![[1].into()]), 0, &mut dual);
        assert_eq!(dual.map(|p| (p * 100.0).round()), [75.0, 100.0, 25.0]);
    }
}
