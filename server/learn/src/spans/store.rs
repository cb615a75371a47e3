//! A lexical tagger on disk.
//!
//! What must stay true: parts that do not fit together are an error; damaged or foreign bytes never panic ([`crate::bytes`]). What a warm
//! start needs is left out: the first refit learns from nothing.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use super::{
    belief::Belief,
    course::Memory,
    lexical::{Beliefs, Chain, Lexical},
    space::Space,
    tags::Scheme,
    weights::Links,
};
use crate::bytes::{self, Body, Bytes, damaged};

pub(super) const MAGIC: &[u8; 8] = b"glossspn";
/// To be raised whenever tokens, features, weights or this format change their meaning.
const VERSION: u32 = 1;

pub(super) fn save(tagger: &Lexical, to: &mut dyn Write) -> io::Result<()> {
    let Lexical { labels, active, chain, beliefs, .. } = tagger;
    let mut body = Body::default();
    body.names(labels);
    body.integers(active);
    body.integers(&chain.space.features);
    body.integers(&chain.space.starts);
    body.array(&chain.space.tags, u16::to_le_bytes);
    body.floats(&chain.weights);
    chain.links.parts().iter().for_each(|part| body.floats(part));
    body.floats(&[beliefs.span.slope, beliefs.span.offset, beliefs.whole.slope, beliefs.whole.offset]);
    body.write(MAGIC, VERSION, to)
}

pub(super) fn load(from: &mut dyn Read) -> io::Result<Lexical> {
    let body = bytes::read(MAGIC, VERSION, "a lexical tagger", from)?;
    parse(Bytes::new(&body))
}

fn parse(mut body: Bytes<'_>) -> io::Result<Lexical> {
    let unfit = || damaged("its parts do not fit together");
    let labels = body.names()?;
    let active = body.integers()?;
    let scheme = Scheme { labels: active.len() };
    let (features, starts) = (body.integers()?, body.integers()?);
    let space = Space::from_parts(features, starts, body.array(u16::from_le_bytes)?, scheme).ok_or_else(unfit)?;
    let weights = body.floats()?;
    let links = Links { first: body.floats()?, enter: body.floats()?, grow: body.floats()?, go_on: body.floats()? };
    let beliefs = body.floats()?;
    if active.is_empty() && body.is_empty() {
        return Ok(Lexical::default());
    }
    let &[slope, offset, whole_slope, whole_offset] = &beliefs[..] else { return Err(unfit()) };
    let beliefs =
        Beliefs { span: Belief { slope, offset }, whole: Belief { slope: whole_slope, offset: whole_offset } };
    let fits = active.iter().all(|&label| (label as usize) < labels.len())
        && weights.len() == space.tags.len()
        && weights.iter().all(|weight| weight.is_finite())
        && links.is_sound(scheme)
        && beliefs.span.is_sound()
        && beliefs.whole.is_sound()
        && body.is_empty();
    if !fits {
        return Err(unfit());
    }
    let chain = Chain { scheme, space: Arc::new(space), weights, links };
    Ok(Lexical { labels, active, chain, beliefs, memory: Memory::default() })
}
