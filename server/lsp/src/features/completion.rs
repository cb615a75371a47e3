//! Completion: of label values, most probable first; of keys and values in gloss.toml.

use engine::{Projects, config_help, symbols::Home, view};
use tower_lsp::lsp_types::{
    CompletionItem, CompletionItemKind, CompletionParams, CompletionResponse, CompletionTextEdit,
};

use crate::desk::Desk;

impl Desk {
    pub(crate) fn completion(&self, projects: &Projects, params: &CompletionParams) -> Option<CompletionResponse> {
        let (project, home, offset) = self.place(projects, &params.text_document_position)?;
        let page = self.page_of(project, home)?;
        let Home::Data(file) = home else {
            let offers = config_help::offers(project, offset).into_iter();
            let items = offers.enumerate().map(|(rank, offer)| CompletionItem {
                sort_text: Some(format!("{rank:04}")),
                filter_text: Some(offer.edit.text.clone()),
                text_edit: Some(CompletionTextEdit::Edit(page.edit(&offer.edit))),
                kind: Some(CompletionItemKind::PROPERTY),
                detail: offer.about.map(|about| self.say(&about)),
                label: offer.name,
                ..CompletionItem::default()
            });
            return Some(CompletionResponse::Array(items.collect()));
        };
        let labels = view::completion(project, file, offset);
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
