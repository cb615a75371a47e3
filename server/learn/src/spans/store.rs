//! A tagger on disk.
//!
//! What must stay true: parts that do not fit together are an error, and so is another encoder than the one that it learned with; damaged or foreign bytes never panic ([`crate::bytes`]). What a warm
//! start needs is left out: the first refit learns from nothing.

use std::{
    io::{self, Read, Write},
    sync::Arc,
};

use super::{
    belief::Belief,
    course::Memory,
    dense::Scale,
    field::{Beliefs, Chain, Field},
    space::Space,
    tags::Scheme,
    weights::Links,
};
use crate::{
    Embeddings,
    bytes::{self, Body, Bytes, damaged},
};

pub(super) const MAGIC: &[u8; 8] = b"glossspn";
/// Of a probe.
pub(super) const PROBE: &[u8; 8] = b"glossspp";
/// To be raised whenever tokens, features, weights or this format change their meaning.
const VERSION: u32 = 1;

pub(super) fn save(tagger: &Field, to: &mut dyn Write) -> io::Result<()> {
    let Field { embeddings, labels, active, chain, beliefs, .. } = tagger;
    let mut body = Body::default();
    if let Some(embeddings) = embeddings {
        let encoder = embeddings.encoder();
        body.array(&[encoder.id(), encoder.width() as u64], u64::to_le_bytes);
        body.floats(&chain.scale.means);
        body.floats(&chain.scale.factors);
        body.floats(&chain.dense);
    }
    body.names(labels);
    body.integers(active);
    body.integers(&chain.space.features);
    body.integers(&chain.space.starts);
    body.array(&chain.space.tags, u16::to_le_bytes);
    body.floats(&chain.weights);
    chain.links.parts().iter().for_each(|part| body.floats(part));
    body.floats(&[beliefs.span.slope, beliefs.span.offset, beliefs.whole.slope, beliefs.whole.offset]);
    body.write(if embeddings.is_some() { PROBE } else { MAGIC }, VERSION, to)
}

pub(super) fn load(from: &mut dyn Read) -> io::Result<Field> {
    let body = bytes::read(MAGIC, VERSION, "a lexical tagger", from)?;
    parse(Bytes::new(&body), Field::default())
}

pub(super) fn load_probe(from: &mut dyn Read, embeddings: &Arc<Embeddings>) -> io::Result<Field> {
    let body = bytes::read(PROBE, VERSION, "a probe of spans", from)?;
    let mut body = Bytes::new(&body);
    let here = embeddings.encoder();
    if body.array(u64::from_le_bytes)? != [here.id(), here.width() as u64] {
        return Err(damaged("it learned with another encoder"));
    }
    let scale = Arc::new(Scale { means: body.floats()?, factors: body.floats()? });
    let mut probe = Field::probe(embeddings);
    probe.chain = Chain { scale, dense: body.floats()?, ..Chain::default() };
    parse(body, probe)
}

/// The rest of a tagger of which what it makes of vectors is known.
fn parse(mut body: Bytes<'_>, tagger: Field) -> io::Result<Field> {
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
        return Ok(Field { labels: Vec::new(), chain: Chain::default(), ..tagger });
    }
    let &[slope, offset, whole_slope, whole_offset] = &beliefs[..] else { return Err(unfit()) };
    let beliefs =
        Beliefs { span: Belief { slope, offset }, whole: Belief { slope: whole_slope, offset: whole_offset } };
    let Chain { scale, dense, .. } = tagger.chain;
    let width = tagger.embeddings.as_ref().map_or(0, |embeddings| embeddings.encoder().width());
    let fits = active.iter().all(|&label| (label as usize) < labels.len())
        && weights.len() == space.tags.len()
        && weights.iter().all(|weight| weight.is_finite())
        && links.is_sound(scheme)
        && scale.is_sound(width)
        && dense.len() == scheme.tags() * width
        && dense.iter().all(|weight| weight.is_finite())
        && beliefs.span.is_sound()
        && beliefs.whole.is_sound()
        && body.is_empty();
    if !fits {
        return Err(unfit());
    }
    let chain = Chain { scheme, space: Arc::new(space), weights, links, scale, dense };
    Ok(Field { embeddings: tagger.embeddings, labels, active, chain, beliefs, memory: Memory::default() })
}
