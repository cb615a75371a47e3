//! Who the client says it is.

use std::time::Duration;

use serde_json::{Value, json};

use crate::Encoding;

/// How a client introduces itself and behaves; by default one that can do everything, in UTF-16, and answers at once.
#[derive(Clone, Debug)]
pub struct Setup {
    pub capabilities: Value,
    /// `initializationOptions`.
    pub options: Value,
    /// The language of its user.
    pub locale: Option<&'static str>,
    /// Folders of the workspace by their paths from its root; "" is the root itself.
    pub folders: Vec<String>,
    /// Arguments of the binary.
    pub arguments: Vec<String>,
    /// Further environment variables.
    pub environment: Vec<(String, String)>,
    /// Whether questions of the server are answered. If not, they are kept for the test alone.
    pub answers: bool,
    /// Whether every range in published diagnostics is looked up in the text. Not for benches with large texts.
    pub checks_ranges: bool,
    /// After this long without what is waited for, the test fails.
    pub patience: Duration,
}

impl Default for Setup {
    fn default() -> Setup {
        Setup::with(&[Encoding::Utf16])
    }
}

impl Setup {
    /// Offers these encodings, the first being the most wanted.
    pub fn with(encodings: &[Encoding]) -> Setup {
        let encodings: Vec<_> = encodings.iter().map(|encoding| encoding.name()).collect();
        let kinds = ["", "quickfix", "refactor", "refactor.rewrite", "source", "source.fixAll"];
        Setup::of(json!({
            "general": { "positionEncodings": encodings },
            "window": { "workDoneProgress": true, "showDocument": { "support": true }, "showMessage": {} },
            "workspace": {
                "applyEdit": true,
                "workspaceEdit": { "documentChanges": true },
                "workspaceFolders": true,
                "didChangeConfiguration": { "dynamicRegistration": true },
                "didChangeWatchedFiles": { "dynamicRegistration": true },
                "inlayHint": { "refreshSupport": true },
                "codeLens": { "refreshSupport": true },
            },
            "textDocument": {
                "synchronization": { "didSave": true },
                "publishDiagnostics": {
                    "relatedInformation": true, "versionSupport": true, "codeDescriptionSupport": true,
                    "dataSupport": true, "tagSupport": { "valueSet": [1, 2] },
                },
                "codeAction": {
                    "codeActionLiteralSupport": { "codeActionKind": { "valueSet": kinds } },
                    "isPreferredSupport": true, "disabledSupport": true, "dataSupport": true,
                },
                "completion": { "completionItem": { "documentationFormat": ["markdown"] } },
                "hover": { "contentFormat": ["markdown", "plaintext"] },
                "inlayHint": {},
                "codeLens": {},
            },
        }))
    }

    /// Announces exactly these capabilities, as an editor's true ones.
    pub fn of(capabilities: Value) -> Setup {
        Setup {
            capabilities,
            options: Value::Null,
            locale: None,
            folders: vec![String::new()],
            arguments: vec!["lsp".to_owned()],
            environment: Vec::new(),
            answers: true,
            checks_ranges: true,
            patience: Duration::from_secs(180),
        }
    }
}
