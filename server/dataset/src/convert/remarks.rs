//! What is to be said about a conversion: what could not be read, and what the target cannot hold.
//!
//! What must stay true: nothing is left out or changed without a remark on its row and its [`Part`].

use std::fmt;

/// What of a row a remark is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// How the file was read or written; nothing is lost.
    File,
    /// The rows come in another order.
    Order,
    /// The whole row is left out.
    Row,
    Text,
    Labels,
    Spans,
    /// Whether nobody looked at the row, or somebody said that nothing applies.
    Empty,
    /// Other fields: ids, meta and the like.
    Fields,
}

/// One thing that is to be said, with the lines it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub part: Part,
    /// Without a full stop.
    pub message: String,
    /// Lines of the file that was read, counted from 1. Empty: the whole file.
    pub lines: Vec<usize>,
}

impl fmt::Display for Remark {
    /// "lines 3, 8 and 14: spans are left out; CSV holds none."
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const NAMED: usize = 5;
        let Remark { message, lines, .. } = self;
        let listed = |lines: &[usize]| lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
        match &lines[..] {
            [] => write!(f, "{message}."),
            [line] => write!(f, "line {line}: {message}."),
            lines if lines.len() <= NAMED => {
                let (last, first) = (lines[lines.len() - 1], &lines[..lines.len() - 1]);
                write!(f, "lines {} and {last}: {message}.", listed(first))
            }
            lines => write!(f, "lines {} and {} more: {message}.", listed(&lines[..NAMED]), lines.len() - NAMED),
        }
    }
}

/// Remarks as they come up; the same message about several rows is one remark.
#[derive(Debug, Default)]
pub(super) struct Remarks {
    list: Vec<Remark>,
}

impl Remarks {
    pub(super) fn row(&mut self, part: Part, line: usize, message: impl Into<String>) {
        let message = message.into();
        // Messages that name what was found differ; the last few are enough to find those that do not.
        match self.list.iter_mut().rev().take(64).find(|remark| remark.part == part && remark.message == message) {
            Some(remark) if remark.lines.last() == Some(&line) => {}
            Some(remark) if !remark.lines.is_empty() => remark.lines.push(line),
            _ => self.list.push(Remark { part, message, lines: vec![line] }),
        }
    }

    pub(super) fn file(&mut self, part: Part, message: impl Into<String>) {
        self.list.push(Remark { part, message: message.into(), lines: Vec::new() });
    }

    /// Said once, however often it comes up.
    pub(super) fn once(&mut self, part: Part, message: String) {
        if !self.list.iter().any(|remark| remark.part == part && remark.message == message) {
            self.file(part, message);
        }
    }

    pub(super) fn into_list(self) -> Vec<Remark> {
        self.list
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_said_of_many_rows_is_one_remark() {
        let mut remarks = Remarks::default();
        for line in [3, 3, 8] {
            remarks.row(Part::Spans, line, "spans are left out");
        }
        for line in 1..9 {
            remarks.row(Part::Text, line, "the text is cut");
        }
        remarks.file(Part::File, "read as GBK");
        let said: Vec<_> = remarks.into_list().iter().map(ToString::to_string).collect();
        assert_eq!(
            said,
            ["lines 3 and 8: spans are left out.", "lines 1, 2, 3, 4, 5 and 3 more: the text is cut.", "read as GBK."]
        );
    }
}
