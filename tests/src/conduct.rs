//! What a server may send, given what the client announced.

use std::collections::HashSet;

use serde_json::Value;

/// Keeps watch over one connection.
#[derive(Debug, Default)]
pub(crate) struct Conduct {
    capabilities: Value,
    initialized: bool,
    progress: Progress,
}

#[derive(Debug, Default)]
struct Progress {
    created: HashSet<String>,
    begun: HashSet<String>,
}

impl Conduct {
    pub(crate) fn new(capabilities: Value) -> Conduct {
        Conduct { capabilities, ..Conduct::default() }
    }

    pub(crate) fn initialized(&mut self) {
        self.initialized = true;
    }

    /// A request or a notification. The error says which rule it broke.
    pub(crate) fn check(&mut self, message: &Value) -> Result<(), String> {
        let method = message["method"].as_str().unwrap_or_default();
        let params = &message["params"];
        let is_request = message.get("id").is_some();
        if !self.initialized && !matches!(method, "window/logMessage" | "window/showMessage" | "telemetry/event") {
            return Err(format!("{method} came before the answer to initialize"));
        }
        let needed = match method {
            "window/workDoneProgress/create" => "/window/workDoneProgress",
            "window/showDocument" => "/window/showDocument/support",
            "workspace/applyEdit" => "/workspace/applyEdit",
            "workspace/configuration" => "/workspace/configuration",
            "workspace/inlayHint/refresh" => "/workspace/inlayHint/refreshSupport",
            "workspace/codeLens/refresh" => "/workspace/codeLens/refreshSupport",
            "client/registerCapability" => return self.check_registrations(params),
            "$/progress" => return self.check_progress(params),
            "window/showMessageRequest" | "client/unregisterCapability" => "",
            _ if is_request => return Err(format!("{method} is no request that a client knows")),
            _ => "",
        };
        if !needed.is_empty() && self.capabilities.pointer(needed) != Some(&Value::Bool(true)) {
            return Err(format!("{method} was sent to a client that has not announced {needed}"));
        }
        if method == "window/workDoneProgress/create" {
            let token = params["token"].as_str().ok_or("a progress token that is not a string")?;
            self.progress.created.insert(token.to_owned());
        }
        Ok(())
    }

    fn check_registrations(&self, params: &Value) -> Result<(), String> {
        for registration in params["registrations"].as_array().ok_or("no list of registrations")? {
            let method = registration["method"].as_str().unwrap_or_default();
            let pointer = format!("/{method}/dynamicRegistration");
            if self.capabilities.pointer(&pointer) != Some(&Value::Bool(true)) {
                return Err(format!("{method} was registered with a client that has not announced {pointer}"));
            }
        }
        Ok(())
    }

    fn check_progress(&mut self, params: &Value) -> Result<(), String> {
        let token = params["token"].as_str().ok_or("a progress token that is not a string")?;
        let Progress { created, begun } = &mut self.progress;
        let allowed = match params["value"]["kind"].as_str() {
            Some("begin") => created.remove(token) && begun.insert(token.to_owned()),
            Some("report") => begun.contains(token),
            Some("end") => begun.remove(token),
            _ => false,
        };
        if allowed { Ok(()) } else { Err(format!("progress out of order: {params}")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn conduct() -> Conduct {
        let mut conduct = Conduct::new(json!({
            "window": { "workDoneProgress": true },
            "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
        }));
        conduct.initialized();
        conduct
    }

    #[test]
    fn only_what_was_announced_may_be_asked() {
        let mut conduct = conduct();
        let request = |method: &str, params: Value| json!({ "id": 1, "method": method, "params": params });
        let registration = |method: &str| json!({ "registrations": [{ "id": "1", "method": method }] });
        assert!(conduct.check(&request("window/showDocument", json!({}))).is_err());
        assert!(conduct.check(&request("gloss/unheardOf", json!({}))).is_err());
        let watched = registration("workspace/didChangeWatchedFiles");
        assert_eq!(conduct.check(&request("client/registerCapability", watched)), Ok(()));
        let hints = registration("textDocument/inlayHint");
        assert!(conduct.check(&request("client/registerCapability", hints)).is_err());
        assert_eq!(conduct.check(&json!({ "method": "window/showMessage", "params": {} })), Ok(()));
    }

    #[test]
    fn progress_has_an_order() {
        let mut conduct = conduct();
        let part =
            |kind: &str| json!({ "method": "$/progress", "params": { "token": "t", "value": { "kind": kind } } });
        assert!(conduct.check(&part("begin")).is_err());
        let create = json!({ "id": 1, "method": "window/workDoneProgress/create", "params": { "token": "t" } });
        assert_eq!(conduct.check(&create), Ok(()));
        assert!(conduct.check(&part("report")).is_err());
        for kind in ["begin", "report", "report", "end"] {
            assert_eq!(conduct.check(&part(kind)), Ok(()));
        }
        assert!(conduct.check(&part("end")).is_err());
    }

    #[test]
    fn nothing_but_messages_comes_before_the_answer_to_initialize() {
        let mut conduct = Conduct::new(json!({}));
        assert!(conduct.check(&json!({ "method": "textDocument/publishDiagnostics" })).is_err());
        assert_eq!(conduct.check(&json!({ "method": "window/logMessage" })), Ok(()));
    }
}
