//! What is known of texts' vectors: those in memory, and those in the vault that memory has no room for.
//!
//! What must stay true: memory takes no more than there is room for, but for the last text.

use std::{collections::hash_map::Entry, sync::Arc};

use rustc_hash::FxHashMap;

#[derive(Debug)]
pub(super) struct Shelf {
    /// `None`: in the vault only.
    held: FxHashMap<u64, Option<Arc<[u8]>>>,
    /// Bytes known of.
    bytes: usize,
    /// Bytes that may be in memory, and that may be known of.
    room: usize,
    most: usize,
}

impl Shelf {
    pub(super) fn new(room: usize, most: usize) -> Shelf {
        Shelf { held: FxHashMap::default(), bytes: 0, room, most }
    }

    pub(super) fn has(&self, key: u64) -> bool {
        self.held.contains_key(&key)
    }

    pub(super) fn get(&self, key: u64) -> Option<&Arc<[u8]>> {
        self.held.get(&key)?.as_ref()
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes >= self.most
    }

    /// Nothing beyond memory lasts.
    pub(super) fn stay_in_memory(&mut self) {
        self.most = self.most.min(self.room);
    }

    /// `kept`: whether the vault has it, too.
    pub(super) fn put(&mut self, key: u64, bytes: &[u8], kept: bool) {
        let has_room = self.bytes < self.room;
        if let (Entry::Vacant(place), true) = (self.held.entry(key), has_room || kept && self.bytes < self.most) {
            self.bytes += bytes.len();
            place.insert(has_room.then(|| bytes.into()));
        }
    }
}
