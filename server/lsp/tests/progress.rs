//! Work on the editor's screen.

mod common;

use std::sync::{Arc, Mutex};

use common::{Fake, Wire, answer_nothing};
use lsp::{Ask, Progress};
use serde_json::{Value, json};
use tokio::sync::mpsc;

/// Commands of the test: "begin", "report", "end".
async fn connect(capabilities: Value) -> (Wire, mpsc::UnboundedReceiver<()>) {
    let (sender, cancelled) = mpsc::unbounded_channel();
    let current: Mutex<Option<Arc<Progress>>> = Mutex::default();
    let mut wire = Wire::connect(move |_, outbox| {
        Fake::new(outbox).on_ask(move |ask, outbox| match ask {
            Ask::Execute(params, reply) => {
                let mut current = current.lock().unwrap();
                match params.command.as_str() {
                    "begin" => {
                        let sender = sender.clone();
                        let on_cancel = Box::new(move || sender.send(()).unwrap_or_default());
                        *current = Some(Arc::new(outbox.progress("Learning", true, Some(on_cancel))));
                    }
                    "report" => {
                        for percentage in 1..=50 {
                            current.as_ref().unwrap().report("lexical", Some(percentage));
                        }
                    }
                    _ => *current = None,
                }
                reply.send(None);
            }
            other => answer_nothing(other),
        })
    });
    wire.handshake(capabilities).await;
    (wire, cancelled)
}

async fn run(wire: &mut Wire, command: &str) -> Vec<Value> {
    wire.ask(command, "workspace/executeCommand", json!({ "command": command })).await;
    let mut others = Vec::new();
    loop {
        let message = wire.read().await;
        if message["id"] == command {
            return others;
        }
        others.push(message);
    }
}

fn supported() -> Value {
    json!({ "window": { "workDoneProgress": true } })
}

#[tokio::test]
async fn work_is_shown_from_the_clients_consent_to_its_end() {
    let (mut wire, mut cancelled) = connect(supported()).await;
    let mut messages = run(&mut wire, "begin").await;
    if messages.is_empty() {
        messages.push(wire.read().await);
    }
    let [create] = &messages[..] else { panic!("{messages:?}") };
    assert_eq!(create["method"], "window/workDoneProgress/create");
    let token = create["params"]["token"].as_str().expect("a string, since some clients refuse numbers").to_owned();
    wire.answer(create, Value::Null).await;
    let begin = wire.read().await;
    assert_eq!(begin["params"]["token"], token.as_str());
    assert_eq!(
        begin["params"]["value"],
        json!({ "kind": "begin", "title": "Learning", "cancellable": true, "percentage": 0 })
    );
    // However many reports were sent, the last one arrives.
    let mut reports = run(&mut wire, "report").await;
    while reports.last().is_none_or(|report| report["params"]["value"]["percentage"] != 50) {
        reports.push(wire.read().await);
    }
    assert!(reports.len() < 50, "{} reports", reports.len());

    wire.notify("window/workDoneProgress/cancel", json!({ "token": "another" })).await;
    wire.notify("window/workDoneProgress/cancel", json!({ "token": 3 })).await;
    wire.notify("window/workDoneProgress/cancel", json!({ "token": token })).await;
    assert_eq!(common::within(cancelled.recv()).await, Some(()));

    let mut last = run(&mut wire, "end").await;
    if last.is_empty() {
        last.push(wire.read().await);
    }
    assert_eq!(last[0]["params"]["value"], json!({ "kind": "end" }));
    wire.assert_alive().await;
}

#[tokio::test]
async fn a_client_that_cannot_show_progress_is_not_asked() {
    let (mut wire, _) = connect(json!({})).await;
    for command in ["begin", "report", "end"] {
        assert_eq!(run(&mut wire, command).await, [Value::Null; 0]);
    }
    wire.assert_alive().await;
}

/// A client that never answers `create` is asked once, not once for each training.
#[tokio::test]
async fn work_does_not_wait_for_the_client_and_what_is_over_is_not_shown() {
    let (mut wire, _) = connect(supported()).await;
    let mut asked = Vec::new();
    for _ in 0..10 {
        for command in ["begin", "report", "end"] {
            asked.extend(run(&mut wire, command).await);
        }
    }
    if asked.is_empty() {
        asked.push(wire.read().await);
    }
    let [create] = &asked[..] else { panic!("{asked:?}") };
    assert_eq!(create["method"], "window/workDoneProgress/create");
    // Its answer comes when that work is over: nothing begins. The next work asks again, and takes a no.
    wire.answer(create, Value::Null).await;
    wire.assert_alive().await;
    let mut asked = run(&mut wire, "begin").await;
    if asked.is_empty() {
        asked.push(wire.read().await);
    }
    let refusal = json!({ "jsonrpc": "2.0", "id": asked[0]["id"], "error": { "code": -32601, "message": "no" } });
    wire.body(&refusal.to_string()).await;
    wire.assert_alive().await;
    assert_eq!(run(&mut wire, "report").await, [Value::Null; 0]);
    wire.assert_alive().await;
}
