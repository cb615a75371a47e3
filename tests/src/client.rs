//! The client: what a test calls.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    fs,
    ops::Range,
    process::{Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Encoding, Setup, Workspace,
    conduct::Conduct,
    documents::Documents,
    text::{self, Edit},
    uri,
    wire::{Incoming, Wire},
};

/// One editor, connected. Dropped, it leaves in order: `shutdown`, `exit`, exit code 0, nothing unread.
///
/// Documents are named by their paths from the root of the workspace, or by a URI (`untitled:1`).
///
/// What has to be read by the test, or else fails it at the end: messages shown to the user, errors logged, questions
/// about edits and documents to show ([`Client::wait_for`]), and diagnostics of files that it never asked about
/// ([`Client::wait_for_diagnostics`], [`Client::ignore_diagnostics`]).
pub struct Client<'w> {
    workspace: &'w Workspace,
    setup: Setup,
    wire: Wire,
    conduct: Conduct,
    documents: Documents,
    server: Value,
    next_id: i64,
    /// Requests whose answers have not come.
    open: HashSet<i64>,
    answers: HashMap<i64, Result<Value, Value>>,
    /// To be read by the test.
    unread: VecDeque<Value>,
    pictures: HashMap<String, Picture>,
    /// Documents whose diagnostics the test has asked about.
    looked_at: HashSet<String>,
    transcript: Transcript,
    ended: bool,
}

/// The diagnostics of a document as they were published last.
#[derive(Clone, Debug)]
pub struct Picture {
    pub version: Option<i64>,
    pub diagnostics: Vec<Value>,
    /// When it came, for benches.
    pub arrived: Instant,
}

impl Picture {
    /// Those with this code.
    pub fn with_code(&self, code: &str) -> Vec<&Value> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic["code"] == code).collect()
    }
}

/// The last messages, printed when a test fails.
#[derive(Default)]
struct Transcript(VecDeque<String>);

impl Transcript {
    fn note(&mut self, arrow: &str, message: &str) {
        let shown: String = message.chars().take(600).collect();
        self.0.push_back(format!("{arrow} {shown}"));
        if self.0.len() > 30 {
            self.0.pop_front();
        }
    }
}

impl Drop for Transcript {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("--- the last messages");
            self.0.iter().for_each(|line| eprintln!("{line}"));
        }
    }
}

impl<'w> Client<'w> {
    pub fn start(workspace: &'w Workspace) -> Client<'w> {
        Client::start_with(workspace, Setup::default())
    }

    /// Starts the server and goes through the handshake.
    pub fn start_with(workspace: &'w Workspace, setup: Setup) -> Client<'w> {
        let mut client = Client::spawn(workspace, setup);
        let folder = |name: &String| {
            let path = workspace.path(name);
            json!({ "uri": uri::from_path(&path), "name": path.file_name().map(|name| name.to_string_lossy()) })
        };
        let folders: Vec<_> = client.setup.folders.iter().map(folder).collect();
        let answer = client.request(
            "initialize",
            json!({
                "processId": std::process::id(),
                "clientInfo": { "name": "gloss-e2e" },
                "rootUri": folders.first().map(|folder| folder["uri"].clone()),
                "workspaceFolders": folders,
                "initializationOptions": client.setup.options,
                "capabilities": client.setup.capabilities,
            }),
        );
        client.conduct.initialized();
        client.server = answer["capabilities"].clone();
        client.documents.encoding = client.agreed_encoding();
        client.notify("initialized", json!({}));
        client
    }

    /// Starts the server and sends nothing yet.
    pub fn spawn(workspace: &'w Workspace, setup: Setup) -> Client<'w> {
        let mut command = Command::new(crate::gloss());
        let home = workspace.home();
        command
            .args(&setup.arguments)
            .current_dir(workspace.root())
            .env("HOME", &home)
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_CONFIG_HOME", home.join("config"))
            .env("XDG_DATA_HOME", home.join("data"))
            .env("RUST_BACKTRACE", "1")
            .envs(setup.environment.iter().map(|(name, value)| (name, value)));
        Client {
            workspace,
            wire: Wire::start(command),
            conduct: Conduct::new(setup.capabilities.clone()),
            setup,
            documents: Documents::default(),
            server: Value::Null,
            next_id: 1,
            open: HashSet::new(),
            answers: HashMap::new(),
            unread: VecDeque::new(),
            pictures: HashMap::new(),
            looked_at: HashSet::new(),
            transcript: Transcript::default(),
            ended: false,
        }
    }

    /// What the server can do, by its own account.
    pub fn server_capabilities(&self) -> &Value {
        &self.server
    }

    pub fn encoding(&self) -> Encoding {
        self.documents.encoding
    }

    pub fn process_id(&self) -> u32 {
        self.wire.process_id()
    }

    /// What the server wrote to standard error so far.
    pub fn stderr(&self) -> String {
        self.wire.errors()
    }

    fn agreed_encoding(&self) -> Encoding {
        let offered = self.setup.capabilities.pointer("/general/positionEncodings");
        let chosen = self.server["positionEncoding"].as_str().unwrap_or("utf-16");
        let was_offered = offered.and_then(Value::as_array).is_some_and(|offered| offered.contains(&json!(chosen)));
        assert!(was_offered || chosen == "utf-16", "the server chose {chosen}, which was not offered");
        Encoding::by_name(chosen).unwrap_or_else(|| panic!("{chosen} is no encoding"))
    }
}

/// Documents.
impl Client<'_> {
    /// Opens a file as it is on the disk.
    pub fn open(&mut self, name: &str) {
        let source = self.workspace.read(name);
        self.open_text(name, &source);
    }

    /// Opens a document with a text that need not be on the disk.
    pub fn open_text(&mut self, name: &str, source: &str) {
        let uri = self.workspace.uri(name);
        let language = name.rsplit_once('.').map_or("plaintext", |(_, extension)| extension);
        self.documents.open(uri.clone(), source.to_owned());
        let document = json!({ "uri": uri, "languageId": language, "version": 1, "text": source });
        self.notify("textDocument/didOpen", json!({ "textDocument": document }));
    }

    /// Replaces these bytes of the text.
    pub fn edit(&mut self, name: &str, bytes: Range<usize>, new: &str) {
        let uri = self.workspace.uri(name);
        self.make_edits(&uri, &[(bytes, new.to_owned())]);
    }

    /// Replaces these bytes of the text, but writes the new text to the wire as it stands in `literal`, the inside of a
    /// JSON string: for half a surrogate pair, `new` is U+FFFD (as long in UTF-16) and `literal` is `\ud83d`.
    pub fn edit_as(&mut self, name: &str, bytes: Range<usize>, new: &str, literal: &str) {
        let uri = self.workspace.uri(name);
        let params = self.documents.edit(&uri, &[(bytes, "@literal@".to_owned())], false);
        let message = json!({ "jsonrpc": "2.0", "method": "textDocument/didChange", "params": params });
        self.documents.amend(&uri, "@literal@", new);
        self.send_body(&message.to_string().replace("@literal@", literal));
    }

    /// Replaces the one occurrence of `old`.
    pub fn replace(&mut self, name: &str, old: &str, new: &str) {
        let start = self.find(name, old);
        self.edit(name, start..start + old.len(), new);
    }

    /// Appends to the end.
    pub fn append(&mut self, name: &str, new: &str) {
        let end = self.text(name).len();
        self.edit(name, end..end, new);
    }

    /// Writes the text to the disk and tells the server.
    pub fn save(&mut self, name: &str) {
        self.workspace.write(name, self.text(name));
        self.notify("textDocument/didSave", json!({ "textDocument": self.identify(name) }));
    }

    pub fn close(&mut self, name: &str) {
        let uri = self.workspace.uri(name);
        self.documents.close(&uri);
        self.notify("textDocument/didClose", json!({ "textDocument": { "uri": uri } }));
    }

    /// The text as the client has it.
    pub fn text(&self, name: &str) -> &str {
        let document = self.documents.get(&self.workspace.uri(name));
        &document.unwrap_or_else(|| panic!("{name} is not open")).text
    }

    pub fn version(&self, name: &str) -> i64 {
        let document = self.documents.get(&self.workspace.uri(name));
        document.unwrap_or_else(|| panic!("{name} is not open")).version
    }

    /// The offset of the one occurrence of `what`.
    pub fn find(&self, name: &str, what: &str) -> usize {
        let found: Vec<_> = self.text(name).match_indices(what).map(|(at, _)| at).collect();
        let [at] = found[..] else { panic!("{what:?} occurs {} times in {name}", found.len()) };
        at
    }

    /// Parameters that name a document: `{"uri": ...}`.
    pub fn identify(&self, name: &str) -> Value {
        json!({ "uri": self.workspace.uri(name) })
    }

    pub fn position(&self, name: &str, offset: usize) -> Value {
        text::position(self.text(name), offset, self.encoding())
    }

    pub fn range(&self, name: &str, bytes: Range<usize>) -> Value {
        text::range(self.text(name), bytes, self.encoding())
    }

    /// The text in a range that the server sent, which must lie in the document.
    pub fn slice(&self, name: &str, range: &Value) -> &str {
        let source = self.text(name);
        &source[text::bytes(source, range, self.encoding()).unwrap_or_else(|error| panic!("{name}: {error}"))]
    }

    fn make_edits(&mut self, uri: &str, edits: &[Edit]) {
        let params = self.documents.edit(uri, edits, self.setup.checks_ranges);
        self.notify("textDocument/didChange", params);
    }

    /// Makes a `WorkspaceEdit` as an editor would; documents that are not open are opened. Errors where an editor would
    /// refuse it.
    pub fn apply(&mut self, edit: &Value) -> Result<(), String> {
        let announced = self.setup.capabilities.pointer("/workspace/workspaceEdit/documentChanges");
        if edit.get("documentChanges").is_some() && announced != Some(&Value::Bool(true)) {
            return Err("documentChanges were sent to a client that has not announced them".to_owned());
        }
        let read = |uri: &str| fs::read_to_string(uri::key(uri).strip_prefix("file://")?).ok();
        for (uri, edits) in self.documents.workspace_edit(edit, read)? {
            if self.documents.get(&uri).is_none() {
                let source = read(&uri).ok_or_else(|| format!("{uri} cannot be read"))?;
                self.open_text(&uri, &source);
            }
            self.make_edits(&uri, &edits);
        }
        Ok(())
    }
}

/// Messages.
impl Client<'_> {
    pub fn notify(&mut self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Asks and waits for the result; an error fails the test.
    pub fn request(&mut self, method: &str, params: Value) -> Value {
        let answer = self.try_request(method, params);
        answer.unwrap_or_else(|error| panic!("{method} was answered with {error}"))
    }

    /// Asks and waits for the result or the error.
    pub fn try_request(&mut self, method: &str, params: Value) -> Result<Value, Value> {
        let id = self.ask(method, params);
        self.answer_to(id)
    }

    /// Asks without waiting.
    pub fn ask(&mut self, method: &str, params: Value) -> i64 {
        let id = self.next_id;
        self.next_id += 1;
        self.open.insert(id);
        let mut message = json!({ "jsonrpc": "2.0", "id": id, "method": method });
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(message);
        id
    }

    /// Waits for the answer to a question asked before.
    pub fn answer_to(&mut self, id: i64) -> Result<Value, Value> {
        self.wait(&format!("the answer to request {id}"), |client| client.answers.remove(&id))
    }

    pub fn cancel(&mut self, id: i64) {
        self.notify("$/cancelRequest", json!({ "id": id }));
    }

    /// Bytes as they are, to see what the server does with what is no message.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.wire.send_bytes(bytes).unwrap_or_else(|error| panic!("the server takes nothing more: {error}"));
    }

    /// A body as it is, in a frame.
    pub fn send_body(&mut self, body: &str) {
        self.transcript.note("-->", body);
        self.wire.send_body(body);
    }

    /// Waits for a notification or a question of the server by its method, and answers its parameters. `what` is said
    /// in the report of a failure.
    pub fn wait_for(&mut self, method: &str, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        self.wait(what, |client| {
            let wanted = |message: &Value| message["method"] == method && is_it(&message["params"]);
            let at = client.unread.iter().position(wanted)?;
            client.unread.remove(at).map(|mut message| message["params"].take())
        })
    }

    /// Says that messages of this method that came so far need not be read.
    pub fn ignore(&mut self, method: &str) {
        self.unread.retain(|message| message["method"] != method);
    }

    /// Waits until the diagnostics of a document satisfy a condition. If it is open, they must be those of its present
    /// version.
    pub fn wait_for_diagnostics(&mut self, name: &str, what: &str, are_they: impl Fn(&[Value]) -> bool) -> Picture {
        let uri = self.workspace.uri(name);
        let key = uri::key(&uri);
        self.looked_at.insert(key.clone());
        self.wait(&format!("{what} in {name}"), |client| {
            let picture = client.pictures.get(&key)?;
            let present = client.documents.get(&uri).is_none_or(|document| picture.version == Some(document.version));
            (present && are_they(&picture.diagnostics)).then(|| picture.clone())
        })
    }

    /// What was published last for a document, as far as it has come.
    pub fn diagnostics(&mut self, name: &str) -> Option<Picture> {
        let key = uri::key(&self.workspace.uri(name));
        self.looked_at.insert(key.clone());
        self.pictures.get(&key).cloned()
    }

    /// Forgets what was published, so that the next wait is for something new.
    pub fn forget_diagnostics(&mut self, name: &str) {
        self.pictures.remove(&uri::key(&self.workspace.uri(name)));
    }

    /// Says that the diagnostics of a document are none of the test's business.
    pub fn ignore_diagnostics(&mut self, name: &str) {
        self.looked_at.insert(uri::key(&self.workspace.uri(name)));
    }

    /// The code actions offered for a range, with the diagnostics known there.
    pub fn code_actions(&mut self, name: &str, range: &Value) -> Vec<Value> {
        let known = self.diagnostics(name).map(|picture| picture.diagnostics).unwrap_or_default();
        let there: Vec<_> = known.into_iter().filter(|diagnostic| diagnostic["range"] == *range).collect();
        let document = self.identify(name);
        let params = json!({ "textDocument": document, "range": range, "context": { "diagnostics": there } });
        match self.request("textDocument/codeAction", params) {
            Value::Array(actions) => actions,
            Value::Null => Vec::new(),
            other => panic!("{other} is no list of actions"),
        }
    }

    /// Does what an editor does when an action is chosen: its edit, then its command.
    pub fn run_action(&mut self, action: &Value) {
        assert_eq!(action.get("disabled"), None, "{action}");
        if let Some(edit) = action.get("edit") {
            self.apply(edit).unwrap_or_else(|error| panic!("{error}: {action}"));
        }
        let command = if action["command"].is_string() { Some(action) } else { action.get("command") };
        if let Some(command) = command {
            let params = json!({ "command": command["command"], "arguments": command["arguments"] });
            self.request("workspace/executeCommand", params);
        }
    }

    fn send(&mut self, message: Value) {
        self.transcript.note("-->", &message.to_string());
        self.wire.send(&message);
    }

    fn wait<T>(&mut self, what: &str, mut found: impl FnMut(&mut Self) -> Option<T>) -> T {
        let deadline = Instant::now() + self.setup.patience;
        loop {
            if let Some(found) = found(self) {
                return found;
            }
            match self.wire.receive(deadline.saturating_duration_since(Instant::now())) {
                Some(Incoming::Message(message, arrived)) => self.take(message, arrived),
                Some(Incoming::End(end)) => {
                    self.ended = true;
                    panic!("waited for {what}, but the server ended: {end:?}");
                }
                None => panic!("waited {:?} for {what}", self.setup.patience),
            }
        }
    }

    fn take(&mut self, message: Value, arrived: Instant) {
        self.transcript.note("<--", &message.to_string());
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        let Some(method) = message["method"].as_str() else { return self.take_answer(message) };
        self.conduct.check(&message).unwrap_or_else(|broken| panic!("{broken}"));
        if message.get("id").is_some() {
            return self.take_question(message);
        }
        match method {
            "textDocument/publishDiagnostics" => self.take_picture(&message["params"], arrived),
            "$/progress" => {}
            "window/logMessage" if message["params"]["type"] != 1 => {}
            _ => self.unread.push_back(message),
        }
    }

    fn take_answer(&mut self, mut message: Value) {
        if message["id"].is_null() {
            // To something that the server could not read.
            return self.unread.push_back(json!({ "method": "error", "params": message["error"] }));
        }
        let id = message["id"].as_i64().filter(|id| self.open.remove(id));
        let id = id.unwrap_or_else(|| panic!("an answer to nothing that was asked: {message}"));
        let answer = match (message.get("result").is_some(), message.get("error").is_some()) {
            (true, false) => Ok(message["result"].take()),
            (false, true) => Err(message["error"].take()),
            _ => panic!("neither a result nor an error, or both: {message}"),
        };
        self.answers.insert(id, answer);
    }

    fn take_question(&mut self, message: Value) {
        let method = message["method"].as_str().unwrap_or_default().to_owned();
        let must_be_read = matches!(
            &*method,
            "workspace/applyEdit" | "window/showDocument" | "window/showMessageRequest" | "workspace/configuration"
        );
        if self.setup.answers {
            let params = &message["params"];
            let result = match &*method {
                "workspace/applyEdit" => match self.apply(&params["edit"]) {
                    Ok(()) => json!({ "applied": true }),
                    Err(why) => json!({ "applied": false, "failureReason": why }),
                },
                "window/showDocument" => json!({ "success": true }),
                "workspace/configuration" => {
                    let asked = params["items"].as_array().map_or(0, Vec::len);
                    Value::Array(vec![Value::Null; asked])
                }
                _ => Value::Null,
            };
            self.send(json!({ "jsonrpc": "2.0", "id": message["id"], "result": result }));
        }
        if must_be_read {
            self.unread.push_back(message);
        }
    }

    fn take_picture(&mut self, params: &Value, arrived: Instant) {
        let checked = self.documents.check_diagnostics(params, self.setup.checks_ranges);
        checked.unwrap_or_else(|error| panic!("{error}"));
        let key = uri::key(params["uri"].as_str().unwrap_or_default());
        let diagnostics = params["diagnostics"].as_array().cloned().unwrap_or_default();
        self.pictures.insert(key, Picture { version: params["version"].as_i64(), diagnostics, arrived });
    }
}

/// Endings.
impl Client<'_> {
    /// The limit of every wait from now on.
    pub fn set_patience(&mut self, patience: Duration) {
        self.setup.patience = patience;
    }

    /// Leaves in order; what dropping the client does as well.
    pub fn finish(mut self) {
        self.leave();
    }

    /// Closes standard input, as the death of an editor does, and answers how the server ended.
    pub fn hang_up(mut self) -> ExitStatus {
        self.wire.close_input();
        self.wait_for_end()
    }

    /// Waits for an end that something sent before will bring; standard input stays open.
    pub fn wait_for_exit(mut self) -> ExitStatus {
        self.wait_for_end()
    }

    fn leave(&mut self) {
        assert_eq!(self.request("shutdown", Value::Null), Value::Null);
        self.send(json!({ "jsonrpc": "2.0", "method": "exit" }));
        let status = self.wait_for_end();
        assert_eq!(status.code(), Some(0), "the exit code after shutdown and exit");
        assert!(self.unread.is_empty(), "left unread: {:#?}", self.unread);
        assert!(self.open.is_empty(), "left unanswered: requests {:?}", self.open);
        let unseen: Vec<_> = self.pictures.iter().filter(|(key, _)| !self.looked_at.contains(*key)).collect();
        let unseen: Vec<_> = unseen.into_iter().filter(|(_, picture)| !picture.diagnostics.is_empty()).collect();
        assert!(unseen.is_empty(), "diagnostics that nobody looked at: {unseen:#?}");
    }

    fn wait_for_end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + self.setup.patience;
        loop {
            match self.wire.receive(deadline.saturating_duration_since(Instant::now())) {
                Some(Incoming::Message(message, arrived)) => self.take_late(message, arrived),
                Some(Incoming::End(end)) => {
                    self.ended = true;
                    end.unwrap_or_else(|error| panic!("{error}"));
                    return self.wire.wait();
                }
                None => panic!("waited {:?} for the server to end", self.setup.patience),
            }
        }
    }

    /// After `exit` nothing is answered any more, but what comes is still judged.
    fn take_late(&mut self, message: Value, arrived: Instant) {
        self.setup.answers = false;
        self.take(message, arrived);
    }
}

impl Drop for Client<'_> {
    fn drop(&mut self) {
        if !thread::panicking() && !self.ended {
            self.leave();
        }
    }
}
