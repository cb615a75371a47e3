//! Labels that have a field each, of yes and no.

use std::{borrow::Cow, ops::Range};

use catalogue::phrase;

use super::{Label, Written};
use crate::Problem;

/// A field that is a label's own.
pub(crate) struct Own<'a> {
    pub(crate) field: &'a str,
    pub(crate) range: Range<usize>,
    /// Blank: it says nothing.
    pub(crate) value: Cow<'a, str>,
    /// How yes and no are written; an integer unless something else shows it.
    pub(crate) written: Written,
}

/// "yes" and "no" of a label.
pub(crate) fn flag(value: &str) -> Option<bool> {
    let value = value.trim();
    let is = |words: &[&str]| words.iter().any(|word| word.eq_ignore_ascii_case(value));
    match () {
        () if is(&["1", "1.0", "true", "yes"]) => Some(true),
        () if is(&["0", "0.0", "false", "no"]) => Some(false),
        () => None,
    }
}

/// What the fields that are there say, and from where to where they stand; `None`: none is there.
pub(crate) fn read<'l>(
    fields: impl Iterator<Item = Own<'l>>,
    problems: &mut Vec<Problem>,
) -> Option<(Label<'static>, Range<usize>)> {
    let mut range: Option<Range<usize>> = None;
    let (mut set, mut any, mut written, mut wrong) = (Vec::new(), false, Written::Integer, None);
    for own in fields {
        let so_far = range.get_or_insert(own.range.clone());
        *so_far = so_far.start.min(own.range.start)..so_far.end.max(own.range.end);
        if own.value.trim().is_empty() {
            continue;
        }
        any = true;
        if own.written != Written::Integer {
            written = own.written;
        }
        match flag(&own.value) {
            Some(true) => set.push(Cow::Owned(own.field.to_owned())),
            Some(false) => {}
            None if wrong.is_none() => wrong = Some(own),
            None => {}
        }
    }
    let label = match wrong {
        Some(Own { field, range, value, .. }) => {
            problems.push(Problem::new(range, phrase!("no-flag", field, found = value)));
            Label::Invalid
        }
        None if any => Label::Set(set, written),
        None => Label::None(Written::Empty),
    };
    Some((label, range?))
}
