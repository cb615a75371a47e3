//! Writes files in the safetensors format, a tensor after the other, so that memory holds one as bytes at a time.

use std::{
    borrow::Cow,
    collections::HashMap,
    io::{self, Write},
};

use safetensors::{
    Dtype,
    tensor::{Metadata, TensorInfo},
};

/// Row-major.
pub(super) struct Tensor<'a> {
    shape: Vec<usize>,
    values: Values<'a>,
}

enum Values<'a> {
    Floats(Cow<'a, [f32]>),
    Integers(Vec<u32>),
}

impl<'a> Tensor<'a> {
    pub(super) fn new(shape: Vec<usize>, values: impl Into<Cow<'a, [f32]>>) -> Tensor<'a> {
        Tensor { shape, values: Values::Floats(values.into()) }
    }

    /// A vector of them.
    pub(super) fn integers(values: Vec<u32>) -> Tensor<'static> {
        Tensor { shape: vec![values.len()], values: Values::Integers(values) }
    }
}

/// A layer's weight, a row for each number of the bias, and its bias.
pub(super) fn linear(name: &str, weight: Vec<f32>, bias: Vec<f32>) -> [(String, Tensor<'static>); 2] {
    let outputs = bias.len();
    let inputs = weight.len().checked_div(outputs).unwrap_or(0);
    [
        (format!("{name}.weight"), Tensor::new(vec![outputs, inputs], weight)),
        (format!("{name}.bias"), Tensor::new(vec![outputs], bias)),
    ]
}

/// A square matrix that multiplies by a number.
pub(super) fn diagonal(size: usize, value: f32) -> Vec<f32> {
    let mut values = vec![0.0; size * size];
    values.iter_mut().step_by(size + 1).for_each(|entry| *entry = value);
    values
}

pub(super) fn write(mut tensors: Vec<(String, Tensor<'_>)>, to: &mut dyn Write) -> io::Result<()> {
    tensors.sort_by(|a, b| a.0.cmp(&b.0));
    let mut end = 0;
    let info = |(name, tensor): &(String, Tensor<'_>)| {
        let start = end;
        end += 4 * tensor.shape.iter().product::<usize>();
        let dtype = match tensor.values {
            Values::Floats(_) => Dtype::F32,
            Values::Integers(_) => Dtype::U32,
        };
        (name.clone(), TensorInfo { dtype, shape: tensor.shape.clone(), data_offsets: (start, end) })
    };
    let infos = tensors.iter().map(info).collect();
    // Transformers open no file that does not say of which library it is.
    let about = HashMap::from([("format".to_owned(), "pt".to_owned())]);
    let header = Metadata::new(Some(about), infos).map_err(io::Error::other)?;
    let mut header = serde_json::to_vec(&header)?;
    header.resize(header.len().next_multiple_of(8), b' ');
    to.write_all(&(header.len() as u64).to_le_bytes())?;
    to.write_all(&header)?;
    for (_, tensor) in tensors {
        let bytes: Vec<u8> = match tensor.values {
            Values::Floats(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
            Values::Integers(values) => values.iter().flat_map(|value| value.to_le_bytes()).collect(),
        };
        to.write_all(&bytes)?;
    }
    Ok(())
}
