//! The head of a classifier as two files: `head.json` and `head.safetensors`.
//!
//! Probabilities are the softmax of scores over T. Of the form `softmax`, scores are `s = W v + b`, v being the vector. Of the form
//! `ridge`, `s = W f + b` are estimates of probabilities less `1/labels`, f being how alike a text is to each landmark
//! ([`Landmarks`]), and scores are `2.5 ln ln (1 + exp (10 (s + 1/labels)))`.
//!
//! What must stay true: a head that [`Imported::open`] gives fits together, and is of finite numbers.

use std::{fs, path::Path, sync::Arc};

use safetensors::{Dtype, SafeTensors};
use serde_json::{Map, Value, json};

use super::{folder::Aside, read_object, tensors::Tensor};
use crate::{
    Encode, Encoder, Estimate, Matrix,
    encoder::{OpenError, Pooling},
    probe::{landmarks::Landmarks, words::Words},
};

pub(super) const FILE: &str = "head.json";
pub(super) const TENSORS: &str = "head.safetensors";
const FORMAT: &str = "gloss head";
/// To be raised whenever a field changes its meaning.
const VERSION: u64 = 2;

/// What lies on the vectors of an encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// By row of the weights.
    pub labels: Vec<Arc<str>>,
    /// None: softmax regression.
    pub ridge: Option<Landmarks>,
    /// A row a label, a column for each number of a vector, or for each landmark.
    pub weights: Matrix,
    pub bias: Vec<f32>,
    pub temperature: f32,
}

impl Head {
    /// The error, for people, says what does not fit.
    pub(super) fn check(&self, encoder: &Encoder) -> Result<(), String> {
        if self.ridge.is_some() && !encoder.is_unit() {
            let why = "The classifier learned with a kernel, which sequence classification cannot express. Learn it anew \
                       with `gloss train`.";
            return Err(why.into());
        }
        self.fits(encoder.width()).then_some(()).ok_or("The head is of another encoder.".into())
    }

    pub(crate) fn fits(&self, width: usize) -> bool {
        let features = self.ridge.as_ref().map_or(width, Landmarks::len);
        let mut names: Vec<&str> = self.labels.iter().map(|label| &**label).collect();
        names.sort_unstable();
        names.dedup();
        let finite = |values: &[f32]| values.iter().all(|value| value.is_finite());
        let kernel_fits =
            self.ridge.as_ref().is_none_or(|landmarks| landmarks.vectors.columns == width && landmarks.is_sound());
        !self.labels.is_empty()
            && names.len() == self.labels.len()
            && features > 0
            && self.weights.columns == features
            && self.weights.values.len() == self.labels.len() * features
            && self.bias.len() == self.labels.len()
            && self.temperature.is_finite()
            && self.temperature > 0.0
            && kernel_fits
            && finite(&self.weights.values)
            && finite(&self.bias)
    }
}

pub(super) fn write(
    encoder: &Encoder,
    head: &Head,
    estimate: &Estimate,
    folds: usize,
    to: &Aside,
) -> Result<(), String> {
    let json = json!({
        "format": FORMAT,
        "version": VERSION,
        "labels": head.labels.iter().map(|label| &**label).collect::<Vec<_>>(),
        "form": if head.ridge.is_some() { "ridge" } else { "softmax" },
        "gamma": head.ridge.as_ref().map(|landmarks| landmarks.gamma),
        "share_of_words": head.ridge.as_ref().map(|landmarks| landmarks.share),
        "temperature": head.temperature,
        "pooling": if encoder.config().pooling == Pooling::Cls { "cls" } else { "mean" },
        "normalize": encoder.is_unit(),
        "cross_validation": {
            "folds": folds, "rows": estimate.rows, "accuracy": estimate.accuracy, "low": estimate.low, "high": estimate.high,
            "macro_f1": estimate.macro_f1, "ece": estimate.ece, "log_loss": estimate.log_loss,
        },
    });
    to.json(FILE, &json)?;
    let matrix = |matrix: &Matrix| Tensor::new(vec![matrix.rows(), matrix.columns], matrix.values.clone());
    let mut tensors = vec![
        ("weights".to_owned(), matrix(&head.weights)),
        ("bias".to_owned(), Tensor::new(vec![head.bias.len()], head.bias.clone())),
    ];
    if let Some(landmarks) = &head.ridge {
        let (grams, marks, weights) = landmarks.words().parts();
        tensors.extend([
            ("landmarks".to_owned(), matrix(&landmarks.vectors)),
            ("words.grams".to_owned(), Tensor::integers(grams)),
            ("words.landmarks".to_owned(), Tensor::integers(marks)),
            ("words.weights".to_owned(), Tensor::new(vec![weights.len()], weights)),
        ]);
    }
    to.tensors(TENSORS, tensors)
}

/// Whether a folder was written by an export.
pub(super) fn is_there(folder: &Path) -> bool {
    read_object(&folder.join(FILE)).is_ok_and(|json| is_ours(&json))
}

fn is_ours(json: &Map<String, Value>) -> bool {
    json.get("format").is_some_and(|format| format == FORMAT)
}

/// What an export holds beside its encoder.
#[derive(Clone, Debug)]
pub struct Imported {
    pub head: Head,
    pub pooling: Pooling,
    /// Whether it learned on vectors of unit length.
    pub unit: bool,
    /// As it was measured where it learned.
    pub estimate: Estimate,
    pub folds: usize,
}

impl Imported {
    pub fn open(folder: &Path) -> Result<Imported, OpenError> {
        let file = &folder.join(FILE);
        if folder.is_dir() && !file.is_file() {
            let problem = "Not found. `gloss export` writes this file; to use an encoder alone, name its folder in \
                           gloss.toml, [model] encoder.";
            return Err(OpenError::quoting(file, problem));
        }
        let json = read_object(file)?;
        if !is_ours(&json) {
            return Err(OpenError::quoting(
                file,
                format!("`format` is not `{FORMAT}`: not written by `gloss export`."),
            ));
        }
        let json = Value::Object(json);
        if json["version"] != VERSION {
            let problem = format!("`version` is {}; this Gloss reads {VERSION}. Use a newer one.", json["version"]);
            return Err(OpenError::quoting(file, problem));
        }
        let wrong = |name: &str| OpenError::quoting(file, format!("`{name}` is missing or of no use."));
        let number = |value: &Value, name: &str| value[name].as_f64().ok_or_else(|| wrong(name));
        let name = |value: &Value| value.as_str().map(Arc::from);
        let labels = json["labels"].as_array().and_then(|labels| labels.iter().map(name).collect());
        let labels: Vec<Arc<str>> = labels.ok_or_else(|| wrong("labels"))?;
        let pooling = match json["pooling"].as_str() {
            Some("mean") => Pooling::Mean,
            Some("cls") => Pooling::Cls,
            _ => return Err(wrong("pooling")),
        };
        let tensors = Tensors::open(folder)?;
        let ridge = match json["form"].as_str() {
            Some("softmax") => None,
            Some("ridge") => {
                let (gamma, share) = (number(&json, "gamma")? as f32, number(&json, "share_of_words")? as f32);
                let vectors = tensors.matrix("landmarks")?;
                let (grams, marks) = (tensors.integers("words.grams")?, tensors.integers("words.landmarks")?);
                let weights = tensors.matrix("words.weights")?.values;
                let words = Words::of_parts(grams, &marks, &weights, vectors.rows());
                Some(Landmarks::of_parts(gamma, share, vectors, words.ok_or_else(|| wrong("words"))?))
            }
            _ => return Err(wrong("form")),
        };
        let head = Head {
            labels,
            ridge,
            weights: tensors.matrix("weights")?,
            bias: tensors.matrix("bias")?.values,
            temperature: number(&json, "temperature")? as f32,
        };
        let width = head.ridge.as_ref().map_or(head.weights.columns, |landmarks| landmarks.vectors.columns);
        if !head.fits(width) {
            return Err(OpenError::quoting(&folder.join(TENSORS), format!("It does not fit together with {FILE}.")));
        }
        let measured = &json["cross_validation"];
        let count = |name: &str| measured[name].as_u64().ok_or_else(|| wrong(name)).map(|count| count as usize);
        let estimate = Estimate {
            rows: count("rows")?,
            accuracy: number(measured, "accuracy")?,
            low: number(measured, "low")?,
            high: number(measured, "high")?,
            macro_f1: number(measured, "macro_f1")?,
            // Heads of one label a text, where it is the accuracy.
            micro_f1: number(measured, "accuracy")?,
            ece: number(measured, "ece")?,
            log_loss: number(measured, "log_loss")?,
        };
        let unit = json["normalize"].as_bool().ok_or_else(|| wrong("normalize"))?;
        Ok(Imported { head, pooling, unit, estimate, folds: count("folds")? })
    }

    /// The error, for people: this encoder is not the one that the head learned with.
    pub fn check(&self, encoder: &Encoder) -> Result<(), String> {
        let same = encoder.config().pooling == self.pooling && encoder.is_unit() == self.unit;
        if same { self.head.check(encoder) } else { Err("The head learned on vectors pooled in another way.".into()) }
    }
}

struct Tensors {
    file: std::path::PathBuf,
    bytes: Vec<u8>,
}

impl Tensors {
    fn open(folder: &Path) -> Result<Tensors, OpenError> {
        let file = folder.join(TENSORS);
        let bytes = fs::read(&file).map_err(|error| OpenError::quoting(&file, error.to_string()))?;
        Ok(Tensors { file, bytes })
    }

    /// A vector is a matrix of one row.
    fn matrix(&self, name: &str) -> Result<Matrix, OpenError> {
        let (columns, numbers) = self.numbers(name, Dtype::F32)?;
        Ok(Matrix { columns, values: numbers.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect() })
    }

    fn integers(&self, name: &str) -> Result<Vec<u32>, OpenError> {
        let (_, numbers) = self.numbers(name, Dtype::U32)?;
        Ok(numbers.iter().map(|bytes| u32::from_le_bytes(*bytes)).collect())
    }

    /// Columns, and numbers of four bytes each.
    fn numbers(&self, name: &str, dtype: Dtype) -> Result<(usize, Vec<[u8; 4]>), OpenError> {
        let wrong = |why: String| OpenError::quoting(&self.file, format!("The tensor `{name}`: {why}."));
        let tensors = SafeTensors::deserialize(&self.bytes).map_err(|error| wrong(error.to_string()))?;
        let tensor = tensors.tensor(name).map_err(|error| wrong(error.to_string()))?;
        match tensor.shape() {
            &[columns] | &[_, columns] if tensor.dtype() == dtype => {
                Ok((columns, tensor.data().as_chunks::<4>().0.to_vec()))
            }
            shape => Err(wrong(format!("{shape:?} of {:?}; expected a matrix of {dtype:?}", tensor.dtype()))),
        }
    }
}
