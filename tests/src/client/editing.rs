//! Documents: opened, edited, saved, and changed by the server's edits.

use std::{fs, ops::Range};

use serde_json::{Value, json};

use super::Client;
use crate::{
    text::{self, Edit},
    uri,
};

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

    /// Replaces the whole text, said without a range.
    pub fn replace_all(&mut self, name: &str, new: &str) {
        let uri = self.workspace.uri(name);
        let whole = 0..self.text(name).len();
        let mut params = self.documents.edit(&uri, &[(whole, new.to_owned())], self.setup.checks_ranges);
        params["contentChanges"] = json!([{ "text": new }]);
        self.notify("textDocument/didChange", params);
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
