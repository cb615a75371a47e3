//! Labels as symbols: where they are defined and used, what is said of them, what a file is made of.

use e2e::{Client, Encoding, Setup, Workspace};
use serde_json::{Value, json};

const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl", "*.csv"]
    [labels]
    billing = "Charges and refunds"
    "登录" = ""
    unused = ""
    //- a.jsonl
    {"text": "😀 charged twice", "label": "billing"}
    {"text": "密码 lost", "label": "登录"}
    {"label": "billing", "text": "money back"}
    {"text": "no label yet"}
    //- b.csv
    text,label
    "invoice, wrong",billing
    cannot log in,"登录"
    "#;

/// "a.jsonl: billing", in order.
fn shown(client: &mut Client, locations: &Value) -> Vec<String> {
    let mut shown = Vec::new();
    for location in locations.as_array().expect("a list of locations") {
        let uri = location["uri"].as_str().expect("a URI");
        let name = uri.rsplit_once('/').expect("a path").1.to_owned();
        if name != "gloss.toml" {
            client.ignore_diagnostics(&name);
        }
        shown.push(format!("{name}: {}", client.slice(&name, &location["range"])));
    }
    shown
}

fn opened(workspace: &Workspace, setup: Setup) -> Client<'_> {
    let mut client = Client::start_with(workspace, setup);
    for name in ["gloss.toml", "a.jsonl", "b.csv"] {
        client.open(name);
        client.ignore_diagnostics(name);
    }
    client
}

fn references(client: &mut Client, name: &str, offset: usize, declaration: bool) -> Value {
    let params = json!({
        "textDocument": client.identify(name), "position": client.position(name, offset),
        "context": { "includeDeclaration": declaration },
    });
    client.request("textDocument/references", params)
}

#[test]
fn a_label_is_found_from_wherever_it_is_named() {
    for encoding in [Encoding::Utf16, Encoding::Utf8] {
        let workspace = Workspace::new(FIXTURE);
        let mut client = opened(&workspace, Setup::with(&[encoding]));
        let in_row = client.find("a.jsonl", "\"登录\"") + 1;
        let key = client.find("gloss.toml", "登录");
        for (name, offset) in [("a.jsonl", in_row), ("gloss.toml", key)] {
            let definition = client.ask_at("textDocument/definition", name, offset);
            assert_eq!(shown(&mut client, &json!([definition])), ["gloss.toml: 登录"]);
            let uses = references(&mut client, name, offset, false);
            assert_eq!(shown(&mut client, &uses), ["a.jsonl: 登录", "b.csv: 登录"]);
            let all = references(&mut client, name, offset, true);
            assert_eq!(shown(&mut client, &all)[0], "gloss.toml: 登录");
        }
        let highlights =
            client.ask_at("textDocument/documentHighlight", "a.jsonl", client.find("a.jsonl", "billing\", \"text"));
        let parts: Vec<&str> =
            highlights.as_array().unwrap().iter().map(|one| client.slice("a.jsonl", &one["range"])).collect();
        assert_eq!(parts, ["billing", "billing"]);
        let text = client.find("a.jsonl", "charged");
        assert_eq!(client.ask_at("textDocument/definition", "a.jsonl", text), Value::Null);
    }
}

#[test]
fn files_that_are_not_open_have_references_too() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open("a.jsonl");
    client.ignore_diagnostics("a.jsonl");
    let offset = client.find("a.jsonl", "\"登录\"") + 1;
    let uses = references(&mut client, "a.jsonl", offset, true);
    let uses: Vec<String> =
        uses.as_array().unwrap().iter().map(|one| format!("{}", one["range"]["start"]["line"])).collect();
    assert_eq!(uses, ["4", "1", "2"], "gloss.toml, a.jsonl, b.csv");
}

#[test]
fn hover_on_a_label_says_how_it_does() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    client
        .wait_for_diagnostics("tickets.jsonl", "suggestions", |all| all.iter().any(|one| one["code"] == "suggestion"));
    let source = client.text("tickets.jsonl").to_owned();
    let at = source.find("\"label\": \"billing\"").expect("a row") + "\"label\": \"".len();
    let hover = client.ask_at("textDocument/hover", "tickets.jsonl", at);
    let said = hover["contents"]["value"].as_str().expect("Markdown");
    assert!(said.starts_with("**billing**"), "{said}");
    for part in [" rows in 2 files", "held out: precision ", ", recall ", ", F1 ", "confused with `", ".jsonl#L"] {
        assert!(said.contains(part), "{part:?} is missing in {said}");
    }
    assert_eq!(client.slice("tickets.jsonl", &hover["range"]), "billing");
}

#[test]
fn a_file_is_a_tree_of_what_its_rows_are() {
    let workspace = Workspace::new(FIXTURE);
    let mut capabilities = Setup::default().capabilities;
    let flat = Client::start_with(&workspace, Setup::of(capabilities.clone()));
    flat.finish();
    capabilities["textDocument"]["documentSymbol"] = json!({ "hierarchicalDocumentSymbolSupport": true });
    let mut client = opened(&workspace, Setup::of(capabilities));
    let document = client.identify("a.jsonl");
    let tree = client.request("textDocument/documentSymbol", json!({ "textDocument": document }));
    let named = |symbol: &Value| symbol["name"].as_str().unwrap_or_default().to_owned();
    let groups: Vec<String> = tree.as_array().unwrap().iter().map(named).collect();
    let labels: Vec<&String> =
        groups.iter().filter(|name| !name.starts_with("to label") && !name.starts_with("suspects")).collect();
    assert_eq!(labels, ["unlabelled (1)", "billing (2)", "登录 (1)"]);
    let billing = tree.as_array().unwrap().iter().find(|one| one["name"] == "billing (2)").unwrap();
    let rows: Vec<String> = billing["children"].as_array().unwrap().iter().map(named).collect();
    assert_eq!(rows, ["😀 charged twice", "money back"]);
    assert_eq!(client.slice("a.jsonl", &billing["children"][0]["selectionRange"]), "\"billing\"");

    let found = client.request("workspace/symbol", json!({ "query": "MONEY" }));
    assert_eq!(found.as_array().unwrap().iter().map(named).collect::<Vec<_>>(), ["money back"]);
    let found = client.request("workspace/symbol", json!({ "query": "bill" }));
    assert_eq!(found.as_array().unwrap().iter().map(named).collect::<Vec<_>>(), ["billing"]);
    assert_eq!(found[0]["location"]["uri"], client.identify("gloss.toml")["uri"]);
}

#[test]
fn gloss_toml_is_completed_and_explained() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace, Setup::default());
    let offered = |client: &mut Client, offset: usize| -> Vec<String> {
        let items = client.ask_at("textDocument/completion", "gloss.toml", offset);
        items.as_array().unwrap().iter().map(|item| item["label"].as_str().unwrap().to_owned()).collect()
    };
    client.replace("gloss.toml", "[labels]", "ta\n[labels]");
    let at = client.find("gloss.toml", "ta\n[") + 2;
    let keys = offered(&mut client, at);
    assert!(keys.contains(&"task".to_owned()) && !keys.contains(&"files".to_owned()), "{keys:?}");
    client.replace("gloss.toml", "ta\n[", "task = \n[");
    let at = client.find("gloss.toml", "task = ") + 7;
    assert_eq!(offered(&mut client, at), ["\"single\"", "\"multi\"", "\"spans\""]);
    client.append("gloss.toml", "[tr");
    let end = client.text("gloss.toml").len();
    assert!(offered(&mut client, end).contains(&"train".to_owned()));
    client.replace("gloss.toml", "task = \n", "task = \"single\"\n");
    let hover = client.ask_at("textDocument/hover", "gloss.toml", client.find("gloss.toml", "task") + 1);
    assert!(hover["contents"]["value"].as_str().unwrap().starts_with("what rows have"), "{hover}");
    client.ignore_diagnostics("gloss.toml");
}

#[test]
fn a_label_without_rows_is_hinted_at_and_unknown_ones_are_added_at_once() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = opened(&workspace, Setup::default());
    let unused = client.wait_for_codes("gloss.toml", &["unused-label"], 1).remove(0);
    assert_eq!(client.slice("gloss.toml", &unused["range"]), "unused");
    client.append("a.jsonl", "{\"text\": \"one\", \"label\": \"new\"}\n{\"text\": \"two\", \"label\": \"a b\"}\n");
    let unknown = client.wait_for_codes("a.jsonl", &["unknown-label"], 2).remove(0);
    client.choose("a.jsonl", &unknown["range"], "Add all 2 unknown labels");
    client.wait_for_codes("a.jsonl", &["unknown-label"], 0);
    assert!(
        client.text("gloss.toml").ends_with("unused = \"\"\n\"a b\" = \"\"\nnew = \"\"\n"),
        "{}",
        client.text("gloss.toml")
    );
    client.ignore_diagnostics("gloss.toml");
}
