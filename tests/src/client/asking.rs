//! Requests, notifications, and waiting for what the server has to say.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Client, Picture};
use crate::uri;

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
        self.sent = Instant::now();
        self.wire.send_body(body);
    }

    /// When the last message began to be written, for benches.
    pub fn sent(&self) -> Instant {
        self.sent
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

    /// Waits for a line of the log with this in it.
    pub fn wait_for_log(&mut self, part: &str) -> String {
        self.wait(&format!("a line of the log with {part:?}"), |client| {
            let at = client.log.iter().position(|line| line.contains(part))?;
            client.log.remove(at)
        })
    }

    /// Waits for the beginning, a report or the end of long work, and answers its token and value.
    pub fn wait_for_progress(&mut self, kind: &str) -> Value {
        self.wait(&format!("the {kind} of long work"), |client| {
            let at = client.progress.iter().position(|params| params["value"]["kind"] == kind)?;
            client.progress.remove(at)
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
}
