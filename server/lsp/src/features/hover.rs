//! Hover: what the model says of a row, and the guideline of its label.

use engine::{Projects, view};
use tower_lsp::lsp_types::{Hover, HoverContents, HoverParams, MarkupContent, MarkupKind};

use crate::{convert, desk::Desk};

impl Desk {
    pub(crate) fn hover(&self, projects: &Projects, params: &HoverParams) -> Option<Hover> {
        let at = &params.text_document_position_params;
        let (project, file) = projects.find(&convert::path(&at.text_document.uri))?;
        let page = self.page(project, file);
        let (lines, row) = view::hover(project, file, page.offset(at.position))?;
        let value = lines.iter().map(|line| self.say(line)).collect::<Vec<_>>().join("\n");
        let contents = HoverContents::Markup(MarkupContent { kind: MarkupKind::Markdown, value });
        Some(Hover { contents, range: Some(page.range(&row)) })
    }
}
