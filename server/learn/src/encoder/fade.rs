//! A text whose words come up out of nothing: what each word piece adds to what is made of its vector.
//!
//! At 0 all of a text's word pieces are the one that stands for any ("[MASK]"), at 1 they are themselves. What a piece adds is the way between these
//! two embeddings times the slope along it, all the way from 0 to 1 (Sundararajan et al. 2017), here at a few points of the way.
//!
//! What must stay true: on the cores of this machine, whatever the encoder is computed on otherwise.

use std::ops::Range;

use rayon::prelude::*;

use super::{
    Encoder,
    backward::Gradients,
    kernels,
    net::{Drops, Pack},
    pass::{Desk, Pass},
};
use crate::{Control, FitError};

/// A text as the encoder reads it.
pub(crate) struct Faded<'a> {
    encoder: &'a Encoder,
    ids: Box<[u32]>,
    /// Of the text, for each id; none of a mark.
    pub(crate) bytes: Vec<Range<u32>>,
    /// The word that stands for any.
    blank: u32,
    /// Tokens whose states are asked for, end to end, instead of the text's vector.
    read: Option<Vec<u32>>,
}

impl<'a> Faded<'a> {
    /// `None`: there is nothing to read. Of a long text it is what the encoder reads.
    pub(crate) fn of(encoder: &'a Encoder, text: &str) -> Option<Faded<'a>> {
        let window = encoder.checkpoint.words.first_window(text)?;
        let blank = encoder.checkpoint.words.blank();
        Some(Faded { encoder, ids: window.ids, bytes: window.bytes, blank, read: None })
    }

    /// In the place of the text's vector the states of these parts of it, which an encoder was trained to tell by. `None`: not all are
    /// in what is read at once.
    pub(crate) fn of_parts(encoder: &'a Encoder, text: &str, parts: &[Range<u32>]) -> Option<Faded<'a>> {
        let (_, places) = encoder.places(&[(text, parts)]).pop()?;
        let read = Some(places.into_iter().collect::<Option<_>>()?);
        Some(Faded { read, ..Faded::of(encoder, text)? })
    }

    pub(crate) fn tokens(&self) -> usize {
        self.ids.len()
    }

    /// The text at each of these points, end to end: matrices are read once for all of them.
    fn pack(&self, points: &[f32]) -> Pack {
        let shows = |point: f32, bytes: &Range<u32>| if bytes.is_empty() { 1.0 } else { point };
        let shares = points.iter().flat_map(|&point| self.bytes.iter().map(move |bytes| shows(point, bytes)));
        let pack = Pack::new(points.iter().map(|_| (0, &*self.ids)), Drops::default());
        let pack = pack.showing(shares.collect(), self.blank);
        match &self.read {
            Some(read) => pack.reading(|_| read),
            None => pack,
        }
    }

    /// Vectors end to end, one a point.
    pub(crate) fn vectors(&self, points: &[f32], control: &Control) -> Result<Vec<f32>, FitError> {
        let net = self.encoder.net(self.encoder.values(), self.encoder.layout().len);
        let one = |point: &f32| {
            let (mut pass, mut desk, pack) = (Pass::default(), Desk::default(), self.pack(&[*point]));
            pass.start(net, &pack, &mut desk, control)?;
            pass.finish(net, &pack, &mut desk, control)?;
            Ok(pass.pooled)
        };
        Ok(points.par_iter().map(one).collect::<Result<Vec<_>, FitError>>()?.concat())
    }

    /// What each token adds at these points together. `slopes` makes of a point's place and vector the slope along that vector, and one along
    /// whatever else there is, which comes back.
    pub(crate) fn add_up(
        &self,
        points: &[f32],
        slopes: impl Fn(usize, &[f32]) -> [Vec<f32>; 2] + Sync,
        control: &Control,
    ) -> Result<(Vec<f32>, Vec<Vec<f32>>), FitError> {
        // As if everything were trained: then slopes go down to the embeddings.
        let net = self.encoder.net(self.encoder.values(), 0);
        let hidden = self.encoder.config().hidden;
        let words = net.values.at(&net.layout.words);
        let word = |id: u32| &words[id as usize * hidden..][..hidden];
        let along = |slope: &[f32], id: u32| -> f32 {
            let way = word(id).iter().zip(word(self.blank)).map(|(word, blank)| word - blank);
            slope.iter().zip(way).map(|(slope, value)| slope * value).sum()
        };
        let many = points.len().div_ceil(rayon::current_num_threads()).max(1);
        let some = |(part, points): (usize, &[f32])| {
            let (mut pass, mut desk, pack) = (Pass::default(), Desk::default(), self.pack(points));
            pass.start(net, &pack, &mut desk, control)?;
            pass.finish(net, &pack, &mut desk, control)?;
            let vectors = pass.pooled.chunks_exact(pass.pooled.len() / points.len()).enumerate();
            let slopes = vectors.map(|(place, vector)| slopes(part * many + place, vector));
            let (along_vectors, others): (Vec<Vec<f32>>, Vec<Vec<f32>>) = slopes.map(<(_, _)>::from).unzip();
            pass.backward(net, &pack, &along_vectors.concat(), &mut desk, &mut Gradients::none(), control)?;
            let mut sums = vec![0.0; self.tokens()];
            for slopes in pass.states().chunks_exact(self.tokens() * hidden) {
                let tokens = sums.iter_mut().zip(slopes.chunks_exact(hidden)).zip(&self.ids);
                let tokens = tokens.zip(&self.bytes).filter(|(_, bytes)| !bytes.is_empty());
                tokens.for_each(|(((sum, slope), &id), _)| *sum += along(slope, id));
            }
            Ok((sums, others))
        };
        let parts = points.par_chunks(many).enumerate().map(some).collect::<Result<Vec<_>, FitError>>()?;
        let (mut sums, mut others) = (vec![0.0; self.tokens()], Vec::new());
        for (part, its_others) in parts {
            kernels::add(&mut sums, &part);
            others.extend(its_others);
        }
        Ok((sums, others))
    }
}
