//! How long a step of AdamW takes: `adamw PARAMETERS WORKERS STEPS`. Each worker has a gradient of its own; the sum of all, its length
//! and the cut to that of 1 are part of a step. Steps to warm up are not counted. `tests/benches/adamw.sh` runs it against PyTorch.

use std::{env, error::Error};

use learn::tuning::time_adamw;

const WARM: usize = 3;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<usize> = env::args().skip(1).map(|argument| argument.parse()).collect::<Result<_, _>>()?;
    let [parameters, workers, steps] = arguments[..] else { return Err("PARAMETERS WORKERS STEPS".into()) };
    let steps = steps.max(1);
    let mut times = time_adamw(parameters, workers, steps + WARM).split_off(WARM);
    times.sort();
    let milliseconds = |place: usize| times[place].as_secs_f64() * 1e3;
    println!(
        "{parameters} parameters, {workers} gradients: best {:.1} ms, median {:.1}, worst {:.1}",
        milliseconds(0),
        milliseconds(steps / 2),
        milliseconds(steps - 1)
    );
    Ok(())
}
