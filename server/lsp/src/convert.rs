//! Between the engine's bytes and the client's positions, paths and types: the one place of this crate where both meet.

use std::path::{Path, PathBuf};

use engine::{Code, Document, Finding, Project, Severity, TextEdit, position};
use serde_json::json;
use tower_lsp::lsp_types::{
    self as types, CodeDescription, Diagnostic, DiagnosticRelatedInformation, DiagnosticSeverity, DiagnosticTag,
    Location, NumberOrString, Url,
};

use crate::session::Encoding;

/// Where a diagnostic's code is explained.
const DOCUMENTATION: &str = "https://github.com/gloss-lsp/gloss/blob/main/server/docs/diagnostics.md";

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

pub(crate) fn offset(document: &Document, place: types::Position, encoding: Encoding) -> usize {
    document.lines().offset(document.source(), position_in(place), encoding.into())
}

pub(crate) fn place(document: &Document, offset: usize, encoding: Encoding) -> types::Position {
    let place = document.lines().position(document.source(), offset, encoding.into());
    types::Position { line: place.line, character: place.column }
}

pub(crate) fn range(document: &Document, bytes: &std::ops::Range<usize>, encoding: Encoding) -> types::Range {
    types::Range { start: place(document, bytes.start, encoding), end: place(document, bytes.end, encoding) }
}

pub(crate) fn edit(document: &Document, edit: &TextEdit, encoding: Encoding) -> types::TextEdit {
    types::TextEdit { range: range(document, &edit.range, encoding), new_text: edit.text.clone() }
}

pub(crate) fn diagnostic(project: &Project, file: usize, finding: &Finding, encoding: Encoding) -> Diagnostic {
    let document = &project.files[file].document;
    let related = finding.related.and_then(|other| {
        let theirs = &project.files[other.file];
        let range = range(&theirs.document, &theirs.document.rows()[other.row].label_range(), encoding);
        let location = Location { uri: uri(&theirs.path)?, range };
        Some(vec![DiagnosticRelatedInformation { location, message: "The other row".into() }])
    });
    let documentation = || Url::parse(&format!("{DOCUMENTATION}#{}", finding.code.name())).ok();
    Diagnostic {
        range: range(document, &finding.range, encoding),
        severity: Some(match finding.code.severity() {
            Severity::Error => DiagnosticSeverity::ERROR,
            Severity::Warning => DiagnosticSeverity::WARNING,
            Severity::Information => DiagnosticSeverity::INFORMATION,
            Severity::Hint => DiagnosticSeverity::HINT,
        }),
        code: Some(NumberOrString::String(finding.code.name().into())),
        code_description: documentation().map(|href| CodeDescription { href }),
        source: Some("gloss".into()),
        message: finding.message.clone(),
        related_information: related,
        tags: (finding.code == Code::Duplicate).then(|| vec![DiagnosticTag::UNNECESSARY]),
        data: finding.data.as_ref().map(|data| {
            json!({
                "label": data.label,
                "probability": data.probability,
                "classifier": data.classifier,
                "model_version": data.version,
            })
        }),
    }
}
