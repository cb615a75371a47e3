//! brat's stand-off: a text, and beside it an `.ann` with a line `T1<tab>Protein 7 13<tab>COL1A2` for each span. Offsets count
//! code points. The whole text is one row.

use super::{
    Part, Reader, Record,
    lines::numbered,
    spans::{self, RawSpan},
};
use crate::Offsets;

pub(super) fn read(reader: &mut Reader) -> Result<Vec<Record>, String> {
    let Some(notes) = reader.beside else {
        return Err(
            "brat keeps a text and its spans in two files of one name, `x.txt` and `x.ann`; the other one is missing."
                .into(),
        );
    };
    let text = reader.text;
    if text.trim().is_empty() {
        return Err("The text is empty.".into());
    }
    let mut found = Vec::new();
    for (line, content) in numbered(notes) {
        let mut columns = content.split('\t');
        let (id, place) = (columns.next().unwrap_or_default(), columns.next().unwrap_or_default());
        match id.as_bytes().first() {
            None => {}
            Some(b'T') => match span(place) {
                Some(raw) => found.extend(spans::measure(text, &[raw], Offsets::CodePoints, line, &mut reader.remarks)),
                None if place.contains(';') => {
                    reader.remarks.row(Part::Spans, line, "a span of several pieces is left out");
                }
                None => reader.remarks.row(Part::Spans, line, "expected `T1<tab>label start end`: left out"),
            },
            Some(_) => reader.remarks.row(Part::Fields, line, "relations, events, attributes and notes are left out"),
        }
    }
    let text = text.trim_end_matches(['\n', '\r']);
    found.retain(|span| span.end as usize <= text.len());
    Ok(vec![Record { text: text.into(), spans: Some(found), line: 1, ..Record::default() }])
}

fn span(place: &str) -> Option<RawSpan> {
    let mut words = place.split(' ');
    let (label, start, end) = (words.next()?, words.next()?, words.next()?);
    words.next().is_none().then_some(())?;
    Some(RawSpan { start: start.parse().ok()?, end: end.parse().ok()?, label: label.into() })
}
