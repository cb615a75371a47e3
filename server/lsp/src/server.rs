//! The handlers, and how they are run.
//!
//! Each handler is one call into [`Server::tell`] or [`Server::ask`]; there the rules of this crate are kept, once.

use std::{
    collections::HashSet,
    panic::{self, AssertUnwindSafe},
    process::ExitCode,
    sync::{Mutex, OnceLock},
    time::Duration,
};

use catalogue::{Locale, phrase};
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    task::JoinSet,
};
use tower_lsp::{
    Client, LanguageServer, LspService,
    jsonrpc::{Error, ErrorCode, Result},
    lsp_types::*,
};

use crate::{
    Ask, Backend, Notice, Outbox, Reply, Session, capabilities,
    guard::{self, lock},
    lifecycle::{Ending, Lifecycle},
    message::REFUSED,
    output::Output,
    pump,
};

/// How many handlers may wait for their answer at a time.
const CONCURRENCY: usize = 64;
/// The pipe between pump and server; small, since the queue before it holds what waits.
const PIPE: usize = 64 << 10;

#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// How often to look whether the editor's process still lives.
    pub look_for_parent: Duration,
    /// How long answers still under way may take to go out at the end.
    pub grace: Duration,
}

impl Default for Options {
    fn default() -> Options {
        Options { look_for_parent: Duration::from_secs(3), grace: Duration::from_secs(2) }
    }
}

/// Serves on standard input and output until the client leaves. `make` gives the backend once the client has introduced
/// itself; it is called on the transport task and must return at once.
pub fn stdio<B: Backend>(make: impl FnOnce(Session, Outbox) -> B + Send + 'static) -> ExitCode {
    guard::install_panic_hook();
    // One thread: it computes nothing, and what a large document needs on its way in is not kept by several.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            guard::log(&format!("cannot start: {error}"));
            return ExitCode::FAILURE;
        }
    };
    let (_, code) = runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout(), Options::default(), make));
    // Not waited for: a thread may be in a read of standard input that never returns.
    runtime.shutdown_background();
    ExitCode::from(code)
}

/// Serves on any pair of streams. Answers what ended it and the exit code.
pub async fn serve<R, W, B>(
    input: R,
    output: W,
    options: Options,
    make: impl FnOnce(Session, Outbox) -> B + Send + 'static,
) -> (Ending, u8)
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
    B: Backend,
{
    let lifecycle = Lifecycle::new();
    let (service, socket) = LspService::build(|client| Server {
        client,
        lifecycle: lifecycle.clone(),
        options,
        make: Mutex::new(Some(Box::new(make))),
        running: OnceLock::new(),
        repaired: Mutex::default(),
        tasks: Mutex::default(),
    })
    .custom_method("window/workDoneProgress/cancel", Server::work_done_progress_cancel)
    .custom_method(REFUSED, Server::refused)
    .finish();

    let (sender, receiver) = pump::queue();
    let (pipe, piped) = tokio::io::duplex(PIPE);
    // Dropped at the end of this function: then both stop, whatever they wait for.
    let mut pumps = JoinSet::new();
    pumps.spawn(pump::read(input, sender, lifecycle.clone()));
    pumps.spawn(pump::forward(receiver, pipe));
    let mut serving = JoinSet::new();
    let transport = tower_lsp::Server::new(piped, Output::new(output, lifecycle.clone()), socket);
    serving.spawn(transport.concurrency_level(CONCURRENCY).serve(service));

    let ending = tokio::select! {
        biased;
        ending = lifecycle.ended() => ending,
        // The pump closes its pipe only together with an ending: tower-lsp gave up by itself.
        _ = serving.join_next() => {
            lifecycle.end(Ending::Failed);
            lifecycle.ended().await
        }
    };
    if matches!(ending, Ending::Exit | Ending::InputClosed) {
        let _ = tokio::time::timeout(options.grace, serving.join_next()).await;
    }
    // The backend goes with the service; one that does not let go must not keep the process.
    let _ = tokio::time::timeout(options.grace, serving.shutdown()).await;
    (ending, lifecycle.exit_code())
}

type Make<B> = Box<dyn FnOnce(Session, Outbox) -> B + Send>;

struct Server<B> {
    client: Client,
    lifecycle: Lifecycle,
    options: Options,
    make: Mutex<Option<Make<B>>>,
    running: OnceLock<Running<B>>,
    /// Documents into which U+FFFD came since they were opened.
    repaired: Mutex<HashSet<Url>>,
    /// Tasks that end with the server.
    tasks: Mutex<JoinSet<()>>,
}

struct Running<B> {
    backend: B,
    outbox: Outbox,
    locale: Locale,
}

/// What the pump puts in the place of a message it cannot hand on.
#[derive(Deserialize)]
struct Refusal {
    code: ErrorCode,
    message: String,
}

impl<B: Backend> Server<B> {
    fn start(&self, params: InitializeParams) -> Result<InitializeResult> {
        let Some(make) = lock(&self.make).take() else { return Err(Error::invalid_request()) };
        let parent = params.process_id;
        let session = Session::new(params);
        let answer = capabilities::answer(&session);
        let (outbox, delivery) = Outbox::new(self.client.clone(), session.features);
        let locale = session.locale;
        let backend = make(session, outbox.clone());
        let mut tasks = lock(&self.tasks);
        tasks.spawn(delivery);
        if let Some(parent) = parent {
            tasks.spawn(self.lifecycle.clone().watch_parent(parent, self.options.look_for_parent));
        }
        drop(tasks);
        self.running.set(Running { backend, outbox, locale }).map_err(|_| Error::invalid_request())?;
        Ok(answer)
    }

    /// One synchronous call, before any await: so notices keep the client's order.
    fn tell(&self, notice: Notice) {
        let Some(Running { backend, outbox, .. }) = self.running.get() else { return };
        outbox.open();
        if let Err(panic) = panic::catch_unwind(AssertUnwindSafe(|| backend.notice(notice))) {
            self.report(&guard::message(&*panic));
        }
    }

    async fn ask<T>(&self, ask: impl FnOnce(Reply<T>) -> Ask) -> Result<T> {
        let Some(Running { backend, outbox, .. }) = self.running.get() else { return Err(Error::invalid_request()) };
        let (reply, answer) = Reply::new();
        let answered = async {
            outbox.open();
            backend.ask(ask(reply));
            answer.await
        };
        match guard::catch(answered).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(self.internal_error("no answer was found; the log of the server says why")),
            Err(panic) => {
                self.report(&panic);
                Err(self.internal_error(&panic))
            }
        }
    }

    fn internal_error(&self, why: &str) -> Error {
        Error { message: format!("internal error: {why}").into(), ..Error::internal_error() }
    }

    /// The panic hook has written to standard error; the editor's log gets a line as well.
    fn report(&self, panic: &str) {
        if let Some(Running { outbox, locale, .. }) = self.running.get() {
            outbox.log(MessageType::ERROR, phrase!("internal-error", what = panic).in_(*locale));
        }
    }

    async fn work_done_progress_cancel(&self, params: WorkDoneProgressCancelParams) {
        let Some(Running { outbox, .. }) = self.running.get() else { return };
        if let Err(panic) = panic::catch_unwind(AssertUnwindSafe(|| outbox.cancel_progress(&params.token))) {
            self.report(&guard::message(&*panic));
        }
    }

    async fn refused(&self, refusal: Refusal) -> Result<()> {
        Err(Error { code: refusal.code, message: refusal.message.into(), data: None })
    }
}

#[tower_lsp::async_trait]
impl<B: Backend> LanguageServer for Server<B> {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        guard::catch(async { self.start(params) }).await.unwrap_or_else(|panic| Err(self.internal_error(&panic)))
    }

    async fn initialized(&self, _: InitializedParams) {
        self.tell(Notice::Initialized);
    }

    async fn shutdown(&self) -> Result<()> {
        self.tell(Notice::ShutDown);
        Ok(())
    }

    async fn did_open(&self, params: DidOpenTextDocumentParams) {
        let document = params.text_document;
        lock(&self.repaired).remove(&document.uri);
        self.look_for_repairs(&document.uri, &document.text);
        self.tell(Notice::Opened(document));
    }

    async fn did_change(&self, params: DidChangeTextDocumentParams) {
        for change in &params.content_changes {
            self.look_for_repairs(&params.text_document.uri, &change.text);
        }
        self.tell(Notice::Changed(params));
    }

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        let uri = params.text_document.uri;
        let repaired = lock(&self.repaired).contains(&uri);
        self.tell(Notice::Saved { uri, repaired });
    }

    async fn did_close(&self, params: DidCloseTextDocumentParams) {
        lock(&self.repaired).remove(&params.text_document.uri);
        self.tell(Notice::Closed(params.text_document.uri));
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.tell(Notice::Configured(params.settings));
    }

    async fn did_change_watched_files(&self, params: DidChangeWatchedFilesParams) {
        self.tell(Notice::FilesChanged(params.changes));
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        self.tell(Notice::FoldersChanged(params.event));
    }

    async fn code_action(&self, params: CodeActionParams) -> Result<Option<CodeActionResponse>> {
        self.ask(|reply| Ask::CodeActions(params, reply)).await
    }

    async fn inlay_hint(&self, params: InlayHintParams) -> Result<Option<Vec<InlayHint>>> {
        self.ask(|reply| Ask::InlayHints(params, reply)).await
    }

    async fn completion(&self, params: CompletionParams) -> Result<Option<CompletionResponse>> {
        self.ask(|reply| Ask::Completion(params, reply)).await
    }

    async fn hover(&self, params: HoverParams) -> Result<Option<Hover>> {
        self.ask(|reply| Ask::Hover(params, reply)).await
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        self.ask(|reply| Ask::CodeLenses(params, reply)).await
    }

    async fn goto_definition(&self, params: GotoDefinitionParams) -> Result<Option<GotoDefinitionResponse>> {
        self.ask(|reply| Ask::Definition(params, reply)).await
    }

    async fn references(&self, params: ReferenceParams) -> Result<Option<Vec<Location>>> {
        self.ask(|reply| Ask::References(params, reply)).await
    }

    async fn document_highlight(&self, params: DocumentHighlightParams) -> Result<Option<Vec<DocumentHighlight>>> {
        self.ask(|reply| Ask::Highlights(params, reply)).await
    }

    async fn semantic_tokens_full(&self, params: SemanticTokensParams) -> Result<Option<SemanticTokensResult>> {
        let tokens = self.ask(|reply| Ask::Colours(params.text_document, None, reply)).await?;
        Ok(tokens.map(SemanticTokensResult::Tokens))
    }

    async fn semantic_tokens_range(
        &self,
        params: SemanticTokensRangeParams,
    ) -> Result<Option<SemanticTokensRangeResult>> {
        let tokens = self.ask(|reply| Ask::Colours(params.text_document, Some(params.range), reply)).await?;
        Ok(tokens.map(SemanticTokensRangeResult::Tokens))
    }

    async fn prepare_rename(&self, params: TextDocumentPositionParams) -> Result<Option<PrepareRenameResponse>> {
        self.ask(|reply| Ask::PrepareRename(params, reply)).await
    }

    async fn rename(&self, params: RenameParams) -> Result<Option<WorkspaceEdit>> {
        self.ask(|reply| Ask::Rename(params, reply)).await
    }

    async fn document_symbol(&self, params: DocumentSymbolParams) -> Result<Option<DocumentSymbolResponse>> {
        self.ask(|reply| Ask::DocumentSymbols(params, reply)).await
    }

    async fn symbol(&self, params: WorkspaceSymbolParams) -> Result<Option<Vec<SymbolInformation>>> {
        self.ask(|reply| Ask::WorkspaceSymbols(params, reply)).await
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        self.ask(|reply| Ask::Execute(params, reply)).await
    }
}

impl<B> Server<B> {
    /// The pump writes U+FFFD for half a surrogate pair. A real one in the text is taken for such: that costs one
    /// comparison at each save.
    fn look_for_repairs(&self, uri: &Url, text: &str) {
        if text.contains('\u{FFFD}') {
            lock(&self.repaired).insert(uri.clone());
        }
    }
}
