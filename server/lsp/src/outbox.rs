//! Everything that the server sends by itself goes through here: one queue, one task that empties it.
//!
//! What must stay true:
//! - Posting never waits. A client that reads slowly, or never answers, delays only its own messages.
//! - What is outdated is not sent: of the diagnostics of a document, the state of a data set, the reports of one progress and the
//!   requests to refresh, only the newest of each waits.
//! - A request to the client runs in a task of its own that is never dropped before its answer: tower-lsp panics when
//!   an answer finds nobody.
//! - Nothing goes out before the client has the answer to `initialize`.

use std::{
    collections::{HashMap, VecDeque, hash_map::Entry},
    future::Future,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64},
    },
};

use tokio::sync::Notify;
use tower_lsp::{
    Client,
    jsonrpc::Result,
    lsp_types::{
        ApplyWorkspaceEditParams, Diagnostic, DidChangeWatchedFilesRegistrationOptions, FileSystemWatcher, GlobPattern,
        MessageActionItem, MessageType, ProgressParams, ProgressParamsValue, ProgressToken, Registration,
        RegistrationParams, ShowDocumentParams, ShowMessageRequestParams, Url, WorkDoneProgress, WorkspaceEdit,
        notification, request,
    },
};

use crate::{features::report::Status, guard::lock, session::Features};

/// A handle to the queue; cheap to clone, to be used from any thread.
#[derive(Clone)]
pub struct Outbox {
    pub(crate) shared: Arc<Shared>,
}

pub(crate) struct Shared {
    queue: Mutex<Queue>,
    changed: Notify,
    /// Where requests are sent from: posts come from threads that are none of the runtime's.
    runtime: tokio::runtime::Handle,
    pub(crate) features: Features,
    pub(crate) progress: crate::progress::Registry,
    pub(crate) next_token: AtomicU64,
    pub(crate) asking_for_progress: AtomicBool,
}

#[derive(Default)]
struct Queue {
    open: bool,
    /// In order of sending. Items that name a slot below stand here once, however often the slot is filled anew.
    items: VecDeque<Item>,
    diagnostics: HashMap<Url, (Option<i32>, Vec<Diagnostic>)>,
    reports: HashMap<String, WorkDoneProgress>,
    /// By the root of a data set.
    statuses: HashMap<String, serde_json::Value>,
    refreshes: HashMap<Refresh, Again>,
}

enum Item {
    Diagnostics(Url),
    Report(String),
    Status(String),
    Progress(String, WorkDoneProgress),
    Log(MessageType, String),
    Show(MessageType, String),
    Request(Box<dyn FnOnce(&Client) + Send>),
}

/// Things that the client holds and may be asked to ask for again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refresh {
    InlayHints,
    CodeLenses,
}

/// Whether, after the request to refresh that waits for its answer, another is due.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    No,
    Yes,
}

impl Outbox {
    /// The queue, and the task that empties it: `client` is used by nobody else.
    pub(crate) fn new(client: Client, features: Features) -> (Outbox, impl Future<Output = ()> + Send + 'static) {
        let shared = Arc::new(Shared {
            queue: Mutex::default(),
            changed: Notify::new(),
            runtime: tokio::runtime::Handle::current(),
            features,
            progress: Default::default(),
            next_token: AtomicU64::new(0),
            asking_for_progress: AtomicBool::new(false),
        });
        (Outbox { shared: Arc::clone(&shared) }, deliver(shared, client))
    }

    /// From now on messages may go out.
    pub(crate) fn open(&self) {
        let mut queue = self.queue();
        if !queue.open {
            queue.open = true;
            drop(queue);
            self.shared.changed.notify_one();
        }
    }

    /// The diagnostics of a document, in place of all before; those not sent yet are forgotten.
    pub fn publish(&self, uri: Url, version: Option<i32>, diagnostics: Vec<Diagnostic>) {
        let mut queue = self.queue();
        if queue.diagnostics.insert(uri.clone(), (version, diagnostics)).is_none() {
            queue.items.push_back(Item::Diagnostics(uri));
        }
        drop(queue);
        self.shared.changed.notify_one();
    }

    /// How a data set stands, in place of what was to be said of it before.
    pub(crate) fn status(&self, root: String, status: serde_json::Value) {
        let mut queue = self.queue();
        if queue.statuses.insert(root.clone(), status).is_none() {
            queue.items.push_back(Item::Status(root));
        }
        drop(queue);
        self.shared.changed.notify_one();
    }

    /// A line in the editor's log.
    pub fn log(&self, kind: MessageType, line: impl Into<String>) {
        self.post(Item::Log(kind, line.into()));
    }

    /// A message before the user's eyes.
    pub fn show(&self, kind: MessageType, message: impl Into<String>) {
        self.post(Item::Show(kind, message.into()));
    }

    /// A message with buttons; `then` gets the one pressed.
    pub fn choose(
        &self,
        kind: MessageType,
        message: impl Into<String>,
        buttons: &[&str],
        then: impl FnOnce(Option<String>) + Send + 'static,
    ) {
        let item = |title: &&str| MessageActionItem { title: (*title).to_owned(), properties: HashMap::new() };
        let actions = Some(buttons.iter().map(item).collect());
        let params = ShowMessageRequestParams { typ: kind, message: message.into(), actions };
        self.request::<request::ShowMessageRequest>(params, |answer| {
            then(answer.ok().flatten().map(|item| item.title))
        });
    }

    /// Any request to the client; `then` gets its answer, on a task of its own, if ever it comes.
    pub fn request<R>(&self, params: R::Params, then: impl FnOnce(Result<R::Result>) + Send + 'static)
    where
        R: request::Request,
        R::Params: Send + 'static,
        R::Result: Send,
    {
        let runtime = self.shared.runtime.clone();
        self.post(Item::Request(Box::new(move |client| {
            let client = client.clone();
            // Detached: the runtime keeps it until the answer is here.
            runtime.spawn(async move { then(client.send_request::<R>(params).await) });
        })));
    }

    /// Asks the editor to make an edit (which its undo knows); `then` hears whether it did.
    pub fn apply_edit(&self, label: &str, edit: WorkspaceEdit, then: impl FnOnce(bool) + Send + 'static) {
        let params = ApplyWorkspaceEditParams { label: Some(label.to_owned()), edit };
        self.request::<request::ApplyWorkspaceEdit>(params, |answer| then(answer.is_ok_and(|answer| answer.applied)));
    }

    /// Shows a place of a document, if the client can; `then` hears whether it did.
    pub fn show_document(&self, params: ShowDocumentParams, then: impl FnOnce(bool) + Send + 'static) {
        if !self.shared.features.show_document {
            return then(false);
        }
        self.request::<request::ShowDocument>(params, |answer| then(answer.is_ok_and(|answer| answer.success)));
    }

    /// Asks the client to watch files by globs, if it can.
    pub fn watch_files(&self, globs: &[String]) {
        if self.shared.features.register_watched_files {
            let watcher =
                |glob: &String| FileSystemWatcher { glob_pattern: GlobPattern::String(glob.clone()), kind: None };
            let options = DidChangeWatchedFilesRegistrationOptions { watchers: globs.iter().map(watcher).collect() };
            self.register("workspace/didChangeWatchedFiles", serde_json::to_value(options).ok());
        }
    }

    /// Asks the client to tell when settings change, if it wants to be asked.
    pub fn watch_settings(&self) {
        if self.shared.features.register_configuration {
            self.register("workspace/didChangeConfiguration", None);
        }
    }

    fn register(&self, method: &str, register_options: Option<serde_json::Value>) {
        let registration = Registration { id: format!("gloss/{method}"), method: method.to_owned(), register_options };
        let params = RegistrationParams { registrations: vec![registration] };
        self.request::<request::RegisterCapability>(params, |_| {});
    }

    /// Asks the client to ask again for what it shows, if it can. While one such request waits, further ones are one.
    pub fn refresh(&self, what: Refresh) {
        let features = &self.shared.features;
        let can = match what {
            Refresh::InlayHints => features.refresh_inlay_hints,
            Refresh::CodeLenses => features.refresh_code_lenses,
        };
        if !can {
            return;
        }
        match self.queue().refreshes.entry(what) {
            Entry::Occupied(mut waiting) => return *waiting.get_mut() = Again::Yes,
            Entry::Vacant(none) => none.insert(Again::No),
        };
        let outbox = self.clone();
        let answered = move |_: Result<()>| {
            let again = outbox.queue().refreshes.remove(&what);
            if again == Some(Again::Yes) {
                outbox.refresh(what);
            }
        };
        match what {
            Refresh::InlayHints => self.request::<request::InlayHintRefreshRequest>((), answered),
            Refresh::CodeLenses => self.request::<request::CodeLensRefresh>((), answered),
        }
    }

    pub(crate) fn send_progress(&self, token: &str, part: WorkDoneProgress) {
        let mut queue = self.queue();
        if matches!(part, WorkDoneProgress::Report(_)) {
            if queue.reports.insert(token.to_owned(), part).is_none() {
                queue.items.push_back(Item::Report(token.to_owned()));
            }
        } else {
            queue.items.push_back(Item::Progress(token.to_owned(), part));
        }
        drop(queue);
        self.shared.changed.notify_one();
    }

    fn post(&self, item: Item) {
        self.queue().items.push_back(item);
        self.shared.changed.notify_one();
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, Queue> {
        lock(&self.shared.queue)
    }
}

/// What is to be sent next, taken out of its slot.
enum Outgoing {
    Diagnostics(Url, Option<i32>, Vec<Diagnostic>),
    Status(serde_json::Value),
    Progress(String, WorkDoneProgress),
    Log(MessageType, String),
    Show(MessageType, String),
    Request(Box<dyn FnOnce(&Client) + Send>),
}

impl Queue {
    fn take(&mut self) -> Option<Outgoing> {
        while self.open {
            let outgoing = match self.items.pop_front()? {
                Item::Diagnostics(uri) => {
                    self.diagnostics.remove(&uri).map(|(version, list)| Outgoing::Diagnostics(uri, version, list))
                }
                Item::Status(root) => self.statuses.remove(&root).map(Outgoing::Status),
                Item::Report(token) => self.reports.remove(&token).map(|part| Outgoing::Progress(token, part)),
                Item::Progress(token, part) => Some(Outgoing::Progress(token, part)),
                Item::Log(kind, line) => Some(Outgoing::Log(kind, line)),
                Item::Show(kind, message) => Some(Outgoing::Show(kind, message)),
                Item::Request(send) => Some(Outgoing::Request(send)),
            };
            if outgoing.is_some() {
                return outgoing;
            }
        }
        None
    }
}

/// Sends what is in the queue, each message when the client has taken the one before.
async fn deliver(shared: Arc<Shared>, client: Client) {
    loop {
        let next = lock(&shared.queue).take();
        match next {
            None => shared.changed.notified().await,
            Some(Outgoing::Diagnostics(uri, version, list)) => client.publish_diagnostics(uri, list, version).await,
            Some(Outgoing::Status(status)) => client.send_notification::<Status>(status).await,
            Some(Outgoing::Progress(token, part)) => {
                let params =
                    ProgressParams { token: ProgressToken::String(token), value: ProgressParamsValue::WorkDone(part) };
                client.send_notification::<notification::Progress>(params).await;
            }
            Some(Outgoing::Log(kind, line)) => client.log_message(kind, line).await,
            Some(Outgoing::Show(kind, message)) => client.show_message(kind, message).await,
            Some(Outgoing::Request(send)) => send(&client),
        }
    }
}
