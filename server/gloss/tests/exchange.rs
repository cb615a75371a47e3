//! `gloss export` and `gloss import` with a tiny encoder.

mod common;
#[path = "../../learn/tests/encoder/tiny.rs"]
mod tiny;

use std::{fs, path::Path, process::Command};

use common::{Folder, Ran, weather};
use tempfile::TempDir;

const PROBE: [&str; 2] = ["--classifier", "probe"];

/// A data set, and an encoder elsewhere.
struct Bench {
    folder: Folder,
    encoder: TempDir,
}

impl Bench {
    fn new(files: &[(&str, &str)]) -> Bench {
        Bench { folder: Folder::new(files), encoder: tiny::folder("bert") }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.folder.command(arguments);
        command.env("GLOSS_ENCODER", self.encoder.path());
        command
    }

    fn gloss(&self, arguments: &[&str]) -> Ran {
        Ran::of(self.command(arguments).output().unwrap())
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    #[track_caller]
    fn done(&self, arguments: &[&str]) -> Ran {
        let ran = self.gloss(arguments);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran
    }

    fn probabilities(&self, arguments: &[&str]) -> Vec<f64> {
        let rows = self.done(&[&["predict"], arguments].concat()).json();
        rows.iter().map(|row| row["prediction"]["scores"]["sun"].as_f64().unwrap()).collect()
    }
}

#[track_caller]
fn near(a: &[f64], b: &[f64]) {
    assert_eq!(a.len(), b.len());
    let far = a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(far < 1e-3, "{far}");
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn an_export_comes_back_and_predicts_the_same() {
    for (config, set) in [("", ""), ("[model]\npooling = \"cls\"\n", "pooling = \"cls\"\n")] {
        let bench =
            Bench::new(&[("a/rows.jsonl", &weather(40)), ("a/gloss.toml", config), ("b/rows.jsonl", &weather(12))]);
        let exported = bench.done(&["export", "b/models/tiny", "a", "--classifier", "probe"]);
        assert_eq!(exported.out, "b/models/tiny\n");
        assert!(exported.err.contains("exported the probe classifier, 2 labels"), "{}", exported.err);
        let before = bench.probabilities(&["--train", "a", "a/rows.jsonl", "--classifier", "probe"]);

        let imported = bench.done(&["import", "b/models/tiny", "b"]);
        assert_eq!(imported.out, "");
        assert!(imported.err.contains("encoder = \"./models/tiny\""), "{}", imported.err);
        assert!(imported.err.contains("serves until the next fit"), "{}", imported.err);
        let expected = format!("[dataset]\nfiles = [\"rows.jsonl\"]\n\n[model]\n{set}encoder = \"./models/tiny\"\n");
        let written = fs::read_to_string(bench.path("b/gloss.toml")).unwrap();
        let sorted = |text: &str| text.lines().map(str::to_owned).collect::<std::collections::BTreeSet<_>>();
        assert_eq!(sorted(&written), sorted(&expected), "{written}");
        // Of these few rows no fit would say the same.
        near(&before, &bench.probabilities(&["--train", "b", "a/rows.jsonl"]));

        // The imported encoder learns, and its classifier leaves again, over the folder it came from.
        bench.done(&["train", "b"]);
        bench.done(&["export", "b/models/tiny", "b", "--classifier", "probe"]);
        assert_eq!(names(&bench.folder.path().join("b/models")), ["tiny"]);
    }
}

#[test]
fn an_export_beside_the_data_is_no_data() {
    let bench = Bench::new(&[("rows.jsonl", &weather(40))]);
    bench.done(&["export", "model", "--classifier", "probe"]);
    let imported = bench.done(&["import", "model"]);
    assert!(imported.err.contains("gloss.toml has encoder = \"./model\""), "{}", imported.err);
    bench.done(&["predict", "rows.jsonl"]);
}

#[test]
fn the_lexical_classifier_stays() {
    let bench = Bench::new(&[("rows.jsonl", &weather(40))]);
    bench.gloss(&["export", "model", "--classifier", "lexical"]).refuses("no encoder: no library could open it");
    assert!(!bench.folder.path().join("model").exists());
}

#[test]
fn what_stands_in_the_way_is_said_before_anything_is_learned() {
    let bench = Bench::new(&[("rows.jsonl", &weather(40)), ("mine/notes.md", "mine")]);
    let export = |dir: &str| bench.gloss(&[&["export", dir], &PROBE[..]].concat());
    export("mine").refuses("`notes.md`, which no export put there");
    export("rows.jsonl").refuses("is a file");
    bench.gloss(&["export", "x", "gone"]).refuses("no such file");
    assert_eq!(names(&bench.folder.path().join("mine")), ["notes.md"]);
}

#[test]
fn a_folder_that_is_no_export_changes_nothing() {
    let bench = Bench::new(&[("rows.jsonl", &weather(40)), ("gloss.toml", "[suggest]\naccept_above = 0.9\n")]);
    bench.gloss(&["import", "gone"]).refuses("gone");
    let encoder = bench.encoder.path().to_str().unwrap().to_owned();
    bench.gloss(&["import", &encoder]).refuses("`gloss export` writes this file");
    bench.done(&["export", "model", "--classifier", "probe"]);
    fs::remove_file(bench.path("model/tokenizer.json")).unwrap();
    bench.gloss(&["import", "model"]).refuses("tokenizer.json");
    assert_eq!(fs::read_to_string(bench.path("gloss.toml")).unwrap(), "[suggest]\naccept_above = 0.9\n");
}

#[test]
fn a_classifier_of_other_labels_brings_its_encoder_alone() {
    let other = weather(40).replace("\"rain\"", "\"storm\"");
    let bench = Bench::new(&[("a/rows.jsonl", &weather(40)), ("b/rows.jsonl", &other)]);
    bench.done(&["export", "model", "a", "--classifier", "probe"]);
    let imported = bench.done(&["import", "model", "b"]);
    assert!(imported.err.contains("does not know `storm`"), "{}", imported.err);
    assert!(fs::read_to_string(bench.path("b/gloss.toml")).unwrap().contains("encoder = "));
    assert!(!bench.folder.path().join("b/.gloss").exists());
}

/// As when the disk is full: a file may grow no further.
#[cfg(unix)]
#[test]
fn a_write_that_fails_leaves_nothing() {
    let bench = Bench::new(&[("rows.jsonl", &weather(40))]);
    let gloss = bench.command(&[]).get_program().to_owned();
    let mut command = Command::new("sh");
    command.arg("-c").arg("trap '' XFSZ; ulimit -f 60; exec \"$0\" export model --classifier probe").arg(gloss);
    command.current_dir(bench.folder.path()).env("GLOSS_ENCODER", bench.encoder.path());
    command.env("XDG_CACHE_HOME", bench.path(".cache"));
    Ran::of(command.output().unwrap()).refuses("model.safetensors cannot be written");
    assert_eq!(names(bench.folder.path()), [".cache", "rows.jsonl"]);
}
