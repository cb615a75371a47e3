//! Labels by another name: in every file, in gloss.toml and in the decisions kept; the classifier follows.

use e2e::{Client, Setup, Workspace};
use serde_json::{Value, json};

const FIXTURE: &str = r#"
    //- gloss.toml
    [dataset]
    files = ["*.jsonl", "*.csv"]
    [labels]
    billing = "Charges"
    login = ""
    //- a.jsonl
    {"text": "charged twice", "label": "billing"}
    {"text": "password \"lost\"", "label": "login"}
    {"label": "billing", "text": "billing is wrong"}
    //- b.csv
    text,label
    "invoice, wrong","billing"
    cannot log in,login
    //- gloss.keep.jsonl
    {"text":"charged twice","label":"billing"}
    "#;

fn asked(client: &mut Client, name: &str, part: &str, to: &str) -> Result<Value, Value> {
    let offset = client.find(name, part);
    let at = json!({ "textDocument": client.identify(name), "position": client.position(name, offset), "newName": to });
    client.try_request("textDocument/rename", at)
}

fn careful() -> Setup {
    let mut capabilities = Setup::default().capabilities;
    capabilities["workspace"]["workspaceEdit"]["changeAnnotationSupport"] = json!({ "groupsOnLabel": true });
    capabilities["textDocument"]["rename"] = json!({ "prepareSupport": true });
    Setup::of(capabilities)
}

#[test]
fn a_rename_reaches_every_file() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start_with(&workspace, careful());
    client.open("a.jsonl");
    let place = client.find("a.jsonl", "billing\", \"text");
    let prepared = client.ask_at("textDocument/prepareRename", "a.jsonl", place);
    assert_eq!(client.slice("a.jsonl", &prepared["range"]), "billing");
    assert_eq!(prepared["placeholder"], "billing");
    let text = client.find("a.jsonl", "charged");
    assert_eq!(client.ask_at("textDocument/prepareRename", "a.jsonl", text), Value::Null);

    let edit = asked(&mut client, "a.jsonl", "billing\", \"text", "费用 \"fees\"").expect("an edit");
    assert_eq!(edit.get("changeAnnotations"), None);
    let versions: Vec<&Value> =
        edit["documentChanges"].as_array().unwrap().iter().map(|one| &one["textDocument"]["version"]).collect();
    assert_eq!(versions, [&json!(1), &Value::Null, &Value::Null, &Value::Null], "one is open");
    client.apply(&edit).expect("a sound edit");
    assert_eq!(
        client.text("a.jsonl"),
        "{\"text\": \"charged twice\", \"label\": \"费用 \\\"fees\\\"\"}\n\
         {\"text\": \"password \\\"lost\\\"\", \"label\": \"login\"}\n\
         {\"label\": \"费用 \\\"fees\\\"\", \"text\": \"billing is wrong\"}\n"
    );
    assert_eq!(client.text("b.csv"), "text,label\n\"invoice, wrong\",\"费用 \"\"fees\"\"\"\ncannot log in,login\n");
    assert!(
        client.text("gloss.toml").contains("\"费用 \\\"fees\\\"\" = \"Charges\"\nlogin"),
        "{}",
        client.text("gloss.toml")
    );
    assert_eq!(client.text("gloss.keep.jsonl"), "{\"text\":\"charged twice\",\"label\":\"费用 \\\"fees\\\"\"}\n");
    ["a.jsonl", "b.csv", "gloss.toml"].into_iter().for_each(|name| client.ignore_diagnostics(name));
}

#[test]
fn a_merge_is_asked_about() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start_with(&workspace, careful());
    client.open("a.jsonl");
    let edit = asked(&mut client, "a.jsonl", "login", "billing").expect("an edit");
    let annotation = &edit["changeAnnotations"]["gloss"];
    assert_eq!(annotation["label"], "merges `login` into `billing`: 2 rows");
    assert_eq!(annotation["needsConfirmation"], true);
    assert_eq!(edit["documentChanges"][0]["edits"][0]["annotationId"], "gloss");
    client.apply(&edit).expect("a sound edit");
    assert!(client.text("gloss.toml").ends_with("[labels]\nbilling = \"Charges\"\n"), "{}", client.text("gloss.toml"));
    ["a.jsonl", "b.csv", "gloss.toml"].into_iter().for_each(|name| client.ignore_diagnostics(name));

    // A client that cannot ask is given the edit as it is.
    let workspace = Workspace::new(FIXTURE);
    let mut plain = Client::start(&workspace);
    plain.open("a.jsonl");
    let edit = asked(&mut plain, "a.jsonl", "login", "billing").expect("an edit");
    assert_eq!(edit.get("changeAnnotations"), None);
    plain.ignore_diagnostics("a.jsonl");
}

#[test]
fn what_cannot_be_is_refused_with_a_reason() {
    let workspace = Workspace::new(
        r#"
        //- train.ft
        __label__pay charged twice
        __label__log password lost
        "#,
    );
    let mut client = Client::start(&workspace);
    client.open("train.ft");
    let why = asked(&mut client, "train.ft", "pay", "to pay").expect_err("a refusal");
    assert_eq!(
        why["message"],
        "In fastText, a name of a label cannot hold blanks, as `to pay` does. Write it like `to_pay`."
    );
    let why = asked(&mut client, "train.ft", "pay", " ").expect_err("a refusal");
    assert_eq!(why["message"], "A label needs a name.");
    client.ignore_diagnostics("train.ft");

    let workspace = Workspace::new(
        r#"
        //- README.md
        ---
        dataset_info:
          features:
          - name: label
            dtype:
              class_label:
                names:
                  '0': neg
                  '1': pos
        ---
        //- reviews.csv
        text,label
        awful,0
        lovely,1
        "#,
    );
    let mut client = Client::start(&workspace);
    client.open("reviews.csv");
    let why = asked(&mut client, "reviews.csv", "1", "good").expect_err("a refusal");
    assert_eq!(why["message"], "`pos` is the name that the data set's README.md gives a number. Rename it there.");
    client.ignore_diagnostics("reviews.csv");
}

#[test]
fn suggestions_have_the_new_name_after_a_save() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    let has =
        |all: &[Value], label: &str| all.iter().any(|one| one["code"] == "suggestion" && one["data"]["label"] == label);
    client.wait_for_diagnostics("tickets.jsonl", "a suggestion", |all| has(all, "billing"));
    let source = client.text("tickets.jsonl").to_owned();
    let at = source.find("\"label\": \"billing\"").expect("a row") + "\"label\": \"".len();
    let params = json!({
        "textDocument": client.identify("tickets.jsonl"), "position": client.position("tickets.jsonl", at), "newName": "payment",
    });
    let edit = client.request("textDocument/rename", params);
    client.apply(&edit).expect("a sound edit");
    for name in ["gloss.toml", "test.jsonl", "tickets.jsonl"] {
        client.save(name);
    }
    let picture = client.wait_for_diagnostics("tickets.jsonl", "suggestions by the new name", |all| {
        has(all, "payment") && !has(all, "billing")
    });
    assert_eq!(picture.with_code("unknown-label").len(), 0);
    ["gloss.toml", "test.jsonl"].into_iter().for_each(|name| client.ignore_diagnostics(name));
}
