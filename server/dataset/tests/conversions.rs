//! What is read from fixtures/formats, format by format, and what is said of it.

use std::{fmt::Write, fs, path::Path};

use dataset::{
    Offsets,
    convert::{self, FormatName, Options, Reading, Source},
};

fn read(name: &str, format: Option<FormatName>, options: &Options) -> Result<Reading, String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/formats").join(name);
    let bytes = fs::read(&path).map_err(|e| e.to_string())?;
    let beside = fs::read(path.with_extension("ann")).ok().filter(|_| name.ends_with(".txt"));
    convert::read(Source { name, bytes: &bytes, beside: beside.as_deref() }, format, options)
}

/// A line a row: its line, labels, spans, text and other fields; then the remarks.
fn picture(reading: &Reading) -> String {
    let mut out = format!("{} {:?}\n", reading.format.name(), reading.dataset.task);
    for record in &reading.dataset.records {
        let labels = record.labels.as_ref().map_or("-".into(), |labels| format!("{{{}}}", labels.join(",")));
        write!(out, "{} {labels}", record.line).unwrap();
        for span in record.spans.iter().flatten() {
            write!(out, " {}={:?}", span.label, &record.text[span.start as usize..span.end as usize]).unwrap();
        }
        write!(out, " {:?}", record.text).unwrap();
        for (key, value) in &record.rest {
            write!(out, " {key}:{value}").unwrap();
        }
        out.push('\n');
    }
    for remark in &reading.remarks {
        writeln!(out, "{remark}").unwrap();
    }
    out
}

#[track_caller]
fn reads(name: &str, expected: &str) {
    reads_as(name, None, &Options::default(), expected);
}

/// The expected picture is indented as the code is.
#[track_caller]
fn reads_as(name: &str, format: Option<FormatName>, options: &Options, expected: &str) {
    let reading = read(name, format, options).unwrap();
    let expected: String = expected.trim().lines().map(|line| format!("{}\n", line.trim())).collect();
    assert_eq!(picture(&reading), expected);
}

#[test]
fn prodigy_leaves_out_what_was_refused() {
    reads(
        "prodigy-textcat.jsonl",
        r#"
        prodigy Single
        1 {complaint} "The prints arrived with a crease" meta:{"source": "mail"}
        4 {complaint} "Two photos are missing 😕"
        line 2: the answer is `reject`: left out.
        line 3: the answer is `ignore`: left out.
        "#,
    );
    reads(
        "prodigy-spans.jsonl",
        r#"
        prodigy Spans
        1 - PERSON="Anna" CITY="Bergen" "Send it to Anna in Bergen 🎁 by May"
        2 - "No names here"
        line 1: spans with the answer `reject` or `ignore` are left out.
        `token_start` of spans is left out; a span has a start, an end and a label.
        `token_end` of spans is left out; a span has a start, an end and a label.
        "#,
    );
}

#[test]
fn prodigy_has_choices() {
    let options = r#"options:[{"id": "damage", "text": "Damage"}, {"id": "invoice", "text": "Invoice"}]"#;
    let expected = r#"
        prodigy Multi
        1 {damage,invoice} "The frame is broken and the invoice is wrong" OPTIONS
        2 {invoice} "Please resend the invoice" OPTIONS
        3 {} "Thanks!" OPTIONS
        "#;
    reads("prodigy-choice.jsonl", &expected.replace("OPTIONS", options));
}

#[test]
fn doccano_in_all_its_shapes() {
    reads(
        "doccano-labels.jsonl",
        r#"
        doccano Multi
        1 {shipping} "Parcel came too late" id:11
        2 {shipping,order} "Late, and the wrong size" id:12
        3 - "Nobody has looked at this one" id:13
        "#,
    );
    reads(
        "doccano-spans.jsonl",
        r#"
        doccano Spans
        1 - PERSON="Anna" CITY="Oslo" CITY="北京" "Anna moved from Oslo to 北京" id:21
        2 - "nothing" id:22
        "#,
    );
    reads(
        "doccano-both.jsonl",
        r#"
        doccano Single
        1 {shipping} CITY="Oslo" "Ship it to Oslo"
        2 {cancel} "Cancel my order"
        "#,
    );
    reads(
        "doccano-old.jsonl",
        r#"
        doccano Spans
        1 - PERSON="Anna" CITY="Oslo" "Anna moved to Oslo" id:31 meta:{"page": 3}
        line 1: annotations of several people are taken together.
        "#,
    );
    reads_as(
        "doccano.csv",
        Some(FormatName::DoccanoCsv),
        &Options::default(),
        r#"
        doccano-csv Multi
        2 {order,shipping} "Late, and the wrong size" id:"41"
        3 {shipping} "Parcel came too late" id:"42"
        "#,
    );
}

#[test]
fn label_studio_has_tasks_and_short_rows() {
    reads(
        "label-studio.json",
        r#"
        label-studio Single
        2 {bug} "The app crashes" id:1 predictions:[{"model_version": "one", "result": [{"from_name": "topic", "to_name": "text", "type": "choices", "value": {"choices": ["refund"]}, "score": 0.4}]}] channel:"mail"
        6 {contact} PERSON="Anna" "Write to Anna in Oslo" id:2
        12 - "Not looked at yet" id:3
        `created_at` of tasks is left out.
        line 6: a result of the kind `rating` is left out; it is no label of a text.
        "#,
    );
    reads(
        "label-studio-min.json",
        r#"
        label-studio-min Spans
        1 - PERSON="Anna" "Write to Anna" id:1 annotator:1 annotation_id:7 lead_time:3.2
        `text` of spans is left out; a span has a start, an end and a label.
        "#,
    );
}

#[test]
fn argilla_has_responses() {
    reads(
        "argilla.jsonl",
        r#"
        argilla Single
        1 {positive} "Great prints" id:"a-1" status:"completed" label.responses.users:["u1"] label.suggestion:"negative" label.suggestion.score:0.6
        2 - "Hm" id:"a-2" status:"pending" label.suggestion:"negative"
        line 3: the record was discarded: left out.
        "#,
    );
}

#[test]
fn hugging_face_names_its_integers() {
    let card = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures/formats/hugging-face/README.md");
    let names = convert::label_names(&fs::read_to_string(card).unwrap()).unwrap();
    reads_as(
        "hugging-face/train.jsonl",
        None,
        &Options { names, ..Options::default() },
        r#"
        hugging-face Single
        1 {positive} "Great prints"
        2 {negative} "Too dark"
        3 - "Held back by its makers"
        "#,
    );
    reads(
        "hugging-face-tokens.jsonl",
        r#"
        hugging-face Spans
        1 - PER="Anna" CITY="New York" "Anna moved to New York" id:"0"
        "#,
    );
}

#[test]
fn spacy_has_scores_and_pairs() {
    reads(
        "spacy-cats.jsonl",
        r#"
        spacy-cats Multi
        1 {damage} "The frame is broken"
        2 {damage,invoice} "Broken, and billed twice"
        3 {} "Thanks!"
        "#,
    );
    reads(
        "spacy-tuples.json",
        r#"
        spacy Spans
        2 - PERSON="Anna" CITY="Oslo" "Anna moved to Oslo"
        3 - "nothing"
        "#,
    );
}

#[test]
fn rasa_in_three_forms() {
    reads(
        "rasa.yml",
        r#"
        rasa Single
        5 {book_trip} city="Oslo" city="北京" "from Oslo to 北京 please"
        6 {book_trip} "a trip"
        10 {greet} "hello there"
        line 5: values, roles and groups of entities are left out; a span has a label.
        line 9: `metadata` of examples is left out.
        line 13: `synonym` is left out; it is no example.
        "#,
    );
    reads(
        "rasa.md",
        r#"
        rasa-markdown Single
        2 {book_trip} city="Oslo" city="Bergen" "from Oslo to Bergen"
        3 {book_trip} "a trip"
        6 {greet} "hello there"
        line 2: values, roles and groups of entities are left out; a span has a label.
        line 8: `lookup` is left out; it is no example.
        "#,
    );
    reads(
        "rasa.json",
        r#"
        rasa-json Single
        2 {book_trip} city="Oslo" "from Oslo please"
        3 {greet} "hello there"
        `value` of spans is left out; a span has a start, an end and a label.
        "#,
    );
}

#[test]
fn lines_of_text_of_tokens_and_of_codes() {
    reads(
        "fasttext.txt",
        r#"
        fasttext Multi
        1 {shipping} "where is my parcel"
        2 {shipping,order} "late , and the wrong size"
        3 - "not looked at yet"
        "#,
    );
    reads(
        "clue-tnews.jsonl",
        r#"
        clue Single
        1 {news_edu} "今年的期末考试安排在六月" label_code:"108" keywords:"考试,六月"
        2 {news_finance} "小店怎样记账更省事？" label_code:"104" keywords:""
        "#,
    );
    reads(
        "two-columns.conll",
        r#"
        conll Spans
        1 - PER="Anna" CITY="New York" "Anna moved to New York"
        7 - "nothing"
        "#,
    );
    reads(
        "four-columns.conll",
        r#"
        conll Spans
        3 - PER="Anna" CITY="New York" CITY="Oslo" "Anna moved to New York Oslo"
        "#,
    );
}

#[test]
fn brat_and_webanno_are_read() {
    reads(
        "brat.txt",
        r#"
        brat Spans
        1 - PERSON="Anna" CITY="Oslo" "Anna moved\nto Oslo."
        line 3: a span of several pieces is left out.
        line 4: relations, events, attributes and notes are left out.
        "#,
    );
    reads(
        "webanno.tsv",
        r#"
        webanno Spans
        5 - PERSON="Anna" CITY="New York" "Anna 😀 in New York"
        12 - "Hello"
        "#,
    );
}

#[test]
fn cells_hold_several_labels_if_the_separator_is_known() {
    let options = Options { separator: Some("|".into()), ..Options::default() };
    reads_as(
        "several-labels.csv",
        None,
        &options,
        r#"
        csv Multi
        2 {shipping,order} "Late; and the wrong size" id:"1"
        3 {shipping} "Where is it?" id:"2"
        "#,
    );
}

#[test]
fn encodings_are_found_and_said() {
    let rows = r#"
        csv Single
        2 {差评} "物流太慢了，等了一个星期"
        3 {好评} "味道很好，下次还会再来"
        4 {差评} "包装破了，东西也碎了"
        5 {好评} "客服很耐心，解决得快"
        6 {差评} "颜色和图片不一样"
        7 - "还没有人看过这条"
        "#;
    reads("reviews-gbk.csv", &format!("{}\nread as GBK, which is a guess; --encoding says what it is.", rows.trim()));
    reads("reviews-utf16.csv", &format!("{}\nread as UTF-16LE.", rows.trim()));
    let wanted = Options { encoding: Some("gbk".into()), ..Options::default() };
    reads_as("reviews-gbk.csv", None, &wanted, &format!("{}\nread as GBK.", rows.trim()));
}

fn of_bytes(name: &str, bytes: &[u8], options: &Options) -> Result<Reading, String> {
    convert::read(Source { name, bytes, beside: None }, None, options)
}

#[test]
fn offsets_count_what_is_said() {
    let row = r#"{"text": "😀 差 Oslo", "spans": [{"start": START, "end": END, "label": "city"}]}"#;
    for (offsets, start, end) in [(Offsets::CodePoints, 4, 8), (Offsets::Utf16, 5, 9), (Offsets::Bytes, 9, 13)] {
        let row = row.replace("START", &start.to_string()).replace("END", &end.to_string());
        let options = Options { offsets, ..Options::default() };
        let reading = of_bytes("a.jsonl", row.as_bytes(), &options).unwrap();
        let span = &reading.dataset.records[0].spans.as_ref().unwrap()[0];
        assert_eq!((span.start, span.end), (9, 13), "{offsets:?}");
        let written = convert::write(&reading.dataset, FormatName::Gloss, &options).unwrap();
        assert_eq!(String::from_utf8(written.bytes).unwrap().trim_end(), row, "{offsets:?}");
    }
}

#[test]
fn other_units_are_proposed_where_they_make_all_right() {
    let rows = concat!(
        "{\"text\": \"😀 to Oslo\", \"label\": [[6, 10, \"city\"]]}\n",
        "{\"text\": \"差 Bergen\", \"label\": [[2, 8, \"city\"]]}\n",
    );
    let reading = of_bytes("a.jsonl", rows.as_bytes(), &Options::default()).unwrap();
    let said: Vec<_> = reading.remarks.iter().map(ToString::to_string).collect();
    assert_eq!(
        said.last().unwrap(),
        "offsets look as if they counted utf-16: --offsets utf-16 makes all of them right."
    );
    let options = Options { offsets: Offsets::Utf16, ..Options::default() };
    assert_eq!(of_bytes("a.jsonl", rows.as_bytes(), &options).unwrap().remarks, []);
}

#[test]
fn fields_of_the_same_name_are_told_apart() {
    let reading = of_bytes("a.csv", b"text,label,note,note\na b,x,1,2\n", &Options::default()).unwrap();
    assert_eq!(picture(&reading), "csv Single\n2 {x} \"a b\" note:\"1\" note_2:\"2\"\n");
}

#[test]
fn without_a_name_the_content_says_the_format() {
    for (bytes, format) in [
        ("text,label\na b,x\n", FormatName::Csv),
        ("label\ttext\nx\ta, b\n", FormatName::Csv),
        ("{\"text\": \"a b\"}\n", FormatName::Gloss),
        ("__label__x a b\n", FormatName::FastText),
        ("a\tO\nb\tB-x\n", FormatName::Conll),
        ("## intent:x\n- a b\n", FormatName::RasaMarkdown),
        ("version: \"3.1\"\nnlu:\n- intent: x\n  examples: |\n    - a b\n", FormatName::RasaYaml),
    ] {
        let reading =
            of_bytes("", bytes.as_bytes(), &Options::default()).unwrap_or_else(|why| panic!("{why}\n{bytes}"));
        assert_eq!(reading.format, format, "{bytes}");
        assert!(reading.dataset.records[0].text.starts_with("a"), "{bytes}");
    }
}

#[test]
fn what_is_no_data_set_is_refused_with_what_to_do() {
    for (name, bytes, said) in [
        ("a.xlsx", &b"PK\x03\x04..."[..], "Save it as CSV UTF-8"),
        ("a.xml", b"<?xml version=\"1.0\"?><a/>", "This is XML"),
        ("a.conf", b"[entities]\n", "a configuration"),
        ("a.gz", b"\x1F\x8B\x08", "gunzip"),
        ("a.jsonl", b" \n", "The file is empty."),
        ("a.jsonl", b"{\"text\": \n", "No row could be read as JSON Lines"),
        ("a.jsonl", b"{\"n\": 1}\n", "--text names one"),
        ("a.json", b"{\"_context\": {}, \"_views\": {}}", "UIMA CAS"),
        ("a.csv", b"key,value\n1,2\n", "No column was recognised as the text. Found `key`, `value`"),
        ("a.yml", b"services:\n  web: {}\n", "There is no `nlu`"),
        ("a.yml", b"nlu: [\n", "no YAML"),
        ("a.ann", b"T1\tA 0 1\tx\n", "the other one is missing"),
        ("a.tsv", b"#id=1\n#text=One two\n1-1\tOne\tO\n", "older version"),
        ("a", b"one two\nthree four\n", "--from says what it is"),
    ] {
        let why = of_bytes(name, bytes, &Options::default()).unwrap_err();
        assert!(why.contains(said), "{name}: {why}");
    }
}

#[test]
fn losses_are_said_with_their_lines() {
    let rows = concat!(
        "{\"id\": 1, \"text\": \"to Oslo\", \"label\": [\"trip\", \"ask me\"], \"spans\": [{\"start\": 3, \"end\": 7, \"label\": \"city\"}]}\n",
        "{\"text\": \"hello\\nthere\", \"label\": []}\n",
    );
    let reading = of_bytes("a.jsonl", rows.as_bytes(), &Options::default()).unwrap();
    let written = |format| {
        let written = convert::write(&reading.dataset, format, &Options::default()).unwrap();
        let said: Vec<_> = written.losses.iter().map(ToString::to_string).collect();
        (String::from_utf8(written.bytes).unwrap(), said)
    };
    let (text, said) = written(FormatName::FastText);
    assert_eq!(text, "__label__trip __label__ask_me to Oslo\nhello there\n");
    assert_eq!(
        said,
        [
            "line 1: blanks in labels are written as `_`.",
            "line 1: spans are left out; fastText holds none.",
            "line 1: other fields are left out; fastText holds none.",
            "line 2: line breaks in the text are written as blanks.",
            "line 2: that none applies is written as if nobody had looked; fastText has no sign for it.",
        ]
    );
    let (text, said) = written(FormatName::Csv);
    assert_eq!(text, "text,label,id\nto Oslo,trip|ask me,1\n\"hello\nthere\",,\n");
    assert_eq!(said[0], "several labels stand in a cell with `|` between; reading them back needs --separator '|'.");
    assert_eq!(
        written(FormatName::Gloss),
        (
            rows.replace("{\"id\": 1, \"text\": \"to Oslo\"", "{\"text\": \"to Oslo\"")
                .replace("}]}\n", "}], \"id\": 1}\n"),
            vec![]
        )
    );
}
