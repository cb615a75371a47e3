//! Every format is labelled through the same actions, and keeps its own manners: quotes, delimiters, spacing, line ends.

use e2e::{Client, Workspace};

/// Labels every row without a label as `bug`, one action each, and answers the text.
fn label_all(name: &str, source: &str, unlabelled: usize) -> String {
    label_all_as("bug", name, source, unlabelled)
}

fn label_all_as(label: &str, name: &str, source: &str, unlabelled: usize) -> String {
    let workspace = Workspace::new("");
    workspace.write(name, source);
    let mut client = Client::start(&workspace);
    client.open(name);
    if source.contains("\"title\"") {
        client.wait_for_fields("Text from `title` and `body`, label from `label` (detected).");
    }
    for count in (1..=unlabelled).rev() {
        let place = client.suggestions(name, count)[0]["range"].clone();
        client.choose(name, &place, &format!("Label as `{label}`"));
    }
    client.suggestions(name, 0);
    client.save(name);
    client.finish();
    workspace.read(name)
}

#[test]
fn csv_keeps_quotes_and_adds_the_delimiter_of_a_short_row() {
    let source = concat!(
        "id,text,label\r\n",
        "1,\"refund, please\",billing\r\n",
        "2,I want my money back,billing\r\n",
        "3,charged twice,billing\r\n",
        "4,the app crashes,bug\r\n",
        "5,\"it says \"\"error\"\"\nand closes\",bug\r\n",
        "6,crashes at start,bug\r\n",
        "7,\"crashes, 又闪退了 😀\",\r\n",
        "8,app crashes,\"\"\r\n",
        "9,error and crash",
    );
    let expected = source
        .replace("😀\",\r\n", "😀\",bug\r\n")
        .replace("app crashes,\"\"", "app crashes,\"bug\"")
        .replace("error and crash", "error and crash,bug");
    assert_eq!(label_all("rows.csv", source, 3), expected);
}

#[test]
fn tsv_has_its_delimiter_and_commas_are_text() {
    let source = concat!(
        "label\ttext\n",
        "billing\trefund, please\n",
        "billing\tmoney back\n",
        "billing\tcharged, twice\n",
        "bug\tapp crashes\n",
        "bug\tit crashes, then closes\n",
        "bug\tcrash at start\n",
        "\tcrashes, again\n",
    );
    let expected = source.replace("\n\tcrashes, again", "\nbug\tcrashes, again");
    assert_eq!(label_all("rows.tsv", source, 1), expected);
}

#[test]
fn semicolons_are_found_out() {
    let source = concat!(
        "text;label\n",
        "refund, please;billing\n",
        "money back;billing\n",
        "charged, twice;billing\n",
        "app crashes;bug\n",
        "it crashes, then closes;bug\n",
        "crash at start;bug\n",
        "crashes, again;\n",
    );
    let expected = source.replace("again;", "again;bug");
    assert_eq!(label_all("rows.csv", source, 1), expected);
}

#[test]
fn fasttext_writes_its_word_before_the_text() {
    let source = concat!(
        "__label__billing refund please\n",
        "__label__billing money back\n",
        "__label__billing charged twice\n",
        "__label__bug app crashes\n",
        "__label__bug it crashes then closes\n",
        "__label__bug crash at start\n",
        "crashes again\n",
    );
    let expected = source.replace("\ncrashes again", "\n__label__bug crashes again");
    assert_eq!(label_all("rows.txt", source, 1), expected);
}

#[test]
fn examples_of_rasa_move_to_the_block_of_their_intent() {
    let source = concat!(
        "version: \"3.1\"\nnlu:\n",
        "- intent: billing\n  examples: |\n    - refund please\n    - money back\n    - charged twice\n",
        "- intent: bug # they never end\n  examples: |\n    - app [crashes](event)\n    - it crashes then closes\n    - crash at start\n",
        "- intent: unlabelled\n  examples: |\n    - [crashes](event) again\n    - the app crashes\n",
    );
    let expected = source.replace("    - [crashes](event) again\n    - the app crashes\n", "").replace(
        "    - crash at start\n",
        "    - crash at start\n    - [crashes](event) again\n    - the app crashes\n",
    );
    assert_eq!(label_all("nlu.yml", source, 2), expected);
}

#[test]
fn a_json_array_keeps_its_layout() {
    let source = r#"[
  {"text": "refund please", "label": "billing"},
  {"text": "money back", "label": "billing"},
  {"text": "charged twice", "label": "billing"},
  {"text": "app crashes", "label": "bug"},
  {"text": "it crashes then closes", "label": "bug"},
  {"label":"bug","text":"crash at start"},
  {
    "id": 7,
    "text": "crashes [again] {now}"
  },
  {"text": "the app crashes", "label": null}
]
"#;
    let expected = source
        .replace("\"crashes [again] {now}\"\n", "\"crashes [again] {now}\",\n    \"label\": \"bug\"\n")
        .replace("\"label\": null", "\"label\": \"bug\"");
    assert_eq!(label_all("rows.json", source, 2), expected);
}

#[test]
fn json_lines_without_a_label_field_get_one_with_the_row_s_own_spacing() {
    let source = concat!(
        "{\"text\": \"refund please\", \"label\": \"billing\"}\n",
        "{\"text\": \"money back\", \"label\": \"billing\"}\n",
        "{\"text\": \"charged twice\", \"label\": \"billing\"}\n",
        "{\"text\": \"app crashes\", \"label\": \"bug\"}\n",
        "{\"text\": \"it crashes then closes\", \"label\": \"bug\"}\n",
        "{\"text\": \"crash at start\", \"label\": \"bug\"}\n",
        "{\"text\":\"crashes again\",\"id\":7}\n",
        "{ \"text\": \"crashes once more\" }", // no line end
    );
    let expected = source
        .replace("\"id\":7}", "\"id\":7,\"label\":\"bug\"}")
        .replace("once more\" }", "once more\", \"label\": \"bug\" }");
    assert_eq!(label_all("rows.jsonl", source, 2), expected);
}

#[test]
fn several_text_fields_are_read_together_and_only_the_label_is_written() {
    let source = concat!(
        "{\"title\": \"Invoice\", \"body\": \"charged twice\", \"label\": \"billing\"}\n",
        "{\"title\": \"Money\", \"body\": \"refund please\", \"label\": \"billing\"}\n",
        "{\"title\": \"Refund\", \"body\": \"money back\", \"label\": \"billing\"}\n",
        "{\"title\": \"Crash\", \"body\": \"at start\", \"label\": \"bug\"}\n",
        "{\"title\": \"App\", \"body\": \"it crashes then closes\", \"label\": \"bug\"}\n",
        "{\"title\": \"Help\", \"body\": \"app crashes\", \"label\": \"bug\"}\n",
        "{\"title\": \"App crashes\", \"label\": null, \"body\": \"again\"}\n",
    );
    let expected = source.replace("null", "\"bug\"");
    assert_eq!(label_all("rows.jsonl", source, 1), expected);
}

#[test]
fn a_label_that_holds_a_delimiter_or_a_quote_is_written_as_the_format_needs() {
    let csv = concat!(
        "text,label\n",
        "refund please,billing\n",
        "money back,billing\n",
        "charged twice,billing\n",
        "app crashes,\"bug, \"\"ui\"\"\"\n",
        "it crashes then closes,\"bug, \"\"ui\"\"\"\n",
        "crash at start,\"bug, \"\"ui\"\"\"\n",
        "crashes again,\n",
    );
    let expected = csv.replace("again,", "again,\"bug, \"\"ui\"\"\"");
    assert_eq!(label_all_as("bug, \"ui\"", "rows.csv", csv, 1), expected);

    let json_lines = concat!(
        "{\"text\": \"refund please\", \"label\": \"billing\"}\r\n",
        "{\"text\": \"money back\", \"label\": \"billing\"}\r\n",
        "{\"text\": \"charged twice\", \"label\": \"billing\"}\r\n",
        "{\"text\": \"app crashes\", \"label\": \"bug, \\\"界面\\\"\"}\r\n",
        "{\"text\": \"it crashes then closes\", \"label\": \"bug, \\\"界面\\\"\"}\r\n",
        "{\"text\": \"crash at start\", \"label\": \"bug, \\\"界面\\\"\"}\r\n",
        "{\"text\": \"crashes again\", \"label\": null}\r\n",
    );
    let expected = json_lines.replace("null", "\"bug, \\\"界面\\\"\"");
    assert_eq!(label_all_as("bug, \"界面\"", "rows.jsonl", json_lines, 1), expected);
}
