//! Dropout without stored masks: whether a number is kept is a hash of where it stands, so that the backward pass, another
//! sharing of the work and another program find the same mask.

use super::wide;

/// Where in an encoder something is dropped; part of the hash, so the numbers stay as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    Embedding = 0,
    Attention = 1,
    Projection = 2,
    Output = 3,
}

/// A rate of dropout, and the seed and step that make this step's masks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dropout {
    /// Of 2^32: hashes below it are dropped.
    threshold: u32,
    /// What kept numbers are multiplied by.
    scale: f32,
    key: u64,
}

impl Dropout {
    pub(crate) fn new(rate: f32, seed: u64, step: u64) -> Option<Dropout> {
        let rate = rate.clamp(0.0, 0.99);
        let threshold = (f64::from(rate) * 2f64.powi(32)) as u32;
        let key = mix(seed ^ mix(step.wrapping_add(0x5851_f42d_4c95_7f2d)));
        (threshold > 0).then_some(Dropout { threshold, scale: 1.0 / (1.0 - rate), key })
    }

    /// What kept numbers are multiplied by.
    #[cfg(feature = "candle")]
    pub(crate) fn scale(self) -> f32 {
        self.scale
    }

    /// Drops from one row: that of a sample (its place in the batch), a layer and a row of it. In the backward pass the same
    /// call turns the gradient of what came out into that of what went in.
    pub(crate) fn apply(self, values: &mut [f32], site: Site, sample: usize, layer: usize, row: usize) {
        let place = (site as u64) << 56 ^ (layer as u64) << 40 ^ sample as u64;
        let key = mix(mix(self.key ^ place) ^ row as u64);
        drop(values, key as u32, self.threshold, self.scale);
    }
}

/// The finaliser of SplitMix64.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ value >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ value >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ value >> 31
}

wide! {
    fn drop(values: &mut [f32], key: u32, threshold: u32, scale: f32) {
        for (index, value) in (0u32..).zip(values) {
            let hash = key.wrapping_add(index.wrapping_mul(0x9e37_79b9));
            let hash = (hash ^ hash >> 16).wrapping_mul(0x7feb_352d);
            let hash = (hash ^ hash >> 15).wrapping_mul(0x846c_a68b);
            let hash = hash ^ hash >> 16;
            *value *= if hash < threshold { 0.0 } else { scale };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(dropout: Dropout, sample: usize, row: usize) -> Vec<f32> {
        let mut values = vec![1.0; 1000];
        dropout.apply(&mut values, Site::Output, sample, 3, row);
        values
    }

    #[test]
    fn drops_its_share_and_keeps_the_mean() {
        let dropout = Dropout::new(0.1, 7, 1).unwrap();
        let all: Vec<f32> = (0..100).flat_map(|row| kept(dropout, 5, row)).collect();
        let dropped = all.iter().filter(|value| **value == 0.0).count();
        assert!((9_500..10_500).contains(&dropped), "{dropped}");
        assert!(all.iter().all(|value| *value == 0.0 || (*value - 1.0 / 0.9).abs() < 1e-6));
    }

    #[test]
    fn a_mask_depends_on_its_place_alone() {
        let dropout = Dropout::new(0.5, 7, 1).unwrap();
        assert_eq!(kept(dropout, 5, 2), kept(Dropout::new(0.5, 7, 1).unwrap(), 5, 2));
        assert_ne!(kept(dropout, 5, 2), kept(dropout, 2, 5));
        assert_ne!(kept(dropout, 5, 2), kept(Dropout::new(0.5, 7, 2).unwrap(), 5, 2));
        assert!(Dropout::new(0.0, 7, 1).is_none());
    }
}
