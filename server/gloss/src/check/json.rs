//! One object a finding and line.

use std::io::{self, Write};

use engine::finding::Data;
use serde_json::{Value, json};

use super::Report;
use crate::places::Entry;

pub(super) struct Json;

impl Report for Json {
    fn entry(&mut self, entry: &Entry, _denied: bool, out: &mut dyn Write) -> io::Result<()> {
        let (start, end) = (entry.place.start, entry.place.end);
        let object = json!({
            "path": entry.path, "line": start.line + 1, "column": start.column + 1,
            "end_line": end.line + 1, "end_column": end.column + 1, "code": entry.code.name(),
            "severity": entry.severity().name(), "message": entry.message, "data": data(entry),
        });
        writeln!(out, "{object}")
    }
}

/// What the finding rests on, else null.
pub(super) fn data(entry: &Entry) -> Value {
    entry.data.as_ref().map_or(Value::Null, Data::to_json)
}
