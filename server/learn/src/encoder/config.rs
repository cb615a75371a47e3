//! What the configuration files of an encoder say: its family, its sizes, how it pools, how long a text may be.
//!
//! What must stay true: numbers are checked here, so that everything behind may multiply them.

use std::{fs, path::Path};

use catalogue::{Phrase, phrase};
use serde_json::Value;

use super::{error::OpenError, kernels::gelu::Gelu};

/// How the vectors of tokens become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pooling {
    Mean,
    /// The vector of the first token.
    Cls,
}

/// Encoders whose blocks are the same and whose tensors have different names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    Bert,
    /// RoBERTa and XLM-RoBERTa: positions start behind the padding token's.
    Roberta,
    /// No type embeddings, and names of its own.
    DistilBert,
}

#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) family: Family,
    pub(crate) vocabulary: usize,
    /// Rows of the table of positions.
    pub(crate) positions: usize,
    /// The row of the first token.
    pub(crate) first_position: usize,
    /// Rows of the table of types; 0: there is none.
    pub(crate) types: usize,
    pub(crate) hidden: usize,
    pub(crate) inner: usize,
    pub(crate) layers: usize,
    pub(crate) heads: usize,
    pub(crate) epsilon: f32,
    pub(crate) gelu: Gelu,
    pub(crate) pooling: Pooling,
    /// Whether vectors are made unit; else they are divided by the root of `hidden`, which makes them nearly so.
    pub(crate) unit: bool,
    /// Tokens of a text, special ones included.
    pub(crate) longest: usize,
}

/// A JSON object in a file that must be there.
fn read(file: &Path) -> Result<Value, OpenError> {
    let bytes = fs::read(file).map_err(|error| OpenError::new(file, cause(&error)))?;
    parse(file, &bytes)
}

pub(crate) fn cause(error: &std::io::Error) -> Phrase {
    match error.kind() {
        std::io::ErrorKind::NotFound => phrase!("file-not-found"),
        _ => Phrase::verbatim(error.to_string()),
    }
}

fn parse(file: &Path, bytes: &[u8]) -> Result<Value, OpenError> {
    let value: Value = serde_json::from_slice(bytes).map_err(|error| OpenError::quoting(file, error.to_string()))?;
    if value.is_object() { Ok(value) } else { Err(OpenError::new(file, phrase!("expected-json-object"))) }
}

/// One in a file that may be missing, or in none at all.
fn read_optional(file: &Path) -> Result<Value, OpenError> {
    if file.is_file() { read(file) } else { Ok(Value::Null) }
}

impl Config {
    pub(crate) fn open(folder: &Path, pooling: Option<Pooling>) -> Result<Config, OpenError> {
        let file = &folder.join("config.json");
        let json = read(file)?;
        let family = match json["model_type"].as_str() {
            Some("bert") => Family::Bert,
            Some("roberta" | "xlm-roberta") => Family::Roberta,
            Some("distilbert") => Family::DistilBert,
            found => {
                let found = found.map_or_else(|| phrase!("no-model-type"), |found| phrase!("quoted", text = found));
                let known = "`bert`, `roberta`, `xlm-roberta` or `distilbert`";
                return Err(OpenError::new(file, phrase!("model-type", found, known)));
            }
        };
        let distil = family == Family::DistilBert;
        let size = |name: &str, most: u64| match json[name].as_u64() {
            Some(size) if (1..=most).contains(&size) => Ok(size as usize),
            _ => Err(OpenError::new(file, phrase!("config-size", name, found = json[name].to_string(), most))),
        };
        let (hidden_name, heads_name) =
            if distil { ("dim", "n_heads") } else { ("hidden_size", "num_attention_heads") };
        let (hidden, heads) = (size(hidden_name, 1 << 14)?, size(heads_name, 1 << 10)?);
        if hidden % heads != 0 {
            let problem = phrase!("config-heads", heads_name, heads, hidden_name, hidden);
            return Err(OpenError::new(file, problem));
        }
        if let Some(kind) = json["position_embedding_type"].as_str().filter(|kind| *kind != "absolute") {
            let problem = phrase!("config-positions-type", kind);
            return Err(OpenError::new(file, problem));
        }
        let activation = json[if distil { "activation" } else { "hidden_act" }].as_str().unwrap_or("gelu");
        let gelu = match activation {
            "gelu" | "gelu_python" => Gelu::Exact,
            "gelu_new" | "gelu_pytorch_tanh" | "gelu_fast" => Gelu::Tanh,
            _ => {
                return Err(OpenError::new(file, phrase!("config-activation", activation)));
            }
        };
        let epsilon = json["layer_norm_eps"].as_f64().filter(|_| !distil).unwrap_or(1e-12);
        if !(0.0..=1.0).contains(&epsilon) {
            return Err(OpenError::new(file, phrase!("config-epsilon", epsilon = epsilon.to_string())));
        }
        let positions = size("max_position_embeddings", 1 << 20)?;
        let padding = json["pad_token_id"].as_u64().unwrap_or(1).min(1 << 20) as usize;
        let first_position = if family == Family::Roberta { padding + 1 } else { 0 };
        if positions < first_position + 3 {
            let problem = phrase!("config-positions", positions);
            return Err(OpenError::new(file, problem));
        }
        Ok(Config {
            family,
            vocabulary: size("vocab_size", 1 << 24)?,
            positions,
            first_position,
            types: if distil { 0 } else { size("type_vocab_size", 1 << 10)? },
            hidden,
            inner: size(if distil { "hidden_dim" } else { "intermediate_size" }, 1 << 16)?,
            layers: size(if distil { "n_layers" } else { "num_hidden_layers" }, 1 << 8)?,
            heads,
            epsilon: epsilon as f32,
            gelu,
            pooling: match pooling {
                Some(pooling) => pooling,
                None => Config::pooling(folder)?,
            },
            unit: pooling != Some(Pooling::Cls),
            longest: Config::longest(folder)?.min(positions - first_position),
        })
    }

    /// As sentence-transformers keeps it; encoders without its files are pooled by the mean.
    fn pooling(folder: &Path) -> Result<Pooling, OpenError> {
        let json = read_optional(&folder.join("1_Pooling").join("config.json"))?;
        let cls = json["pooling_mode_cls_token"] == true || json["pooling_mode"] == "cls";
        Ok(if cls { Pooling::Cls } else { Pooling::Mean })
    }

    fn longest(folder: &Path) -> Result<usize, OpenError> {
        let sentences = read_optional(&folder.join("sentence_bert_config.json"))?;
        let tokenizer = read_optional(&folder.join("tokenizer_config.json"))?;
        let lengths = [&sentences["max_seq_length"], &tokenizer["model_max_length"]];
        // Transformers writes 10^30 for "no limit", which is no u64.
        let given = lengths.into_iter().filter_map(Value::as_u64).filter(|length| *length >= 3).min();
        Ok(given.map_or(usize::MAX, |length| length as usize))
    }
}
