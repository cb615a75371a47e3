//! Rasa's YAML as it is opened: examples as rows, intents as labels or entities as spans, read and written in place.

mod support;

use std::io::BufReader;

use dataset::{Answer, Document, Format, Hints, Task, TextEdit, stream::Rows};
use proptest::{collection::vec, prelude::*, sample::select};
use support::{answered, open, open_with, picture, said, set, spans};

const INTENTS: &str = "\
version: \"3.1\"

nlu:
- intent: greet  # most are short
  examples: |
    - hello
    - good [morning](time)

# entries of other kinds
- synonym: Wien
  examples: |
    - Vienna
- intent: book_trip
  examples: |
    - from [Oslo](city) to [北京]{\"entity\": \"city\", \"role\": \"to\"} please

    - a [b] c
rules:
- rule: nothing to read
";

fn spanned() -> Hints {
    Hints { task: Some(Task::Spans), ..Hints::default() }
}

fn one(label: &str) -> Answer {
    Answer::One(label.into())
}

#[test]
fn examples_are_rows_and_intents_their_labels() {
    let document = open("nlu.yml", INTENTS);
    assert_eq!((document.schema().format, document.schema().task), (Format::Rasa, Task::Single));
    assert_eq!(
        picture(&document),
        "\"hello\" => greet at -\n\"good morning\" => greet at -\n\
         \"from Oslo to 北京 please\" => book_trip at -\n\"a [b] c\" => book_trip at -\n"
    );
    assert_eq!(document.schema().describe().to_string(), "Examples, label from their intent.");
    let row = document.rows()[2].range();
    assert!(document.source()[row].starts_with("- from ["), "a row is its line, without the indentation");
    let map = document.text_map(2);
    assert_eq!(&document.source()[map.source(5..9)], "Oslo");
    assert_eq!(&document.source()[map.source(13..19)], "北京");
}

#[test]
fn another_label_moves_the_line_to_the_block_of_that_intent() {
    let document = open("nlu.yml", INTENTS);
    let moved = INTENTS.replace("    - hello\n", "").replace("    - a [b] c\n", "    - a [b] c\n    - hello\n");
    assert_eq!(answered(&document, 0, Some(&one("book_trip"))), moved);
    let back = INTENTS
        .replace("    - a [b] c\n", "")
        .replace("    - good [morning](time)\n", "    - good [morning](time)\n    - a [b] c\n");
    assert_eq!(answered(&document, 3, Some(&one("greet"))), back);
    assert_eq!(answered(&document, 3, Some(&one("book_trip"))), INTENTS);
    let edit = document.label_edit(0, Some("book_trip")).expect("an edit over both places");
    assert_eq!(support::edited(INTENTS, &edit), moved);
}

#[test]
fn an_intent_that_is_new_gets_a_block() {
    let document = open("nlu.yml", INTENTS);
    let added = |name: &str| {
        let block = format!("    - a [b] c\n- intent: {name}\n  examples: |\n    - hello\n");
        INTENTS.replace("    - hello\n", "").replace("    - a [b] c\n", &block)
    };
    assert_eq!(answered(&document, 0, Some(&one("faq/ask_name"))), added("faq/ask_name"));
    assert_eq!(answered(&document, 0, Some(&one("yes: no"))), added("\"yes: no\""));
    assert_eq!(answered(&document, 0, None), added("unlabelled"), "examples without an intent wait there");
    let unlabelled = open("nlu.yml", &added("unlabelled"));
    assert_eq!((unlabelled.text(3), said(&unlabelled, 3)), ("hello".into(), "(none)".into()));
}

#[test]
fn a_file_keeps_its_indentation_and_line_ends() {
    let source = "nlu:\r\n  -   intent: a\r\n      examples: |-2\r\n        - one\r\n        - two\r\n  - examples: |\r\n    intent: 'b c'";
    let document = open("nlu.yaml", source);
    assert_eq!(picture(&document), "\"one\" => a at -\n\"two\" => a at -\n");
    let moved = answered(&document, 0, Some(&one("b c")));
    let expected =
        source.replace("        - one\r\n", "").replace("examples: |\r\n    i", "examples: |\r\n      - one\r\n    i");
    assert_eq!(moved, expected);
    let added = answered(&document, 1, Some(&one("new")));
    let block = "\r\n  -   intent: new\r\n      examples: |\r\n        - two";
    assert_eq!(added, source.replace("        - two\r\n", "") + block, "no line end comes at the end");
}

#[test]
fn several_intents_are_joined_by_a_plus() {
    let source = "nlu:\n- intent: a+b\n  examples: |\n    - one\n- intent: a\n  examples: |\n    - two\n";
    let document = open_with("nlu.yml", source, &Hints { task: Some(Task::Multi), ..Hints::default() });
    assert_eq!([said(&document, 0), said(&document, 1)], ["{a, b}", "{a}"]);
    let both = answered(&document, 1, Some(&set(&["a", "b"])));
    assert_eq!(both, "nlu:\n- intent: a+b\n  examples: |\n    - one\n    - two\n- intent: a\n  examples: |\n");
}

#[test]
fn entities_are_spans() {
    let document = open_with("nlu.yml", INTENTS, &spanned());
    let all: Vec<String> = (0..4).map(|row| said(&document, row)).collect();
    assert_eq!(all, ["<>", "<[morning](time)>", "<[Oslo](city) [北京](city)>", "<>"]);
    let sites: Vec<&str> = document.sites(2).into_iter().map(|site| &document.source()[site]).collect();
    assert_eq!(sites, ["city", "\"city\""]);
    let untouched = open_with("nlu.yml", INTENTS, &Hints { empty_is_unlabelled: true, ..spanned() });
    assert_eq!(said(&untouched, 0), "(none)");
    assert_eq!(answered(&untouched, 1, None), INTENTS.replace("[morning](time)", "morning"));
    assert!(answered(&document, 1, None).starts_with("! An example without entities says"));
}

#[test]
fn a_span_is_wrapped_unwrapped_renamed_and_moved() {
    let document = open_with("nlu.yml", INTENTS, &spanned());
    let to = |row: usize, parts: &[(u32, u32, &str)]| answered(&document, row, Some(&spans(parts)));
    let oslo = |with: &str| INTENTS.replace("from [Oslo](city)", with);
    let (first, second) = ((5, 9, "city"), (13, 19, "city"));
    assert_eq!(to(2, &[first, second]), INTENTS);
    assert_eq!(to(2, &[second]), oslo("from Oslo"));
    assert_eq!(to(2, &[(5, 9, "town"), second]), oslo("from [Oslo](town)"));
    assert_eq!(to(2, &[(0, 9, "city"), second]), oslo("[from Oslo](city)"));
    assert_eq!(to(2, &[(0, 4, "word"), first, second]), oslo("[from](word) [Oslo](city)"));
    assert_eq!(to(2, &[first, (13, 19, "a\"b")]), INTENTS.replace("\"entity\": \"city\"", "\"entity\": \"a\\\"b\""));
    assert_eq!(
        to(2, &[first, (13, 26, "city")]),
        INTENTS.replace(
            "[北京]{\"entity\": \"city\", \"role\": \"to\"} please",
            "[北京 please]{\"entity\": \"city\", \"role\": \"to\"}"
        ),
        "what else is said of it goes along"
    );
    assert_eq!(to(0, &[(0, 5, "a(b)")]), INTENTS.replace("- hello", "- [hello]{\"entity\": \"a(b)\"}"));
    for impossible in [to(2, &[first, second, (5, 12, "x")]), to(3, &[(3, 5, "x")]), to(2, &[(5, 9, "a)b"), second])] {
        assert!(impossible.starts_with("! Rasa's markup cannot hold this"), "{impossible}");
    }
}

#[test]
fn examples_with_fields_of_their_own_are_read() {
    let source = "nlu:\n- intent: greet\n  examples:\n  - text: |\n      hi\n    metadata:\n      sentiment: neutral\n  - metadata: x\n    text: |\n      - hello [there](place)\n  - just words\n- intent: b\n  examples: |\n    - c\n";
    let document = open("nlu.yml", source);
    assert_eq!(
        picture(&document),
        "\"hi\" => greet at -\n\"hello there\" => greet at -\n! \"just words\": Expected `text: |` and below it one example.\n\
         \"c\" => b at -\n"
    );
    assert!(answered(&document, 0, Some(&one("b"))).starts_with("! The example has fields of its own."));
    let spanned = open_with("nlu.yml", source, &spanned());
    assert_eq!(answered(&spanned, 0, Some(&spans(&[(0, 2, "x")]))), source.replace("      hi", "      [hi](x)"));
}

#[test]
fn what_is_not_understood_is_named_and_the_rest_goes_on() {
    let document = open(
        "nlu.yml",
        "nlu:\n- intent: [a]\n  examples: |\n    - one\n- intent: b\n  examples: >\n    - two\n- intent: c\n  examples: |\n    - three\n   - lost\n    no dash\n    -\n- other: d\n- intent: e\nodd\n- intent: f\n  examples: |\n    four\n    - [five](null)\n",
    );
    assert_eq!(
        picture(&document),
        "! \"intent: [a]\": Expected the name of an intent, on one line.\n\
         ! \">\": Found `>`; expected `examples: |`, and below it an example a line, each behind a dash.\n\
         ! \"- two\": This line fits nothing that is read here: below `nlu` stand entries, `- intent: name` with `examples: |`.\n\
         \"three\" => c at -\n\
         ! \"- lost\": This line fits nothing that is read here: below `nlu` stand entries, `- intent: name` with `examples: |`.\n\
         ! \"no dash\": This line fits nothing that is read here: below `nlu` stand entries, `- intent: name` with `examples: |`.\n\
         ! \"-\": This line fits nothing that is read here: below `nlu` stand entries, `- intent: name` with `examples: |`.\n\
         ! \"- other: d\": The entry has no intent. Expected `intent: name` beside its examples.\n\
         ! \"- intent: e\": The intent has no examples. Expected `examples: |`, and below it an example a line, each behind a dash.\n\
         ! \"odd\": This line fits nothing that is read here: below `nlu` stand entries, `- intent: name` with `examples: |`.\n\
         ! \"four\": An example starts with a dash in the column of the others: Rasa passes this line over.\n\
         \"five\" => f at -\n"
    );
    assert!(Document::open("domain.yml".as_ref(), "intents:\n- greet\n".into(), &Hints::default()).is_none());
}

/// What has a meaning somewhere.
const PIECES: &[&str] = &[
    "nlu:\n",
    "- intent: a\n",
    "- intent: b # c\n",
    "-   intent: \"a\"\n",
    "- intent: \n",
    "- synonym: x\n",
    "  examples: |\n",
    "  examples: |-\n",
    "  examples: |2\n",
    "  examples:\n",
    "  - text: |\n",
    "      one\n",
    "    - two [x](y) z\n",
    "    - [差评]{\"entity\": \"q\", \"value\": \"r\"}[b](c)\n",
    "    - 😀 three\r\n",
    "     - deeper\n",
    "   - less\n",
    "    -\n",
    "    no dash\n",
    "\n",
    "\r",
    "  \t\n",
    "\tx\n",
    "\t",
    "# comment\n",
    "    # comment\n",
    "rules:\n",
    "- ",
    "-",
    " ",
    "    ",
    "|",
    "[",
    "](",
    ")",
    "a",
    ":",
    "\u{feff}",
    "---\n",
];

fn source() -> impl Strategy<Value = String> {
    vec(select(PIECES), 0..24).prop_map(|pieces| format!("nlu:\n- intent: a\n  examples: |\n{}", pieces.concat()))
}

proptest! {
    #[test]
    fn after_edits_a_document_is_as_if_opened_afresh(
        source in source(),
        script in vec((any::<prop::sample::Index>(), 0usize..24, vec(select(PIECES), 0..3)), 1..6),
        is_spans: bool,
    ) {
        let hints = if is_spans { spanned() } else { Hints::default() };
        let mut document = open_with("a.yml", &source, &hints);
        for (at, len, text) in script {
            let start = at.index(document.source().len() + 1);
            document.edit(&TextEdit { range: start..start + len, text: text.concat() });
            let Some(fresh) = Document::open("a.yml".as_ref(), document.source().into(), &hints) else { continue };
            prop_assert_eq!(document.rows(), fresh.rows());
            prop_assert_eq!(document.problems(), fresh.problems());
        }
    }

    #[test]
    fn a_row_that_moves_has_its_label_and_the_others_theirs(
        source in source(),
        row: prop::sample::Index,
        label in select(&["a", "b", "c d", "unlabelled?"][..]),
    ) {
        let document = open("a.yml", &source);
        if document.rows().is_empty() {
            return Ok(());
        }
        let row = row.index(document.rows().len());
        let Ok(edits) = document.answer_edits(row, Some(&one(label))) else { return Ok(()) };
        let mut after = document.clone();
        edits.iter().rev().for_each(|edit| { after.edit(edit); });
        let all = |document: &Document| {
            (0..document.rows().len()).map(|row| (document.text(row), said(document, row))).collect::<Vec<_>>()
        };
        let (mut expected, mut found) = (all(&document), all(&after));
        expected[row].1 = label.into();
        expected.sort();
        found.sort();
        prop_assert_eq!(expected, found, "{}", after.source());
    }

    #[test]
    fn spans_that_are_written_are_read(source in source(), row: prop::sample::Index, at: prop::sample::Index, len in 1usize..9) {
        let document = open_with("a.yml", &source, &spanned());
        if document.rows().is_empty() {
            return Ok(());
        }
        let row = row.index(document.rows().len());
        let text = document.text(row);
        let start = text.floor_char_boundary(at.index(text.len()));
        let end = text.ceil_char_boundary((start + len).min(text.len()));
        let wanted = spans(&[(start as u32, end as u32, "new")]);
        let Ok(edits) = document.answer_edits(row, Some(&wanted)) else { return Ok(()) };
        let mut after = document.clone();
        edits.iter().rev().for_each(|edit| { after.edit(edit); });
        prop_assert_eq!(after.rows()[row].answer(), Some(&wanted));
        prop_assert_eq!(after.text(row), text);
        prop_assert_eq!(after.rows().len(), document.rows().len());
    }

    #[test]
    fn a_stream_has_the_same_rows(source in source()) {
        let document = open("a.yml", &source);
        let rows = Rows::named(BufReader::with_capacity(7, source.as_bytes()), "a.yml".as_ref(), &Hints::default());
        let rows: Vec<_> = rows.expect("it is one of Rasa's").map(|row| row.expect("memory can be read")).collect();
        let bytes: Vec<u8> = rows.iter().flat_map(|row| row.bytes.clone()).collect();
        prop_assert_eq!(bytes, source.as_bytes());
        let texts: Vec<&String> = rows.iter().filter_map(|row| row.text.as_ref().ok()).collect();
        // A row without a label that can be read is none to an editor.
        prop_assert!(texts.len() >= document.rows().len());
    }
}
