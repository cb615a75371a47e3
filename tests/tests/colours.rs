//! Semantic tokens as a client sees them: each label in a colour of its own, where it is named and on the parts of texts that have it.

use e2e::{Client, Encoding, Setup, Workspace};
use serde_json::{Value, json};

/// The parts that are coloured, each with its kind of token.
fn coloured(client: &Client, name: &str, answer: &Value) -> Vec<(String, u64)> {
    let numbers: Vec<u64> =
        answer["data"].as_array().expect("tokens").iter().map(|number| number.as_u64().expect("a number")).collect();
    let (mut line, mut column) = (0, 0);
    let part = |token: &[u64]| {
        column = if token[0] == 0 { column + token[1] } else { token[1] };
        line += token[0];
        let at = |character: u64| json!({ "line": line, "character": character });
        let range = json!({ "start": at(column), "end": at(column + token[2]) });
        (client.slice(name, &range).to_owned(), token[3])
    };
    numbers.chunks_exact(5).map(part).collect()
}

fn whole(client: &mut Client, name: &str) -> Value {
    client.request("textDocument/semanticTokens/full", json!({ "textDocument": client.identify(name) }))
}

#[test]
fn equal_labels_have_one_colour_and_others_another() {
    let workspace = Workspace::new(
        r#"
        //- gloss.toml
        [dataset]
        files = ["*.jsonl", "*.csv"]
        //- a.jsonl
        {"text": "😀 charged twice", "label": "billing"}
        {"label": "登录", "text": "密码 lost"}
        {"text": "no label yet"}
        {"label": "billing", "text": "money back"}
        //- b.csv
        text,label
        "cannot, log in","登录"
        "#,
    );
    for encoding in [Encoding::Utf16, Encoding::Utf8] {
        let mut client = Client::start_with(&workspace, Setup::with(&[encoding]));
        let kinds = &client.server_capabilities()["semanticTokensProvider"]["legend"]["tokenTypes"];
        assert_eq!(kinds.as_array().expect("kinds of tokens").len(), 8);
        for name in ["a.jsonl", "b.csv"] {
            client.open(name);
            client.ignore_diagnostics(name);
        }
        let answer = whole(&mut client, "a.jsonl");
        let named = |name: &str, colour: u64| (name.to_owned(), colour);
        let all = [named("billing", 0), named("登录", 1), named("billing", 0)];
        assert_eq!(coloured(&client, "a.jsonl", &answer), all);
        let answer = whole(&mut client, "b.csv");
        assert_eq!(coloured(&client, "b.csv", &answer), [named("登录", 1)]);
        let start = client.find("a.jsonl", "{\"text\": \"no label");
        let range = client.range("a.jsonl", start..client.text("a.jsonl").len());
        let params = json!({ "textDocument": client.identify("a.jsonl"), "range": range });
        let answer = client.request("textDocument/semanticTokens/range", params);
        assert_eq!(coloured(&client, "a.jsonl", &answer), all[2..]);
    }
}

#[test]
fn spans_are_coloured_in_the_text_word_by_word() {
    let workspace = Workspace::new(
        r#"
        //- gloss.toml
        [dataset]
        files = ["*.jsonl", "*.conll"]
        task = "spans"
        //- a.jsonl
        {"text": "\ud83d\ude00 to New York on Monday", "spans": [{"start": 5, "end": 13, "label": "city"}, {"start": 17, "end": 23, "label": "date"}]}
        //- b.conll
        New B-city
        York I-city
        on O

        "#,
    );
    let mut client = Client::start(&workspace);
    for name in ["a.jsonl", "b.conll"] {
        client.open(name);
        client.ignore_diagnostics(name);
    }
    let answer = whole(&mut client, "a.jsonl");
    let found = coloured(&client, "a.jsonl", &answer);
    let found: Vec<(&str, u64)> = found.iter().map(|(part, colour)| (&**part, *colour)).collect();
    assert_eq!(found, [("New", 0), ("York", 0), ("Monday", 1), ("city", 0), ("date", 1)]);
    let answer = whole(&mut client, "b.conll");
    let found = coloured(&client, "b.conll", &answer);
    let found: Vec<(&str, u64)> = found.iter().map(|(part, colour)| (&**part, *colour)).collect();
    assert_eq!(found, [("New", 0), ("city", 0), ("York", 0), ("city", 0)]);
}

#[test]
fn a_large_file_is_coloured_where_it_is_looked_at() {
    let rows = "{\"text\": \"charged twice\", \"label\": \"billing\"}\n".repeat(10_001);
    let workspace = Workspace::new("");
    workspace.write("large.jsonl", rows);
    let mut client = Client::start(&workspace);
    client.open("large.jsonl");
    client.ignore_diagnostics("large.jsonl");
    assert_eq!(whole(&mut client, "large.jsonl"), Value::Null);
    let range = json!({ "start": { "line": 500, "character": 0 }, "end": { "line": 501, "character": 5 } });
    let params = json!({ "textDocument": client.identify("large.jsonl"), "range": range });
    let answer = client.request("textDocument/semanticTokens/range", params);
    assert_eq!(coloured(&client, "large.jsonl", &answer).len(), 2);
}
