//! A panic costs one answer.

mod common;

use common::{FILE, Fake, Wire, answer_nothing, hover_params};
use lsp::{Ask, Notice, Outbox, Session, lifecycle::Ending};
use serde_json::{Value, json};

#[tokio::test]
async fn a_panicking_handler_is_answered_with_an_error() {
    let mut wire = Wire::initialized(|_, outbox| {
        Fake::new(outbox).on_ask(|ask, _| match ask {
            Ask::CodeLenses(..) => panic!("no lenses today"),
            other => answer_nothing(other),
        })
    })
    .await;
    wire.ask(1, "textDocument/codeLens", json!({ "textDocument": { "uri": FILE } })).await;
    let mut messages = [wire.read().await, wire.read().await];
    messages.sort_by_key(|message| message["id"].is_null());
    let [answer, log] = messages;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!(1), &json!(-32603)));
    assert_eq!(answer["error"]["message"], "internal error: no lenses today");
    assert_eq!((&log["method"], &log["params"]["type"]), (&json!("window/logMessage"), &json!(1)));
    wire.assert_alive().await;
}

#[tokio::test]
async fn a_panic_on_a_notification_loses_that_one_only() {
    let mut wire = Wire::initialized(|_, outbox| {
        Fake::new(outbox).on_notice(|notice, _| {
            if let Notice::Opened(document) = notice {
                panic!("cannot open {}", document.uri);
            }
        })
    })
    .await;
    wire.notify("textDocument/didOpen", common::open_params("x")).await;
    let log = wire.read().await;
    assert_eq!(log["params"]["message"], format!("internal error, going on: cannot open {FILE}"));
    wire.assert_alive().await;
}

/// As when the thread that computes the answer panics.
#[tokio::test]
async fn an_answer_that_is_lost_is_an_error() {
    let mut wire = Wire::initialized(|_, outbox| {
        Fake::new(outbox).on_ask(|ask, _| match ask {
            Ask::Execute(_, reply) => drop(reply),
            other => answer_nothing(other),
        })
    })
    .await;
    let answer = wire.request(5, "workspace/executeCommand", json!({ "command": "gloss.train" })).await;
    assert_eq!(answer["error"]["code"], -32603);
    wire.assert_alive().await;
}

#[tokio::test]
async fn a_backend_that_cannot_start_leaves_a_server_that_says_so_and_exits() {
    let mut wire = Wire::connect(|_: Session, _: Outbox| -> Fake { panic!("no backend") });
    let answer = wire.request(1, "initialize", json!({ "capabilities": {} })).await;
    assert_eq!(answer["error"]["message"], "internal error: no backend");
    let answer = wire.request(2, "textDocument/hover", hover_params()).await;
    assert_ne!(answer["error"], Value::Null);
    wire.notify("exit", Value::Null).await;
    assert_eq!(wire.ending().await, (Ending::Exit, 1));
}
