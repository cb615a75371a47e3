//! `gloss convert`.

mod common;

use std::fs;

use common::{Folder, Ran};

const ROWS: &str = concat!(
    "{\"text\": \"where is my parcel\", \"label\": \"shipping\"}\n",
    "{\"text\": \"cancel it\", \"label\": \"cancel\", \"id\": 7}\n",
    "{\"text\": \"hello\"}\n",
);

fn read(folder: &Folder, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

/// Ended well and printed nothing to standard output.
#[track_caller]
fn done(ran: &Ran, said: &[&str]) {
    assert_eq!((ran.code, ran.out.as_str()), (0, ""), "{}", ran.err);
    for said in said {
        assert!(ran.err.contains(said), "expected {said:?} in\n{}", ran.err);
    }
}

#[test]
fn the_names_say_the_formats_and_what_is_lost_is_said_by_line() {
    let folder = Folder::new(&[("rows.jsonl", ROWS)]);
    let ran = folder.gloss(&["convert", "rows.jsonl", "rows.ft"]);
    done(
        &ran,
        &[
            "gloss: rows.jsonl: line 2: other fields are left out; fastText holds none.",
            "gloss: read 3 rows as JSON Lines, wrote 3 rows as fastText to rows.ft.",
        ],
    );
    assert_eq!(read(&folder, "rows.ft"), "__label__shipping where is my parcel\n__label__cancel cancel it\nhello\n");
    done(&folder.gloss(&["convert", "rows.ft", "nlu.yml"]), &["wrote 3 rows as Rasa YAML"]);
    assert!(read(&folder, "nlu.yml").contains("- intent: shipping\n  examples: |\n    - where is my parcel\n"));
    assert_eq!(read(&folder, "rows.jsonl"), ROWS, "what is read is not written");
}

#[test]
fn a_pipe_goes_in_and_out() {
    let folder = Folder::new(&[]);
    let ran = folder.gloss_reading(&["convert", "-", "-", "--to", "csv"], ROWS.as_bytes());
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(ran.out, "text,label,id\nwhere is my parcel,shipping,\ncancel it,cancel,7\nhello,,\n");
    assert!(ran.err.contains("read 3 rows as JSON Lines, wrote 3 rows as CSV to standard output."), "{}", ran.err);
    folder.gloss_reading(&["convert", "-", "-"], ROWS.as_bytes()).refuses("--to says it");
}

#[test]
fn what_is_there_is_written_over_by_force_alone() {
    let folder = Folder::new(&[("rows.jsonl", ROWS), ("rows.csv", "mine\n")]);
    folder
        .gloss(&["convert", "rows.jsonl", "rows.csv"])
        .refuses("rows.csv: this is there already; --force writes over it.");
    assert_eq!(read(&folder, "rows.csv"), "mine\n");
    done(&folder.gloss(&["convert", "rows.jsonl", "rows.csv", "--force"]), &[]);
    assert!(read(&folder, "rows.csv").starts_with("text,label,id\n"));
    let mut names: Vec<_> =
        fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.retain(|name| name != ".cache");
    names.sort();
    assert_eq!(names, ["rows.csv", "rows.jsonl"], "nothing else is left behind");
}

#[test]
fn refusals_say_what_to_do() {
    let folder = Folder::new(&[("rows.jsonl", ROWS), ("book.xlsx", "PK\u{3}\u{4}"), ("empty/a.txt", "a")]);
    folder
        .gloss(&["convert", "book.xlsx", "out.jsonl"])
        .refuses("book.xlsx: This is a spreadsheet. Save it as CSV UTF-8");
    folder.gloss(&["convert", "rows.jsonl", "out.json"]).refuses(".json may be label-studio, spacy or rasa-json");
    folder.gloss(&["convert", "rows.jsonl", "out"]).refuses("--to says it");
    folder
        .gloss(&["convert", "rows.jsonl", "out.tsv", "--to", "webanno"])
        .refuses("WebAnno TSV 3 is read, not written");
    folder.gloss(&["convert", "none.jsonl", "out.csv"]).refuses("none.jsonl: no such file or folder.");
    folder.gloss(&["convert", "empty", "out.jsonl"]).refuses("without pairs of brat");
    folder.gloss(&["convert", "rows.jsonl", "no/out.csv"]).refuses("no such file or folder");
    folder
        .gloss(&["convert", "rows.jsonl", "out.csv", "--encoding", "klingon"])
        .refuses("There is no encoding `klingon`");
    let ran = folder.gloss(&["convert", "rows.jsonl", "out.csv", "--to", "excel"]);
    assert!(ran.code == 2 && ran.err.contains("possible values: gloss, prodigy, doccano"), "{}", ran.err);
    assert!(!folder.path().join("out.csv").exists());
}

#[test]
fn offsets_are_counted_anew() {
    let row = "{\"text\": \"😀 Oslo\", \"label\": [[3, 7, \"city\"]]}\n";
    let folder = Folder::new(&[("utf16.jsonl", row)]);
    let arguments = ["convert", "utf16.jsonl", "-", "--to", "gloss", "--offsets", "utf-16", "--to-offsets", "bytes"];
    let ran = folder.gloss(&arguments);
    assert_eq!(
        ran.out, "{\"text\": \"😀 Oslo\", \"spans\": [{\"start\": 5, \"end\": 9, \"label\": \"city\"}]}\n",
        "{}",
        ran.err
    );
    let ran = folder.gloss(&["convert", "utf16.jsonl", "-", "--to", "gloss"]);
    assert!(ran.err.contains("line 1: the span 3 to 7 of `city` lies outside of the text: left out."), "{}", ran.err);
}

#[test]
fn gbk_becomes_utf_8_and_it_is_said() {
    let folder = Folder::new(&[]);
    // 点评,情感 / 太慢了,差评
    folder.write("gbk.csv", b"\xb5\xe3\xc6\xc0,\xc7\xe9\xb8\xd0\n\xcc\xab\xc2\xfd\xc1\xcb,\xb2\xee\xc6\xc0\n");
    let arguments = ["convert", "gbk.csv", "out.csv", "--encoding", "gbk", "--text", "点评", "--label", "情感"];
    done(&folder.gloss(&arguments), &["gloss: gbk.csv: read as GBK."]);
    assert_eq!(read(&folder, "out.csv"), "text,label\n太慢了,差评\n");
}

#[test]
fn names_of_integer_labels_come_from_a_card_and_go_to_one() {
    let folder = Folder::new(&[("rows.jsonl", ROWS)]);
    let arguments = ["convert", "rows.jsonl", "hub/train.jsonl", "--to", "hugging-face", "--labels", "hub/README.md"];
    fs::create_dir(folder.path().join("hub")).unwrap();
    done(&folder.gloss(&arguments), &["labels are written as numbers: 0 shipping, 1 cancel.", "to hub/README.md."]);
    assert!(read(&folder, "hub/train.jsonl").starts_with("{\"text\": \"where is my parcel\", \"label\": 0}\n"));
    assert!(read(&folder, "hub/README.md").contains("class_label:"));
    let ran = folder.gloss(&["convert", "hub/train.jsonl", "back.jsonl"]);
    done(&ran, &["gloss: hub/README.md: 2 names of integer labels."]);
    assert_eq!(read(&folder, "back.jsonl"), ROWS);
}

#[test]
fn a_folder_of_pairs_is_a_row_each() {
    let folder = Folder::new(&[
        ("corpus/b.txt", "to Oslo"),
        ("corpus/b.ann", "T1\tcity 3 7\tOslo\n"),
        ("corpus/a.txt", "hello"),
        ("corpus/a.ann", ""),
    ]);
    done(&folder.gloss(&["convert", "corpus", "out.conll"]), &["read 2 rows as brat stand-off"]);
    assert_eq!(read(&folder, "out.conll"), "hello\tO\n\nto\tO\nOslo\tB-city\n\n");
    done(&folder.gloss(&["convert", "corpus/b.txt", "b.jsonl"]), &["read 1 row as brat stand-off"]);
}
