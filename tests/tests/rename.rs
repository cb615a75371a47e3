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
    asked_at(client, name, offset, to)
}

/// Of the first row that has the label.
fn asked_of(client: &mut Client, name: &str, label: &str, to: &str) -> Result<Value, Value> {
    let row = client.text(name).find(&format!("\"label\": \"{label}\"")).expect("a row");
    asked_at(client, name, row + "\"label\": \"".len(), to)
}

fn asked_at(client: &mut Client, name: &str, offset: usize, to: &str) -> Result<Value, Value> {
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

fn suggests(all: &[Value], label: &str) -> bool {
    all.iter().any(|one| one["code"] == "suggestion" && one["data"]["label"] == label)
}

#[test]
fn suggestions_have_the_new_name_at_once() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    client.wait_for_diagnostics("tickets.jsonl", "a suggestion", |all| suggests(all, "billing"));
    let before = client.text("tickets.jsonl").to_owned();
    let edit = asked_of(&mut client, "tickets.jsonl", "billing", "payment").expect("an edit");
    client.apply(&edit).expect("a sound edit");
    // Nothing is saved yet, and so nothing learned.
    let follows = |all: &[Value]| suggests(all, "payment") && !suggests(all, "billing");
    client.wait_for_diagnostics("tickets.jsonl", "suggestions by the new name", follows);
    // It is undone: in the rows, then in gloss.toml.
    let whole = 0..client.text("tickets.jsonl").len();
    client.edit("tickets.jsonl", whole, &before);
    let from = client.find("gloss.toml", "payment");
    client.edit("gloss.toml", from..from + "payment".len(), "billing");
    client.wait_for_diagnostics("tickets.jsonl", "suggestions by the old name", |all| {
        suggests(all, "billing") && !suggests(all, "payment")
    });
    let edit = asked_of(&mut client, "tickets.jsonl", "billing", "payment").expect("an edit");
    client.apply(&edit).expect("a sound edit");
    for name in ["gloss.toml", "test.jsonl", "tickets.jsonl"] {
        client.save(name);
    }
    let picture = client.wait_for_diagnostics("tickets.jsonl", "what was learned since", |all| {
        follows(all) && all.iter().any(|one| one["data"]["model_version"].as_u64() > Some(1))
    });
    assert_eq!(picture.with_code("unknown-label").len(), 0);
    ["gloss.toml", "test.jsonl"].into_iter().for_each(|name| client.ignore_diagnostics(name));
}

#[test]
fn no_label_is_accepted_that_is_not_among_the_labels_any_more() {
    let workspace = Workspace::from_fixtures("support-tickets");
    let mut client = Client::start(&workspace);
    client.open("tickets.jsonl");
    client.wait_for_diagnostics("tickets.jsonl", "a suggestion", |all| suggests(all, "billing"));
    // Two labels become one that the classifier knows by both names.
    let edit = asked_of(&mut client, "tickets.jsonl", "billing", "refund").expect("an edit");
    client.apply(&edit).expect("a sound edit");
    let picture =
        client.wait_for_diagnostics("tickets.jsonl", "suggestions without it", |all| !suggests(all, "billing"));
    assert!(!picture.with_code("suggestion").is_empty(), "the others stay");
    let whole = client.range("tickets.jsonl", 0..client.text("tickets.jsonl").len());
    let offered = client.code_actions("tickets.jsonl", &whole);
    assert!(!offered.is_empty());
    assert!(!json!(offered).to_string().contains("billing"), "{offered:?}");
    ["gloss.toml", "test.jsonl"].into_iter().for_each(|name| client.ignore_diagnostics(name));
}
