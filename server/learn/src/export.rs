//! Classifiers on an encoder as folders in Hugging Face's own layouts, and back.
//!
//! Where vectors are of unit length, the folder is one of sentence-transformers ([`sentences`]), and the head lies beside it ([`head`]).
//! Where they are the state of \[CLS\] ([`Encode::is_unit`]), it is one of transformers' sequence classification
//! ([`classification`]), which has the head in it; [`head`] is there too, for [`Imported::open`].
//!
//! What must stay true: a folder appears whole or not at all, and takes the place of nothing but an older export ([`folder`]); what
//! the field's libraries make of it is what Gloss predicts, within rounding; whatever lies in a folder, opening it answers with a
//! head or with what is wrong.
//!
//! [`Encode::is_unit`]: crate::Encode::is_unit

mod classification;
mod folder;
mod head;
mod sentences;
mod tensors;
mod tokenizer;

use std::{fs, path::Path};

use serde_json::{Map, Value};

use self::{folder::Aside, tensors::Tensor};
pub use self::{
    folder::check_target,
    head::{Head, Imported},
};
pub use crate::probe::landmarks::Landmarks;
use crate::{
    Encoder, Estimate,
    encoder::{Family, OpenError},
};

/// Layouts that a folder may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `SentenceTransformer(DIR)` makes the vectors; the head is a matrix more.
    SentenceTransformers,
    /// `AutoModelForSequenceClassification.from_pretrained(DIR)` makes logits of the labels.
    SequenceClassification,
}

impl Layout {
    pub fn of(encoder: &Encoder) -> Layout {
        if encoder.config().unit { Layout::SentenceTransformers } else { Layout::SequenceClassification }
    }
}

/// Writes a classifier to a folder that is missing, empty, or an older export. `estimate` is of rows that the head had not learned
/// from, in so many folds. The error, for people, says which file, why, and what to do.
pub fn write(
    encoder: &Encoder,
    head: &Head,
    estimate: &Estimate,
    folds: usize,
    target: &Path,
) -> Result<Layout, String> {
    head.check(encoder)?;
    let layout = Layout::of(encoder);
    let aside = Aside::beside(target)?;
    match layout {
        Layout::SentenceTransformers => sentences::write(encoder, &aside)?,
        Layout::SequenceClassification => classification::write(encoder, head, &aside)?,
    }
    tokenizer::write(encoder, &aside)?;
    head::write(encoder, head, estimate, folds, &aside)?;
    aside.finish()?;
    Ok(layout)
}

/// The encoder's own configuration, its numbers being of four bytes now and its class another.
fn config(encoder: &Encoder, class: &str) -> Result<Map<String, Value>, String> {
    let mut config = read_object(&encoder.folder().join("config.json")).map_err(|error| error.to_string())?;
    let name = match (config.get("model_type").and_then(Value::as_str), encoder.config().family) {
        (Some("xlm-roberta"), _) => "XLMRoberta",
        (_, Family::Bert) => "Bert",
        (_, Family::Roberta) => "Roberta",
        (_, Family::DistilBert) => "DistilBert",
    };
    for key in ["_name_or_path", "auto_map", "quantization_config", "torch_dtype", "transformers_version"] {
        config.remove(key);
    }
    config.insert("architectures".into(), vec![format!("{name}{class}")].into());
    config.insert("dtype".into(), "float32".into());
    Ok(config)
}

/// The parameters under the names of their checkpoint, behind a prefix.
fn parameters<'a>(encoder: &'a Encoder, prefix: &str) -> Vec<(String, Tensor<'a>)> {
    let tensor = |part: &crate::encoder::Part| {
        let values = encoder.values().at(&part.range);
        (format!("{prefix}{}", part.name), Tensor::new(part.shape.clone(), values))
    };
    encoder.layout().parts.iter().map(tensor).collect()
}

fn read_object(file: &Path) -> Result<Map<String, Value>, OpenError> {
    let bytes = fs::read(file).map_err(|error| OpenError::quoting(file, error.to_string()))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| OpenError::quoting(file, format!("Expected a JSON object: {error}.")))
}
