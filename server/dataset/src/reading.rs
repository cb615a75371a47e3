//! The rows and problems of a source, and how an edit changes them.
//!
//! What must stay true: after an edit, a reading is what reading the new source from its start would give. The items tile
//! the source and each tells how far it looked, so an edit touches those items that looked at the bytes it changed, and
//! reading goes on until an item ends where one ended before, in the same state. Most items look at most one byte
//! beyond their end; the few that look further are listed in `far`.

use std::{
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use rustc_hash::FxHashSet;

use crate::{
    Answer, Problem, Row, Span, Splice,
    format::{Item, Layout, Record, State, Syntax},
    label::{Label, Part},
    row::text_key,
};

/// Labels and sets of them come again and again; each is stored once. Shared by the snapshots of a document.
#[derive(Clone, Debug, Default)]
pub(crate) struct Interner(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    labels: FxHashSet<Arc<str>>,
    sets: FxHashSet<Arc<[Arc<str>]>>,
}

impl Interner {
    fn answer(&self, label: &Label) -> Option<Answer> {
        // Nothing panics while the lock is held; a set is sound at any moment anyway.
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match label {
            Label::None(_) | Label::Invalid => None,
            Label::Given(label, _) => Some(Answer::One(known.label(label))),
            Label::Set(labels, _) => {
                let labels: Vec<Arc<str>> = labels.iter().map(|label| known.label(label)).collect();
                Some(Answer::Set(known.set(labels)))
            }
            Label::Spans(parts, _) => {
                let span = |part: &Part| Span {
                    start: place(part.start),
                    end: place(part.end),
                    label: known.label(&part.label),
                };
                Some(Answer::Spans(parts.iter().map(span).collect()))
            }
        }
    }
}

impl Known {
    fn label(&mut self, label: &str) -> Arc<str> {
        if let Some(known) = self.labels.get(label) {
            return known.clone();
        }
        let label: Arc<str> = label.into();
        self.labels.insert(label.clone());
        label
    }

    fn set(&mut self, labels: Vec<Arc<str>>) -> Arc<[Arc<str>]> {
        if let Some(known) = self.sets.get(&labels[..]) {
            return known.clone();
        }
        let labels: Arc<[Arc<str>]> = labels.into();
        self.sets.insert(labels.clone());
        labels
    }
}

/// Where an item starts, and in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    start: u32,
    state: State,
}

/// An item that looked more than one byte beyond its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Far {
    start: u32,
    reach: u32,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Reading {
    pub(crate) rows: Vec<Row>,
    pub(crate) problems: Vec<Problem>,
    marks: Vec<Mark>,
    far: Vec<Far>,
    /// The state at the end of the source.
    last: State,
}

impl Default for Reading {
    fn default() -> Reading {
        Reading { rows: Vec::new(), problems: Vec::new(), marks: Vec::new(), far: Vec::new(), last: State::START }
    }
}

impl Reading {
    pub(crate) fn read(layout: &Layout, src: &str, interner: &Interner) -> Reading {
        let mut reading = Reading::default();
        reading.append(&mut *layout.syntax(), src, (0, State::START), interner, |_, _| false);
        reading
    }

    /// No rows, and why. Nothing is known of the items, so an edit cannot follow ([`Reading::covers`]).
    pub(crate) fn unreadable(problem: Problem) -> Reading {
        Reading { problems: vec![problem], ..Reading::default() }
    }

    /// Whether it was made from a source of this length by reading items.
    pub(crate) fn covers(&self, len: usize) -> bool {
        len == 0 || !self.marks.is_empty()
    }

    /// Where the item around this offset starts, and in which state.
    pub(crate) fn item_at(&self, offset: usize) -> Option<(usize, State)> {
        let behind = self.marks.partition_point(|mark| mark.start as usize <= offset);
        self.marks.get(behind.checked_sub(1)?).map(|mark| (mark.start as usize, mark.state))
    }

    /// Reads on until `stop` says so at the edge of an item, or to the end. Answers with the place.
    fn append(
        &mut self,
        syntax: &mut dyn Syntax,
        src: &str,
        from: (usize, State),
        interner: &Interner,
        mut stop: impl FnMut(usize, State) -> bool,
    ) -> usize {
        let src = src.as_bytes();
        let (mut at, mut state) = from;
        while at < src.len() && !stop(at, state) {
            let item = syntax.next(src, at, state);
            let next = (item.end, item.state);
            self.marks.push(Mark { start: at as u32, state });
            if item.reach > item.end + 1 {
                self.far.push(Far { start: at as u32, reach: place(item.reach) });
            }
            self.take(item, interner);
            (at, state) = next;
        }
        self.last = state;
        at
    }

    fn take(&mut self, item: Item, interner: &Interner) {
        self.rows.extend(rows_of(&item, interner));
        self.problems.extend(item.problems);
    }

    /// Follows an edit after which `inserted` bytes of the new source stand where `removed` stood.
    pub(crate) fn edit(
        &mut self,
        layout: &Layout,
        src: &str,
        removed: Range<usize>,
        inserted: usize,
        interner: &Interner,
    ) -> Splice {
        let mut syntax = layout.syntax();
        let edit_end = removed.start + inserted;
        let moved = |old: u32| old as usize - removed.end + edit_end;
        let first = self.marks.partition_point(|mark| (mark.start as usize) < removed.start).saturating_sub(1);
        let first = self.recheck_far(&mut *syntax, src, first, removed.start, interner);

        let from = self.marks.get(first).map_or((0, State::START), |mark| (mark.start as usize, mark.state));
        let mut behind = self.marks.partition_point(|mark| (mark.start as usize) < removed.end);
        let mut fresh = Reading::default();
        let end = fresh.append(&mut *syntax, src, from, interner, |at, state| {
            while self.marks.get(behind).is_some_and(|mark| moved(mark.start) < at) {
                behind += 1;
            }
            let meets = |mark: &Mark| moved(mark.start) == at && mark.state == state;
            at >= edit_end && self.marks.get(behind).is_some_and(meets)
        });
        let old_end = if end < src.len() { self.marks[behind].start } else { u32::MAX };
        if old_end == u32::MAX {
            behind = self.marks.len();
            self.last = fresh.last;
        }

        let old = from.0..old_end as usize;
        replace(&mut self.marks, first..behind, fresh.marks, |mark| mark.start = moved(mark.start) as u32);
        let range = within(&self.far, |far| far.start as usize, &old);
        replace(&mut self.far, range, fresh.far, |far| {
            far.start = moved(far.start) as u32;
            far.reach = moved(far.reach) as u32;
        });
        let range = within(&self.problems, |problem| problem.range.start, &old);
        replace(&mut self.problems, range, fresh.problems, |problem| {
            problem.range = moved(problem.range.start as u32)..moved(problem.range.end as u32);
        });
        let range = within(&self.rows, |row| row.start as usize, &old);
        let splice = changed(&self.rows, range.clone(), &fresh.rows, &removed, moved);
        replace(&mut self.rows, range, fresh.rows, |row| row.start = moved(row.start) as u32);
        splice
    }

    /// Items before the one at `first` that looked at the place of an edit are read again. One that stays as it is but
    /// for its problems is done with; else reading starts there. Answers with the mark at which it does.
    fn recheck_far(
        &mut self,
        syntax: &mut dyn Syntax,
        src: &str,
        first: usize,
        edit: usize,
        interner: &Interner,
    ) -> usize {
        let Some(limit) = self.marks.get(first).map(|mark| mark.start) else { return first };
        for index in 0..self.far.partition_point(|far| far.start < limit) {
            let Far { start, reach } = self.far[index];
            if reach as usize <= edit {
                continue;
            }
            let mark = self.marks.partition_point(|mark| mark.start < start);
            let (Some(at), Some(next)) = (self.marks.get(mark), self.marks.get(mark + 1)) else { return first };
            let range = start as usize..next.start as usize;
            let item = syntax.next(src.as_bytes(), range.start, at.state);
            let row = within(&self.rows, |row| row.start as usize, &range);
            let same_rows = rows_of(&item, interner).eq(self.rows[row].iter().cloned());
            if (item.end, item.state) != (range.end, next.state) || !same_rows {
                return mark;
            }
            self.far[index].reach = place(item.reach);
            let problems = within(&self.problems, |problem| problem.range.start, &range);
            self.problems.splice(problems, item.problems);
        }
        first
    }
}

fn rows_of(item: &Item, interner: &Interner) -> impl Iterator<Item = Row> {
    let first = item.record.as_ref().zip(item.row.as_ref());
    let records = first.into_iter().chain(item.more.iter().map(|(range, record)| (range, record)));
    records.filter_map(|(range, record)| row_of(range, record, interner))
}

fn row_of(range: &Range<usize>, record: &Record, interner: &Interner) -> Option<Row> {
    let relative = |part: &Range<usize>| (place(part.start - range.start), place(part.len()));
    let written = match &record.label {
        Label::Invalid => return None,
        Label::None(written) | Label::Given(_, written) | Label::Set(_, written) | Label::Spans(_, written) => *written,
    };
    Some(Row {
        start: place(range.start),
        len: place(range.len()),
        text_at: relative(&record.text_range),
        label_at: relative(&record.label_range),
        written,
        answer: interner.answer(&record.label),
        text_key: text_key(&record.text),
    })
}

/// Which part of `old[range]` gave way to which part of `fresh`, without those at either end that only stayed or moved.
fn changed(
    old: &[Row],
    mut range: Range<usize>,
    fresh: &[Row],
    removed: &Range<usize>,
    moved: impl Fn(u32) -> usize,
) -> Splice {
    let mut inserted = 0..fresh.len();
    while let (Some(was), Some(is)) = (old[range.clone()].first(), fresh[inserted.clone()].first()) {
        if was != is || was.range().end > removed.start {
            break;
        }
        range.start += 1;
        inserted.start += 1;
    }
    while let (Some(was), Some(is)) = (old[range.clone()].last(), fresh[inserted.clone()].last()) {
        let behind = was.start as usize >= removed.end && moved(was.start) == is.start as usize;
        if !behind || !was.says_the_same(is) {
            break;
        }
        range.end -= 1;
        inserted.end -= 1;
    }
    Splice { removed: range, inserted: inserted.len() }
}

/// The indices of the things that start in a stretch of the source; `things` are in its order.
fn within<T>(things: &[T], start: impl Fn(&T) -> usize, stretch: &Range<usize>) -> Range<usize> {
    let first = things.partition_point(|thing| start(thing) < stretch.start);
    let len = things[first..].partition_point(|thing| start(thing) < stretch.end);
    first..first + len
}

/// Puts `fresh` in the place of `range` and moves what comes behind.
fn replace<T>(things: &mut Vec<T>, range: Range<usize>, fresh: Vec<T>, shift: impl Fn(&mut T)) {
    let behind = range.start + fresh.len();
    things.splice(range, fresh);
    things[behind..].iter_mut().for_each(shift);
}

/// Documents are kept below 4 GiB ([`crate::document::MAX_LEN`]).
fn place(offset: usize) -> u32 {
    u32::try_from(offset).unwrap_or(u32::MAX)
}
