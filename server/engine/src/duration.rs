//! Durations as people write them, in gloss.toml and on the command line.

use std::time::Duration;

use catalogue::{Phrase, phrase};

/// "90s", "2m", "1m30s", "500ms", "1.5h".
pub fn parse(text: &str) -> Result<Duration, Phrase> {
    let wrong = || phrase!("expected-duration", found = text);
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(wrong());
    }
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let (number, after) = rest.split_at(rest.find(|ch: char| ch != '.' && !ch.is_ascii_digit()).unwrap_or(0));
        let (unit, after) = after.split_at(after.find(|ch: char| !ch.is_ascii_alphabetic()).unwrap_or(after.len()));
        let scale = match unit {
            "ms" => 1e-3,
            "s" => 1.0,
            "m" | "min" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        seconds += number.parse::<f64>().map_err(|_| wrong())? * scale;
        rest = after.trim_start();
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| wrong())
}

/// In the form that [`parse`] reads, rounded up: what is advised must be enough.
pub fn written(duration: Duration) -> String {
    match duration.as_micros().div_ceil(1000) {
        ms @ 0..1000 => format!("{ms}ms"),
        ms @ 1000..=59_000 => format!("{}s", ms.div_ceil(1000)),
        ms => format!("{}m", ms.div_ceil(60_000)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        for (text, ms) in [
            ("90s", 90_000),
            ("2m", 120_000),
            ("1m30s", 90_000),
            ("1m 30s", 90_000),
            ("500ms", 500),
            ("1.5h", 5_400_000),
            ("0s", 0),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "60", "s", "-1s", "1d", "1s2", "1..5s", "9e9s", "99999999999999999999h", "1m,30s", "1µs"] {
            assert!(parse(text).is_err_and(|why| why.to_string().contains("1m30s")), "{text}");
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_no_less() {
        for (ms, text) in [(1, "1ms"), (999, "999ms"), (1001, "2s"), (59_001, "1m"), (90_000, "2m")] {
            let duration = Duration::from_millis(ms);
            assert_eq!(written(duration), text);
            assert!(parse(text).unwrap() >= duration);
        }
    }
}
