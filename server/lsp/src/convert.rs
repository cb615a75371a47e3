//! From the engine's plain data to LSP types: the one place of this crate where both meet.

use std::{
    ops::Range,
    path::{Path, PathBuf},
};

use catalogue::Locale;
use engine::{Code, ConfigFile, Document, Finding, Severity, TextEdit, finding::Data, position};
use serde_json::Value;
use tower_lsp::lsp_types::{
    self as types, CodeDescription, Diagnostic, DiagnosticSeverity, DiagnosticTag, NumberOrString, Url,
};

use crate::{documentation, session::Encoding};

/// The file that a command is about: its first argument.
pub(crate) fn named(arguments: &[Value]) -> Option<Url> {
    Url::parse(arguments.first()?.as_str()?).ok()
}

/// Buffers without a file are named by their URI.
pub(crate) fn path(uri: &Url) -> PathBuf {
    uri.to_file_path().unwrap_or_else(|()| PathBuf::from(uri.as_str()))
}

pub(crate) fn uri(path: &Path) -> Option<Url> {
    Url::from_file_path(path).ok().or_else(|| Url::parse(path.to_str()?).ok())
}

impl From<Encoding> for position::Encoding {
    fn from(encoding: Encoding) -> position::Encoding {
        match encoding {
            Encoding::Utf8 => position::Encoding::Utf8,
            Encoding::Utf16 => position::Encoding::Utf16,
            Encoding::Utf32 => position::Encoding::Utf32,
        }
    }
}

pub(crate) fn position_in(position: types::Position) -> position::Position {
    position::Position { line: position.line, column: position.character }
}

/// A text with its lines, in which bytes have positions.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    source: &'a str,
    lines: &'a position::LineIndex,
    encoding: Encoding,
}

impl<'a> Page<'a> {
    pub(crate) fn of(document: &'a Document, encoding: Encoding) -> Page<'a> {
        Page { source: document.source(), lines: document.lines(), encoding }
    }

    pub(crate) fn of_config(file: &'a ConfigFile, encoding: Encoding) -> Page<'a> {
        Page { source: file.source(), lines: file.lines(), encoding }
    }

    pub(crate) fn offset(self, place: types::Position) -> usize {
        self.lines.offset(self.source, position_in(place), self.encoding.into())
    }

    /// A range that ends before it starts is empty.
    pub(crate) fn bytes(self, range: types::Range) -> Range<usize> {
        let start = self.offset(range.start);
        start..self.offset(range.end).max(start)
    }

    pub(crate) fn place(self, offset: usize) -> types::Position {
        let place = self.lines.position(self.source, offset, self.encoding.into());
        types::Position { line: place.line, character: place.column }
    }

    pub(crate) fn range(self, bytes: &Range<usize>) -> types::Range {
        types::Range { start: self.place(bytes.start), end: self.place(bytes.end) }
    }

    pub(crate) fn edit(self, edit: &TextEdit) -> types::TextEdit {
        types::TextEdit { range: self.range(&edit.range), new_text: edit.text.clone() }
    }

    /// Without what it is related to, which may stand on another page.
    pub(crate) fn diagnostic(self, finding: &Finding, locale: Locale) -> Diagnostic {
        Diagnostic {
            range: self.range(&finding.range),
            severity: Some(match finding.code.severity() {
                Severity::Error => DiagnosticSeverity::ERROR,
                Severity::Warning => DiagnosticSeverity::WARNING,
                Severity::Information => DiagnosticSeverity::INFORMATION,
                Severity::Hint => DiagnosticSeverity::HINT,
            }),
            code: Some(NumberOrString::String(finding.code.name().into())),
            code_description: documentation::of(finding.code).map(|href| CodeDescription { href }),
            source: Some("gloss".into()),
            message: finding.message.in_(locale),
            related_information: None,
            tags: matches!(finding.code, Code::Duplicate | Code::UnusedLabel).then(|| vec![DiagnosticTag::UNNECESSARY]),
            data: finding.data.as_ref().map(Data::to_json),
        }
    }
}
