//! What comes from the server: judged, answered, and kept where it belongs.

use std::time::Instant;

use serde_json::{Value, json};

use super::{Client, Picture};
use crate::{uri, wire::Incoming};

impl Client<'_> {
    pub(super) fn send(&mut self, message: Value) {
        self.send_body(&message.to_string());
    }

    pub(super) fn wait<T>(&mut self, what: &str, mut found: impl FnMut(&mut Self) -> Option<T>) -> T {
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

    pub(super) fn take(&mut self, message: Value, arrived: Instant) {
        self.transcript.note("<--", &message.to_string());
        assert_eq!(message["jsonrpc"], "2.0", "{message}");
        let Some(method) = message["method"].as_str() else { return self.take_answer(message) };
        self.conduct.check(&message).unwrap_or_else(|broken| panic!("{broken}"));
        if message.get("id").is_some() {
            return self.take_question(message);
        }
        match method {
            "textDocument/publishDiagnostics" => self.take_picture(&message["params"], arrived),
            "$/progress" => self.progress.push_back(message["params"].clone()),
            "window/logMessage" if message["params"]["type"] != 1 => {
                self.log.extend(message["params"]["message"].as_str().map(str::to_owned));
            }
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
