//! Tiny encoders of each family, as record.py computes them: written to folders.

#![allow(dead_code, reason = "each test file uses a part")]

use std::{collections::HashMap, fs, path::Path};

use safetensors::{Dtype, serialize, tensor::TensorView};
use serde_json::{Value, json};
use tempfile::TempDir;

const TOKENIZER: &str = include_str!("tokenizer.json");
pub(crate) const HIDDEN: usize = 32;

pub(crate) fn config(family: &str, positions: usize) -> Value {
    match family {
        "distilbert" => {
            json!({"model_type": family, "vocab_size": 34, "max_position_embeddings": positions, "dim": HIDDEN,
            "n_layers": 2, "n_heads": 4, "hidden_dim": 48})
        }
        "roberta" => {
            json!({"model_type": family, "vocab_size": 34, "max_position_embeddings": positions, "hidden_size": HIDDEN,
            "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 48, "type_vocab_size": 1,
            "pad_token_id": 0, "layer_norm_eps": 1e-5, "hidden_act": "gelu_new"})
        }
        _ => {
            json!({"model_type": "bert", "vocab_size": 34, "max_position_embeddings": positions, "hidden_size": HIDDEN,
            "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48, "type_vocab_size": 2,
            "layer_norm_eps": 1e-12})
        }
    }
}

/// Names and shapes, as Hugging Face's libraries have them.
pub(crate) fn tensors(family: &str, positions: usize) -> Vec<(String, Vec<usize>)> {
    let types = if family == "roberta" { 1 } else { 2 };
    let mut all = vec![
        ("embeddings.word_embeddings.weight".to_owned(), vec![34, HIDDEN]),
        ("embeddings.position_embeddings.weight".to_owned(), vec![positions, HIDDEN]),
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
pub(crate) fn values(name: &str, count: usize) -> Vec<f32> {
    let start: u32 = name.bytes().map(u32::from).sum();
    let is_norm = name.contains("LayerNorm.weight") || name.contains("layer_norm.weight");
    let value = |place: usize| {
        let value = (f64::from(start) + 0.37 * place as f64).sin() as f32 / 4.0;
        if is_norm { 1.0 + value } else { value }
    };
    (0..count).map(value).collect()
}

pub(crate) fn write(folder: &Path, family: &str, positions: usize, change: impl Fn(&mut Vec<(String, Vec<usize>)>)) {
    write_values(folder, family, positions, change, |name, shape| values(name, shape.iter().product()));
}

/// With other numbers.
pub(crate) fn write_values(
    folder: &Path,
    family: &str,
    positions: usize,
    change: impl Fn(&mut Vec<(String, Vec<usize>)>),
    values: impl Fn(&str, &[usize]) -> Vec<f32>,
) {
    let mut all = tensors(family, positions);
    change(&mut all);
    let bytes = |(name, shape): &(String, Vec<usize>)| {
        let values = values(name.trim_start_matches("bert."), shape);
        values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<u8>>()
    };
    let data: Vec<Vec<u8>> = all.iter().map(bytes).collect();
    let views: HashMap<_, _> = all
        .iter()
        .zip(&data)
        .map(|((name, shape), data)| (name.clone(), TensorView::new(Dtype::F32, shape.clone(), data).unwrap()))
        .collect();
    fs::write(folder.join("model.safetensors"), serialize(&views, None).unwrap()).unwrap();
    fs::write(folder.join("config.json"), config(family, positions).to_string()).unwrap();
    fs::write(folder.join("tokenizer.json"), TOKENIZER).unwrap();
}

pub(crate) fn folder(family: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), family, 40, |_| {});
    folder
}
