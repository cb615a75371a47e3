//! Encoders as folders: what they make of texts is what PyTorch makes of them (recorded by encoder/record.py), and what is wrong with
//! a folder is said.

#[path = "encoder/tiny.rs"]
mod tiny;

use std::{fs, path::Path};

use learn::{Control, Encode, Encoder, FitError, Reading, encoder::Pooling};
use serde_json::Value;
use tempfile::TempDir;
use tiny::{HIDDEN, config, folder, write};

const EXPECTED: &str = include_str!("encoder/expected.json");

fn texts() -> Vec<String> {
    let expected: Value = serde_json::from_str(EXPECTED).unwrap();
    serde_json::from_value(expected["texts"].clone()).unwrap()
}

#[test]
fn vectors_are_those_of_pytorch() {
    let expected: Value = serde_json::from_str(EXPECTED).unwrap();
    let texts = texts();
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    for family in ["bert", "roberta", "distilbert"] {
        let folder = folder(family);
        for (pooling, name) in [(Pooling::Mean, "mean"), (Pooling::Cls, "cls")] {
            let encoder = Encoder::open(folder.path(), Some(pooling)).unwrap();
            let vectors = encoder.embed(&texts, &Control::default()).unwrap();
            assert_eq!(vectors.rows(), texts.len());
            for (row, text) in texts.iter().enumerate() {
                let wanted: Vec<f32> = serde_json::from_value(expected["vectors"][family][name][row].clone()).unwrap();
                let found = vectors.row(row);
                let length = found.iter().map(|value| value * value).sum::<f32>().sqrt();
                assert_eq!(encoder.is_unit(), pooling == Pooling::Mean);
                assert!(!encoder.is_unit() || (length - 1.0).abs() < 1e-5);
                let far = found.iter().zip(&wanted).map(|(a, b)| (a / length - b).abs()).fold(0.0, f32::max);
                assert!(far < 1e-5, "{family}, {name}, `{text}`: {far}");
            }
        }
    }
}

#[test]
fn a_text_is_the_same_in_any_company_and_on_any_number_of_cores() {
    let folder = folder("bert");
    let encoder = Encoder::open(folder.path(), None).unwrap();
    let many: Vec<String> = (0..200).map(|n| format!("my card {}", "was late ".repeat(n % 9))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let on = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| encoder.embed(&many, &Control::default()).unwrap())
    };
    let (one, three) = (on(1), on(3));
    let alone = encoder.embed(&many[..1], &Control::default()).unwrap();
    let near = |a: &[f32], b: &[f32]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-6);
    assert!(near(&one.values, &three.values));
    assert!(near(one.row(0), alone.row(0)) && near(one.row(0), one.row(9)));
}

#[test]
fn names_may_have_a_prefix_and_a_pooler_is_passed_over() {
    let (plain, other) = (folder("bert"), TempDir::new().unwrap());
    write(other.path(), "bert", 40, |all| {
        all.iter_mut().for_each(|(name, _)| *name = format!("bert.{name}"));
        all.push(("bert.pooler.dense.weight".into(), vec![HIDDEN, HIDDEN]));
    });
    let embed = |folder: &TempDir| {
        Encoder::open(folder.path(), None).unwrap().embed(&["refund please"], &Control::default()).unwrap()
    };
    assert_eq!(embed(&plain), embed(&other));
}

#[test]
fn long_texts_are_cut_and_counted() {
    let folder = folder("bert");
    fs::write(folder.path().join("sentence_bert_config.json"), r#"{"max_seq_length": 12}"#).unwrap();
    let encoder = Encoder::open(folder.path(), None).unwrap();
    assert_eq!(encoder.longest(), 12);
    let long = "my card ".repeat(100_000);
    encoder.embed(&[&long, "my card"], &Control::default()).unwrap();
    assert_eq!(encoder.cut(), 1);
}

#[test]
fn pooling_is_what_the_files_say() {
    let folder = folder("bert");
    let vector = |pooling| {
        Encoder::open(folder.path(), pooling).unwrap().embed(&["refund please"], &Control::default()).unwrap()
    };
    let (mean, cls) = (vector(Some(Pooling::Mean)), vector(Some(Pooling::Cls)));
    assert_eq!(vector(None), mean);
    fs::create_dir(folder.path().join("1_Pooling")).unwrap();
    fs::write(folder.path().join("1_Pooling/config.json"), r#"{"pooling_mode_cls_token": true}"#).unwrap();
    // As sentence-transformers have it: of unit length. Who asks for the state itself gets it, by a constant.
    let unit = vector(None);
    let length = cls.values.iter().map(|value| value * value).sum::<f32>().sqrt();
    assert!(unit.values.iter().zip(&cls.values).all(|(unit, value)| (unit - value / length).abs() < 1e-6));
    assert!((length - 1.0).abs() > 1e-3);
}

#[test]
fn other_weights_have_another_id() {
    let (folder, id) = (folder("bert"), |folder: &TempDir| Encoder::open(folder.path(), None).unwrap().id());
    let before = id(&folder);
    assert_eq!(before, id(&folder));
    let path = folder.path().join("model.safetensors");
    let mut bytes = fs::read(&path).unwrap();
    let last = bytes.len() - 2;
    bytes[last] ^= 1;
    fs::write(path, bytes).unwrap();
    assert_ne!(before, id(&folder));
}

#[test]
fn a_cancel_is_heard() {
    let folder = folder("bert");
    let control = Control::default();
    control.cancel.cancel();
    let encoder = Encoder::open(folder.path(), None).unwrap();
    assert_eq!(encoder.embed(&["refund"], &control), Err(FitError::Cancelled));
}

#[test]
fn what_is_wrong_with_a_folder_is_said_with_file_and_tensor() {
    let said = |spoil: &dyn Fn(&Path)| {
        let folder = folder("bert");
        spoil(folder.path());
        Encoder::open(folder.path(), None).unwrap_err().to_string()
    };
    let set = |folder: &Path, key: &str, value: Value| {
        let mut json = config("bert", 40);
        json[key] = value;
        fs::write(folder.join("config.json"), json.to_string()).unwrap();
    };
    let rename = |folder: &Path| {
        write(folder, "bert", 40, |all| all[7].0.push('x'));
    };
    let cut = |folder: &Path| {
        let bytes = fs::read(folder.join("model.safetensors")).unwrap();
        fs::write(folder.join("model.safetensors"), &bytes[..bytes.len() - 5]).unwrap();
    };
    let nonsense = |folder: &Path| fs::write(folder.join("model.safetensors"), [0xff; 64]).unwrap();
    let infinite = |folder: &Path| {
        let mut bytes = fs::read(folder.join("model.safetensors")).unwrap();
        let end = bytes.len();
        bytes[end - 4..].copy_from_slice(&f32::INFINITY.to_le_bytes());
        fs::write(folder.join("model.safetensors"), bytes).unwrap();
    };
    let pickled = |folder: &Path| {
        fs::rename(folder.join("model.safetensors"), folder.join("pytorch_model.bin")).unwrap();
    };
    type Case<'a> = (&'a dyn Fn(&Path), &'a [&'a str]);
    let cases: [Case<'_>; 13] = [
        (&|folder| fs::remove_file(folder.join("config.json")).unwrap(), &["config.json", "Not found"]),
        (&|folder| fs::remove_file(folder.join("tokenizer.json")).unwrap(), &["tokenizer.json", "Not found"]),
        (&|folder| fs::write(folder.join("tokenizer.json"), "{}").unwrap(), &["tokenizer.json"]),
        (&|folder| set(folder, "model_type", "gpt2".into()), &["config.json", "`gpt2`", "`distilbert`"]),
        (&|folder| set(folder, "hidden_size", 0.into()), &["`hidden_size` is 0"]),
        (&|folder| set(folder, "hidden_size", 1_000_000_000_000u64.into()), &["`hidden_size`", "expected 1 to"]),
        (&|folder| set(folder, "num_attention_heads", 5.into()), &["must divide"]),
        (&|folder| set(folder, "vocab_size", 90.into()), &["34 tokens", "90 rows"]),
        (
            &|folder| set(folder, "intermediate_size", 50.into()),
            &["`encoder.layer.0.intermediate.dense.weight` is [48, 32]"],
        ),
        (&rename, &["model.safetensors", "is missing"]),
        (&cut, &["Cut short or damaged"]),
        (&nonsense, &["Not in the safetensors format"]),
        (&pickled, &["safetensors only"]),
    ];
    for (spoil, words) in cases {
        let message = said(spoil);
        assert!(words.iter().all(|word| message.contains(word)), "{words:?} in: {message}");
    }
    assert!(said(&infinite).contains("not finite"));
}

#[test]
fn parts_of_a_text_have_vectors_where_they_stand() {
    let folder = folder("bert");
    fs::write(folder.path().join("sentence_bert_config.json"), r#"{"max_seq_length": 12}"#).unwrap();
    let encoder = Encoder::open(folder.path(), None).unwrap();
    let words = |text: &str| {
        let mut end = 0;
        let word = |word: &str| {
            let start = end;
            end += word.len() as u32 + 1;
            start..end - 1
        };
        text.split(' ').map(word).collect::<Vec<_>>()
    };
    let embed = |texts: &[&str]| {
        let words: Vec<_> = texts.iter().map(|text| words(text)).collect();
        let texts: Vec<_> = texts.iter().zip(&words).map(|(text, words)| (*text, &words[..])).collect();
        encoder.embed_parts(&texts, Reading::Pretrained, &Control::default()).unwrap()
    };
    // Longer than it reads at once.
    let long = vec!["card"; 30].join(" ");
    let vectors = embed(&["my card", &long, "", "late card"]);
    assert_eq!(vectors.rows(), 2 + 30 + 1 + 2);
    let unseen: Vec<usize> =
        (0..vectors.rows()).filter(|&row| vectors.row(row).iter().all(|value| *value == 0.0)).collect();
    assert_eq!(unseen, [32]);
    let far = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(far(vectors.row(1), vectors.row(34)) > 1e-4);
    let alone = embed(&["my card"]);
    assert!(far(vectors.row(0), alone.row(0)).max(far(vectors.row(1), alone.row(1))) < 1e-6);
    let control = Control::default();
    control.cancel.cancel();
    assert_eq!(
        encoder.embed_parts(&[("my card", &words("my card"))], Reading::Pretrained, &control),
        Err(FitError::Cancelled)
    );
}
