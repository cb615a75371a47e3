//! Workflow commands of GitHub Actions: annotations on the lines of a pull request.

use std::io::{self, Write};

use engine::Severity;

use super::Report;
use crate::places::Entry;

pub(super) struct Github;

impl Report for Github {
    fn entry(&mut self, entry: &Entry, denied: bool, out: &mut dyn Write) -> io::Result<()> {
        let command = match entry.severity() {
            _ if denied => "error",
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Information => "notice",
            Severity::Hint => return Ok(()),
        };
        let (start, end) = (entry.place.start, entry.place.end);
        writeln!(
            out,
            "::{command} file={},line={},endLine={},col={},endColumn={},title={}::{}",
            property(&entry.path),
            start.line + 1,
            end.line + 1,
            start.column + 1,
            end.column + 1,
            property(entry.code.name()),
            message(&entry.message),
        )
    }
}

/// As in actions/toolkit, `packages/core/src/command.ts`.
fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_command_or_a_property_is_escaped() {
        assert_eq!(message("50%: a,\r\nb"), "50%25: a,%0D%0Ab");
        assert_eq!(property("a:b,c%\n"), "a%3Ab%2Cc%25%0A");
    }
}
