//! `gloss check`: findings in every format, exit codes, and an answer to every input.

mod common;

use common::{Folder, weather};
use serde_json::{Value, json};

/// An unknown label behind an emoji, a row that cannot be read, and a row without a label.
const BROKEN: &str = "{\"text\": \"😀 one\", \"label\": \"rian\"}\n{\"text\": \nnull\n";
const CONFIG: &str = "[dataset]\nfiles = [\"*.jsonl\"]\n[labels]\nsun = \"\"\nrain = \"\"\n";

#[test]
fn json_has_the_promised_fields_with_lines_from_one_and_columns_in_characters() {
    let folder = Folder::new(&[("gloss.toml", CONFIG), ("a.jsonl", BROKEN)]);
    let ran = folder.gloss(&["check", "--format", "json"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    let found = ran.json();
    assert_eq!(
        found[0],
        json!({"path": "a.jsonl", "line": 1, "column": 28, "end_line": 1, "end_column": 34, "code": "unknown-label",
               "severity": "error", "message": "Unknown label `rian`; did you mean `rain`?", "data": null})
    );
    assert_eq!((&found[1]["code"], &found[1]["line"]), (&json!("invalid-row"), &json!(2)));
}

#[test]
fn a_suggestion_carries_what_the_model_says() {
    let folder = Folder::new(&[("a.jsonl", &weather(12))]);
    let ran = folder.gloss(&["check", "--format", "json", "a.jsonl"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let found = ran.json();
    let next = found.iter().find(|finding| finding["code"] == "label-next").unwrap();
    assert_eq!((&next["line"], &next["data"]["label"]), (&json!(13), &json!("rain")));
    assert_eq!(next["data"]["classifier"], "lexical");
    assert!(next["data"]["probability"].as_f64().unwrap() > 0.5);
    assert!(next["data"]["model_version"].is_u64());
}

#[test]
fn training_data_of_rasa_is_found_among_other_yaml() {
    let nlu = "nlu:\n- intent: greet\n  examples: |\n    - hello\n    - good day\n- intent: bye\n  examples: |\n    - hello\n";
    let folder =
        Folder::new(&[("data/nlu.yml", nlu), ("domain.yml", "intents:\n- greet\n"), ("config.yaml", "a: b\n")]);
    let found = folder.gloss(&["check", "--format", "json", "."]).json();
    let said: Vec<_> = found.iter().map(|one| (&one["path"], &one["code"], &one["line"])).collect();
    let duplicate = json!("conflicting-duplicate");
    let path = json!("data/nlu.yml");
    assert_eq!(said, [(&path, &duplicate, &json!(4)), (&path, &duplicate, &json!(8))]);
}

#[test]
fn paths_that_overlap_are_checked_once() {
    let folder = Folder::new(&[("a.jsonl", BROKEN), ("b/c.jsonl", BROKEN)]);
    let once = folder.gloss(&["check", "--format", "json", "."]);
    let often = folder.gloss(&["check", "--format", "json", ".", "a.jsonl", "./b/../a.jsonl", "b"]);
    assert!(once.out.contains("\"b/c.jsonl\"") && once.out.contains("\"a.jsonl\""), "{}", once.out);
    assert_eq!(once.out, often.out);
}

#[test]
fn a_folder_within_a_data_set_stands_for_what_is_beneath_it() {
    let config = "[dataset]\nfiles = [\"**/*.jsonl\"]\n[labels]\nsun = \"\"\n";
    let folder = Folder::new(&[("gloss.toml", config), ("a.jsonl", BROKEN), ("b/c.jsonl", BROKEN)]);
    let found = folder.gloss(&["check", "--format", "json", "b"]).json();
    assert!(!found.is_empty() && found.iter().all(|finding| finding["path"] == "b/c.jsonl"), "{found:?}");
}

#[test]
fn problems_in_gloss_toml_are_findings_with_their_place() {
    let config = "[dataset]\nfiles = [\"*.jsonl\"]\n# é😀\nlable = \"x\"\n";
    let folder = Folder::new(&[("gloss.toml", config), ("a.jsonl", &weather(4))]);
    let json = folder.gloss(&["check", "--format", "json"]);
    assert_eq!(
        (json.code, &json.json()[0]),
        (
            1,
            &json!({
        "path": "gloss.toml", "line": 4, "column": 1, "end_line": 4, "end_column": 6, "code": "invalid-config",
        "severity": "error", "message": "Unknown key `lable`; did you mean `label`?", "data": null})
        )
    );
    let text = folder.gloss(&["check"]);
    assert!(text.out.starts_with("gloss.toml:4:1: error[invalid-config]: Unknown key"), "{}", text.out);
    assert!(!text.err.contains("lable"), "{}", text.err);
    let github = folder.gloss(&["check", "--format", "github"]);
    assert!(
        github.out.starts_with("::error file=gloss.toml,line=4,endLine=4,col=1,endColumn=6,title=invalid-config::")
    );
    assert!(folder.gloss(&["check", "--format", "sarif"]).out.contains("\"uri\":\"gloss.toml\""));
}

#[test]
fn text_is_sorted_and_ends_with_counts() {
    let source = weather(6) + BROKEN + "{\"text\": \"rain again, and a wet coat\", \"label\": \"rain\"}\n";
    let folder = Folder::new(&[("gloss.toml", CONFIG), ("a.jsonl", &source)]);
    let ran = folder.gloss(&["check"]);
    let lines: Vec<u32> =
        ran.out.lines().filter_map(|line| line.strip_prefix("a.jsonl:")?.split(':').next()?.parse().ok()).collect();
    assert!(lines.len() > 2 && lines.is_sorted(), "{}", ran.out);
    assert!(ran.out.lines().last().unwrap().starts_with("3 errors, "), "{}", ran.out);
    assert!(ran.out.ends_with(" in 1 file.\n"), "{}", ran.out);
    assert!(!ran.out.contains('\u{1b}'));
    let coloured = folder.gloss(&["check", "--color", "always"]).out;
    assert!(coloured.contains("\u{1b}[1m"), "{coloured}");
}

#[test]
fn a_denied_hint_fails_and_is_listed() {
    let source = weather(6) + "{\"text\": \"rain falls and the street is wet, day 1\", \"label\": \"rain\"}\n";
    let folder = Folder::new(&[("a.jsonl", &source)]);
    let allowed = folder.gloss(&["check"]);
    assert_eq!(allowed.code, 0);
    assert!(!allowed.out.contains("[duplicate]") && allowed.out.contains("1 hint"), "{}", allowed.out);
    let denied = folder.gloss(&["check", "--deny", "leaked-row,duplicate"]);
    assert_eq!(denied.code, 1);
    assert!(denied.out.contains("a.jsonl:8:1: hint[duplicate]"), "{}", denied.out);
    assert!(folder.gloss(&["check", "--deny", "duplicate", "--format", "github"]).out.contains("::error file=a.jsonl"));
    folder.gloss(&["check", "--deny", "duplicates"]).refuses("duplicate");
}

#[test]
fn sarif_is_whole_and_its_places_are_uris() {
    let folder = Folder::new(&[("a b/50%.jsonl", BROKEN), ("c.jsonl", &weather(6))]);
    let ran = folder.gloss(&["check", "--format", "sarif"]);
    let log: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((&log["version"], ran.code), (&json!("2.1.0"), 1));
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    let results = run["results"].as_array().unwrap();
    assert!(!results.is_empty());
    for result in results {
        assert_eq!(rules[result["ruleIndex"].as_u64().unwrap() as usize]["id"], result["ruleId"]);
        let region = &result["locations"][0]["physicalLocation"]["region"];
        assert!(region.as_object().unwrap().values().all(|number| number.as_u64().unwrap() >= 1), "{region}");
    }
    let uri = &results[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
    assert_eq!(uri, "a%20b/50%25.jsonl");
    assert!(results.iter().any(|result| result["properties"]["label"] == "rain"));
    let empty = Folder::new(&[("a.jsonl", "")]).gloss(&["check", "a.jsonl", "--format", "sarif"]);
    assert_eq!(serde_json::from_str::<Value>(&empty.out).unwrap()["runs"][0]["results"], json!([]));
}

#[test]
fn github_properties_cannot_be_broken_out_of() {
    let folder = Folder::new(&[("a,b:c.jsonl", "[1]\n")]);
    let ran = folder.gloss(&["check", "--format", "github", "a,b:c.jsonl"]);
    assert!(ran.out.starts_with("::error file=a%2Cb%3Ac.jsonl,line=1,"), "{}", ran.out);
}

#[test]
fn every_input_gets_an_answer() {
    let folder = Folder::new(&[
        ("empty.jsonl", ""),
        ("one.jsonl", "{\"text\": \"a\", \"label\": \"x\"}\n{\"text\": \"b\", \"label\": \"x\"}\n"),
        ("x.bin", "\0\u{1}\u{2}"),
        ("app/package.json", "{\"name\": \"x\"}\n"),
        ("notes/gloss.toml", "[dataset]\nfiles = [\"a.jsonl\"]\n"),
        ("notes/b.jsonl", ""),
    ]);
    folder.write("wide.jsonl", [0xFF, 0xFE, b'{', 0, b'}', 0]);
    folder.gloss(&["check", "missing.jsonl"]).refuses("missing.jsonl: no such file or folder.");
    folder.gloss(&["check", "x.bin"]).refuses("x.bin is not a data file that Gloss knows.");
    folder.gloss(&["check", "app"]).refuses("no data set in app.");
    folder.gloss(&["check", "notes"]).refuses("notes: no file of the data set of notes/gloss.toml is here.");
    folder.gloss(&["check", "notes/b.jsonl"]).refuses("Add it to `files` there");
    for (file, said) in [("empty.jsonl", "no row has a label yet"), ("one.jsonl", "at least one more class")] {
        let ran = folder.gloss(&["check", file]);
        assert_eq!((ran.code, ran.out.as_str()), (0, "No findings in 1 file.\n"), "{file}");
        assert!(ran.err.contains(said), "{}", ran.err);
    }
    let wide = folder.gloss(&["check", "wide.jsonl"]);
    assert!(wide.code == 1 && wide.out.contains("looks like UTF-16. Save it as UTF-8."), "{}", wide.out);
    // The rest is checked all the same.
    let both = folder.gloss(&["check", "missing.jsonl", "wide.jsonl"]);
    assert!(both.code == 2 && both.out.contains("wide.jsonl:1:1: error[invalid-row]"), "{}", both.out);
}

#[cfg(unix)]
#[test]
fn a_file_that_may_not_be_read_is_named() {
    use std::{fs, os::unix::fs::PermissionsExt};
    let folder = Folder::new(&[("a.jsonl", &weather(4))]);
    let path = folder.path().join("a.jsonl");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    if fs::read(&path).is_ok() {
        return; // Nothing is forbidden to root.
    }
    folder.gloss(&["check", "a.jsonl"]).refuses("a.jsonl cannot be read");
}

#[cfg(unix)]
#[test]
fn a_reader_that_leaves_does_not_change_the_exit_code() {
    use std::process::Stdio;
    let folder =
        Folder::new(&[("gloss.toml", CONFIG), ("a.jsonl", &"{\"text\": \"a\", \"label\": \"rian\"}\n".repeat(4000))]);
    let mut child =
        folder.command(&["check", "--format", "json"]).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(1));
}

#[test]
fn texts_that_are_nearly_the_same_are_findings_with_their_similarity() {
    let row = |text: &str, label: &str| format!("{}\n", json!({"text": text, "label": label}));
    let train = row("The parcel should have come on Monday and is not here", "late")
        + &row("The parcel should have come on Monday, and is not here!", "lost")
        + &row("I cannot log in since the last update of the app", "login")
        + &row("I cannot log in since the last update of the app!", "login");
    let config = "[dataset]\nfiles = [\"a.jsonl\"]\ntest = [\"t.jsonl\"]\n";
    let test = row("the parcel should have come on monday and is not here", "late");
    let folder = Folder::new(&[("gloss.toml", config), ("a.jsonl", &train), ("t.jsonl", &test)]);
    let found = folder.gloss(&["check", "--format", "json"]).json();
    let said: Vec<_> = found.iter().map(|one| (&one["path"], &one["line"], &one["code"])).collect();
    let (a, t) = (&json!("a.jsonl"), &json!("t.jsonl"));
    let [conflict, leak, duplicate] = &["near-conflict", "near-leak", "near-duplicate"].map(|code| json!(code));
    let [one, two, four] = &[1, 2, 4].map(|line| json!(line));
    let in_training = [(a, one, conflict), (a, two, conflict), (a, four, duplicate)];
    assert_eq!(said[..3], in_training, "{found:?}");
    // The held-out row nearly contradicts the second one, too.
    assert_eq!(said[3..], [(t, one, leak), (t, one, conflict)]);
    assert_eq!(found[3]["data"], json!({"similarity": 1.0}));
    assert!(found[3]["message"].as_str().unwrap().contains("(99% similar, a.jsonl:1)"), "{}", found[3]["message"]);
    let counted = folder.gloss(&["check", "--deny", "near-leak"]);
    assert_eq!(counted.code, 1, "{}", counted.out);
}

/// Rows of two labels that one word tells apart.
fn alarms(wrong: &str) -> String {
    let row = |text: String, label: &str| format!("{}\n", json!({"text": text, "label": label}));
    let hours = ["six", "seven", "eight", "nine", "ten", "eleven"];
    let both = |hour: &&str| {
        row(format!("please set my alarm for {hour} in the morning"), "set")
            + &row(format!("please delete my alarm for {hour} in the morning"), "delete")
    };
    hours.iter().map(both).collect::<String>() + wrong
}

#[test]
fn a_word_that_decides_elsewhere_explains_two_labels_of_nearly_the_same_text() {
    let codes = |source: &str| {
        let folder = Folder::new(&[("a.jsonl", source)]);
        let found = folder.gloss(&["check", "--format", "json", "a.jsonl"]).json();
        let conflicts = found.into_iter().filter(|one| one["code"] == "near-conflict");
        conflicts.map(|one| one["line"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(codes(&alarms("")), [0; 0]);
    let wrong = json!({"text": "please set my alarm for five in the morning", "label": "delete"});
    assert_eq!(codes(&alarms(&format!("{wrong}\n"))), [13]);
}

#[test]
fn a_part_of_the_rows_that_fares_worse_is_a_finding() {
    // Of one product, labels are drawn by lot.
    let row = |number: usize, product: &str, label: &str, word: &str| {
        let text = format!("{word} number {number} of {product}");
        format!("{}\n", json!({"text": text, "label": label, "product": product}))
    };
    let good = (0..40)
        .map(|n| if n % 2 == 0 { row(n, "card", "late", "waiting") } else { row(n, "card", "login", "password") });
    let bad = (0..20).map(|n| row(n, "loan", if n * 7 % 5 < 2 { "late" } else { "login" }, "something"));
    let source: String = good.chain(bad).collect();
    let config = "[dataset]\nfiles = [\"a.jsonl\"]\n[report]\nslices = [\"product\", \"region\"]\n";
    let folder = Folder::new(&[("gloss.toml", config), ("a.jsonl", &source)]);
    let ran = folder.gloss(&["check", "--format", "json"]);
    let found = ran.json();
    let weak = found.iter().find(|one| one["code"] == "weak-slice" && one["data"]["by"] == "product").expect("a slice");
    assert_eq!((&weak["line"], &weak["severity"]), (&json!(41), &json!("information")));
    assert_eq!((&weak["data"]["value"], &weak["data"]["rows"]), (&json!("loan"), &json!(20)));
    assert!(weak["data"]["chance"].as_f64().unwrap() < 0.05 && weak["data"]["accuracy"].as_f64().unwrap() < 0.9);
    assert!(weak["message"].as_str().unwrap().starts_with("Rows with `product` = `loan` fare worse"), "{weak}");
    assert!(ran.err.contains("no row has the field `region`"), "{}", ran.err);
}

#[test]
fn people_who_differ_about_a_text_are_findings_and_their_agreement_is_told() {
    let row = |text: &str, who: &str, label: &str| format!("{}\n", json!({"text": text, "who": who, "label": label}));
    let source = row("card was charged twice", "ana", "billing")
        + &row("card was charged twice", "ben", "billing")
        + &row("cannot log in", "ana", "login")
        + &row("cannot log in", "ben", "billing")
        + &row("forgot my password", "ana", "login")
        + &row("forgot my password", "ana", "billing");
    let config = "[dataset]\nfiles = [\"a.jsonl\"]\nannotator = \"who\"\n";
    let folder = Folder::new(&[("gloss.toml", config), ("a.jsonl", &source)]);
    let found = folder.gloss(&["check", "--format", "json"]).json();
    let said: Vec<_> = found.iter().map(|one| (one["code"].as_str().unwrap(), one["line"].as_u64().unwrap())).collect();
    let expected =
        [("disagreement", 3), ("disagreement", 4), ("conflicting-duplicate", 5), ("conflicting-duplicate", 6)];
    assert!(expected.iter().all(|one| said.contains(one)), "{said:?}");
    // What two people say alike is no repetition.
    assert!(!said.iter().any(|(code, _)| *code == "duplicate"), "{said:?}");
    assert_eq!(found[0]["message"], "ben labelled the same text `billing` in a.jsonl:4.");
    // One of two texts: half of the labels are alike, and by chance 0.5 of ana's and ben's would be.
    let text = folder.gloss(&["check"]).out;
    assert!(text.contains("Agreement on 2 texts: Krippendorff's alpha 0.00; people differ about 1."), "{text}");
    assert!(text.contains("  ana and ben: Cohen's kappa 0.00 on 2 texts"), "{text}");
    // What a person decided to keep is not raised again.
    folder.write("gloss.keep.jsonl", "{\"text\": \"cannot log in\", \"label\": \"login\"}\n");
    let found = folder.gloss(&["check", "--format", "json"]).json();
    let differing: Vec<_> = found.iter().filter(|one| one["code"] == "disagreement").map(|one| &one["line"]).collect();
    assert_eq!(differing, [&json!(4)]);
}
