//! Encoders as folders: what they make of texts is what PyTorch makes of them (recorded by encoder/record.py), and what is wrong with
//! a folder is said.

use std::{collections::HashMap, fs, path::Path};

use learn::{Control, Encode, Encoder, FitError, encoder::Pooling};
use safetensors::{Dtype, serialize, tensor::TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

const TOKENIZER: &str = include_str!("encoder/tokenizer.json");
const EXPECTED: &str = include_str!("encoder/expected.json");
const HIDDEN: usize = 32;

fn config(family: &str) -> Value {
    match family {
        "distilbert" => json!({"model_type": family, "vocab_size": 34, "max_position_embeddings": 40, "dim": HIDDEN,
            "n_layers": 2, "n_heads": 4, "hidden_dim": 48}),
        "roberta" => {
            json!({"model_type": family, "vocab_size": 34, "max_position_embeddings": 40, "hidden_size": HIDDEN,
            "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48, "type_vocab_size": 1,
            "pad_token_id": 0, "layer_norm_eps": 1e-5, "hidden_act": "gelu_new"})
        }
        _ => json!({"model_type": "bert", "vocab_size": 34, "max_position_embeddings": 40, "hidden_size": HIDDEN,
            "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48, "type_vocab_size": 2,
            "layer_norm_eps": 1e-12}),
    }
}

/// Names and shapes, as Hugging Face's libraries have them.
fn tensors(family: &str) -> Vec<(String, Vec<usize>)> {
    let types = if family == "roberta" { 1 } else { 2 };
    let mut all = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![34, HIDDEN]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![40, HIDDEN]),
    ];
    if family != "distilbert" {
        all.push(("embeddings.token_type_embeddings.weight".to_owned(), vec![types, HIDDEN]));
    }
    let mut pair = |name: String, shape: &[usize]| {
        all.push((format!("{name}.weight"), shape.to_vec()));
        all.push((format!("{name}.bias"), vec![shape[0]]));
    };
    pair("embeddings.LayerNorm".to_owned(), &[HIDDEN]);
    for layer in 0..2 {
        let (root, names) = match family {
            "distilbert" => (
                format!("transformer.layer.{layer}"),
                [
                    "attention.q_lin",
                    "attention.k_lin",
                    "attention.v_lin",
                    "attention.out_lin",
                    "sa_layer_norm",
                    "ffn.lin1",
                    "ffn.lin2",
                    "output_layer_norm",
                ],
            ),
            _ => (
                format!("encoder.layer.{layer}"),
                [
                    "attention.self.query",
                    "attention.self.key",
                    "attention.self.value",
                    "attention.output.dense",
                    "attention.output.LayerNorm",
                    "intermediate.dense",
                    "output.dense",
                    "output.LayerNorm",
                ],
            ),
        };
        let shapes: [&[usize]; 8] = [
            &[HIDDEN, HIDDEN],
            &[HIDDEN, HIDDEN],
            &[HIDDEN, HIDDEN],
            &[HIDDEN, HIDDEN],
            &[HIDDEN],
            &[48, HIDDEN],
            &[HIDDEN, 48],
            &[HIDDEN],
        ];
        for (name, shape) in names.iter().zip(shapes) {
            pair(format!("{root}.{name}"), shape);
        }
    }
    all
}

/// The formula of record.py.
fn values(name: &str, count: usize) -> Vec<f32> {
    let start: u32 = name.bytes().map(u32::from).sum();
    let is_norm = name.contains("LayerNorm.weight") || name.contains("layer_norm.weight");
    let value = |place: usize| {
        let value = (f64::from(start) + 0.37 * place as f64).sin() as f32 / 4.0;
        if is_norm { 1.0 + value } else { value }
    };
    (0..count).map(value).collect()
}

fn write(folder: &Path, family: &str, change: impl Fn(&mut Vec<(String, Vec<usize>)>)) {
    let mut all = tensors(family);
    change(&mut all);
    let bytes = |(name, shape): &(String, Vec<usize>)| {
        let values = values(name.trim_start_matches("bert."), shape.iter().product());
        values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()
    };
    let data: Vec<Vec<u8>> = all.iter().map(bytes).collect();
    let views: HashMap<_, _> = all
        .iter()
        .zip(&data)
        .map(|((name, shape), data)| (name.clone(), TensorView::new(Dtype::F32, shape.clone(), data).unwrap()))
        .collect();
    fs::write(folder.join("model.safetensors"), serialize(&views, None).unwrap()).unwrap();
    fs::write(folder.join("config.json"), config(family).to_string()).unwrap();
    fs::write(folder.join("tokenizer.json"), TOKENIZER).unwrap();
}

fn folder(family: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), family, |_| {});
    folder
}

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
                let far = vectors.row(row).iter().zip(&wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
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
    write(other.path(), "bert", |all| {
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
    assert_eq!(vector(None), cls);
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
        let mut json = config("bert");
        json[key] = value;
        fs::write(folder.join("config.json"), json.to_string()).unwrap();
    };
    let rename = |folder: &Path| {
        write(folder, "bert", |all| all[7].0.push('x'));
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
