//! `gloss train`, `gloss eval` and `gloss predict`.

mod common;

use std::{fs, process::Stdio};

use common::{Folder, weather};
use serde_json::Value;

const TEST: &str =
    "{\"text\": \"warm sun, day 90\", \"label\": \"sun\"}\n{\"text\": \"rain and wet\", \"label\": \"rain\"}\n";

fn folder() -> Folder {
    Folder::new(&[("train.jsonl", &weather(20)), ("test.jsonl", TEST)])
}

#[test]
fn eval_ends_with_one_object_of_figures() {
    let folder = folder();
    let ran = folder.gloss(&[
        "eval",
        "--train",
        "train.jsonl",
        "--test",
        "test.jsonl",
        "--format",
        "json",
        "--classifier",
        "lexical",
        "--budget",
        "1m30s",
        "--seed",
        "7",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let figures: Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    let mut names: Vec<_> = figures.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort();
    assert_eq!(
        names,
        [
            "accuracy",
            "classifier",
            "ece",
            "labels",
            "log_loss",
            "macro_f1",
            "predict_seconds",
            "rows_test",
            "rows_train",
            "train_seconds"
        ]
    );
    assert_eq!(figures["accuracy"], 1.0);
    assert_eq!(figures["classifier"], "lexical");
    assert_eq!((&figures["rows_train"], &figures["rows_test"], &figures["labels"]), (&20.into(), &2.into(), &2.into()));
}

#[test]
fn several_files_are_one_and_each_may_have_fields_of_its_own() {
    let folder = folder();
    folder.write("more.csv", "sentence,intent\nsnow lies on the road,snow\nsnow falls and snow stays,snow\n");
    let ran = folder.gloss(&[
        "eval",
        "--train",
        "train.jsonl",
        "--train",
        "more.csv",
        "--test",
        "test.jsonl",
        "--test",
        "more.csv",
        "--format",
        "json",
    ]);
    let figures = &ran.json()[0];
    assert_eq!((&figures["rows_train"], &figures["rows_test"], &figures["labels"]), (&22.into(), &4.into(), &3.into()));
}

#[test]
fn labels_that_training_does_not_know_count_as_wrong() {
    let folder = folder();
    folder.write(
        "test.jsonl",
        TEST.to_owned() + "{\"text\": \"hail\", \"label\": \"hail\"}\n{\"text\": \"fog\", \"label\": \"fog\"}\n",
    );
    let ran = folder.gloss(&["eval", "--train", "train.jsonl", "--test", "test.jsonl", "--format", "json"]);
    assert_eq!(ran.json()[0]["accuracy"], 0.5);
    assert!(ran.err.contains("2 rows have labels that training does not know"), "{}", ran.err);
}

#[test]
fn gloss_toml_says_how_its_files_are_read() {
    let folder = Folder::new(&[("gloss.toml", "[dataset]\ntext = \"b\"\nlabel = \"c\"\n")]);
    let source =
        weather(10).replace("\"text\"", "\"b\"").replace("\"label\"", "\"c\"").replace('{', "{\"text\": \"same\", ");
    folder.write("train.jsonl", source);
    let ran = folder.gloss(&["eval", "--train", "train.jsonl", "--test", "train.jsonl", "--format", "json"]);
    assert_eq!(ran.json()[0]["accuracy"], 1.0, "{}", ran.err);
}

#[test]
fn eval_says_what_it_cannot_do() {
    let folder = folder();
    folder.write("empty.jsonl", "");
    folder.write("bare.jsonl", "{\"text\": \"a\"}\n");
    folder.write("one.jsonl", "{\"text\": \"a\", \"label\": \"sun\"}\n");
    folder.write("x.bin", "\0");
    let eval = |train: &str, test: &str, more: &[&str]| {
        folder.gloss(&[&["eval", "--train", train, "--test", test], more].concat())
    };
    eval("train.jsonl", "test.jsonl", &["--classifier", "probe"]).refuses("the probe step needs an encoder");
    eval("train.jsonl", "test.jsonl", &["--classifier", "fine-tuned"]).refuses("the fine-tuned step needs an encoder");
    eval("train.jsonl", "test.jsonl", &["--budget", "0s"]).refuses("Raise --budget");
    eval("train.jsonl", "test.jsonl", &["--budget", "60"]).refuses("such as 90s, 2m");
    eval("missing.jsonl", "test.jsonl", &[]).refuses("missing.jsonl: no such file");
    eval("empty.jsonl", "test.jsonl", &[]).refuses("empty.jsonl: the file is empty");
    eval("x.bin", "test.jsonl", &[]).refuses("x.bin: not a data file");
    eval("bare.jsonl", "test.jsonl", &[]).refuses("no row has a label yet");
    eval("one.jsonl", "test.jsonl", &[]).refuses("at least one more class");
    eval("train.jsonl", "bare.jsonl", &[]).refuses("bare.jsonl: no row has a label.");
    eval(".", "test.jsonl", &[]).refuses("this is a folder");
}

#[test]
fn train_stores_what_predict_then_uses_while_the_rows_are_the_same() {
    let folder = folder();
    folder.write("gloss.toml", "[dataset]\ntest = [\"test.jsonl\"]\n");
    let ran = folder.gloss(&["train"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert!(ran.out.contains("  learned   lexical classifier in ") && ran.out.contains("held-out files, 2 rows"));
    assert_eq!(fs::read_to_string(folder.path().join(".gloss/.gitignore")).unwrap(), "*\n");
    assert!(folder.gloss(&["train"]).out.contains(", as before\n"), "the second run knows the first");

    let predict = || folder.gloss_reading(&["predict"], b"{\"text\": \"wet rain\"}\n");
    let (stored, learned) = (
        predict().out,
        folder.gloss_reading(&["predict", "--train", "train.jsonl"], b"{\"text\": \"wet rain\"}\n").out,
    );
    assert!(stored.contains("\"label\":\"rain\"") && stored == learned, "{stored}{learned}");
    folder.write("train.jsonl", weather(20).replace("\"rain\"", "\"wet\""));
    assert!(predict().out.contains("\"label\":\"wet\""), "other rows: learned anew");
}

#[test]
fn train_says_what_it_cannot_do() {
    let folder = Folder::new(&[("one.jsonl", "{\"text\": \"a\", \"label\": \"sun\"}\n"), ("gloss.toml", "")]);
    folder.gloss(&["train"]).refuses("at least one more class");
    folder.gloss(&["train", "missing"]).refuses("missing: no such file");
    folder.write(".gloss", "in the way");
    folder.write("one.jsonl", weather(4));
    folder.gloss(&["train"]).refuses("cannot be stored");
}

#[test]
fn predict_keeps_every_byte_and_adds_a_prediction() {
    let folder = folder();
    let input = "{ \"n\":1.50,\"text\":\"wet rain\" }\r\n\n{broken\n{\"text\": \"warm sun\", \"label\": null}";
    folder.write("new.jsonl", input);
    let from_file = folder.gloss(&["predict", "--train", "train.jsonl", "new.jsonl"]);
    let from_stdin = folder.gloss_reading(&["predict", "--train", "train.jsonl"], input.as_bytes());
    assert_eq!((from_file.code, &from_file.out), (0, &from_stdin.out));
    assert!(from_file.err.contains("new.jsonl:3: "), "{}", from_file.err);
    let lines: Vec<&str> = from_file.out.split('\n').collect();
    assert!(lines[0].starts_with("{ \"n\":1.50,\"text\":\"wet rain\"") && lines[0].ends_with("}\r"), "{}", lines[0]);
    assert_eq!(lines[1..3], ["", "{broken"]);
    let row: Value = serde_json::from_str(lines[0]).unwrap();
    assert_eq!(row["prediction"]["label"], "rain");
    let scores = row["prediction"]["scores"].as_object().unwrap();
    assert_eq!(scores["rain"], row["prediction"]["probability"]);
    assert_eq!(scores.keys().collect::<Vec<_>>(), ["rain", "sun"]);
    assert_eq!(serde_json::from_str::<Value>(lines[3]).unwrap()["prediction"]["label"], "sun");
}

#[test]
fn predict_learns_from_the_data_set_of_a_folder() {
    let config = ("gloss.toml", "[dataset]\nfiles = [\"train.jsonl\"]\n");
    let folder = Folder::new(&[config, ("train.jsonl", &weather(20)), ("sub/new.csv", "text\nwet rain\n")]);
    let named = folder.gloss(&["predict", "--train", ".", "sub/new.csv"]);
    assert!(
        named.out.starts_with("text,prediction\nwet rain,\"{\"\"label\"\":\"\"rain\"\""),
        "{}{}",
        named.out,
        named.err
    );
    let output = folder.command(&["predict", "new.csv"]).current_dir(folder.path().join("sub")).output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), named.out);
}

#[test]
fn predict_says_what_it_cannot_do() {
    let folder = folder();
    folder.write("other.jsonl", "{\"words\": \"wet rain\"}\n");
    folder.write("wide.jsonl", [0xFF, 0xFE, b'{', 0]);
    let predict = |arguments: &[&str]| folder.gloss(&[&["predict"], arguments].concat());
    predict(&["test.jsonl"]).refuses("Name one of them.");
    predict(&["--train", "train.jsonl", "missing.jsonl"]).refuses("missing.jsonl: no such file");
    predict(&["--train", "train.jsonl", "."]).refuses(".: this is a folder");
    predict(&["--train", "train.jsonl", "wide.jsonl"]).refuses("looks like UTF-16");
    let other = predict(&["--train", "train.jsonl", "other.jsonl"]);
    assert_eq!((other.code, other.out.as_str()), (2, "{\"words\": \"wet rain\"}\n"));
    assert!(other.err.contains("no row could be predicted. Expected the text in `text`"), "{}", other.err);
    let empty = folder.gloss_reading(&["predict", "--train", "train.jsonl"], b"");
    assert_eq!((empty.code, empty.out.as_str()), (0, ""));
    assert!(empty.err.contains("the input is empty"), "{}", empty.err);
}

#[cfg(unix)]
#[test]
fn predict_ends_quietly_when_its_reader_leaves() {
    let folder = folder();
    folder.write("new.jsonl", "{\"text\": \"wet rain\"}\n".repeat(20_000));
    let mut child = folder
        .command(&["predict", "--train", "train.jsonl", "new.jsonl"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let ended = child.wait_with_output().unwrap();
    assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]));
}
