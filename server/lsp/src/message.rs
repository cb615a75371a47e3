//! Is a body a message that tower-lsp can read? If it is nearly one, what would have to change?
//!
//! tower-lsp stops reading for good at the first body it cannot decode, so what passes here must be a subset of what it
//! takes: every number, string and depth is read as strictly as by its own types.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use tower_lsp::{
    jsonrpc::{Error, ErrorCode, Id, Response},
    lsp_types::InitializeParams,
};

use crate::surrogates;

/// The method under which a refusal travels through tower-lsp, so that it is answered in its turn.
pub(crate) const REFUSED: &str = "gloss/refused";

#[derive(Debug, PartialEq)]
pub(crate) enum Judged {
    /// To be handed on.
    Message { body: Vec<u8>, kind: Kind },
    /// No message; the body to hand on instead, which makes the server answer with an error.
    Refused { instead: Vec<u8>, why: String, unreadable: Option<Vec<u8>> },
    /// An empty body: some clients keep the line alive with it.
    Empty,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Shutdown,
    Exit,
    Other,
}

pub(crate) fn judge(body: Vec<u8>) -> Judged {
    if body.trim_ascii().is_empty() {
        return Judged::Empty;
    }
    let mut text = surrogates::repair_utf8(body);
    let mut envelope = serde_json::from_str::<Envelope>(&text);
    if envelope.is_err() {
        let mut bytes = text.into_bytes();
        if surrogates::repair_escapes(&mut bytes) {
            envelope = serde_json::from_slice(&bytes);
        }
        // The repair writes ASCII over ASCII.
        text = surrogates::repair_utf8(bytes);
    }
    let envelope = match envelope {
        Ok(envelope) => envelope,
        Err(error) => {
            let why = format!("not JSON: {error}");
            let instead = refusal(Id::Null, ErrorCode::ParseError, &why);
            return Judged::Refused { instead, why, unreadable: Some(text.into_bytes()) };
        }
    };
    let id = envelope.id.clone();
    match envelope.into_kind() {
        Ok(Some("exit")) => Judged::Message { body: call("exit", None), kind: Kind::Exit },
        Ok(Some("shutdown")) if id.is_some() => {
            // It has no parameters; tower-lsp refuses it where a client sends `{}`.
            Judged::Message { body: call("shutdown", id), kind: Kind::Shutdown }
        }
        Ok(Some("initialize")) => Judged::Message { body: lenient_initialize(text), kind: Kind::Other },
        Ok(Some(_)) => Judged::Message { body: text.into_bytes(), kind: Kind::Other },
        Ok(None) => match plain_response(&text) {
            Some(body) => Judged::Message { body, kind: Kind::Other },
            None => invalid(id, "neither a method nor a result with an id"),
        },
        Err(why) => invalid(id, why),
    }
}

fn invalid(id: Option<Id>, why: &str) -> Judged {
    let instead = refusal(id.unwrap_or(Id::Null), ErrorCode::InvalidRequest, why);
    Judged::Refused { instead, why: why.to_owned(), unreadable: None }
}

fn call(method: &str, id: Option<Id>) -> Vec<u8> {
    let mut message = json!({ "jsonrpc": "2.0", "method": method });
    if let Some(id) = id {
        message["id"] = json!(id);
    }
    message.to_string().into_bytes()
}

fn refusal(id: Id, code: ErrorCode, why: &str) -> Vec<u8> {
    json!({ "jsonrpc": "2.0", "id": id, "method": REFUSED, "params": { "code": code, "message": why } })
        .to_string()
        .into_bytes()
}

/// A response in the one shape that tower-lsp takes; it would read others as a request without a name and answer them.
fn plain_response(text: &str) -> Option<Vec<u8>> {
    let Ok(Value::Object(mut message)) = serde_json::from_str(text) else { return None };
    let id: Id = serde_json::from_value(message.remove("id")?).ok()?;
    let outcome = match (message.remove("result"), message.remove("error")) {
        (None, None) => return None,
        (_, Some(Value::Object(error))) => Err(Error {
            code: error.get("code").and_then(Value::as_i64).unwrap_or(ErrorCode::InternalError.code()).into(),
            message: error.get("message").and_then(Value::as_str).unwrap_or_default().to_owned().into(),
            data: error.get("data").cloned(),
        }),
        (result, _) => Ok(result.unwrap_or_default()),
    };
    serde_json::to_vec(&Response::from_parts(id, outcome)).ok()
}

/// The `initialize` request without those capabilities that our types cannot hold (values younger than they are): a
/// client that knows more than we do must not be shut out.
fn lenient_initialize(text: String) -> Vec<u8> {
    let Ok(mut message) = serde_json::from_str::<Value>(&text) else { return text.into_bytes() };
    let readable = |params: &Value| InitializeParams::deserialize(params).is_ok();
    let Some(params) = message.get_mut("params").filter(|params| !readable(params)) else { return text.into_bytes() };
    if let Some(groups) = params.get_mut("capabilities").and_then(Value::as_object_mut) {
        for (group, features) in groups {
            let Some(features) = features.as_object_mut() else { continue };
            features.retain(|name, feature| {
                let alone = json!({ "capabilities": { group: { name: feature } } });
                readable(&alone)
            });
        }
    }
    if let Some(params) = params.as_object_mut() {
        params.retain(|name, value| {
            let mut alone = json!({ "capabilities": {} });
            alone[name] = value.clone();
            readable(&alone)
        });
        params.entry("capabilities").or_insert_with(|| Map::new().into());
    }
    message.to_string().into_bytes()
}

/// What surrounds the parameters. Everything else is read only to be sure that it can be.
#[derive(Debug, Default)]
struct Envelope {
    id: Option<Id>,
    method: Option<String>,
    version: bool,
    problem: Option<&'static str>,
}

impl Envelope {
    fn into_kind(self) -> Result<Option<&'static str>, &'static str> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        if !self.version {
            return Err("\"jsonrpc\" is not \"2.0\"");
        }
        Ok(self.method.map(|method| match method.as_str() {
            "exit" => "exit",
            "shutdown" => "shutdown",
            "initialize" => "initialize",
            _ => "",
        }))
    }
}

impl<'de> Deserialize<'de> for Envelope {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Envelope, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Envelope;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a message")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Envelope, A::Error> {
                let mut envelope = Envelope::default();
                let mut seen = Vec::new();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "jsonrpc" => envelope.version = map.next_value::<Value>()? == "2.0",
                        "id" => match serde_json::from_value(map.next_value()?) {
                            Ok(id) => envelope.id = Some(id),
                            Err(_) => envelope.problem = Some("\"id\" is neither an integer nor a string"),
                        },
                        "method" => match map.next_value::<Value>()? {
                            Value::String(method) => envelope.method = Some(method),
                            _ => envelope.problem = Some("\"method\" is not a string"),
                        },
                        _ => map.next_value_seed(Strict)?,
                    }
                    if seen.contains(&key) {
                        envelope.problem = Some("a key stands twice");
                    }
                    seen.push(key);
                }
                Ok(envelope)
            }
            /// Valid JSON, no message: batches are no part of LSP.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Envelope, A::Error> {
                while seq.next_element_seed(Strict)?.is_some() {}
                Ok(Envelope { problem: Some("not an object"), ..Envelope::default() })
            }
        }
        deserializer.deserialize_any(Reader)
    }
}

/// Reads any value as strictly as `serde_json::Value` would (numbers in range, no lone surrogates, bounded depth), and
/// keeps nothing of it. `IgnoredAny` would let all of these pass.
struct Strict;

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("any value")
    }
    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }
    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }
    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }
    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<(), E> {
        if number.is_finite() { Ok(()) } else { Err(E::custom("number out of range")) }
    }
    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }
    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Strict)?.is_some() {}
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_key_seed(Strict)?.is_some() {
            map.next_value_seed(Strict)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tower_lsp::jsonrpc::Request;

    /// What tower-lsp decodes a body into; its own type is private.
    #[derive(serde::Deserialize)]
    #[serde(untagged)]
    #[allow(dead_code, reason = "only whether it can be made matters")]
    enum Decoded {
        Response(Response),
        Request(Request),
    }

    fn passed(body: &str) -> String {
        match judge(body.into()) {
            Judged::Message { body, .. } => String::from_utf8(body).unwrap(),
            other => panic!("{body}: {other:?}"),
        }
    }

    fn refused(body: impl AsRef<[u8]>) -> (i64, Value) {
        match judge(body.as_ref().to_vec()) {
            Judged::Refused { instead, .. } => {
                let request: Value = serde_json::from_slice(&instead).unwrap();
                assert_eq!(request["method"], REFUSED);
                (request["params"]["code"].as_i64().unwrap(), request["id"].clone())
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn sound_messages_pass_byte_for_byte() {
        for body in [
            r#"{"jsonrpc":"2.0","id":1,"method":"textDocument/hover","params":{"a":[1,-2,3.5e3,null,true,"\ud83d\ude00"]}}"#,
            r#"{ "method":"initialized", "params":{}, "jsonrpc":"2.0", "later": {"x":1} }"#,
        ] {
            assert_eq!(passed(body), body);
        }
    }

    #[test]
    fn lone_surrogates_are_repaired() {
        let body = r#"{"jsonrpc":"2.0","method":"textDocument/didChange","params":{"text":"\ud83d"}}"#;
        assert_eq!(passed(body), body.replace(r"\ud83d", r"\ufffd"));
    }

    #[test]
    fn what_would_end_tower_lsp_is_refused() {
        let params = |value: &str| format!(r#"{{"jsonrpc":"2.0","method":"x","id":7,"params":{value}}}"#);
        let unread = |value: &str| format!(r#"{{"jsonrpc":"2.0","method":"x","id":7,"later":{value}}}"#);
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for bad in ["1e999", r#""\u12""#, r#""\x""#, "{", "[1,]", "\"\u{1}\"", deep.as_str()] {
            assert_eq!(refused(params(bad)).0, -32700, "{bad}");
            assert_eq!(refused(unread(bad)).0, -32700, "{bad}");
        }
        assert_eq!(refused("3").0, -32700);
        assert_eq!(refused("[]"), (-32600, Value::Null));
        assert_eq!(refused(r#"["2.0","exit",null,null]"#), (-32600, Value::Null));
        assert_eq!(refused(r#"{"id":5,"method":"x"}"#), (-32600, json!(5)));
        assert_eq!(refused(r#"{"jsonrpc":"1.0","id":5,"method":"x"}"#), (-32600, json!(5)));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":5,"method":7}"#), (-32600, json!(5)));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":1.5,"method":"x"}"#), (-32600, Value::Null));
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":5,"id":6,"method":"x"}"#).0, -32600);
        assert_eq!(refused(r#"{"jsonrpc":"2.0","id":5}"#), (-32600, json!(5)));
        assert_eq!(judge(b" \r\n".to_vec()), Judged::Empty);
    }

    #[test]
    fn whatever_passes_can_be_decoded() {
        // Damages a sound message in every place, by every kind of byte that JSON gives a meaning.
        let sound = r#"{"jsonrpc":"2.0","id":12,"method":"m","params":{"t":"\ud83d\ude00\n","n":[1.5e3,-0,null]}}"#;
        for at in 0..sound.len() {
            for byte in b"\"\\{}[],:09eE.-u \xFF" {
                let mut body = sound.as_bytes().to_vec();
                body[at] = *byte;
                if let Judged::Message { body, .. } = judge(body) {
                    assert!(serde_json::from_slice::<Decoded>(&body).is_ok(), "{}", String::from_utf8_lossy(&body));
                }
            }
        }
    }

    #[test]
    fn responses_take_the_one_shape_that_is_understood() {
        let shape = |body: &str| serde_json::from_str::<Value>(&passed(body)).unwrap();
        assert_eq!(
            shape(r#"{"jsonrpc":"2.0","id":1,"result":null,"error":{"code":-1,"message":"no","extra":1}}"#),
            json!({"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}})
        );
        assert_eq!(
            shape(r#"{"jsonrpc":"2.0","id":1,"result":{"applied":true},"error":null}"#),
            json!({"jsonrpc":"2.0","id":1,"result":{"applied":true}})
        );
    }

    #[test]
    fn shutdown_and_exit_are_told_apart_and_lose_parameters() {
        let judged = judge(br#"{"jsonrpc":"2.0","id":"a","method":"shutdown","params":{}}"#.to_vec());
        let Judged::Message { body, kind: Kind::Shutdown } = judged else { panic!("{judged:?}") };
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap()["params"], Value::Null);
        assert!(matches!(
            judge(br#"{"jsonrpc":"2.0","method":"exit"}"#.to_vec()),
            Judged::Message { kind: Kind::Exit, .. }
        ));
    }

    #[test]
    fn initialize_loses_only_what_cannot_be_read() {
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "processId": 7,
            "trace": "compact",
            "capabilities": {
                "workspace": { "applyEdit": true, "workspaceEdit": { "failureHandling": "quantum" } },
                "general": { "positionEncodings": ["utf-8"] },
            },
        }});
        let kept: Value = serde_json::from_str(&passed(&body.to_string())).unwrap();
        let capabilities = json!({ "workspace": { "applyEdit": true }, "general": { "positionEncodings": ["utf-8"] } });
        assert_eq!(kept["params"], json!({ "processId": 7, "capabilities": capabilities }));
    }
}
