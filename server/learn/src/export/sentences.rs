//! The layout of sentence-transformers: the encoder, then pooling, then vectors made unit.

use serde_json::{Value, json};

use super::{
    config,
    folder::Aside,
    parameters,
    tensors::{diagonal, linear},
};
use crate::{
    Encoder,
    encoder::{Family, Pooling},
};

pub(super) fn write(encoder: &Encoder, to: &Aside) -> Result<(), String> {
    to.json("config.json", &Value::Object(config(encoder, "Model")?))?;
    let mut tensors = parameters(encoder, "");
    if encoder.config().family != Family::DistilBert {
        // Nothing asks for it; without it the library makes up one, and warns.
        tensors.extend(linear(
            "pooler.dense",
            diagonal(encoder.config().hidden, 1.0),
            vec![0.0; encoder.config().hidden],
        ));
    }
    to.tensors("model.safetensors", tensors)?;
    let module = |index: usize, path: &str, kind: &str| {
        let kind = format!("sentence_transformers.models.{kind}");
        json!({"idx": index, "name": index.to_string(), "path": path, "type": kind})
    };
    let modules =
        [module(0, "", "Transformer"), module(1, "1_Pooling", "Pooling"), module(2, "2_Normalize", "Normalize")];
    to.json("modules.json", &modules.into_iter().collect())?;
    to.folder("1_Pooling")?;
    let is_mean = encoder.config().pooling == Pooling::Mean;
    let pooling = json!({
        "word_embedding_dimension": encoder.config().hidden,
        "pooling_mode_cls_token": !is_mean,
        "pooling_mode_mean_tokens": is_mean,
        "pooling_mode_max_tokens": false,
        "pooling_mode_mean_sqrt_len_tokens": false,
    });
    to.json("1_Pooling/config.json", &pooling)?;
    to.folder("2_Normalize")?;
    // Texts as Gloss reads them: cut where it cuts, nothing before them, and the tokenizer's own word on capitals.
    let sentences = json!({"max_seq_length": encoder.longest(), "do_lower_case": false});
    to.json("sentence_bert_config.json", &sentences)?;
    let about = json!({"prompts": {}, "default_prompt_name": null, "similarity_fn_name": "cosine"});
    to.json("config_sentence_transformers.json", &about)
}
