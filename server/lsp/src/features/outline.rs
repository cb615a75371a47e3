//! Symbols: what the rows of a file are, and labels and rows of all files by a search.

use engine::{Projects, symbols};
use tower_lsp::lsp_types::{
    DocumentSymbol, DocumentSymbolParams, DocumentSymbolResponse, Location, SymbolInformation, SymbolKind,
    WorkspaceSymbolParams,
};

use crate::{convert, desk::Desk};

const ROW: SymbolKind = SymbolKind::STRING;

impl Desk {
    pub(crate) fn document_symbols(
        &self,
        projects: &Projects,
        params: &DocumentSymbolParams,
    ) -> Option<DocumentSymbolResponse> {
        let uri = &params.text_document.uri;
        let (project, file) = projects.find(&convert::path(uri))?;
        let page = self.page(project, file);
        let groups = symbols::outline(project, file).into_iter();
        if !self.features.nested_symbols {
            let flat = groups.flat_map(|group| {
                let container = self.say(&group.name);
                let row = move |entry: symbols::Entry| {
                    let location = Location { uri: uri.clone(), range: page.range(&entry.range) };
                    information(entry.name, ROW, location, Some(container.clone()))
                };
                group.entries.into_iter().map(row)
            });
            return Some(DocumentSymbolResponse::Flat(flat.collect()));
        }
        let nested = groups.map(|group| {
            let range = page.range(&group.range());
            let first = group.entries.first().map_or(range, |entry| page.range(&entry.range));
            let (detail, kind) = (group.more().map(|more| self.say(&more)), kind(group.is_label));
            let rows = group.entries.iter().map(|entry| {
                symbol(entry.name.clone(), None, ROW, page.range(&entry.range), page.range(&entry.site), None)
            });
            symbol(self.say(&group.name), detail, kind, range, first, Some(rows.collect()))
        });
        Some(DocumentSymbolResponse::Nested(nested.collect()))
    }

    pub(crate) fn workspace_symbols(
        &self,
        projects: &Projects,
        params: &WorkspaceSymbolParams,
    ) -> Option<Vec<SymbolInformation>> {
        let mut all = Vec::new();
        for project in projects.all() {
            let found = symbols::found(project, &params.query, symbols::FOUND - all.len());
            all.extend(found.into_iter().filter_map(|found| {
                let kind = if found.is_label { kind(true) } else { ROW };
                let container = project.root.file_name().map(|name| name.to_string_lossy().into_owned());
                Some(information(found.name, kind, self.location(project, &found.site)?, container))
            }));
        }
        Some(all)
    }
}

fn kind(is_label: bool) -> SymbolKind {
    if is_label { SymbolKind::ENUM_MEMBER } else { SymbolKind::NAMESPACE }
}

#[allow(deprecated, reason = "a field that the type still has")]
fn information(
    name: String,
    kind: SymbolKind,
    location: Location,
    container_name: Option<String>,
) -> SymbolInformation {
    SymbolInformation { name, kind, tags: None, deprecated: None, location, container_name }
}

#[allow(deprecated, reason = "a field that the type still has")]
fn symbol(
    name: String,
    detail: Option<String>,
    kind: SymbolKind,
    range: tower_lsp::lsp_types::Range,
    selection_range: tower_lsp::lsp_types::Range,
    children: Option<Vec<DocumentSymbol>>,
) -> DocumentSymbol {
    DocumentSymbol { name, detail, kind, tags: None, deprecated: None, range, selection_range, children }
}
