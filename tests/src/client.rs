//! The client: what a test calls.

mod asking;
mod editing;
mod notes;
mod taking;

use std::{
    collections::{HashMap, HashSet, VecDeque},
    process::{Command, ExitStatus},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::{
    Encoding, Setup, Workspace,
    conduct::Conduct,
    documents::Documents,
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
    /// What was shown of long work; need not be read.
    progress: VecDeque<Value>,
    /// Lines of the log that are no errors; need not be read.
    log: VecDeque<String>,
    pictures: HashMap<String, Picture>,
    /// Documents whose diagnostics the test has asked about.
    looked_at: HashSet<String>,
    transcript: Transcript,
    sent: Instant,
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
    /// The newest model that a diagnostic comes from; `None` if none does.
    pub fn model_version(&self) -> Option<u64> {
        self.diagnostics.iter().filter_map(|diagnostic| diagnostic["data"]["model_version"].as_u64()).max()
    }

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
                "locale": client.setup.locale,
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
            .env("GLOSS_ENCODER", "none")
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
            progress: VecDeque::new(),
            log: VecDeque::new(),
            pictures: HashMap::new(),
            looked_at: HashSet::new(),
            transcript: Transcript::default(),
            sent: Instant::now(),
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

    /// Kills the server where it stands.
    pub fn kill(mut self) {
        // Dropped with this client, the process is killed.
        self.ended = true;
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
        // Who asked to be told how data sets stand may have heard enough.
        if self.setup.options["status"] == true {
            self.ignore("gloss/status");
        }
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
