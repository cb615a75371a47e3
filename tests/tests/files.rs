//! Files and folders around the open buffer: several data sets, other programs that write, buffers without a file, and
//! two editors at once.

use e2e::{Client, Setup, Workspace};
use serde_json::{Value, json};

/// Two data sets in two folders, with labels of their own.
const TWO: &str = r#"
    //- shop/gloss.toml
    [dataset]
    files = ["*.jsonl"]
    [labels]
    refund = "Money back"
    shipping = "Parcels"
    //- shop/rows.jsonl
    {"text": "money back please", "label": "refund"}
    {"text": "I want a refund", "label": "refund"}
    {"text": "refund my money", "label": "refund"}
    {"text": "where is my parcel", "label": "shipping"}
    {"text": "the parcel is late", "label": "shipping"}
    {"text": "parcel lost on its way", "label": "shipping"}
    {"text": "refund of the parcel money"}
    //- films/reviews.csv
    review,sentiment
    wonderful and moving,good
    a wonderful cast,good
    moving and funny,good
    dull and long,bad
    so dull,bad
    long and boring,bad
    "dull, boring",
    "#;

const SHOP: &str = "shop/rows.jsonl";
const FILMS: &str = "films/reviews.csv";

fn label_of(suggestions: &[Value]) -> &str {
    suggestions[0]["data"]["label"].as_str().expect("a label")
}

#[test]
fn two_folders_hold_two_data_sets_that_know_nothing_of_each_other() {
    let workspace = Workspace::new(TWO);
    let folders = vec!["shop".to_owned(), "films".to_owned()];
    let mut client = Client::start_with(&workspace, Setup { folders, ..Setup::default() });
    client.open(SHOP);
    client.open(FILMS);
    client.wait_for_fields("Text from `review`, label from `sentiment` (detected).");
    assert_eq!(label_of(&client.suggestions(SHOP, 1)), "refund");
    assert_eq!(label_of(&client.suggestions(FILMS, 1)), "bad");
    for (name, labels) in [(SHOP, vec!["refund", "shipping"]), (FILMS, vec!["bad", "good"])] {
        let place = client.suggestions(name, 1)[0]["range"].clone();
        let actions = client.code_actions(name, &place);
        let offered: Vec<_> = actions.iter().filter_map(|action| action["title"].as_str()?.split('`').nth(1)).collect();
        assert_eq!(offered.len(), 2);
        assert!(labels.iter().all(|label| offered.contains(label)), "{offered:?}");
    }
}

#[test]
fn a_folder_that_comes_and_one_that_goes_are_taken_in_stride() {
    let workspace = Workspace::new(TWO);
    let mut client = Client::start_with(&workspace, Setup { folders: vec!["shop".to_owned()], ..Setup::default() });
    client.open(SHOP);
    client.suggestions(SHOP, 1);
    let folder = |name: &str| json!([{ "uri": workspace.uri(name), "name": name }]);
    let event = json!({ "event": { "added": folder("films"), "removed": folder("shop") } });
    client.notify("workspace/didChangeWorkspaceFolders", event);
    client.open(FILMS);
    client.wait_for_fields("Text from `review`, label from `sentiment` (detected).");
    assert_eq!(label_of(&client.suggestions(FILMS, 1)), "bad");
    let hints = client.hints(SHOP, 0..client.text(SHOP).len());
    assert_eq!(hints.len(), 1, "an open file keeps its notes");
}

#[test]
fn a_file_changed_by_another_program_is_read_again() {
    let workspace = Workspace::new(TWO);
    workspace.write("shop/more.jsonl", "{\"text\": \"hello\", \"label\": \"shipping\"}\n");
    let mut client = Client::start(&workspace);
    client.open(SHOP);
    client.suggestions(SHOP, 1);

    workspace.write("shop/more.jsonl", "{\"text\": \"I want a refund\", \"label\": \"shipping\"}\n");
    let conflict = client.wait_for_codes(SHOP, &["conflicting-duplicate"], 1).remove(0);
    assert_eq!(conflict["message"], "The same text is labelled `shipping` in more.jsonl:1.");
    assert_eq!(conflict["relatedInformation"][0]["location"]["uri"], workspace.uri("shop/more.jsonl"));

    workspace.write("shop/more.jsonl", "{\"text\": \"I want a refund\", \"label\": \"refund\"}\n");
    client.wait_for_codes(SHOP, &["conflicting-duplicate"], 0);
    client.ignore_diagnostics(SHOP);
}

#[test]
fn a_file_replaced_by_renaming_is_read_again() {
    let workspace = Workspace::new(TWO);
    workspace.write("shop/more.jsonl", "{\"text\": \"hello\", \"label\": \"shipping\"}\n");
    let mut client = Client::start(&workspace);
    client.open(SHOP);
    client.suggestions(SHOP, 1);
    // As editors and git write: beside it first, then over it.
    workspace.write("shop/more.tmp", "{\"text\": \"I want a refund\", \"label\": \"shipping\"}\n");
    std::fs::rename(workspace.path("shop/more.tmp"), workspace.path("shop/more.jsonl")).expect("a rename");
    client.wait_for_codes(SHOP, &["conflicting-duplicate"], 1);
}

#[test]
fn a_file_that_is_deleted_takes_its_rows_along() {
    let workspace = Workspace::new(TWO);
    workspace.write("shop/more.jsonl", "{\"text\": \"I want a refund\", \"label\": \"shipping\"}\n");
    let mut client = Client::start(&workspace);
    client.open(SHOP);
    client.wait_for_codes(SHOP, &["conflicting-duplicate"], 1);
    workspace.remove("shop/more.jsonl");
    client.wait_for_codes(SHOP, &["conflicting-duplicate"], 0);
    client.ignore_diagnostics(SHOP);
}

#[test]
fn a_file_deleted_under_its_buffer_is_back_with_the_next_save() {
    let workspace = Workspace::new(TWO);
    let mut client = Client::start(&workspace);
    client.open(SHOP);
    let model = client.wait_for_model(SHOP, 0).model_version().expect("just seen");
    workspace.remove(SHOP);
    client.append(SHOP, "{\"text\": \"my parcel\", \"label\": \"shipping\"}\n");
    client.save(SHOP);
    client.wait_for_model(SHOP, model);
}

#[test]
fn the_open_buffer_beats_the_disk() {
    let workspace = Workspace::new(TWO);
    let mut client = Client::start(&workspace);
    client.open(SHOP);
    client.suggestions(SHOP, 1);
    workspace.write(SHOP, "{\"text\": \"all new\", \"label\": \"refund\"}\n");
    // Said in order, so that the server has looked before it reads the edit.
    let change = json!({ "changes": [{ "uri": workspace.uri(SHOP), "type": 2 }] });
    client.notify("workspace/didChangeWatchedFiles", change);
    client.append(SHOP, "{\"text\": \"late parcel\"}\n");
    let last = client.suggestions(SHOP, 2).remove(1);
    assert_eq!(client.slice(SHOP, &last["range"]), "{\"text\": \"late parcel\"}");
}

#[test]
fn a_buffer_closed_unsaved_gives_way_to_the_disk() {
    let workspace = Workspace::new(TWO);
    workspace.write("shop/more.jsonl", "{\"text\": \"hello\", \"label\": \"shipping\"}\n");
    let mut client = Client::start(&workspace);
    client.open(SHOP);
    client.suggestions(SHOP, 1);
    client.open("shop/more.jsonl");
    client.replace("shop/more.jsonl", "hello", "I want a refund");
    client.wait_for_codes("shop/more.jsonl", &["conflicting-duplicate"], 1);
    client.save("shop/more.jsonl");
    client.wait_for_codes(SHOP, &["conflicting-duplicate"], 1);
    client.replace("shop/more.jsonl", "I want a refund", "parcel and refund");
    client.wait_for_codes("shop/more.jsonl", &["conflicting-duplicate"], 0);
    client.close("shop/more.jsonl");
    client.forget_diagnostics(SHOP);
    client.command("gloss.train", SHOP);
    client.wait_for_codes(SHOP, &["conflicting-duplicate"], 1);
}

#[test]
fn a_path_may_hold_any_characters() {
    let name = "数据 1/my rows+50%#.jsonl";
    let workspace = Workspace::new(TWO);
    workspace.write(name, workspace.read(SHOP));
    let mut client = Client::start(&workspace);
    client.open(name);
    let place = client.suggestions(name, 1)[0]["range"].clone();
    client.choose(name, &place, "Label as `refund`");
    client.suggestions(name, 0);
}

#[test]
fn a_buffer_without_a_file_is_a_data_set_once_it_looks_like_one() {
    let name = "untitled:1";
    let workspace = Workspace::new("");
    let mut client = Client::start(&workspace);
    client.open_text(name, "");
    for row in [
        r#"{"text": "money back please", "label": "refund"}"#,
        r#"{"text": "I want a refund", "label": "refund"}"#,
        r#"{"text": "refund my money", "label": "refund"}"#,
        r#"{"text": "where is my parcel", "label": "shipping"}"#,
        r#"{"text": "the parcel is late", "label": "shipping"}"#,
        r#"{"text": "parcel lost on its way", "label": "shipping"}"#,
        r#"{"text": "so late, this parcel", "label": null}"#,
    ] {
        client.append(name, &format!("{row}\n"));
    }
    client.command("gloss.train", name);
    let place = client.suggestions(name, 1)[0]["range"].clone();
    client.choose(name, &place, "Label as `shipping`");
    assert!(client.text(name).ends_with("\"so late, this parcel\", \"label\": \"shipping\"}\n"));
    client.suggestions(name, 0);
    client.close(name);
}

#[test]
fn text_that_is_no_data_set_is_left_alone() {
    let workspace =
        Workspace::new("//- package.json\n{\"name\": \"x\", \"version\": \"1.0.0\"}\n//- notes.txt\nhello\n");
    let mut client = Client::start(&workspace);
    for name in ["package.json", "notes.txt"] {
        client.open(name);
        assert_eq!(client.ask_at("textDocument/hover", name, 0), Value::Null);
        assert_eq!(client.hints(name, 0..1), Vec::<Value>::new());
        assert!(client.diagnostics(name).is_none_or(|picture| picture.diagnostics.is_empty()), "{name}");
    }
}

#[test]
fn two_editors_share_a_data_set() {
    let workspace = Workspace::new(TWO);
    let (mut one, mut other) = (Client::start(&workspace), Client::start(&workspace));
    for client in [&mut one, &mut other] {
        client.open(SHOP);
        assert_eq!(label_of(&client.suggestions(SHOP, 1)), "refund");
    }
    let place = one.suggestions(SHOP, 1)[0]["range"].clone();
    one.choose(SHOP, &place, "Label as `refund`");
    one.save(SHOP);
    one.suggestions(SHOP, 0);

    // The other editor reloads what changed on the disk, as editors do.
    let length = other.text(SHOP).len();
    other.edit(SHOP, 0..length, &workspace.read(SHOP));
    other.suggestions(SHOP, 0);
    one.finish();
    other.append(SHOP, "{\"text\": \"my parcel\"}\n");
    assert_eq!(label_of(&other.suggestions(SHOP, 1)), "shipping", "the one that stays goes on");
}

#[test]
fn a_file_that_appears_joins_its_data_set() {
    let workspace = Workspace::new(TWO);
    let mut client = Client::start(&workspace);
    client.open(SHOP);
    client.suggestions(SHOP, 1);
    workspace.write("shop/new.jsonl", "{\"text\": \"I want a refund\", \"label\": \"shipping\"}\n");
    client.wait_for_codes(SHOP, &["conflicting-duplicate"], 1);
}

#[test]
fn a_gloss_toml_that_appears_is_heeded() {
    let workspace = Workspace::new(TWO);
    workspace.remove("shop/gloss.toml");
    let mut client = Client::start(&workspace);
    client.open(SHOP);
    client.suggestions(SHOP, 1);
    workspace.write("shop/gloss.toml", "[labels]\nrefund = \"Money back\"\n");
    client.wait_for_codes(SHOP, &["unknown-label"], 3);
}
