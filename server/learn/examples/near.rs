//! How long near duplicates take: `near ROWS`. Rows of about 100 characters are made of 5,000 words; one in ten is a row before it with
//! a word or two changed, and one in twenty comes from a template.

use std::{env, error::Error, time::Instant};

use learn::{Control, Text, near};

fn main() -> Result<(), Box<dyn Error>> {
    let rows: usize = env::args().nth(1).ok_or("ROWS")?.parse()?;
    let texts = made(rows);
    let characters = texts.iter().map(|text| text.body.len()).sum::<usize>() as f64 / rows.max(1) as f64;
    let began = Instant::now();
    let pairs = near::pairs(&texts, &Control::default())?;
    let seconds = began.elapsed().as_secs_f64();
    println!("{rows} rows of {characters:.0} characters: {seconds:.1} s, {} pairs", pairs.len());
    Ok(())
}

fn made(rows: usize) -> Vec<Text> {
    let mut state = 42u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let words: Vec<String> = (0..5000)
        .map(|_| {
            (0..2 + random(4))
                .flat_map(|_| [b"bdfgklmnprst"[random(12)], b"aeiou"[random(5)]])
                .map(char::from)
                .collect()
        })
        .collect();
    let mut bodies: Vec<String> = Vec::with_capacity(rows);
    for row in 0..rows {
        let body = match random(20) {
            0 => format!(
                "Dear customer, your order with the number {row} was sent on day {} and will be with you soon",
                random(365)
            ),
            1 | 2 if row > 0 => {
                let mut of: Vec<&str> = bodies[random(row)].split(' ').collect();
                for _ in 0..1 + random(2) {
                    let at = random(of.len());
                    of[at] = &words[random(words.len())];
                }
                of.join(" ")
            }
            // Frequent words and rare ones, as in a language.
            _ => (0..13)
                .map(|_| {
                    let most = 1 + random(words.len());
                    &*words[random(most)]
                })
                .collect::<Vec<_>>()
                .join(" "),
        };
        bodies.push(body);
    }
    let text = |(key, body): (u64, String)| Text { key, body: body.into() };
    (0..).zip(bodies).map(text).collect()
}
