//! Where a label is defined and used: definition, references, highlights of equal labels.

use engine::{Projects, symbols, symbols::Home};
use tower_lsp::lsp_types::{
    DocumentHighlight, DocumentHighlightKind, DocumentHighlightParams, GotoDefinitionParams, GotoDefinitionResponse,
    Location, ReferenceParams,
};

use crate::desk::Desk;

impl Desk {
    pub(crate) fn definition(
        &self,
        projects: &Projects,
        params: &GotoDefinitionParams,
    ) -> Option<GotoDefinitionResponse> {
        let (project, home, offset) = self.place(projects, &params.text_document_position_params)?;
        let symbol = symbols::at(project, home, offset)?;
        let site = symbols::definition(project, &symbol.label)?;
        Some(GotoDefinitionResponse::Scalar(self.location(project, &site)?))
    }

    pub(crate) fn references(&self, projects: &Projects, params: &ReferenceParams) -> Option<Vec<Location>> {
        let (project, home, offset) = self.place(projects, &params.text_document_position)?;
        let symbol = symbols::at(project, home, offset)?;
        let sites = match params.context.include_declaration {
            true => symbols::references_and_definition(project, &symbol.label),
            false => symbols::references(project, &symbol.label),
        };
        Some(sites.iter().filter_map(|site| self.location(project, site)).collect())
    }

    pub(crate) fn highlights(
        &self,
        projects: &Projects,
        params: &DocumentHighlightParams,
    ) -> Option<Vec<DocumentHighlight>> {
        let (project, home, offset) = self.place(projects, &params.text_document_position_params)?;
        if let Home::Data(file) = home
            && symbols::at(project, home, offset).is_none()
            && let Some(words) = self.decisive_words(&params.text_document_position_params, project.files[file].version)
        {
            return Some(words);
        }
        let page = self.page_of(project, home)?;
        let ranges = symbols::highlights(project, home, offset);
        let highlight = |range| DocumentHighlight { range: page.range(range), kind: Some(DocumentHighlightKind::TEXT) };
        Some(ranges.iter().map(highlight).collect())
    }
}
