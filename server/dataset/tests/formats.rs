//! What each format reads, how it reports what it cannot read, and how it writes a label.

mod support;

use dataset::{Document, Format, Hints, Task};
use support::{hints, labelled, open, open_with, picture};

#[track_caller]
fn reads(name: &str, source: &str, expected: &str) {
    let expected: String = expected.lines().map(|line| line.trim_start().to_string() + "\n").collect();
    assert_eq!(picture(&open(name, source)), expected.trim_start_matches('\n'));
}

#[test]
fn json_lines() {
    reads(
        "a.jsonl",
        "\u{feff}{\"text\": \"one\", \"label\": \"x\"}\r\n\n  {\"label\":null,\"text\":\"tw\\u006f \\ud83d\\ude00\"} \n{\"text\": \"no field\"}",
        r#"
        "one" => x at "x"
        "two 😀" => (none) at null
        "no field" => (none) at -"#,
    );
}

#[test]
fn labels_in_lists_of_one() {
    let source = concat!(
        "{\"id\": 1, \"text\": \"one\", \"label\": [ \"x\" ]}\n",
        "{\"id\": 2, \"text\": \"two\", \"label\": []}\n",
        "{\"id\": 3, \"text\": \"three\"}\n",
        "{\"id\": 4, \"text\": \"four\", \"label\": null}\n",
        "{\"id\": 5, \"text\": \"five\", \"label\": [\"?\"]}\n",
    );
    reads(
        "a.jsonl",
        source,
        r#"
        "one" => x at "x"
        "two" => (none) at []
        "three" => (none) at -
        "four" => (none) at null
        "five" => (none) at "?""#,
    );
    let document = open("a.jsonl", source);
    assert_eq!(
        document.schema().describe().to_string(),
        "Text from `text`, label from `label`, lists of one (detected)."
    );
    let line = |row: usize, label| labelled(&document, row, label).lines().nth(row).unwrap_or_default().to_string();
    assert_eq!(line(0, Some("y")), "{\"id\": 1, \"text\": \"one\", \"label\": [ \"y\" ]}");
    assert_eq!(line(0, None), "{\"id\": 1, \"text\": \"one\", \"label\": []}");
    assert_eq!(line(1, Some("7")), "{\"id\": 2, \"text\": \"two\", \"label\": [\"7\"]}");
    assert_eq!(line(2, Some("y")), "{\"id\": 3, \"text\": \"three\", \"label\": [\"y\"]}");
    assert_eq!(line(3, Some("y")), "{\"id\": 4, \"text\": \"four\", \"label\": [\"y\"]}");
    assert_eq!(line(4, Some("y")), "{\"id\": 5, \"text\": \"five\", \"label\": [\"y\"]}");

    // What does not hold one label is a problem of its row, once the first rows have told how labels stand.
    let mut source = source.repeat(100);
    source += "{\"text\": \"six\", \"label\": [\"x\", \"y\"]}\n{\"text\": \"seven\", \"label\": [7]}\n{\"text\": \"eight\", \"label\": \"y\"}\n";
    let document = open("a.jsonl", &source);
    let problems: Vec<String> = document.problems().iter().map(|problem| problem.message.to_string()).collect();
    assert_eq!(
        problems,
        [
            "2 labels, but this is a single-label data set: keep one.",
            "The list holds something other than a string; expected one label."
        ]
    );
    assert_eq!(document.rows().last().and_then(|row| row.label()).map(|label| &**label), Some("y"));
}

#[test]
fn choices_that_were_not_confirmed_are_left_out() {
    reads(
        "a.jsonl",
        concat!(
            "{\"text\": \"one\", \"accept\": [\"x\"], \"answer\": \"accept\"}\n",
            "{\"text\": \"two\", \"accept\": [\"x\"], \"answer\": \"reject\"}\n",
            "{\"text\": \"\", \"accept\": [], \"answer\": \"ignore\"}\n",
            "{\"text\": \"four\", \"accept\": []}\n",
        ),
        r#"
        "one" => x at "x"
        "four" => (none) at []"#,
    );
    // Where it is what is asked for, the word is a label.
    let document = open_with(
        "a.jsonl",
        "{\"text\": \"a\", \"label\": \"x\", \"answer\": \"reject\"}",
        &hints(&[], Some("answer"), &[]),
    );
    assert_eq!(picture(&document), "\"a\" => reject at \"reject\"\n");
}

#[test]
fn json_lines_with_broken_rows() {
    reads(
        "a.jsonl",
        concat!(
            "{\"text\": \"ok\", \"label\": \"x\"}\n",
            "{\"text\": \"cut\n",
            "{\"text\": \"a\" \"label\": \"x\"}\n",
            "[1]\n",
            "{\"label\": \"x\"}\n",
            "{\"text\": 7, \"label\": \"x\"}\n",
            "{\"text\": \" \", \"label\": \"x\"}\n",
            "{\"text\": \"a\", \"label\": [\"x\"]}\n",
            "{\"text\": \"a\", \"label\": 1.5}\n",
            "{\"text\": \"a \\ud83d\", \"label\": \"x\"}\n",
            "{\"text\": \"a\"} {}\n",
            "{\"text\": \"a\", \"label\": \"x\", \"label\": \"y\"}\n",
            "{\"text\": \"ok\", \"label\": true}\n",
        ),
        r#"
        "ok" => x at "x"
        ! "\"cut": The string is not closed: expected `"`. A line break in a text is written `\n`.
        ! "\"": Expected `,` or `}`, found `"`.
        ! "[": Expected an object `{ ... }`, found `[`.
        ! "{\"label\": \"x\"}": The text field `text` is missing. Add it, or name another field in gloss.toml under [dataset] text.
        ! "7": The text field `text` holds a number; expected a string.
        ! "\" \"": The text is empty. Fill it in, or delete the row.
        ! "[\"x\"]": The label field `label` holds an array, but this is a single-label data set: expected one string.
        ! "1.5": The label `1.5` is a fraction; expected a string or a whole number.
        "a �" => x at "x"
        ! "\\ud83d": `\ud83d` is half of a surrogate pair; it is read as U+FFFD. Write both halves or delete it.
        ! "{": Expected the end of the line after the object, found `{`.
        "a" => y at "y"
        ! "\"label\"": The key `label` stands twice in this row. The last one counts; delete the other.
        "ok" => true at true"#,
    );
}

#[test]
fn json_arrays() {
    reads(
        "a.json",
        "[\n  {\n    \"text\": \"one\",\n    \"label\": \"x\"\n  },\n  {\"text\": \"two\"}\n]\n",
        r#"
        "one" => x at "x"
        "two" => (none) at -"#,
    );
    reads(
        "a.json",
        r#"[{"text":"one","label":"x"},{"text":"two","label":""}]"#,
        "\"one\" => x at \"x\"\n\"two\" => (none) at \"\"",
    );
    reads("a.json", " [] ", "");
}

#[test]
fn json_arrays_go_on_behind_a_broken_element() {
    reads(
        "a.json",
        "[\n  {\"text\": \"one\", \"label\": \"x\"},\n  {\"text\": \"cut, \"label\": \"x\"},\n  {\"text\": \"two\"\n  {\"text\": \"three\"}\n  {\"text\": \"four\"},\n]",
        r#"
        "one" => x at "x"
        ! "l": Expected `,` or `}`, found `l`.
        ! "\"": Expected `,` or `}`, found `{`.
        "three" => (none) at -
        ! "{": Expected `,` between two elements of the array.
        "four" => (none) at -
        ! "]": A comma stands before this `]`. Remove the comma, or add an object behind it."#,
    );
    reads(
        "a.json",
        r#"[{"text":"one"},{"text":tw,"label":"x"},{"text":"three"}] , 5, {"text":"four"}"#,
        r#"
        "one" => (none) at -
        ! "t": Expected a value, found `t`.
        "three" => (none) at -
        ! "]": The array ends here, but the file goes on. Remove this `]`.
        ! "5": Expected an object `{ ... }`, found a number.
        "four" => (none) at -
        ! "}": The array is not closed: expected `]` at the end."#,
    );
}

#[test]
fn csv() {
    reads(
        "a.csv",
        "\u{feff}id,text,label\r\n1,plain,x\r\n2,\"with \"\"quotes\"\", a comma\nand a line\",\"y\"\r\n3,5\" disk,\r\n\r\n4,short\r\n,,\r\n",
        r#"
        "plain" => x at x
        "with \"quotes\", a comma\nand a line" => y at "y"
        "5\" disk" => (none) at 
        "short" => (none) at -"#,
    );
    reads("a.tsv", "label\tsentence\nx\ta, b\n\tc\n", "\"a, b\" => x at x\n\"c\" => (none) at ");
}

#[test]
fn csv_with_broken_rows() {
    reads(
        "a.csv",
        "text,label\na,b,c\n\"open,x\nnext,x\n\"shut\"er,x\n,x\nlast,\"y\"\n",
        r#"
        ! "c": The row has 3 cells, but the header has 2. Put a cell that holds `,` into double quotes.
        ! "\"": This quote is not closed. Close it, or write the cell as `"..."` with each quote in it doubled.
        "next" => x at x
        ! "\"": Expected `,` or the end of the line after the closing quote, found `e`. A quote in a cell is doubled.
        ! ",x": The text in `text` is empty. Fill it in, or delete the row.
        "last" => y at "y""#,
    );
    let document = open_with("a.csv", "a,b\n1,2\n", &hints(&["text"], None, &[]));
    assert_eq!(
        picture(&document),
        "! \"a,b\": The header has no column `text`. Found `a` and `b`; name one of them in gloss.toml under [dataset] text.\n"
    );
}

#[test]
fn fasttext() {
    let source =
        "__label__x one two \n\nthree\n__label__ four\n__label__a __label__b five\n__label__x\nsix __label__y\n";
    reads(
        "a.txt",
        source,
        r#"
        "one two" => {x} at __label__x
        "three" => (none) at -
        "four" => (none) at __label__
        "five" => {a, b} at __label__a __label__b
        ! "__label__x": The row has no text. Add it behind the label, or delete the row.
        "six" => {y} at __label__y"#,
    );
    let document = open_with("a.txt", source, &Hints { task: Some(Task::Single), ..Hints::default() });
    let picture = picture(&document);
    assert!(picture.starts_with("\"one two\" => x at __label__x\n"), "{picture}");
    let problem = "! \"__label__b\": The row has several labels, but this is a single-label data set. Keep one, or write \
                   task = \"multi\" under [dataset] in gloss.toml.";
    assert!(picture.contains(problem), "{picture}");
}

#[test]
fn labels_in_json_keep_the_style_of_the_row() {
    let source = concat!(
        "{\"text\": \"a\", \"label\": \"x\", \"id\": 1}\n",
        "{\"text\":\"b\"}\n",
        "{\"text\": \"c\"}\n",
        "{ \"id\" : 3 , \"text\" : \"d\" }\n",
        "{\"text\": \"e\", \"label\": null}\n",
        "{\"label\": \"1\", \"text\": \"f\", \"label\": \"2\"}\n",
    );
    let document = open("a.jsonl", source);
    let line = |row: usize, label| labelled(&document, row, label).lines().nth(row).unwrap().to_string();
    assert_eq!(line(0, Some("say \"hi\"\n差😀")), "{\"text\": \"a\", \"label\": \"say \\\"hi\\\"\\n差😀\", \"id\": 1}");
    assert_eq!(line(0, None), "{\"text\": \"a\", \"label\": null, \"id\": 1}");
    assert_eq!(line(1, Some("x")), "{\"text\":\"b\",\"label\":\"x\"}");
    assert_eq!(line(2, Some("x")), "{\"text\": \"c\", \"label\": \"x\"}");
    assert_eq!(line(3, Some("x")), "{ \"id\" : 3 , \"text\" : \"d\" , \"label\" : \"x\" }");
    assert_eq!(line(4, Some("x")), "{\"text\": \"e\", \"label\": \"x\"}");
    assert_eq!(line(5, Some("x")), "{\"label\": \"1\", \"text\": \"f\", \"label\": \"x\"}");
    assert_eq!(labelled(&document, 1, None), source);
    assert!(document.label_edit(0, Some("  ")).is_err());
    assert!(document.label_edit(99, Some("x")).is_err());

    let pretty = open("a.json", "[\n\t{\n\t\t\"text\": \"a\"\n\t}\n]");
    assert_eq!(labelled(&pretty, 0, Some("x")), "[\n\t{\n\t\t\"text\": \"a\",\n\t\t\"label\": \"x\"\n\t}\n]");
}

#[test]
fn integers_stay_integers() {
    let source = "{\"text\": \"a\", \"label\": 1}\n{\"text\": \"b\"}\n";
    let document = open("a.jsonl", source);
    assert!(labelled(&document, 1, Some("0")).ends_with("{\"text\": \"b\", \"label\": 0}\n"));
    let named = open_with("a.jsonl", source, &hints(&[], None, &["refund", "billing"]));
    assert_eq!(named.rows()[0].label().map(|label| &**label), Some("billing"));
    assert!(labelled(&named, 0, Some("refund")).starts_with("{\"text\": \"a\", \"label\": 0}\n"));
    assert!(labelled(&named, 1, Some("billing")).ends_with("{\"text\": \"b\", \"label\": 1}\n"));
    let csv = open_with("a.csv", "text,label\na,1\nb,\n", &hints(&[], None, &["refund", "billing"]));
    assert!(labelled(&csv, 1, Some("refund")).ends_with("\nb,0\n"));
}

#[test]
fn a_file_of_ascii_escapes_stays_one() {
    let document = open("a.jsonl", "{\"text\": \"\\u5dee\", \"label\": \"\\u5dee\"}\n{\"text\": \"b\"}\n");
    assert!(labelled(&document, 1, Some("差😀")).ends_with("\"label\": \"\\u5dee\\ud83d\\ude00\"}\n"));
}

#[test]
fn labels_in_csv_are_quoted_where_they_must_be() {
    let document = open("a.csv", "text,label,id\r\na,x,1\r\nb,\"y\",2\r\nc,,3\r\nd\r\n");
    let line = |row: usize, label| labelled(&document, row, label).split("\r\n").nth(row + 1).unwrap().to_string();
    assert_eq!(line(0, Some("z")), "a,z,1");
    assert_eq!(line(0, Some("z, \"q\"\n")), "a,\"z, \"\"q\"\"\",1");
    assert_eq!(line(0, Some("z,\nq")), "a,\"z,\nq\",1");
    assert_eq!(line(1, Some("z")), "b,\"z\",2");
    assert_eq!(line(1, None), "b,,2");
    assert_eq!(line(2, Some("z")), "c,z,3");
    assert_eq!(line(3, Some("z")), "d,z");
    let without = open_with("a.csv", "text\na\n", &hints(&["text"], None, &[]));
    assert_eq!(
        labelled(&without, 0, Some("x")),
        "! The file has no column `label`. Add `,label` at the end of its first line."
    );
}

#[test]
fn labels_in_fasttext() {
    let document = open("a.ft", "__label__x one\n  two\nthree __label__y\n");
    let line = |row: usize, label| labelled(&document, row, label).lines().nth(row).unwrap_or_default().to_string();
    assert_eq!(line(0, Some("é,\"")), "__label__é,\" one");
    assert_eq!(line(0, None), "one");
    assert_eq!(line(1, Some("x")), "  __label__x two");
    assert_eq!(line(2, Some("x")), "three __label__x");
    assert_eq!(line(2, None), "three");
    assert_eq!(
        labelled(&document, 0, Some("a b")),
        "! A fastText label cannot hold blanks, as `a b` does. Write it like `a_b`."
    );
}

#[test]
fn fields_are_found_by_name_and_by_shape() {
    let fields = |name: &str, source: &str| {
        let schema = open(name, source).schema().clone();
        (schema.text.join("+"), schema.label, schema.annotated)
    };
    let found = |text: &str, label: &str, annotated| (text.to_string(), label.to_string(), annotated);
    let json = |rows: &[&str]| rows.concat();
    assert_eq!(fields("a.jsonl", "{\"Sentence\": \"a\", \"Intent\": 1}"), found("Sentence", "Intent", true));
    assert_eq!(fields("a.jsonl", "{\"id\": 1, \"title\": \"a\", \"body\": \"b\"}"), found("title+body", "label", true));
    assert_eq!(fields("a.csv", "review_text;stars\nfine;5\n"), found("review_text", "stars", true));
    assert_eq!(fields("a.csv", "text,price\na,3\n"), found("text", "label", false));
    let shaped: Vec<String> = (0..12)
        .map(|row| {
            format!(
                "{{\"k\": \"id-{row}\", \"q\": \"a longer text number {row}\", \"c\": \"{}\"}}\n",
                ["up", "down"][row % 2]
            )
        })
        .collect();
    assert_eq!(fields("a.jsonl", &json(&shaped.iter().map(String::as_str).collect::<Vec<_>>())), found("q", "c", true));
    assert_eq!(fields("a.jsonl", "{\"text\": \"a\"}"), found("text", "label", true));
    assert_eq!(fields("a.jsonl", "{\"text\": \"a\", \"labels\": [\"x\", \"y\"]}"), found("text", "labels", true));
    assert_eq!(fields("a.jsonl", "{\"text\": \"a\", \"labels\": [\"x\"]}"), found("text", "labels", true));
    assert_eq!(
        fields("a.jsonl", "{\"text\": \"a\", \"accept\": [\"x\"], \"answer\": \"accept\"}"),
        found("text", "accept", true)
    );
    assert_eq!(fields("a.jsonl", "{\"text\": \"a\", \"label\": [[0, 1, \"X\"]]}"), found("text", "label", true));
    assert_eq!(fields("a.jsonl", "{\"text\": \"a\", \"spans\": []}"), found("text", "spans", true));
    assert_eq!(fields("a.jsonl", "{\"text\": \"a\", \"label\": [{\"x\": {}}]}"), found("text", "label", false));
    assert_eq!(fields("a.jsonl", "{\"version\": 3}"), found("", "label", false));
    let schema = open("a.jsonl", "{\"sentence\": \"a\", \"intent\": \"b\"}").schema().describe().to_string();
    assert_eq!(schema, "Text from `sentence`, label from `intent` (detected).");
}

#[test]
fn several_text_fields_and_lists_are_joined() {
    reads(
        "a.jsonl",
        "{\"title\": \"a\", \"body\": \"b\"}\n{\"title\": null, \"body\": [\"c\", \"d\"]}\n{\"title\": \"\", \"body\": \"\"}\n",
        r#"
        "a\nb" => (none) at -
        "c\nd" => (none) at -
        ! "\"\"": The text is empty. Fill it in, or delete the row."#,
    );
}

#[test]
fn empty_and_odd_files() {
    for name in ["a.jsonl", "a.csv", "a.tsv", "a.ft"] {
        for source in ["", "\u{feff}", " \n\r\n\r", "\0"] {
            let document = open(name, source);
            assert_eq!(document.rows().len(), 0, "{name} {source:?}");
        }
    }
    assert!(Document::open("a.json".as_ref(), String::new(), &Hints::default()).is_none());
    let deep = open("a.jsonl", &format!("{{\"text\": {}", "[".repeat(100_000)));
    assert_eq!(deep.problems().len(), 1);
    let split = open("a.jsonl", "{\"text\": \"a\u{2028}b\"}\r{\"text\": \"c\"}");
    assert_eq!(split.rows().len(), 2);
}

#[test]
fn bytes_that_are_not_utf8() {
    let from_bytes =
        |name: &str, bytes: &[u8]| Document::from_bytes(name.as_ref(), bytes.to_vec(), &Hints::default()).unwrap();
    let document = from_bytes("a.jsonl", b"{\"text\": \"caf\xe9 \xe9\"}\n{\"text\": \"b\"}\n");
    assert_eq!(
        picture(&document),
        "\"caf\u{fffd} \u{fffd}\" => (none) at -\n! \"\u{fffd}\": Bytes that are not UTF-8 stand here; they are read as \
         U+FFFD. Save the file as UTF-8.\n\"b\" => (none) at -\n"
    );
    let wide: Vec<u8> = "\u{feff}text,label\na,b\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for name in ["a.csv", "a.jsonl", "a.json"] {
        let mut document = from_bytes(name, &wide);
        assert_eq!(document.rows().len(), 0);
        assert_eq!(
            document.problems()[0].message.to_string(),
            "The file is not UTF-8; it looks like UTF-16. Save it as UTF-8. `gloss convert` does that, too."
        );
        let all = 0..document.source().len();
        document.edit(&dataset::TextEdit { range: all, text: String::new() });
        assert_eq!(document.problems(), []);
    }
}

#[test]
fn rows_are_found_by_place() {
    let document = open("a.jsonl", "{\"text\": \"a\"}\n\n{\"text\": \"b\"}\n");
    assert_eq!(document.row_at(0), Some(0));
    assert_eq!(document.row_at(13), Some(0), "its end counts as inside");
    assert_eq!(document.row_at(14), None);
    assert_eq!(document.row_at(15), Some(1));
    assert_eq!(document.rows_in(0..28), 0..2);
    assert_eq!(document.rows_in(14..14), 1..1);
    assert_eq!(document.rows_in(13..15), 0..2);
}

#[test]
fn format_names() {
    let names: Vec<_> = ["a.jsonl", "a.csv", "a.tsv", "a.ft"].map(|name| open(name, "").schema().format.name()).into();
    assert_eq!(names, ["JSON Lines", "CSV", "TSV", "fastText"]);
    assert_eq!(Format::Json.name(), "JSON");
}

/// Files on which a careless reader takes quadratic time: here they would not end.
#[test]
fn odd_files_of_a_million_bytes_are_read_in_linear_time() {
    let csv = |row: &str| format!("text,label\n{}", row.repeat(200_000));
    // Each record opens a quote that none closes as it should.
    let unclosed = csv("a\",\"b\n");
    let mut document = open("a.csv", &unclosed);
    assert_eq!((document.rows().len(), document.problems().len()), (0, 200_000));
    let end = unclosed.len();
    document.edit(&dataset::TextEdit { range: end..end, text: "x".into() });
    assert_eq!(document.problems().len(), 200_000);
    assert_eq!(stream_count("a.csv", &unclosed), 200_000);
    open("a.csv", &csv("x\"\"\",\"\"\"\n"));

    let broken = format!("[{}]", "{{\"text\":\"a\"},".repeat(100_000));
    open("a.json", &broken);
    let broken = format!("[\n{}]", "  {\"text\": \"a,\n".repeat(100_000));
    let document = open("a.json", &broken);
    assert_eq!(document.problems().len(), 100_000);
    open("a.json", &format!("[{}", "]\n".repeat(300_000)));

    let labels = "__label__x ".repeat(100_000);
    open("a.ft", &format!("{labels}\na {labels}"));

    let long = format!("{{\"text\": \"{}\"}}", "差😀a ".repeat(1_000_000));
    let mut document = open("a.jsonl", &long);
    for at in (0..long.len()).step_by(100_003) {
        let position = document.lines().position(document.source(), at, dataset::position::Encoding::Utf16);
        let back = document.lines().offset(document.source(), position, dataset::position::Encoding::Utf16);
        assert_eq!(back, long.floor_char_boundary(at));
    }
    document.edit(&dataset::TextEdit { range: 10..10, text: "x".into() });
    assert_eq!(document.rows().len(), 1);
}

fn stream_count(name: &str, source: &str) -> usize {
    dataset::stream::Rows::named(source.as_bytes(), name.as_ref(), &Hints::default()).expect("a data file").count()
}

#[test]
fn another_encoding_is_named() {
    // 评论,标签 / 很好吃,好评 / 太咸了不会再点,差评, in GBK.
    let bytes = b"\xc6\xc0\xc2\xdb,\xb1\xea\xc7\xa9\n\xba\xdc\xba\xc3\xb3\xd4,\xba\xc3\xc6\xc0\n\xcc\xab\xcf\xcc\xc1\xcb\xb2\xbb\xbb\xe1\xd4\xd9\xb5\xe3,\xb2\xee\xc6\xc0\n";
    let document = Document::from_bytes("a.csv".as_ref(), bytes.to_vec(), &Hints::default()).unwrap();
    assert_eq!(document.rows().len(), 0);
    let messages: Vec<String> = document.problems().iter().map(|problem| problem.message.to_string()).collect();
    assert_eq!(
        messages,
        ["The file is not UTF-8; it looks like GBK. Save it as UTF-8. `gloss convert` does that, too."]
    );
}

#[test]
fn other_fields_are_read_as_they_say() {
    let json = "{\"text\": \"one\", \"label\": \"x\", \"who\": \"\\u00e9va\", \"age\": 41, \"paid\": true, \"tags\": [1], \"score\": 0.5}\n";
    let document = open("a.jsonl", json);
    let said = ["who", "age", "paid", "tags", "score", "none"].map(|name| document.field(0, name));
    assert_eq!(said.each_ref().map(Option::as_deref), [Some("éva"), Some("41"), Some("true"), None, None, None]);
    assert_eq!(document.field(1, "who"), None);
    let document = open("a.csv", "text,label,who,age\none,x,\"éva \"\"e\"\"\",41\ntwo,y,,\n");
    let said = [0, 1].map(|row| ["who", "age"].map(|name| document.field(row, name)));
    assert_eq!(said, [[Some("éva \"e\"".to_owned()), Some("41".to_owned())], [None, None]]);
}
