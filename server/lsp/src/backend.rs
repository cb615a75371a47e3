//! What stands behind the server: one actor that is told things and asked things.
//!
//! Both calls are made on the transport task, in the order in which the client sent its messages, and must return at
//! once: send the value on to whoever owns the state, compute nothing. A panic in them is caught, and costs one answer.

use serde_json::Value;
use tokio::sync::oneshot;
use tower_lsp::{
    jsonrpc::{Error, Result},
    lsp_types::{
        CodeActionParams, CodeActionResponse, CodeLens, CodeLensParams, CompletionParams, CompletionResponse,
        DidChangeTextDocumentParams, DocumentHighlight, DocumentHighlightParams, DocumentSymbolParams,
        DocumentSymbolResponse, ExecuteCommandParams, FileEvent, GotoDefinitionParams, GotoDefinitionResponse, Hover,
        HoverParams, InlayHint, InlayHintParams, Location, PrepareRenameResponse, Range, ReferenceParams, RenameParams,
        SemanticTokens, SymbolInformation, TextDocumentIdentifier, TextDocumentItem, TextDocumentPositionParams, Url,
        WorkspaceEdit, WorkspaceFoldersChangeEvent, WorkspaceSymbolParams,
    },
};

/// Dropped when the server ends, for whatever reason.
pub trait Backend: Send + Sync + 'static {
    fn notice(&self, notice: Notice);
    /// The answer goes into the [`Reply`] inside, now or later, from any thread.
    fn ask(&self, ask: Ask);
}

/// What the client tells.
#[derive(Debug)]
pub enum Notice {
    /// The client is ready to be asked (to register watched files, say).
    Initialized,
    Opened(TextDocumentItem),
    /// To be applied in order: each change refers to the document as the one before left it.
    Changed(DidChangeTextDocumentParams),
    Saved {
        uri: Url,
        /// U+FFFD came into the document since it was opened: perhaps halves of surrogate pairs. If the file just
        /// saved [heals](crate::surrogates::heals) the buffer, it should take the buffer's place.
        repaired: bool,
    },
    Closed(Url),
    /// `settings` as the client sends them; null where it expects to be asked.
    Configured(Value),
    FilesChanged(Vec<FileEvent>),
    FoldersChanged(WorkspaceFoldersChangeEvent),
    /// The client asked to shut down: no more work need be begun.
    ShutDown,
}

/// What the client asks, with the place for the answer.
#[derive(Debug)]
pub enum Ask {
    CodeActions(CodeActionParams, Reply<Option<CodeActionResponse>>),
    InlayHints(InlayHintParams, Reply<Option<Vec<InlayHint>>>),
    Completion(CompletionParams, Reply<Option<CompletionResponse>>),
    Hover(HoverParams, Reply<Option<Hover>>),
    CodeLenses(CodeLensParams, Reply<Option<Vec<CodeLens>>>),
    Definition(GotoDefinitionParams, Reply<Option<GotoDefinitionResponse>>),
    References(ReferenceParams, Reply<Option<Vec<Location>>>),
    Highlights(DocumentHighlightParams, Reply<Option<Vec<DocumentHighlight>>>),
    /// The part that is shown, or else the whole.
    Colours(TextDocumentIdentifier, Option<Range>, Reply<Option<SemanticTokens>>),
    PrepareRename(TextDocumentPositionParams, Reply<Option<PrepareRenameResponse>>),
    Rename(RenameParams, Reply<Option<WorkspaceEdit>>),
    DocumentSymbols(DocumentSymbolParams, Reply<Option<DocumentSymbolResponse>>),
    WorkspaceSymbols(WorkspaceSymbolParams, Reply<Option<Vec<SymbolInformation>>>),
    /// To be answered at once; what takes long shows itself by [`Progress`](crate::Progress).
    Execute(ExecuteCommandParams, Reply<Option<Value>>),
}

/// The place for one answer. Dropped without one (a panic in a worker), the client gets an internal error.
#[derive(Debug)]
pub struct Reply<T>(oneshot::Sender<Result<T>>);

impl<T> Reply<T> {
    pub(crate) fn new() -> (Reply<T>, oneshot::Receiver<Result<T>>) {
        let (sender, receiver) = oneshot::channel();
        (Reply(sender), receiver)
    }

    pub fn send(self, answer: T) {
        // A client that has cancelled does not wait for it.
        let _ = self.0.send(Ok(answer));
    }

    pub(crate) fn conclude(self, answer: Result<T>) {
        let _ = self.0.send(answer);
    }

    pub fn refuse(self, error: Error) {
        let _ = self.0.send(Err(error));
    }

    /// `false` once the client has cancelled: there is no use in computing.
    pub fn is_wanted(&self) -> bool {
        !self.0.is_closed()
    }
}
