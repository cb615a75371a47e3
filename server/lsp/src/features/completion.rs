//! Completion of label values, most probable first.

use engine::{Projects, view};
use tower_lsp::lsp_types::{
    CompletionItem, CompletionItemKind, CompletionParams, CompletionResponse, CompletionTextEdit,
};

use crate::{convert, desk::Desk};

impl Desk {
    pub(crate) fn completion(&self, projects: &Projects, params: &CompletionParams) -> Option<CompletionResponse> {
        let at = &params.text_document_position;
        let (project, file) = projects.find(&convert::path(&at.text_document.uri))?;
        let page = self.page(project, file);
        let labels = view::completion(project, file, page.offset(at.position));
        let items = labels.into_iter().enumerate().map(|(rank, item)| CompletionItem {
            sort_text: Some(format!("{rank:04}")),
            // What is typed already stands in the range: the filter text must begin alike.
            filter_text: Some(item.edit.text.clone()),
            additional_text_edits: (!item.more.is_empty())
                .then(|| item.more.iter().map(|edit| page.edit(edit)).collect()),
            text_edit: Some(CompletionTextEdit::Edit(page.edit(&item.edit))),
            kind: Some(CompletionItemKind::ENUM_MEMBER),
            detail: Some(item.detail).filter(|detail| !detail.is_empty()),
            label: item.label,
            ..CompletionItem::default()
        });
        Some(CompletionResponse::Array(items.collect()))
    }
}
