//! The documents that the client holds, and how edits change them.

use std::{
    collections::{HashMap, VecDeque},
    sync::Arc,
};

use serde_json::{Value, json};

use crate::{
    Encoding,
    text::{self, Edit},
    uri,
};

/// Open documents by the key of their URI.
#[derive(Debug, Default)]
pub(crate) struct Documents {
    open: HashMap<String, Document>,
    pub(crate) encoding: Encoding,
}

#[derive(Debug)]
pub(crate) struct Document {
    /// As the client wrote it when it opened the document.
    pub(crate) uri: String,
    pub(crate) version: i64,
    pub(crate) text: Arc<String>,
    /// Texts of versions before: diagnostics may still be on their way for them.
    before: VecDeque<(i64, Arc<String>)>,
}

/// How many versions back diagnostics can be checked.
const REMEMBERED: usize = 32;

impl Documents {
    pub(crate) fn open(&mut self, uri: String, text: String) {
        let document = Document { version: 1, text: Arc::new(text), before: VecDeque::new(), uri: uri.clone() };
        let before = self.open.insert(uri::key(&uri), document);
        assert!(before.is_none(), "{uri} is open already");
    }

    pub(crate) fn close(&mut self, uri: &str) {
        assert!(self.open.remove(&uri::key(uri)).is_some(), "{uri} is not open");
    }

    pub(crate) fn get(&self, uri: &str) -> Option<&Document> {
        self.open.get(&uri::key(uri))
    }

    /// Makes edits (from the last to the first, as byte ranges of the text before all of them) and answers the
    /// parameters of `didChange`.
    pub(crate) fn edit(&mut self, uri: &str, edits: &[Edit], remember: bool) -> Value {
        let encoding = self.encoding;
        let document = self.open.get_mut(&uri::key(uri)).unwrap_or_else(|| panic!("{uri} is not open"));
        let changes: Vec<_> = edits
            .iter()
            .map(|(range, new)| json!({ "range": text::range(&document.text, range.clone(), encoding), "text": new }))
            .collect();
        if remember {
            document.before.push_front((document.version, Arc::clone(&document.text)));
            document.before.truncate(REMEMBERED);
        }
        let source = Arc::make_mut(&mut document.text);
        for (range, new) in edits {
            source.replace_range(range.clone(), new);
        }
        document.version += 1;
        json!({
            "textDocument": { "uri": document.uri, "version": document.version },
            "contentChanges": changes,
        })
    }

    /// Changes the text without a new version: what the last edit wrote is to be read as this.
    pub(crate) fn amend(&mut self, uri: &str, written: &str, meant: &str) {
        let document = self.open.get_mut(&uri::key(uri)).unwrap_or_else(|| panic!("{uri} is not open"));
        document.text = Arc::new(document.text.replace(written, meant));
    }

    /// The edits of a `WorkspaceEdit` by URI. Errors where an editor would refuse it: another version than the open
    /// one, ranges outside the text. `read` gives the text of a document that is not open.
    pub(crate) fn workspace_edit(
        &self,
        edit: &Value,
        read: impl Fn(&str) -> Option<String>,
    ) -> Result<Vec<(String, Vec<Edit>)>, String> {
        let mut lists: Vec<(String, &Value)> = Vec::new();
        if let Some(changes) = edit["documentChanges"].as_array() {
            for change in changes {
                let target = &change["textDocument"];
                let uri = target["uri"].as_str().ok_or_else(|| format!("{change} edits no document"))?;
                let open = self.get(uri).map(|document| document.version);
                match (target["version"].as_i64(), open) {
                    (Some(wanted), Some(open)) if wanted != open => {
                        return Err(format!("the edit is for version {wanted} of {uri}, which is at {open}"));
                    }
                    _ => lists.push((uri.to_owned(), &change["edits"])),
                }
            }
        } else if let Some(changes) = edit["changes"].as_object() {
            lists.extend(changes.iter().map(|(uri, edits)| (uri.clone(), edits)));
        } else {
            return Err(format!("{edit} edits nothing"));
        }
        lists
            .into_iter()
            .map(|(uri, edits)| {
                let open = self.get(&uri).map(|document| Arc::clone(&document.text));
                let source =
                    open.or_else(|| read(&uri).map(Arc::new)).ok_or_else(|| format!("{uri} is no document"))?;
                text::edits(&source, edits, self.encoding).map(|edits| (uri, edits))
            })
            .collect()
    }

    /// Whether published diagnostics are ones of a document as it is or was.
    pub(crate) fn check_diagnostics(&self, params: &Value, check_ranges: bool) -> Result<(), String> {
        let uri = params["uri"].as_str().ok_or("diagnostics without a URI")?;
        let diagnostics = params["diagnostics"].as_array().ok_or("no list of diagnostics")?;
        let Some(document) = self.get(uri) else { return Ok(()) };
        let Some(version) = params["version"].as_i64() else {
            return Err(format!("diagnostics of the open document {uri} without its version"));
        };
        if version > document.version {
            return Err(format!("diagnostics for version {version} of {uri}, which is at {}", document.version));
        }
        if !check_ranges {
            return Ok(());
        }
        let texts = [(document.version, Arc::clone(&document.text))];
        let Some((_, source)) = texts.iter().chain(&document.before).find(|(at, _)| *at == version) else {
            return Ok(()); // of long ago
        };
        for diagnostic in diagnostics {
            text::bytes(source, &diagnostic["range"], self.encoding)
                .map_err(|error| format!("{error}: {diagnostic}"))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const URI: &str = "file:///a.jsonl";

    fn documents() -> Documents {
        let mut documents = Documents::default();
        documents.open(URI.into(), "😀ab\n".into());
        documents
    }

    fn range(from: u32, to: u32) -> Value {
        json!({ "start": { "line": 0, "character": from }, "end": { "line": 0, "character": to } })
    }

    #[test]
    fn edits_become_changes_that_can_be_made_one_after_another() {
        let mut documents = documents();
        let change = documents.edit(URI, &[(5..6, "B".into()), (0..4, "-".into())], true);
        assert_eq!(documents.get(URI).unwrap().text.as_str(), "-aB\n");
        assert_eq!(
            change,
            json!({
                "textDocument": { "uri": URI, "version": 2 },
                "contentChanges": [{ "range": range(3, 4), "text": "B" }, { "range": range(0, 2), "text": "-" }],
            })
        );
    }

    #[test]
    fn workspace_edits_are_taken_as_an_editor_takes_them() {
        let documents = documents();
        let edit = |version: Value| {
            json!({ "documentChanges": [{ "textDocument": { "uri": URI, "version": version },
                "edits": [{ "range": range(2, 3), "newText": "x" }] }] })
        };
        let expected = Ok(vec![(URI.to_owned(), vec![(4..5, "x".to_owned())])]);
        let nothing = |_: &str| None;
        assert_eq!(documents.workspace_edit(&edit(json!(1)), nothing), expected);
        assert_eq!(documents.workspace_edit(&edit(Value::Null), nothing), expected);
        assert!(documents.workspace_edit(&edit(json!(2)), nothing).is_err());
        let plain = json!({ "changes": { "file:///other": [{ "range": range(0, 1), "newText": "" }] } });
        assert!(documents.workspace_edit(&plain, nothing).is_err());
        assert!(documents.workspace_edit(&plain, |_| Some("text".into())).is_ok());
        assert!(documents.workspace_edit(&json!({}), nothing).is_err());
    }

    #[test]
    fn diagnostics_are_checked_against_the_text_of_their_version() {
        let mut documents = documents();
        documents.edit(URI, &[(0..6, String::new())], true);
        let published = |version: Value, from: u32| json!({ "uri": URI, "version": version, "diagnostics": [{ "range": range(from, 4) }] });
        assert_eq!(documents.check_diagnostics(&published(json!(1), 2), true), Ok(()));
        assert!(documents.check_diagnostics(&published(json!(1), 1), true).is_err(), "inside the emoji");
        assert!(documents.check_diagnostics(&published(json!(2), 0), true).is_err(), "beyond the line");
        assert!(documents.check_diagnostics(&published(json!(3), 0), true).is_err(), "of a version to come");
        assert!(documents.check_diagnostics(&published(Value::Null, 0), true).is_err(), "without a version");
    }
}
