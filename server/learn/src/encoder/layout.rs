//! Where each tensor lies in the one vector that holds all parameters.
//!
//! What must stay true: the vector is embeddings, then layer after layer; query, key and value of a layer lie end to end and are one
//! matrix; every tensor of a checkpoint is one range.

use std::ops::Range;

use super::config::{Config, Family};

/// Row-major, a row an output.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    /// As in the checkpoint, without the prefix of its model.
    pub(crate) name: String,
    pub(crate) range: Range<usize>,
    pub(crate) shape: Vec<usize>,
}

/// Weight and bias.
pub(crate) type Pair = (Range<usize>, Range<usize>);

#[derive(Clone, Debug)]
pub(crate) struct Layer {
    /// 3 hidden x hidden
    pub(crate) qkv: Pair,
    pub(crate) projection: Pair,
    pub(crate) attention_norm: Pair,
    /// inner x hidden
    pub(crate) up: Pair,
    /// hidden x inner
    pub(crate) down: Pair,
    pub(crate) output_norm: Pair,
}

#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) parts: Vec<Part>,
    pub(crate) words: Range<usize>,
    pub(crate) positions: Range<usize>,
    /// Empty where the family has none.
    pub(crate) types: Range<usize>,
    pub(crate) norm: Pair,
    pub(crate) layers: Vec<Layer>,
    pub(crate) len: usize,
}

impl Layout {
    pub(crate) fn hidden(&self) -> usize {
        self.norm.1.len()
    }

    pub(crate) fn new(config: &Config) -> Layout {
        let (hidden, inner) = (config.hidden, config.inner);
        let mut parts = Parts::default();
        let words = parts.add("embeddings.word_embeddings.weight", &[config.vocabulary, hidden]);
        let positions = parts.add("embeddings.position_embeddings.weight", &[config.positions, hidden]);
        let types = match config.types {
            0 => 0..0,
            types => parts.add("embeddings.token_type_embeddings.weight", &[types, hidden]),
        };
        let norm = parts.pair("embeddings.LayerNorm", &[hidden]);
        let mut layers = Vec::with_capacity(config.layers);
        for index in 0..config.layers {
            let (root, names) = match config.family {
                Family::Bert | Family::Roberta => (format!("encoder.layer.{index}"), &BERT),
                Family::DistilBert => (format!("transformer.layer.{index}"), &DISTILBERT),
            };
            let [query, key, value, projection, attention_norm, up, down, output_norm] =
                names.map(|name| format!("{root}.{name}"));
            let thirds = [query, key, value];
            let weights = thirds.each_ref().map(|name| parts.add(&format!("{name}.weight"), &[hidden, hidden]));
            let biases = thirds.each_ref().map(|name| parts.add(&format!("{name}.bias"), &[hidden]));
            let projection = parts.pair(&projection, &[hidden, hidden]);
            let attention_norm = parts.pair(&attention_norm, &[hidden]);
            let up = parts.pair(&up, &[inner, hidden]);
            let down = parts.pair(&down, &[hidden, inner]);
            let output_norm = parts.pair(&output_norm, &[hidden]);
            layers.push(Layer {
                qkv: (weights[0].start..weights[2].end, biases[0].start..biases[2].end),
                projection,
                attention_norm,
                up,
                down,
                output_norm,
            });
        }
        Layout { words, positions, types, norm, layers, len: parts.end, parts: parts.list }
    }
}

const BERT: [&str; 8] = [
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "attention.output.LayerNorm",
    "intermediate.dense",
    "output.dense",
    "output.LayerNorm",
];
const DISTILBERT: [&str; 8] = [
    "attention.q_lin",
    "attention.k_lin",
    "attention.v_lin",
    "attention.out_lin",
    "sa_layer_norm",
    "ffn.lin1",
    "ffn.lin2",
    "output_layer_norm",
];

#[derive(Default)]
struct Parts {
    list: Vec<Part>,
    end: usize,
}

impl Parts {
    /// The sizes are checked ones: 2^24 x 2^14 at most, and 2^8 layers, which is far below 2^63.
    fn add(&mut self, name: &str, shape: &[usize]) -> Range<usize> {
        let range = self.end..self.end + shape.iter().product::<usize>();
        self.end = range.end;
        self.list.push(Part { name: name.to_owned(), range: range.clone(), shape: shape.to_vec() });
        range
    }

    fn pair(&mut self, name: &str, shape: &[usize]) -> Pair {
        let weight = self.add(&format!("{name}.weight"), shape);
        (weight, self.add(&format!("{name}.bias"), &shape[..1]))
    }
}
