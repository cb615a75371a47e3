//! A label by another name, in one edit of all files.

use catalogue::Phrase;
use engine::{Projects, symbols};
use tower_lsp::{
    jsonrpc::{Error, ErrorCode, Result},
    lsp_types::{PrepareRenameResponse, RenameParams, TextDocumentPositionParams, WorkspaceEdit},
};

use crate::desk::{Desk, Edits};

/// "RequestFailed" of the protocol: the request was sound, and cannot be done.
const FAILED: ErrorCode = ErrorCode::ServerError(-32803);

impl Desk {
    pub(crate) fn prepare_rename(
        &self,
        projects: &Projects,
        params: &TextDocumentPositionParams,
    ) -> Result<Option<PrepareRenameResponse>> {
        let Some((project, home, offset)) = self.place(projects, params) else { return Ok(None) };
        let symbol = symbols::can_rename(project, home, offset).map_err(|why| self.refusal(&why))?;
        Ok(symbol.zip(self.page_of(project, home)).map(|(symbol, page)| {
            let placeholder = symbol.label.to_string();
            PrepareRenameResponse::RangeWithPlaceholder { range: page.range(&symbol.range), placeholder }
        }))
    }

    pub(crate) fn rename(&self, projects: &Projects, params: &RenameParams) -> Result<Option<WorkspaceEdit>> {
        let Some((project, home, offset)) = self.place(projects, &params.text_document_position) else {
            return Ok(None);
        };
        let renamed = symbols::rename(project, home, offset, &params.new_name).map_err(|why| self.refusal(&why))?;
        let Some(renamed) = renamed else { return Ok(None) };
        let mut all: Vec<Edits> =
            renamed.edits.iter().filter_map(|(home, edits)| self.edits_of(project, *home, edits)).collect();
        all.extend(renamed.decisions.map(|decisions| self.edits_of_decisions(&decisions)));
        Ok(self.workspace_edit(all, renamed.merges.as_ref()))
    }

    fn refusal(&self, why: &Phrase) -> Error {
        Error { code: FAILED, message: self.say(why).into(), data: None }
    }
}
