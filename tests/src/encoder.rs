//! An encoder that tests write by themselves: small, but with all that a real one has, and worth training.
//!
//! Its words are made up and share no letters, so that n-grams learn each of them alone. A text has one word that tells its label,
//! among others that seem to tell one at random. Which words tell is a direction of the encoder's space, and what they tell is
//! another: so the mean of a text's words, which is all that a probe on the untrained encoder sees, half drowns the one that
//! counts, and training can learn to listen to it.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};

pub const LABELS: [&str; 2] = ["down", "up"];

const WORDS: usize = 800;
/// The first words; those after them only seem to tell.
const TELLING: usize = WORDS / 4;
/// Words of a text beside the one that tells.
const OTHERS: usize = 14;
const SPECIAL: [&str; 4] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]"];
const HIDDEN: usize = 64;
const INNER: usize = 128;
const LAYERS: usize = 2;
const POSITIONS: usize = 64;
/// Gain of the norms within: what is learned in a step is the more, the longer the states are.
const GAIN: f32 = 6.0;
/// How far a word lies on the side that it tells, or seems to.
const SIDE: f32 = 0.7;
/// Spread of what words mean besides.
const SPREAD: f32 = 0.3;
const WEAK: f32 = 0.5;

/// The same numbers at every run.
#[derive(Clone, Debug)]
pub struct Chance(pub u64);

impl Chance {
    /// # Panics
    /// If there is no number below the limit.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// Of mean 0 and spread 1, nearly normal.
    fn normal(&mut self) -> f32 {
        let uniform = |chance: &mut Chance| chance.below(1 << 20) as f32 / (1 << 20) as f32 - 0.5;
        2.0 * (uniform(self) + uniform(self) + uniform(self))
    }
}

/// A text with its label, 0 or 1.
pub fn text(label: usize, chance: &mut Chance) -> String {
    let mut words: Vec<usize> = (0..OTHERS).map(|_| TELLING + chance.below(WORDS - TELLING)).collect();
    words.insert(chance.below(OTHERS + 1), 2 * chance.below(TELLING / 2) + label);
    words.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

/// A file of JSON Lines, with a label in the first rows.
pub fn rows(labelled: usize, unlabelled: usize) -> String {
    let mut chance = Chance(5);
    (0..labelled + unlabelled).map(|index| row(index % 2, index < labelled, &mut chance)).collect()
}

/// A line of such a file.
fn row(label: usize, is_labelled: bool, chance: &mut Chance) -> String {
    let text = text(label, chance);
    let row = if is_labelled { json!({ "text": text, "label": LABELS[label] }) } else { json!({ "text": text }) };
    row.to_string() + "\n"
}

fn word(index: usize) -> String {
    let mut chance = Chance(index as u64 + 1000);
    (0..6).map(|_| char::from(b'a' + chance.below(26) as u8)).collect()
}

/// What can be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    None,
    /// Its numbers are near the largest that there are: dropout, which is there in training only, makes them infinite.
    Diverges,
}

/// Writes config.json, tokenizer.json and model.safetensors.
///
/// # Panics
/// If the folder cannot be written.
pub fn write(folder: &Path, fault: Fault) {
    fs::create_dir_all(folder).expect("a folder");
    let config = json!({
        "model_type": "bert", "vocab_size": SPECIAL.len() + WORDS, "max_position_embeddings": POSITIONS, "hidden_size": HIDDEN,
        "num_hidden_layers": LAYERS, "num_attention_heads": 4, "intermediate_size": INNER, "type_vocab_size": 2,
    });
    for (name, content) in [("config.json", config), ("tokenizer.json", tokenizer())] {
        fs::write(folder.join(name), content.to_string()).expect("a file that can be written");
    }
    fs::write(folder.join("model.safetensors"), tensors(fault).into_bytes()).expect("a file that can be written");
}

fn tokenizer() -> Value {
    let words = (0..WORDS).map(word);
    let names = SPECIAL.iter().map(|name| (*name).to_owned()).chain(words);
    let vocabulary: Map<String, Value> = names.enumerate().map(|(id, name)| (name, json!(id))).collect();
    assert_eq!(vocabulary.len(), SPECIAL.len() + WORDS, "words that differ");
    let special = |name: &str, id: usize| json!({ "id": name, "ids": [id], "tokens": [name] });
    let place = |name: &str| json!({ "SpecialToken": { "id": name, "type_id": 0 } });
    let sequence = |name: &str| json!({ "Sequence": { "id": name, "type_id": 0 } });
    let added = SPECIAL.iter().enumerate().map(|(id, name)| {
        json!({ "id": id, "content": name, "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
            "special": true })
    });
    json!({
        "version": "1.0", "truncation": null, "padding": null, "added_tokens": added.collect::<Vec<_>>(), "normalizer": null,
        "pre_tokenizer": { "type": "Whitespace" },
        "post_processor": {
            "type": "TemplateProcessing", "single": [place("[CLS]"), sequence("A"), place("[SEP]")],
            "pair": [sequence("A"), sequence("B")],
            "special_tokens": { "[CLS]": special("[CLS]", 2), "[SEP]": special("[SEP]", 3) },
        },
        "decoder": null, "model": { "type": "WordLevel", "vocab": vocabulary, "unk_token": "[UNK]" },
    })
}

/// Tensors by name, in the order in which their numbers stand.
#[derive(Default)]
struct Tensors {
    header: Map<String, Value>,
    data: Vec<u8>,
}

impl Tensors {
    fn add(&mut self, name: String, shape: &[usize], values: impl IntoIterator<Item = f32>) {
        let start = self.data.len();
        self.data.extend(values.into_iter().flat_map(f32::to_le_bytes));
        assert_eq!(self.data.len() - start, 4 * shape.iter().product::<usize>(), "{name}");
        self.header.insert(name, json!({ "dtype": "F32", "shape": shape, "data_offsets": [start, self.data.len()] }));
    }

    fn norm(&mut self, name: &str, gain: f32) {
        self.add(format!("{name}.weight"), &[HIDDEN], [gain; HIDDEN]);
        self.add(format!("{name}.bias"), &[HIDDEN], [0.0; HIDDEN]);
    }

    fn dense(&mut self, name: &str, shape: [usize; 2], size: f32, bias: f32, chance: &mut Chance) {
        let size = size / (shape[1] as f32).sqrt();
        let values: Vec<f32> = (0..shape[0] * shape[1]).map(|_| size * chance.normal()).collect();
        self.add(format!("{name}.weight"), &shape, values);
        self.add(format!("{name}.bias"), &shape[..1], vec![bias; shape[0]]);
    }

    fn into_bytes(self) -> Vec<u8> {
        let header = Value::Object(self.header).to_string();
        [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &self.data].concat()
    }
}

fn tensors(fault: Fault) -> Tensors {
    let (mut tensors, mut chance) = (Tensors::default(), Chance(1));
    tensors.add("embeddings.word_embeddings.weight".into(), &[SPECIAL.len() + WORDS, HIDDEN], words(&mut chance));
    tensors.add("embeddings.position_embeddings.weight".into(), &[POSITIONS, HIDDEN], vec![0.0; POSITIONS * HIDDEN]);
    tensors.add("embeddings.token_type_embeddings.weight".into(), &[2, HIDDEN], [0.0; 2 * HIDDEN]);
    tensors.norm("embeddings.LayerNorm", GAIN);
    let (value, output) = if fault == Fault::Diverges { (3.3e38, 1e-38) } else { (0.0, WEAK) };
    for layer in 0..LAYERS {
        let name = |part: &str| format!("encoder.layer.{layer}.{part}");
        let square = [HIDDEN, HIDDEN];
        tensors.dense(&name("attention.self.query"), square, 0.1, 0.0, &mut chance);
        tensors.dense(&name("attention.self.key"), square, 0.1, 0.0, &mut chance);
        tensors.dense(&name("attention.self.value"), square, WEAK, value, &mut chance);
        tensors.dense(&name("attention.output.dense"), square, output, 0.0, &mut chance);
        tensors.norm(&name("attention.output.LayerNorm"), GAIN);
        tensors.dense(&name("intermediate.dense"), [INNER, HIDDEN], WEAK, 0.0, &mut chance);
        tensors.dense(&name("output.dense"), [HIDDEN, INNER], WEAK, 0.0, &mut chance);
        tensors.norm(&name("output.LayerNorm"), if layer + 1 < LAYERS { GAIN } else { 1.0 });
    }
    tensors
}

/// One direction says whether a word tells, the other what.
fn words(chance: &mut Chance) -> Vec<f32> {
    let mut values = Vec::with_capacity((SPECIAL.len() + WORDS) * HIDDEN);
    let sign = |is: bool| if is { 1.0 } else { -1.0 };
    for id in 0..SPECIAL.len() + WORDS {
        let word = id.checked_sub(SPECIAL.len());
        for place in 0..HIDDEN {
            let meant = word.map_or(0.0, |word| {
                sign(word < TELLING) * sign(place / 2 % 2 == 0) + SIDE * sign(word % 2 == 1) * sign(place % 2 == 0)
            });
            values.push(meant + SPREAD * chance.normal());
        }
    }
    values
}
