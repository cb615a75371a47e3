//! A pretrained encoder of the BERT family.
//!
//! A folder as Hugging Face's libraries write it ([`config`], [`weights`]) becomes one vector of parameters ([`layout`]); texts
//! become ids ([`tokens`]), ids are packed end to end without padding ([`packs`]) and go through the blocks ([`net`]) and, in training,
//! back ([`backward`]); a [`pass`] is one pack's way. The arithmetic is in [`kernels`].
//!
//! What must stay true: whatever lies in a folder, opening it answers with an encoder or with what is wrong; vectors are those of the
//! reference implementation within 1e-4.

pub(crate) mod backward;
pub(crate) mod config;
mod error;
pub(crate) mod fade;
pub(crate) mod kernels;
pub(crate) mod layout;
pub(crate) mod net;
pub(crate) mod packs;
pub(crate) mod pass;
mod tokens;
mod weights;

use std::{
    fmt,
    io::{self, Read, Write},
    ops::Range,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use catalogue::Phrase;
use xxhash_rust::xxh3::Xxh3;

pub(crate) use self::tokens::Tokens;
pub use self::{config::Pooling, error::OpenError};
pub(crate) use self::{
    config::{Config, Family},
    layout::{Layout, Part},
};
use self::{
    kernels::add,
    net::{Net, Values},
    tokens::{Window, Words},
};
use crate::{
    Control, Device, Encode, FitError, Matrix,
    backend::{Backend, Cpu},
    bytes::{self, Body, Bytes},
    embeddings::Reading,
};

const MAGIC: &[u8; 8] = b"glossenc";
/// To be raised whenever parameters or this format change their meaning.
const VERSION: u32 = 1;

pub struct Encoder {
    id: u64,
    /// Of the checkpoint as it is.
    base_id: u64,
    checkpoint: Arc<Checkpoint>,
    /// Parameters from `start` on that were trained here; they stand for those of the checkpoint.
    own: Vec<f32>,
    start: usize,
    cut: AtomicUsize,
    backend: Arc<dyn Backend>,
}

/// What a folder holds; shared by all encoders that were trained from it.
struct Checkpoint {
    folder: PathBuf,
    config: Config,
    words: Words,
    layout: Layout,
    parameters: Vec<f32>,
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
        let start = layout.len;
        let checkpoint = Arc::new(Checkpoint { folder: folder.to_owned(), config, words, layout, parameters });
        let id = hash.digest();
        let cut = AtomicUsize::new(0);
        let backend: Arc<dyn Backend> = Arc::new(Cpu);
        Ok(Encoder { id, base_id: id, checkpoint, own: Vec::new(), start, cut, backend })
    }

    /// The same encoder, computed and trained on this device; the error says what to do. Without this, it is the CPU.
    pub fn on(self, device: Device) -> Result<Encoder, Phrase> {
        Ok(Encoder { backend: device.open()?, ..self })
    }

    pub(crate) fn backend(&self) -> &dyn Backend {
        &*self.backend
    }

    /// The same encoder with other parameters from `start` on.
    pub(crate) fn tuned(&self, start: usize, own: Vec<f32>) -> Encoder {
        let mut hash = Xxh3::new();
        hash.update(&self.base_id.to_le_bytes());
        hash.update(&(start as u64).to_le_bytes());
        own.iter().for_each(|value| hash.update(&value.to_le_bytes()));
        Encoder {
            id: hash.digest(),
            base_id: self.base_id,
            checkpoint: self.checkpoint.clone(),
            own,
            start,
            cut: AtomicUsize::new(0),
            backend: self.backend.clone(),
        }
    }

    /// What was trained here, to be read by [`Encoder::read_tuned`]; nothing if nothing was.
    pub fn write_tuned(&self, to: &mut dyn Write) -> io::Result<()> {
        let mut body = Body::default();
        body.array(&[self.base_id, self.start as u64], u64::to_le_bytes);
        body.floats(&self.own);
        body.write(MAGIC, VERSION, to)
    }

    /// An encoder that was trained from this one. Damaged bytes and those of another encoder are an error, never a panic.
    pub fn read_tuned(&self, from: &mut dyn Read) -> io::Result<Encoder> {
        let body = bytes::read(MAGIC, VERSION, "a trained encoder", from)?;
        let mut body = Bytes::new(&body);
        let head = body.array(u64::from_le_bytes)?;
        let own = body.floats()?;
        let len = self.layout().len as u64;
        match head[..] {
            [base, start] if base == self.base_id && start.checked_add(own.len() as u64) == Some(len) => {
                if !body.is_empty() || own.iter().any(|value| !value.is_finite()) {
                    return Err(bytes::damaged("its parts do not fit together"));
                }
                Ok(self.tuned(start as usize, own))
            }
            _ => Err(bytes::damaged("it was trained from another encoder")),
        }
    }

    /// What it, or the one that it was trained from, was opened from.
    pub(crate) fn folder(&self) -> &Path {
        &self.checkpoint.folder
    }

    pub(crate) fn config(&self) -> &Config {
        &self.checkpoint.config
    }

    pub(crate) fn layout(&self) -> &Layout {
        &self.checkpoint.layout
    }

    pub(crate) fn values(&self) -> Values<'_> {
        Values { frozen: &self.checkpoint.parameters, own: &self.own, start: self.start }
    }

    /// Where the last blocks begin; with 0 blocks, behind all parameters; with more than there are, at the embeddings.
    pub(crate) fn start_of_last(&self, blocks: usize) -> usize {
        let layers = &self.layout().layers;
        match layers.len().checked_sub(blocks) {
            None => 0,
            Some(first) => layers.get(first).map_or(self.layout().len, |layer| layer.qkv.0.start),
        }
    }

    /// Layers whose states tell of words ([`Backend::states`]). As the encoder was pretrained, those above the lower two thirds are made for a
    /// text as a whole, and know less of its words.
    fn layers(&self, reading: Reading) -> Range<usize> {
        let blocks = self.layout().layers.len();
        match reading {
            Reading::Pretrained => 0..(2 * blocks).div_ceil(3) + 1,
            Reading::Trained => blocks..blocks + 1,
        }
    }

    /// Of each text the ids of what is read at once of its beginning, and for each of these parts of it the place of its first word piece;
    /// parts beyond have none.
    pub(crate) fn places(&self, texts: &[(&str, &[Range<u32>])]) -> Vec<(Tokens, Vec<Option<u32>>)> {
        let bodies: Vec<&str> = texts.iter().map(|(text, _)| *text).collect();
        let windows = self.checkpoint.words.all_windows(&bodies);
        let place = |(windows, (_, parts)): (Vec<Window>, &(&str, &[Range<u32>]))| {
            // A text of white space.
            let Some(first) = windows.into_iter().next() else { return (Tokens::from([0]), vec![None; parts.len()]) };
            let pieces: Vec<(u32, &Range<u32>)> =
                (0..).zip(&first.bytes).filter(|(_, bytes)| !bytes.is_empty()).collect();
            let place = |part: &Range<u32>| {
                let from = pieces.partition_point(|(_, bytes)| bytes.end <= part.start);
                pieces.get(from).filter(|(_, bytes)| bytes.start < part.end).map(|(place, _)| *place)
            };
            let places = parts.iter().map(place).collect();
            (first.ids, places)
        };
        windows.into_iter().zip(texts).map(place).collect()
    }

    /// How many of the texts embedded so far were longer than the encoder reads: [`Encoder::longest`] tokens.
    pub fn cut(&self) -> usize {
        self.cut.load(Ordering::Relaxed)
    }

    /// Tokens of a text that are read, special ones included.
    pub fn longest(&self) -> usize {
        self.checkpoint.config.longest
    }

    /// With these parameters, of which those from `trained` on are being trained.
    pub(crate) fn net<'a>(&'a self, values: Values<'a>, trained: usize) -> Net<'a> {
        Net { config: &self.checkpoint.config, layout: &self.checkpoint.layout, values, trained }
    }

    pub(crate) fn tokenize(&self, texts: &[&str]) -> Vec<Tokens> {
        let all = self.checkpoint.words.all(texts);
        self.cut.fetch_add(all.iter().filter(|(_, cut)| *cut).count(), Ordering::Relaxed);
        all.into_iter().map(|(tokens, _)| tokens).collect()
    }
}

impl Clone for Encoder {
    fn clone(&self) -> Encoder {
        let cut = AtomicUsize::new(self.cut());
        let (checkpoint, backend) = (self.checkpoint.clone(), self.backend.clone());
        Encoder { checkpoint, own: self.own.clone(), cut, backend, ..*self }
    }
}

impl fmt::Debug for Encoder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encoder").field("id", &self.id).field("config", &self.checkpoint.config).finish_non_exhaustive()
    }
}

impl Encode for Encoder {
    fn id(&self) -> u64 {
        self.id
    }

    fn width(&self) -> usize {
        self.checkpoint.config.hidden
    }

    fn trainable(&self) -> Option<&Encoder> {
        Some(self)
    }

    fn is_unit(&self) -> bool {
        self.checkpoint.config.unit
    }

    /// The mean of the states of the word pieces that a part holds some of; of an encoder that was trained to tell parts, that of
    /// the first. A text that is longer than the encoder reads is read in windows.
    fn embed_parts(
        &self,
        texts: &[(&str, &[Range<u32>])],
        reading: Reading,
        control: &Control,
    ) -> Result<Matrix, FitError> {
        let columns = self.width();
        let bodies: Vec<&str> = texts.iter().map(|(text, _)| *text).collect();
        let windows = self.checkpoint.words.all_windows(&bodies);
        let (ids, bytes): (Vec<Tokens>, Vec<Vec<Range<u32>>>) =
            windows.iter().flatten().map(|window| (window.ids.clone(), window.bytes.clone())).unzip();
        let states = self.backend.states(self, &self.layers(reading), &ids, control)?;
        let most = if reading == Reading::Trained { 1 } else { usize::MAX };
        let mut values = vec![0.0; texts.iter().map(|(_, parts)| parts.len()).sum::<usize>() * columns];
        let mut rows = values.chunks_exact_mut(columns);
        let mut pieces = bytes.iter().flatten().zip(states.chunks_exact(columns));
        for ((_, parts), windows) in texts.iter().zip(&windows) {
            let count = windows.iter().map(|window| window.bytes.len()).sum();
            let pieces: Vec<(&Range<u32>, &[f32])> =
                pieces.by_ref().take(count).filter(|(bytes, _)| !bytes.is_empty()).collect();
            for (part, row) in parts.iter().zip(rows.by_ref()) {
                let from = pieces.partition_point(|(bytes, _)| bytes.end <= part.start);
                let met = pieces[from..].iter().take_while(|(bytes, _)| bytes.start < part.end).take(most);
                met.clone().for_each(|(_, state)| add(row, state));
                let share = 1.0 / met.count().max(1) as f32;
                row.iter_mut().for_each(|value| *value *= share);
            }
        }
        Ok(Matrix { columns, values })
    }

    fn embed(&self, texts: &[&str], control: &Control) -> Result<Matrix, FitError> {
        let tokens = self.tokenize(texts);
        let values = self.backend.embed(self, &tokens, control)?;
        Ok(Matrix { columns: self.checkpoint.config.hidden, values })
    }
}
