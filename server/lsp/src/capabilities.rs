//! What this server can do, as it says in its answer to `initialize`.

use tower_lsp::lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, CompletionOptions,
    ExecuteCommandOptions, HoverProviderCapability, InitializeResult, OneOf, RenameOptions, SaveOptions,
    ServerCapabilities, ServerInfo, TextDocumentSyncCapability, TextDocumentSyncKind, TextDocumentSyncOptions,
    TextDocumentSyncSaveOptions, WorkDoneProgressOptions, WorkspaceFoldersServerCapabilities,
    WorkspaceServerCapabilities,
};

use crate::{Session, features::colours};

pub const TRAIN: &str = "gloss.train";
pub const ACCEPT_ALL: &str = "gloss.acceptAll";
pub const NEXT_TO_LABEL: &str = "gloss.nextToLabel";
pub const NEXT_SUSPECT: &str = "gloss.nextSuspect";
/// Remembers 'this label is right'; behind the code action "Keep ...".
pub const KEEP: &str = "gloss.keep";
/// Answers why a row is to have its label: `{label, probability, total, error, words: [{range, text, weight}], nearest: [{uri, line, labels,
/// likeness, text}]}`, or null.
pub const EXPLAIN: &str = "gloss.explain";

/// Answers how a data set stands, for a panel: labels, confusions, calibration, runs, rows that ask for a person.
pub const REPORT: &str = "gloss.report";
/// Answers what can be done to a row by keys: accept, its labels by number, keep.
pub const ROW: &str = "gloss.row";

/// The code action that accepts every sure suggestion.
pub const FIX_ALL: CodeActionKind = CodeActionKind::new("source.fixAll.gloss");

pub(crate) fn answer(session: &Session) -> InitializeResult {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::INCREMENTAL),
        // Without the text: the engine has it, and a large file would travel at every save.
        save: Some(TextDocumentSyncSaveOptions::SaveOptions(SaveOptions { include_text: Some(false) })),
        ..TextDocumentSyncOptions::default()
    };
    let capabilities = ServerCapabilities {
        position_encoding: Some(session.encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX, CodeActionKind::REFACTOR_REWRITE, FIX_ALL]),
            ..CodeActionOptions::default()
        })),
        inlay_hint_provider: Some(OneOf::Left(true)),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        completion_provider: Some(CompletionOptions {
            // What stands before a label value: a JSON string's quote, a CSV delimiter, the end of `__label__`.
            trigger_characters: Some(["\"", ",", ";", "\t", "|", "_"].map(str::to_owned).to_vec()),
            ..CompletionOptions::default()
        }),
        definition_provider: Some(OneOf::Left(true)),
        references_provider: Some(OneOf::Left(true)),
        document_highlight_provider: Some(OneOf::Left(true)),
        rename_provider: Some(if session.features.prepare_rename {
            let no_progress = WorkDoneProgressOptions::default();
            OneOf::Right(RenameOptions { prepare_provider: Some(true), work_done_progress_options: no_progress })
        } else {
            OneOf::Left(true)
        }),
        semantic_tokens_provider: Some(colours::provided().into()),
        document_symbol_provider: Some(OneOf::Left(true)),
        workspace_symbol_provider: Some(OneOf::Left(true)),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: [TRAIN, ACCEPT_ALL, NEXT_TO_LABEL, NEXT_SUSPECT, KEEP, EXPLAIN, REPORT, ROW]
                .map(str::to_owned)
                .to_vec(),
            ..ExecuteCommandOptions::default()
        }),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            file_operations: None,
        }),
        ..ServerCapabilities::default()
    };
    let version = Some(env!("CARGO_PKG_VERSION").to_owned());
    InitializeResult { capabilities, server_info: Some(ServerInfo { name: "gloss".to_owned(), version }) }
}
