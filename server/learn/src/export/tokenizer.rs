//! The files of a tokenizer: those that the encoder was opened with, and how long a text may be.

use serde_json::{Map, Value, json};

use super::{folder::Aside, read_object};
use crate::Encoder;

/// Copied where they are: vocabularies as older tokenizers read them.
const COPIED: [&str; 8] = [
    "added_tokens.json",
    "merges.txt",
    "sentencepiece.bpe.model",
    "special_tokens_map.json",
    "spiece.model",
    "tokenizer.model",
    "vocab.json",
    "vocab.txt",
];
/// The part that a special token plays, and what it is called in the families that are read.
const SPECIAL: [(&str, [&str; 2]); 5] = [
    ("pad_token", ["[PAD]", "<pad>"]),
    ("unk_token", ["[UNK]", "<unk>"]),
    ("cls_token", ["[CLS]", "<s>"]),
    ("sep_token", ["[SEP]", "</s>"]),
    ("mask_token", ["[MASK]", "<mask>"]),
];

pub(super) fn write(encoder: &Encoder, to: &Aside) -> Result<(), String> {
    let folder = encoder.folder();
    to.copy(&folder.join("tokenizer.json"), "tokenizer.json")?;
    for name in COPIED {
        if folder.join(name).is_file() {
            to.copy(&folder.join(name), name)?;
        }
    }
    let path = folder.join("tokenizer_config.json");
    let mut config =
        if path.is_file() { read_object(&path).map_err(|error| error.to_string())? } else { made(encoder)? };
    config.remove("name_or_path");
    config.insert("model_max_length".into(), encoder.longest().into());
    to.json("tokenizer_config.json", &Value::Object(config))
}

/// For a folder with tokenizer.json alone: what that leaves to be said.
fn made(encoder: &Encoder) -> Result<Map<String, Value>, String> {
    let json = read_object(&encoder.folder().join("tokenizer.json")).map_err(|error| error.to_string())?;
    let known: Vec<&str> = json
        .get("added_tokens")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|token| token["content"].as_str())
        .collect();
    let mut config = Map::new();
    config.insert("tokenizer_class".into(), json!("PreTrainedTokenizerFast"));
    for (part, names) in SPECIAL {
        if let Some(name) = names.into_iter().find(|name| known.contains(name)) {
            config.insert(part.into(), json!(name));
        }
    }
    Ok(config)
}
