//! Texts as ids of word pieces, cut to what the encoder takes.
//!
//! What must stay true: every id has a row in the table of words; no sequence is empty or longer than the limit.

use std::{fs, ops::Range, panic, path::Path};

use catalogue::phrase;
use rayon::prelude::*;
use tokenizers::{Tokenizer, TruncationParams};
use xxhash_rust::xxh3::Xxh3;

use super::{
    config::{Config, cause},
    error::OpenError,
};

/// The ids of a text, special tokens included.
pub(crate) type Tokens = Box<[u32]>;

/// A part of a text that the encoder reads at once.
pub(crate) struct Window {
    pub(crate) ids: Tokens,
    /// Of the text, for each id.
    pub(crate) bytes: Vec<Range<u32>>,
}

/// Bytes of a text for each token that is wanted, before the rest is looked at: a row may be a whole book.
const BYTES_A_TOKEN: usize = 32;

pub(crate) struct Words {
    tokenizer: Tokenizer,
    longest: usize,
    vocabulary: u32,
}

impl Words {
    pub(crate) fn open(folder: &Path, config: &Config, hash: &mut Xxh3) -> Result<Words, OpenError> {
        let file = &folder.join("tokenizer.json");
        let bytes = fs::read(file).map_err(|error| OpenError::new(file, cause(&error)))?;
        hash.update(&bytes);
        // The library is large and reads what anyone wrote: a panic in it is an error of the file.
        let tokenizer = panic::catch_unwind(|| Tokenizer::from_bytes(&bytes))
            .map_err(|_| OpenError::new(file, phrase!("no-tokenizer")))?
            .map_err(|error| OpenError::quoting(file, error.to_string()))?;
        let (known, rows) = (tokenizer.get_vocab_size(true), config.vocabulary);
        if known > rows || known < rows - rows / 4 {
            return Err(OpenError::new(file, phrase!("tokenizer-of-another", known, rows)));
        }
        let mut words = Words { tokenizer, longest: config.longest, vocabulary: rows as u32 };
        // Some files pad to a fixed length, or cut at another.
        words.tokenizer.with_padding(None);
        let truncation = TruncationParams { max_length: config.longest, ..TruncationParams::default() };
        let result = words.tokenizer.with_truncation(Some(truncation)).map(|_| ());
        result.map_err(|error| {
            OpenError::new(file, phrase!("texts-of-tokens", tokens = config.longest, error = error.to_string()))
        })?;
        Ok(words)
    }

    /// The ids, and whether the text was cut.
    fn one(&self, text: &str) -> (Tokens, bool) {
        let end = text.floor_char_boundary(self.longest.saturating_mul(BYTES_A_TOKEN).min(text.len()));
        let mut cut = end < text.len();
        let mut encoding = self.tokenizer.encode_fast(&text[..end], true).ok();
        if cut && encoding.as_ref().is_some_and(|encoding| encoding.get_ids().len() < self.longest) {
            // Much white space, or words of great length.
            encoding = self.tokenizer.encode_fast(text, true).ok();
            cut = false;
        }
        let ids = encoding.as_ref().map(|encoding| encoding.get_ids()).unwrap_or_default();
        cut |= encoding.as_ref().is_some_and(|encoding| !encoding.get_overflowing().is_empty());
        let known = ids.iter().map(|id| if *id < self.vocabulary { *id } else { 0 });
        let mut ids: Tokens = known.take(self.longest).collect();
        if ids.is_empty() {
            // A tokenizer without special tokens, and a text without words.
            ids = Box::new([0]);
        }
        (ids, cut)
    }

    /// A text whole, in windows that the encoder can read, one after the other: the ids of each, and the bytes that each id stands for
    /// (none of a special token).
    fn windows(&self, text: &str) -> Vec<Window> {
        let (mut windows, mut from) = (Vec::new(), 0);
        while let Some((window, end)) = self.window(text, from) {
            windows.push(window);
            from = end;
        }
        windows
    }

    /// The word piece that stands for any; the padding, where there is none.
    pub(super) fn blank(&self) -> u32 {
        let id = ["[MASK]", "<mask>", "[PAD]", "<pad>"].iter().find_map(|name| self.tokenizer.token_to_id(name));
        id.filter(|id| *id < self.vocabulary).unwrap_or(0)
    }

    /// What the encoder reads of a text, if there is something to read.
    pub(super) fn first_window(&self, text: &str) -> Option<Window> {
        let end = text.floor_char_boundary(self.longest.saturating_mul(BYTES_A_TOKEN).min(text.len()));
        Some(self.window(&text[..end], 0)?.0)
    }

    /// That from a byte on, and where the next one begins.
    fn window(&self, text: &str, from: usize) -> Option<(Window, usize)> {
        // The tokenizer stops early, so that what it tells of the rest is not all.
        let rest = text.get(from..).filter(|rest| !rest.trim().is_empty())?;
        let encoding = self.tokenizer.encode(rest, true).ok()?;
        let known = encoding.get_ids().iter().map(|id| if *id < self.vocabulary { *id } else { 0 });
        let ids: Tokens = known.take(self.longest).collect();
        let offsets = encoding.get_offsets().iter().take(ids.len());
        let bytes: Vec<Range<u32>> = offsets.map(|&(start, end)| (from + start) as u32..(from + end) as u32).collect();
        let read = encoding.get_offsets().iter().map(|offset| offset.1).max().filter(|read| *read > 0)?;
        Some((Window { ids, bytes }, text.ceil_char_boundary(from + read)))
    }

    pub(crate) fn all_windows(&self, texts: &[&str]) -> Vec<Vec<Window>> {
        texts.par_iter().with_min_len(16).map(|text| self.windows(text)).collect()
    }

    pub(crate) fn all(&self, texts: &[&str]) -> Vec<(Tokens, bool)> {
        texts.par_iter().with_min_len(16).map(|text| self.one(text)).collect()
    }
}
