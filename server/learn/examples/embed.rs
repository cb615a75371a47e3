//! Embeds the lines of a file: how fast, and what comes out.
//!
//! cargo run --release -p gloss-learn --example embed -- ENCODER_FOLDER LINES.txt [VECTORS.f32]

use std::{env, error::Error, fs, path::Path, time::Instant};

use learn::{Control, Device, Encode, Encoder};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [folder, lines, rest @ ..] = &arguments[..] else {
        return Err("ENCODER_FOLDER LINES.txt [VECTORS.f32]".into());
    };
    let started = Instant::now();
    let encoder = Encoder::open(Path::new(folder), None)?.on(Device::Auto)?;
    println!("opened in {:.3} s", started.elapsed().as_secs_f64());
    let text = fs::read_to_string(lines)?;
    let texts: Vec<&str> = text.lines().collect();
    let started = Instant::now();
    let vectors = encoder.embed(&texts, &Control::default())?;
    let seconds = started.elapsed().as_secs_f64();
    println!("{} texts in {seconds:.2} s, {:.0} texts/s", texts.len(), texts.len() as f64 / seconds);
    if let [path, ..] = rest {
        fs::write(path, vectors.values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>())?;
    }
    Ok(())
}
