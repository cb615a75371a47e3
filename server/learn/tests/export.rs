//! Classifiers as folders: what comes back is what was written, tensors have the field's names, and nothing of a person is lost.

#[path = "encoder/tiny.rs"]
mod tiny;

use std::{fs, path::Path, sync::Arc};

use learn::{
    Control, Embeddings, Encoder, Estimate, Example, Fit, Lesson, Matrix, Target, Text,
    encoder::Pooling,
    export::{self, Head, Imported, Landmarks, Layout},
    probe,
    tuning::{Bench, Plan, Strategy},
};
use safetensors::SafeTensors;
use serde_json::{Value, json};
use tempfile::TempDir;
use tiny::{HIDDEN, folder};

/// Matrices of other sizes are multiplied in another order: a likeness may be rounded the other way.
const ROUNDED: f32 = 2e-4;
const FAMILIES: [&str; 3] = ["bert", "roberta", "distilbert"];

fn open(folder: &Path, pooling: Option<Pooling>) -> Arc<Embeddings> {
    Arc::new(Embeddings::new(Arc::new(Encoder::open(folder, pooling).unwrap()), None))
}

fn text(body: String) -> Text {
    Text { key: xxhash_rust::xxh3::xxh3_64(body.as_bytes()), body: body.into() }
}

fn lesson() -> Lesson {
    let subjects = ["my card was charged twice", "refund please", "the app is slow and broken"];
    let row = |row: usize| Example {
        text: text(format!("{} {}", subjects[row % 3], "again and ".repeat(row / 3))),
        target: (!row.is_multiple_of(10)).then_some(Target::One(row as u32 % 3 + 1)),
    };
    // The first is never given: no column of it leaves.
    let labels = ["", "a b", "退款", "\"c\""].map(Arc::from).to_vec();
    Lesson { labels, examples: (0..45).map(row).collect(), ..Lesson::default() }
}

fn texts() -> Vec<Text> {
    lesson().examples.into_iter().map(|example| example.text).collect()
}

/// A classifier that learned, and the folder that its encoder lies in.
fn learned(family: &str, pooling: Option<Pooling>) -> (TempDir, Arc<Embeddings>, Fit) {
    let folder = folder(family);
    let embeddings = open(folder.path(), pooling);
    let fit = probe(&embeddings).fit(&lesson(), &Control::default()).unwrap();
    (folder, embeddings, fit)
}

fn write(fit: &Fit, to: &Path) -> Result<Layout, String> {
    let (encoder, head) = fit.classifier.parts().unwrap();
    export::write(encoder.trainable().unwrap(), &head, &fit.held_out.estimate, fit.held_out.folds, to)
}

fn far(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

fn json_of(path: &Path) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

/// A tensor of an export.
fn tensor(folder: &Path, name: &str) -> Matrix {
    let bytes = fs::read(folder.join("model.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = tensors.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
    let values = tensor.data().as_chunks::<4>().0.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    Matrix { columns: *tensor.shape().last().unwrap(), values }
}

/// `w x + b`
fn linear(folder: &Path, name: &str, x: &[f32]) -> Vec<f32> {
    let (weight, bias) = (tensor(folder, &format!("{name}.weight")), tensor(folder, &format!("{name}.bias")));
    let dot = |row: usize| weight.row(row).iter().zip(x).map(|(w, x)| w * x).sum::<f32>();
    (0..weight.rows()).map(|row| dot(row) + bias.values[row]).collect()
}

fn softmax(scores: &[f32]) -> Vec<f32> {
    let sum: f32 = scores.iter().map(|score| score.exp()).sum();
    scores.iter().map(|score| score.exp() / sum).collect()
}

#[test]
fn what_comes_back_predicts_the_same_in_both_layouts() {
    for family in FAMILIES {
        for (pooling, layout) in
            [(None, Layout::SentenceTransformers), (Some(Pooling::Cls), Layout::SequenceClassification)]
        {
            let (_folder, _, fit) = learned(family, pooling);
            let to = TempDir::new().unwrap();
            let target = to.path().join("deep/model");
            assert_eq!(write(&fit, &target), Ok(layout));
            let imported = Imported::open(&target).unwrap();
            assert_eq!(imported.head.labels.iter().map(|label| &**label).collect::<Vec<_>>(), ["a b", "退款", "\"c\""]);
            assert_eq!((imported.estimate.rows, imported.folds), (40, fit.held_out.folds));
            assert!((imported.estimate.log_loss - fit.held_out.estimate.log_loss).abs() < 1e-9);
            let embeddings = open(&target, pooling);
            imported.check(embeddings.encoder().trainable().unwrap()).unwrap();
            let again = learn::with_head(imported.head, &embeddings).unwrap();
            let (before, after) = (fit.classifier.predict(&texts()), again.predict(&texts()));
            // Likenesses are rounded; what softmax regression reads is not.
            let near = if pooling.is_some() { 1e-6 } else { ROUNDED };
            for row in 0..before.rows() {
                assert!(far(&before.row(row)[1..], after.row(row)) < near, "{family}");
            }
            // What learns on goes on from nothing, and can be stored.
            let mut bytes = Vec::new();
            again.save(&mut bytes).unwrap();
            let stored = learn::load(again.step(), &mut &*bytes, Some(&embeddings), &|_| unreachable!()).unwrap();
            assert_eq!(stored.predict(&texts()), after);
            assert!(stored.fit(&lesson(), &Control::default()).is_ok());
            assert_eq!(fs::read_dir(to.path().join("deep")).unwrap().count(), 1, "nothing lies beside it");
        }
    }
}

#[test]
fn a_head_of_ridge_regression_comes_back() {
    let folder = folder("bert");
    let embeddings = open(folder.path(), None);
    let of_words = |share| {
        let landmarks = embeddings.of(&texts()[..5], &Control::default()).unwrap();
        Landmarks::new(1.5, share, landmarks, &texts()[..5])
    };
    let head = Head {
        labels: vec!["a".into(), "b".into()],
        ridge: Some(of_words(0.0)),
        weights: Matrix { columns: 5, values: (0..10).map(|n| (n as f32 - 4.5) / 8.0).collect() },
        bias: vec![0.25, -0.5],
        temperature: 0.7,
    };
    let to = TempDir::new().unwrap();
    let encoder = embeddings.encoder().trainable().unwrap();
    for head in [Head { ridge: Some(of_words(0.25)), ..head.clone() }, head.clone()] {
        let classifier = learn::with_head(head.clone(), &embeddings).unwrap();
        assert_eq!(classifier.parts().unwrap().1, head);
        export::write(encoder, &head, &Estimate::default(), 5, to.path()).unwrap();
        assert_eq!(Imported::open(to.path()).unwrap().head, head);
    }
    assert_eq!(json_of(&to.path().join("head.json"))["form"], "ridge");

    // The formula of the documents, for vectors alone.
    let classifier = learn::with_head(head.clone(), &embeddings).unwrap();
    let vectors = embeddings.of(&texts(), &Control::default()).unwrap();
    let landmarks = &head.ridge.as_ref().unwrap().vectors;
    let found = classifier.predict(&texts());
    for row in 0..vectors.rows() {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
        let likeness = |z: usize| (2.0 * 1.5 * (dot(vectors.row(row), landmarks.row(z)) - 1.0)).exp();
        let features: Vec<f32> = (0..5).map(|z| (likeness(z) * 65535.0).round() / 65535.0).collect();
        let scores = [0, 1].map(|label| {
            let estimate = dot(head.weights.row(label), &features) + head.bias[label];
            2.5 * (10.0 * (estimate + 0.5)).exp().ln_1p().ln() / head.temperature
        });
        let apart = far(&softmax(&scores), found.row(row));
        assert!(apart < 1e-5, "{apart}");
    }

    let cls = Encoder::open(folder.path(), Some(Pooling::Cls)).unwrap();
    let refused = export::write(&cls, &head, &Estimate::default(), 5, &to.path().join("x")).unwrap_err();
    assert!(refused.contains("kernel"), "{refused}");
}

/// The trained encoder is in the folder, not the one that it was trained from.
#[test]
fn a_fine_tuned_classifier_leaves_with_its_encoder() {
    for family in FAMILIES {
        for pooling in [None, Some(Pooling::Cls)] {
            let (_folder, embeddings, below) = learned(family, pooling);
            let plan = Plan { strategy: Strategy::All, epochs: Some(10), ..Plan::default() };
            let (bench, control) = (Bench::default(), Control::default());
            let tuned = learn::fine_tune(&embeddings, &below, &lesson(), plan, &bench, &control).unwrap().unwrap();
            let to = TempDir::new().unwrap();
            write(&tuned.fit, to.path()).unwrap();
            let imported = Imported::open(to.path()).unwrap();
            let again = open(to.path(), pooling);
            let vectors = |embeddings: &Arc<Embeddings>| embeddings.of(&texts(), &control).unwrap();
            assert_eq!(vectors(&again), vectors(tuned.fit.classifier.embeddings().unwrap()));
            assert!(far(&vectors(&again).values, &vectors(&embeddings).values) > 1e-3, "nothing was trained");
            let again = learn::with_head(imported.head, &again).unwrap();
            let (before, after) = (tuned.fit.classifier.predict(&texts()), again.predict(&texts()));
            for row in 0..before.rows() {
                assert_eq!(before.row(row)[0], 0.0, "a label without rows");
                let apart = far(&before.row(row)[1..], after.row(row));
                assert!(apart < ROUNDED, "{family}: {apart}");
            }
        }
    }
}

/// However many rows there are.
#[test]
fn on_vectors_of_no_unit_length_no_kernel_is_learned() {
    let folder = folder("bert");
    let examples: Vec<Example> = (0..30).flat_map(|_| lesson().examples).collect();
    let lesson = Lesson { examples, ..lesson() };
    for (pooling, ridge) in [(None, true), (Some(Pooling::Cls), false)] {
        let fit = probe(&open(folder.path(), pooling)).fit(&lesson, &Control::default()).unwrap();
        assert_eq!(fit.classifier.parts().unwrap().1.ridge.is_some(), ridge);
        let again = fit.classifier.fit(&lesson, &Control::default()).unwrap();
        assert_eq!(again.classifier.parts().unwrap().1.ridge.is_some(), ridge);
    }
}

/// What transformers compute on the state of \[CLS\].
#[test]
fn sequence_classification_has_the_head_behind_the_network_of_its_family() {
    for (family, prefix) in [("bert", "bert"), ("roberta", "roberta"), ("distilbert", "distilbert")] {
        let (_folder, embeddings, fit) = learned(family, Some(Pooling::Cls));
        let to = TempDir::new().unwrap();
        write(&fit, to.path()).unwrap();
        let folder = to.path();
        assert_eq!(tensor(folder, &format!("{prefix}.embeddings.word_embeddings.weight")).rows(), 34);
        let config = json_of(&folder.join("config.json"));
        let class = match family {
            "bert" => "BertForSequenceClassification",
            "roberta" => "RobertaForSequenceClassification",
            _ => "DistilBertForSequenceClassification",
        };
        assert_eq!(config["architectures"], json!([class]));
        assert_eq!(config["id2label"], json!({"0": "a b", "1": "退款", "2": "\"c\""}));
        assert_eq!(config["label2id"], json!({"a b": 0, "退款": 1, "\"c\"": 2}));
        let vectors = embeddings.of(&texts(), &Control::default()).unwrap();
        let predicted = fit.classifier.predict(&texts());
        for row in 0..vectors.rows() {
            let state: Vec<f32> = vectors.row(row).iter().map(|value| value * (HIDDEN as f32).sqrt()).collect();
            let tanh = |name: &str| linear(folder, name, &state).into_iter().map(f32::tanh).collect::<Vec<f32>>();
            let scores = match family {
                "bert" => linear(folder, "classifier", &tanh("bert.pooler.dense")),
                "roberta" => linear(folder, "classifier.out_proj", &tanh("classifier.dense")),
                _ => {
                    let shifted = linear(folder, "pre_classifier", &state);
                    assert!(shifted.iter().all(|value| *value > 0.0), "nothing is cut off");
                    linear(folder, "classifier", &shifted)
                }
            };
            let apart = far(&softmax(&scores), &predicted.row(row)[1..]);
            assert!(apart < 2e-5, "{family}: {apart}");
        }
    }
}

#[test]
fn a_folder_of_sentence_transformers_says_how_texts_are_cut_and_pooled() {
    let (from, embeddings, fit) = learned("bert", None);
    fs::write(from.path().join("vocab.txt"), "[PAD]\n").unwrap();
    let to = TempDir::new().unwrap();
    write(&fit, to.path()).unwrap();
    let json = |name: &str| json_of(&to.path().join(name));
    let longest = embeddings.encoder().trainable().unwrap().longest();
    assert_eq!(json("sentence_bert_config.json"), json!({"max_seq_length": longest, "do_lower_case": false}));
    assert_eq!(json("tokenizer_config.json")["model_max_length"], longest);
    assert_eq!(json("tokenizer_config.json")["pad_token"], "[PAD]");
    assert_eq!(json("1_Pooling/config.json")["pooling_mode_mean_tokens"], true);
    assert_eq!(json("modules.json")[1]["path"], "1_Pooling");
    assert_eq!(json("config.json")["architectures"], json!(["BertModel"]));
    assert_eq!(fs::read_to_string(to.path().join("vocab.txt")).unwrap(), "[PAD]\n");
    assert_eq!(tensor(to.path(), "encoder.layer.1.output.dense.weight").columns, 48, "no prefix");
}

#[test]
fn only_an_older_export_is_written_over() {
    let (from, _, fit) = learned("bert", None);
    let to = TempDir::new().unwrap();
    let target = to.path().join("model");
    write(&fit, &target).unwrap();
    write(&fit, &target).unwrap();
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);

    // Over its own source, too.
    let again = probe(&open(&target, None)).fit(&lesson(), &Control::default()).unwrap();
    write(&again, &target).unwrap();
    Imported::open(&target).unwrap();

    fs::write(target.join("notes.md"), "mine").unwrap();
    let refused = write(&fit, &target).unwrap_err();
    assert!(refused.contains("`notes.md`"), "{refused}");
    assert_eq!(fs::read_to_string(target.join("notes.md")).unwrap(), "mine");
    let refused = write(&fit, from.path()).unwrap_err();
    assert!(refused.contains("`config.json`, which no export put there"), "{refused}");
    let refused = write(&fit, &from.path().join("config.json")).unwrap_err();
    assert!(refused.contains("is a file"), "{refused}");
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1);
}

#[test]
fn an_export_that_fails_leaves_what_was_there() {
    let (from, _, fit) = learned("bert", None);
    let to = TempDir::new().unwrap();
    let target = to.path().join("model");
    write(&fit, &target).unwrap();
    let before = fs::read(target.join("head.json")).unwrap();
    // The encoder's own folder is gone meanwhile.
    fs::remove_file(from.path().join("tokenizer.json")).unwrap();
    let why = write(&fit, &target).unwrap_err();
    assert!(why.contains("tokenizer.json cannot be read"), "{why}");
    assert_eq!(fs::read(target.join("head.json")).unwrap(), before);
    assert_eq!(fs::read_dir(to.path()).unwrap().count(), 1, "the half is gone");
}

#[test]
fn what_is_wrong_with_a_head_is_said() {
    let (_folder, _, fit) = learned("bert", None);
    let said = |spoil: &dyn Fn(&Path)| {
        let to = TempDir::new().unwrap();
        write(&fit, to.path()).unwrap();
        spoil(to.path());
        Imported::open(to.path()).unwrap_err().to_string()
    };
    let set = |folder: &Path, key: &str, value: Value| {
        let mut json = json_of(&folder.join("head.json"));
        json[key] = value;
        fs::write(folder.join("head.json"), json.to_string()).unwrap();
    };
    let cut = |folder: &Path| {
        let bytes = fs::read(folder.join("head.safetensors")).unwrap();
        fs::write(folder.join("head.safetensors"), &bytes[..bytes.len() - 5]).unwrap();
    };
    type Case<'a> = (&'a dyn Fn(&Path), &'a [&'a str]);
    let cases: [Case<'_>; 11] = [
        (
            &|folder| fs::remove_file(folder.join("head.json")).unwrap(),
            &["head.json", "gloss export", "[model] encoder"],
        ),
        (&|folder| fs::write(folder.join("head.json"), "[").unwrap(), &["head.json", "JSON object"]),
        (&|folder| set(folder, "format", "x".into()), &["not written by `gloss export`"]),
        (&|folder| set(folder, "version", 3.into()), &["`version` is 3"]),
        (&|folder| set(folder, "labels", json!(["a", "a", "b"])), &["does not fit together"]),
        (&|folder| set(folder, "labels", json!(["a", 1])), &["`labels`"]),
        (&|folder| set(folder, "temperature", 0.into()), &["does not fit together"]),
        (&|folder| set(folder, "form", "poly".into()), &["`form`"]),
        (&|folder| fs::remove_file(folder.join("head.safetensors")).unwrap(), &["head.safetensors"]),
        (&|folder| set(folder, "share_of_words", 1.5.into()), &["does not fit together"]),
        (&cut, &["head.safetensors"]),
    ];
    for (spoil, words) in cases {
        let message = said(spoil);
        assert!(words.iter().all(|word| message.contains(word)), "{words:?} in: {message}");
    }
}
