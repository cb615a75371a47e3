//! What cannot be read costs itself and nothing else.

mod common;

use common::{Fake, Wire, frame};
use serde_json::{Value, json};

/// After each of these the server is alive and in step, and has said once what was wrong where there was a message to
/// answer. (`bare.rs`: without the pump the first of them ends the server.)
#[tokio::test]
async fn a_malformed_frame_costs_only_itself() {
    let deep = format!(r#"{{"jsonrpc":"2.0","method":"x","params":{}{}}}"#, "[".repeat(500), "]".repeat(500));
    let bodies: [(&[u8], i64); 9] = [
        (b"{\"jsonrpc\":\"2.0\",\"method\":", -32700),
        (b"\x00\x01\x02", -32700),
        (b"\xFF\xFE", -32700),
        (br#"{"jsonrpc":"2.0","method":"x","params":{"n":1e999}}"#, -32700),
        (br#"{"jsonrpc":"2.0","method":"x","params":{"s":"\u12"}}"#, -32700),
        (deep.as_bytes(), -32700),
        (b"[]", -32600),
        (br#"{"method":"no version"}"#, -32600),
        (br#"{"jsonrpc":"2.0","method":"x","id":{}}"#, -32600),
    ];
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    for (body, code) in bodies {
        let mut bytes = format!("Content-Length: {}\r\n\r\n", body.len()).into_bytes();
        bytes.extend_from_slice(body);
        wire.raw(&bytes).await;
        let answer = wire.read().await;
        assert_eq!((&answer["id"], answer["error"]["code"].as_i64()), (&Value::Null, Some(code)), "{answer}");
        assert!(answer["error"]["message"].as_str().is_some_and(|message| !message.is_empty()));
        wire.assert_alive().await;
    }
}

#[tokio::test]
async fn a_bad_header_costs_only_its_body() {
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    for garbage in [
        "\r\n\r\n",
        "hello\r\n\r\n",
        "Content-Length: many\r\n\r\n{}",
        "Content-Length: -5\r\n\r\n{}",
        "Content-Length: 99999999999999\r\n\r\n{}",
        "Content-Type: application/vscode-jsonrpc; charset=utf-16\r\n\r\n{}",
        "Content-Length: 0\r\n\r\n",
        "A: 1\r\nB: 2\r\nC: 3\r\ncontent-length:2\n\n  ",
    ] {
        wire.raw(garbage.as_bytes()).await;
        wire.assert_alive().await;
    }
}

#[tokio::test]
async fn wrong_lengths_are_recovered_from() {
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    let sound = r#"{"jsonrpc":"2.0","method":"$/noise","params":null}"#;
    for wrong in [sound.len() - 3, sound.len() + 20] {
        wire.raw(format!("Content-Length: {wrong}\r\n\r\n{sound}").as_bytes()).await;
        // Its body swallows the beginning of the next frame, or leaves a rest before it: the frame itself is not lost.
        wire.ask(7, "textDocument/hover", common::hover_params()).await;
        let refused = wire.read().await;
        assert_eq!(refused["error"]["code"], -32700, "{refused}");
        let answer = wire.read().await;
        assert_eq!(answer, json!({ "jsonrpc": "2.0", "id": 7, "result": null }));
        wire.assert_alive().await;
    }
}

/// A client with a request under way must not wait for ever.
#[tokio::test]
async fn an_invalid_request_is_answered_by_its_id() {
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    wire.body(r#"{"jsonrpc":"1.0","id":"mine","method":"textDocument/hover"}"#).await;
    let answer = wire.read().await;
    assert_eq!((&answer["id"], &answer["error"]["code"]), (&json!("mine"), &json!(-32600)));
    wire.assert_alive().await;
}

#[tokio::test]
async fn two_frames_in_one_write_and_one_in_many() {
    let mut wire = Wire::initialized(|_, outbox| Fake::new(outbox)).await;
    let ask = |id| {
        frame(
            &json!({ "jsonrpc": "2.0", "id": id, "method": "textDocument/hover", "params": common::hover_params() })
                .to_string(),
        )
    };
    wire.raw(&[ask(1), ask(2)].concat()).await;
    for byte in ask(3) {
        wire.raw(&[byte]).await;
    }
    for id in 1..=3 {
        assert_eq!(wire.read().await["id"], id);
    }
}
