//! Semantic tokens: labels, and the parts of texts that have them, a colour a label.
//!
//! A kind of token stands for a colour and means nothing: they are those that themes draw differently.

use engine::{Projects, symbols};
use tower_lsp::lsp_types::{
    Range, SemanticToken, SemanticTokenType, SemanticTokens, SemanticTokensFullOptions, SemanticTokensLegend,
    SemanticTokensOptions, TextDocumentIdentifier,
};

use crate::{convert, desk::Desk};

const KINDS: [SemanticTokenType; symbols::COLOURS] = [
    SemanticTokenType::ENUM_MEMBER,
    SemanticTokenType::FUNCTION,
    SemanticTokenType::KEYWORD,
    SemanticTokenType::TYPE,
    SemanticTokenType::MACRO,
    SemanticTokenType::NUMBER,
    SemanticTokenType::PARAMETER,
    SemanticTokenType::REGEXP,
];

pub(crate) fn provided() -> SemanticTokensOptions {
    SemanticTokensOptions {
        legend: SemanticTokensLegend { token_types: KINDS.to_vec(), token_modifiers: Vec::new() },
        range: Some(true),
        full: Some(SemanticTokensFullOptions::Bool(true)),
        ..SemanticTokensOptions::default()
    }
}

impl Desk {
    /// `None` for the whole of a large file: clients that see so ask for what they show.
    pub(crate) fn colours(
        &self,
        projects: &Projects,
        document: &TextDocumentIdentifier,
        range: Option<Range>,
    ) -> Option<SemanticTokens> {
        let (project, file) = projects.find(&convert::path(&document.uri))?;
        let page = self.page(project, file);
        let data = &project.files[file].document;
        if range.is_none() && data.rows().len() > symbols::WHOLE {
            return None;
        }
        let within = range.map_or(0..data.source().len(), |range| page.bytes(range));
        let (mut line, mut column) = (0, 0);
        let token = |one: symbols::Coloured| {
            let Range { start, end } = page.range(&one.range);
            let delta_line = start.line - line;
            let delta_start = if delta_line == 0 { start.character - column } else { start.character };
            (line, column) = (start.line, start.character);
            let length = end.character - start.character;
            SemanticToken { delta_line, delta_start, length, token_type: one.colour as u32, token_modifiers_bitset: 0 }
        };
        let data = symbols::coloured(project, file, within).into_iter().map(token).collect();
        Some(SemanticTokens { result_id: None, data })
    }
}
