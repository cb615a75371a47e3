//! What tests ask again and again about the notes on rows.

use std::ops::Range;

use serde_json::{Value, json};

use super::{Client, Picture};

impl Client<'_> {
    /// Waits until exactly this many diagnostics of the document have one of these codes, and answers them.
    pub fn wait_for_codes(&mut self, name: &str, codes: &[&str], count: usize) -> Vec<Value> {
        let has_code = |diagnostic: &&Value| codes.iter().any(|code| diagnostic["code"] == *code);
        let picture = self.wait_for_diagnostics(name, &format!("{count} of {codes:?}"), |diagnostics| {
            diagnostics.iter().filter(has_code).count() == count
        });
        picture.diagnostics.iter().filter(has_code).cloned().collect()
    }

    /// Waits until exactly this many rows have a suggestion, whether in the queue or not.
    pub fn suggestions(&mut self, name: &str, count: usize) -> Vec<Value> {
        self.wait_for_codes(name, &["suggestion", "label-next"], count)
    }

    /// Reads the message that says which fields were detected, for a data set of a single file whose fields have unusual names.
    pub fn wait_for_fields(&mut self, sentence: &str) {
        self.wait_for("window/showMessage", "the fields that were detected", |message| {
            message["message"].as_str().is_some_and(|message| message.ends_with(sentence))
        });
    }

    /// Waits for notes of a model newer than this one.
    pub fn wait_for_model(&mut self, name: &str, after: u64) -> Picture {
        let version = |diagnostic: &Value| diagnostic["data"]["model_version"].as_u64();
        self.wait_for_diagnostics(name, &format!("notes of a model after {after}"), |diagnostics| {
            diagnostics.iter().any(|diagnostic| version(diagnostic) > Some(after))
        })
    }

    /// The one code action there whose title starts so.
    pub fn action(&mut self, name: &str, range: &Value, start: &str) -> Value {
        let mut actions = self.code_actions(name, range);
        let titles: Vec<_> = actions.iter().map(|action| action["title"].as_str().unwrap_or_default()).collect();
        let found: Vec<_> = (0..titles.len()).filter(|index| titles[*index].starts_with(start)).collect();
        let [index] = found[..] else { panic!("{} actions start with {start:?}: {titles:?}", found.len()) };
        actions.remove(index)
    }

    /// Chooses that action, as an editor does.
    pub fn choose(&mut self, name: &str, range: &Value, start: &str) {
        let action = self.action(name, range, start);
        self.run_action(&action);
    }

    /// A request about the place of a byte offset: hover, completion.
    pub fn ask_at(&mut self, method: &str, name: &str, offset: usize) -> Value {
        let params = json!({ "textDocument": self.identify(name), "position": self.position(name, offset) });
        self.request(method, params)
    }

    /// The inlay hints of these bytes.
    pub fn hints(&mut self, name: &str, bytes: Range<usize>) -> Vec<Value> {
        let params = json!({ "textDocument": self.identify(name), "range": self.range(name, bytes) });
        match self.request("textDocument/inlayHint", params) {
            Value::Array(hints) => hints,
            Value::Null => Vec::new(),
            other => panic!("{other} is no list of hints"),
        }
    }

    /// Runs a command on a document, as a code lens does.
    pub fn command(&mut self, command: &str, name: &str) {
        let arguments = json!([self.workspace.uri(name)]);
        self.request("workspace/executeCommand", json!({ "command": command, "arguments": arguments }));
    }
}
