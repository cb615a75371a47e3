//! Ranges behind wide characters, in the encoding that was agreed on: the same bytes for every client.

use e2e::{Client, Encoding, Setup, Workspace};
use serde_json::json;

/// Characters of one to four bytes, escapes (also of a surrogate pair), and a byte order mark stand before the labels.
const FIXTURE: &str = r#"
    //- rows.jsonl
    {"text": "refund the money please", "label": "refund"}
    {"text": "give my money back, refund", "label": "refund"}
    {"text": "退款 refund 💸 naïve", "label": "refund"}
    {"text": "the app crashes again", "label": "bug"}
    {"text": "it crashes when I open it", "label": "bug"}
    {"text": "应用 crashes 😡 déjà vu", "label": "bug"}
    {"text": "𝕞𝕠𝕟𝕖𝕪 money back 退款", "label": null}
    {"text": "caf\u00e9 \ud83d\ude00 app crashes", "label": ""}
    {"标签": "😀", "text": "refund", "label": null}
    "#;

const NAME: &str = "rows.jsonl";

fn in_every_encoding(test: impl Fn(&mut Client)) {
    for encoding in [Encoding::Utf8, Encoding::Utf16, Encoding::Utf32] {
        let workspace = Workspace::new(FIXTURE);
        workspace.write(NAME, format!("\u{FEFF}{}", workspace.read(NAME)));
        // The protocol has every client offer UTF-16 too; the server takes the first that it likes.
        let mut client = Client::start_with(&workspace, Setup::with(&[encoding]));
        assert_eq!(client.encoding(), encoding);
        client.open(NAME);
        test(&mut client);
        client.ignore_diagnostics(NAME);
        client.finish();
    }
}

#[test]
fn diagnostics_cover_the_label_value_alone() {
    in_every_encoding(|client| {
        let ranges = client.suggestions(NAME, 3).into_iter().map(|diagnostic| diagnostic["range"].clone());
        let values: Vec<_> = ranges.map(|range| client.slice(NAME, &range).to_owned()).collect();
        assert_eq!(values, ["null", "\"\"", "null"]);
    });
}

#[test]
fn an_accepted_label_changes_no_other_byte() {
    in_every_encoding(|client| {
        for count in [3, 2, 1] {
            let place = client.suggestions(NAME, count)[0]["range"].clone();
            client.choose(NAME, &place, "Label as `refund`");
        }
        client.suggestions(NAME, 0);
        let text = client.text(NAME);
        assert!(text.starts_with('\u{FEFF}'));
        let end = text.lines().skip(6).collect::<Vec<_>>();
        assert_eq!(
            end,
            [
                r#"{"text": "𝕞𝕠𝕟𝕖𝕪 money back 退款", "label": "refund"}"#,
                r#"{"text": "caf\u00e9 \ud83d\ude00 app crashes", "label": "refund"}"#,
                r#"{"标签": "😀", "text": "refund", "label": "refund"}"#,
            ]
        );
    });
}

#[test]
fn edits_among_wide_characters_are_read_where_the_client_made_them() {
    in_every_encoding(|client| {
        client.suggestions(NAME, 3);
        // Each edit is behind characters of several widths; the last takes an emoji away.
        client.replace(NAME, "退款\", \"label\": null", "退款款\", \"label\": \"refund\"");
        client.replace(NAME, "app crashes\", \"label\": \"\"", "app 💥 crashes\", \"label\": \"bug\"");
        client.replace(NAME, "\"标签\": \"😀\"", "\"标签\": \"\"");
        let left = client.suggestions(NAME, 1).remove(0);
        assert_eq!(left["range"], client.range(NAME, last_null(client)));
        client.choose(NAME, &left["range"], "Label as `refund`");
        assert!(client.text(NAME).ends_with("{\"标签\": \"\", \"text\": \"refund\", \"label\": \"refund\"}\n"));
    });
}

#[test]
fn hints_stand_at_row_ends_and_hover_covers_its_row() {
    in_every_encoding(|client| {
        client.suggestions(NAME, 3);
        let hints = client.hints(NAME, 0..client.text(NAME).len());
        let ends = client.text(NAME).match_indices('\n').map(|(at, _)| at).skip(6).collect::<Vec<_>>();
        let ends: Vec<_> = ends.into_iter().map(|end| client.position(NAME, end)).collect();
        assert_eq!(hints.iter().map(|hint| hint["position"].clone()).collect::<Vec<_>>(), ends);

        let inside = client.find(NAME, "back 退款") + "back 退".len();
        let hover = client.ask_at("textDocument/hover", NAME, inside);
        assert_eq!(client.slice(NAME, &hover["range"]), r#"{"text": "𝕞𝕠𝕟𝕖𝕪 money back 退款", "label": null}"#);
    });
}

#[test]
fn a_column_beyond_the_line_means_its_end() {
    let workspace = Workspace::new(FIXTURE);
    let mut client = Client::start(&workspace);
    client.open(NAME);
    client.suggestions(NAME, 3);
    let params = json!({ "textDocument": client.identify(NAME), "position": { "line": 6, "character": 4000 } });
    let hover = client.request("textDocument/hover", params);
    assert!(client.slice(NAME, &hover["range"]).contains("back 退款"));
    client.ignore_diagnostics(NAME);
}

fn last_null(client: &Client) -> std::ops::Range<usize> {
    let start = client.find(NAME, "null");
    start..start + "null".len()
}
