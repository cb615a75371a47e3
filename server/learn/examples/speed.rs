//! How fast an encoder is trained, or embeds, on batches of ids that another program can be given, too:
//!
//!     speed ENCODER_FOLDER BATCHES.json BLOCKS STEPS
//!
//! BATCHES.json is {"batches": [{"ids": [[...]], "labels": [...]}]}; BLOCKS are counted from the last (more than there are: the
//! embeddings, too). Two steps to warm up are not counted. 0 blocks: all sequences are embedded, so many times.
//! `tests/benches/encoder.sh` runs it against PyTorch.

use std::{env, error::Error, fs, path::Path, time::Duration};

use learn::{
    Device, Encoder,
    tuning::{time_embedding, time_steps},
};
use serde_json::Value;

const CLASSES: usize = 77;
const WARM: usize = 2;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, batches, blocks, steps] = &arguments[..] else {
        return Err("ENCODER_FOLDER BATCHES.json BLOCKS STEPS".into());
    };
    let (blocks, steps): (usize, usize) = (blocks.parse()?, steps.parse()?);
    let json: Value = serde_json::from_str(&fs::read_to_string(batches)?)?;
    let numbers = |value: &Value| -> Vec<u32> {
        value.as_array().into_iter().flatten().filter_map(Value::as_u64).map(|number| number as u32).collect()
    };
    let batches: Vec<(Vec<Vec<u32>>, Vec<u32>)> = json["batches"]
        .as_array()
        .ok_or("no batches")?
        .iter()
        .map(|batch| (batch["ids"].as_array().into_iter().flatten().map(numbers).collect(), numbers(&batch["labels"])))
        .collect();
    let encoder = Encoder::open(Path::new(folder), None)?.on(Device::Auto)?;
    if blocks == 0 {
        let sequences: Vec<Box<[u32]>> =
            batches.iter().flat_map(|(ids, _)| ids.iter().map(|ids| ids.clone().into())).collect();
        let times = (0..steps).map(|_| time_embedding(&encoder, &sequences)).collect::<Result<Vec<_>, _>>()?;
        let best = times.iter().min().ok_or("no steps")?.as_secs_f64();
        let tokens: usize = sequences.iter().map(|ids| ids.len()).sum();
        println!("best of {steps}: {:.0} texts/s, {:.0} tokens/s", sequences.len() as f64 / best, tokens as f64 / best);
        return Ok(());
    }
    let mut times = time_steps(&encoder, &batches, CLASSES, blocks, steps + WARM)?.split_off(WARM);
    let tokens: usize =
        (WARM..steps + WARM).map(|step| batches[step % batches.len()].0.iter().map(Vec::len).sum::<usize>()).sum();
    let whole: Duration = times.iter().sum();
    times.sort();
    println!(
        "{:.1} ms a step in the mean, median {:.1}; {:.0} tokens/s",
        whole.as_secs_f64() * 1e3 / steps as f64,
        times[steps / 2].as_secs_f64() * 1e3,
        tokens as f64 / whole.as_secs_f64()
    );
    Ok(())
}
