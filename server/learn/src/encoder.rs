//! A pretrained encoder of the BERT family, computed on this machine's cores.
//!
//! A folder as Hugging Face's libraries write it ([`config`], [`weights`]) becomes one vector of parameters ([`layout`]); texts
//! become ids ([`tokens`]), ids are packed end to end without padding ([`packs`]) and go through the blocks ([`forward`]), whose
//! arithmetic is in [`kernels`].
//!
//! What must stay true: whatever lies in a folder, opening it answers with an encoder or with what is wrong; vectors are those of the
//! reference implementation within 1e-4.

mod config;
mod error;
mod forward;
pub(crate) mod kernels;
mod layout;
mod packs;
mod tokens;
mod weights;

use std::{
    fmt,
    path::{Path, PathBuf},
    sync::atomic::{AtomicUsize, Ordering},
};

use rayon::prelude::*;
use xxhash_rust::xxh3::Xxh3;

pub use self::{config::Pooling, error::OpenError};
pub(crate) use self::{
    config::{Config, Family},
    layout::{Layout, Part},
};
use self::{
    forward::{Blocks, Workspace},
    tokens::{Tokens, Words},
};
use crate::{Control, Encode, FitError, Matrix};

pub struct Encoder {
    id: u64,
    /// What it was opened from.
    pub(crate) folder: PathBuf,
    pub(crate) config: Config,
    words: Words,
    pub(crate) layout: Layout,
    pub(crate) parameters: Vec<f32>,
    cut: AtomicUsize,
}

impl Encoder {
    /// Opens a folder with config.json, tokenizer.json and model.safetensors. Without `pooling`, it is what the files of
    /// sentence-transformers say, or the mean. [`Pooling::Cls`] asked for here also means that vectors are the state of \[CLS\]
    /// itself, by a constant, and not made unit: see [`Encode::is_unit`].
    pub fn open(folder: &Path, pooling: Option<Pooling>) -> Result<Encoder, OpenError> {
        let config = Config::open(folder, pooling)?;
        let layout = Layout::new(&config);
        let mut hash = Xxh3::new();
        hash.update(&[config.pooling as u8 + 2 * u8::from(!config.unit)]);
        hash.update(&config.longest.to_le_bytes());
        let words = Words::open(folder, &config, &mut hash)?;
        let parameters = weights::read(folder, &layout, &mut hash)?;
        Ok(Encoder {
            id: hash.digest(),
            folder: folder.to_owned(),
            config,
            words,
            layout,
            parameters,
            cut: AtomicUsize::new(0),
        })
    }

    /// How many of the texts embedded so far were longer than the encoder reads: [`Encoder::longest`] tokens.
    pub fn cut(&self) -> usize {
        self.cut.load(Ordering::Relaxed)
    }

    /// Tokens of a text that are read, special ones included.
    pub fn longest(&self) -> usize {
        self.config.longest
    }

    fn tokenize(&self, texts: &[&str]) -> Vec<Tokens> {
        let all = self.words.all(texts);
        self.cut.fetch_add(all.iter().filter(|(_, cut)| *cut).count(), Ordering::Relaxed);
        all.into_iter().map(|(tokens, _)| tokens).collect()
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("id", &self.id).field("config", &self.config).finish_non_exhaustive()
    }
}

impl Encode for Encoder {
    fn id(&self) -> u64 {
        self.id
    }

    fn width(&self) -> usize {
        self.config.hidden
    }

    fn is_unit(&self) -> bool {
        self.config.unit
    }

    fn pretrained(&self) -> Option<&Encoder> {
        Some(self)
    }

    fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError> {
        let tokens = self.tokenize(texts);
        let lengths: Vec<usize> = tokens.iter().map(|tokens| tokens.len()).collect();
        let packs = packs::packs(&lengths, packs::TOKENS, rayon::current_num_threads());
        let blocks = Blocks { config: &self.config, layout: &self.layout, parameters: &self.parameters };
        let embed = |workspace: &mut Workspace, pack: &Vec<usize>| {
            let sequences: Vec<&[u32]> = pack.iter().map(|&index| &*tokens[index]).collect();
            blocks.embed(&sequences, workspace, control)
        };
        let pooled: Vec<Vec<f32>> =
            packs.par_iter().with_max_len(1).map_init(Workspace::default, embed).collect::<Result<_, _>>()?;
        let columns = self.config.hidden;
        let mut values = vec![0.0; texts.len() * columns];
        for (pack, pooled) in packs.iter().zip(&pooled) {
            for (&index, vector) in pack.iter().zip(pooled.chunks_exact(columns)) {
                values[index * columns..][..columns].copy_from_slice(vector);
            }
        }
        Ok(Matrix { columns, values })
    }
}
