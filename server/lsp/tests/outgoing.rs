//! What the server sends by itself: the newest, in order, and never before it may.

mod common;

use common::{FILE, Fake, Wire, answer_nothing};
use lsp::{Ask, Notice, lsp_types::*, outbox::Refresh};
use serde_json::{Value, json};

fn diagnostic(message: String) -> Diagnostic {
    Diagnostic { message, ..Diagnostic::default() }
}

fn command(name: &str) -> Value {
    json!({ "command": name })
}

/// A thousand keystrokes while the client reads nothing: it gets the first picture or two and then the newest.
#[tokio::test]
async fn a_slow_client_gets_the_newest_diagnostics_of_each_document() {
    let mut wire = Wire::initialized(|_, outbox| {
        Fake::new(outbox).on_notice(|notice, outbox| {
            let Notice::Changed(params) = notice else { return };
            let version = params.text_document.version;
            for name in ["a", "b"] {
                let uri = Url::parse(&format!("file:///{name}")).unwrap();
                // Larger than the pipe: each waits until the client reads.
                let long = diagnostic("x".repeat(10_000));
                outbox.publish(uri, Some(version), vec![long]);
            }
        })
    })
    .await;
    for version in 1..=1000 {
        let change =
            json!({ "textDocument": { "uri": FILE, "version": version }, "contentChanges": [{ "text": "x" }] });
        wire.notify("textDocument/didChange", change).await;
    }
    // Handled after the last change; its answer marks the end, but may come before diagnostics.
    wire.ask("end", "textDocument/hover", common::hover_params()).await;

    let mut versions = [Vec::new(), Vec::new()];
    let mut ended = false;
    while !ended || versions.iter().any(|versions| versions.last() != Some(&1000)) {
        let message = wire.read().await;
        if message["id"] == "end" {
            ended = true;
            continue;
        }
        let document = usize::from(message["params"]["uri"] == "file:///b");
        versions[document].push(message["params"]["version"].as_i64().expect("a version"));
    }
    for versions in versions {
        assert!(versions.is_sorted(), "{versions:?}");
        // All that could be on its way already while nobody read.
        assert!(versions.len() < 50, "{} publications of 1000 were sent", versions.len());
    }
}

#[tokio::test]
async fn nothing_is_sent_before_the_answer_to_initialize() {
    let mut wire = Wire::connect(|_, outbox| {
        outbox.log(MessageType::INFO, "made");
        outbox.publish(Url::parse(FILE).unwrap(), None, vec![diagnostic("early".into())]);
        outbox.apply_edit("early", WorkspaceEdit::default(), |_| {});
        Fake::new(outbox)
    });
    let answer = wire.handshake(json!({})).await;
    assert!(answer["result"]["capabilities"].is_object());
    let mut methods = Vec::new();
    for _ in 0..3 {
        methods.push(wire.read().await["method"].as_str().unwrap().to_owned());
    }
    methods.sort_unstable();
    assert_eq!(methods, ["textDocument/publishDiagnostics", "window/logMessage", "workspace/applyEdit"]);
}

/// While one request to refresh is open, a hundred are one.
#[tokio::test]
async fn refreshes_are_gathered() {
    let mut wire = Wire::connect(|_, outbox| {
        Fake::new(outbox).on_ask(|ask, outbox| match ask {
            Ask::Execute(_, reply) => {
                for _ in 0..100 {
                    outbox.refresh(Refresh::InlayHints);
                    outbox.refresh(Refresh::CodeLenses);
                }
                reply.send(None);
            }
            other => answer_nothing(other),
        })
    });
    wire.handshake(json!({ "workspace": { "inlayHint": { "refreshSupport": true } } })).await;
    wire.ask(1, "workspace/executeCommand", command("gloss.train")).await;
    let mut messages = [wire.read().await, wire.read().await];
    messages.sort_by_key(|message| message["method"].is_null());
    let [first, answer] = messages;
    assert_eq!((&first["method"], &answer["id"]), (&json!("workspace/inlayHint/refresh"), &json!(1)));
    wire.answer(&first, Value::Null).await;
    let second = wire.read().await;
    assert_eq!(second["method"], "workspace/inlayHint/refresh", "what changed after the first was sent");
    wire.answer(&second, Value::Null).await;
    wire.assert_alive().await; // nothing more, and never for code lenses, which this client cannot refresh
}

#[tokio::test]
async fn answers_of_the_client_reach_who_asked() {
    let (sender, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let mut wire = Wire::connect(|_, outbox| {
        Fake::new(outbox).on_notice(move |notice, outbox| {
            if !matches!(notice, Notice::Initialized) {
                return;
            }
            let (one, two, three) = (sender.clone(), sender.clone(), sender.clone());
            outbox.apply_edit("Label", WorkspaceEdit::default(), move |done| one.send(format!("edit {done}")).unwrap());
            let place = ShowDocumentParams {
                uri: Url::parse(FILE).unwrap(),
                external: None,
                take_focus: None,
                selection: None,
            };
            outbox.show_document(place, move |shown| two.send(format!("shown {shown}")).unwrap());
            outbox.choose(MessageType::INFO, "Sure?", &["Yes", "No"], move |button| {
                three.send(format!("pressed {button:?}")).unwrap();
            });
            outbox.watch_files(&["**/gloss.toml".to_owned()]);
        })
    });
    wire.handshake(json!({
        "window": { "showDocument": { "support": true } },
        "workspace": { "didChangeWatchedFiles": { "dynamicRegistration": true } },
    }))
    .await;
    for _ in 0..4 {
        let question = wire.read().await;
        let answer = match question["method"].as_str().unwrap() {
            "workspace/applyEdit" => json!({ "applied": true }),
            "window/showDocument" => json!({ "success": false }),
            "window/showMessageRequest" => question["params"]["actions"][1].clone(),
            "client/registerCapability" => {
                let registration = &question["params"]["registrations"][0];
                assert_eq!(registration["registerOptions"]["watchers"][0]["globPattern"], "**/gloss.toml");
                Value::Null
            }
            other => panic!("{other}"),
        };
        wire.answer(&question, answer).await;
    }
    let mut all = Vec::new();
    for _ in 0..3 {
        all.push(common::within(heard.recv()).await.unwrap());
    }
    all.sort_unstable();
    assert_eq!(all, ["edit true", "pressed Some(\"No\")", "shown false"]);
}
