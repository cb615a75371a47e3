//! What people see: colours, paths from where they stand, and text that cannot play tricks on a terminal.

use std::{
    borrow::Cow,
    env,
    io::Write,
    path::{Path, PathBuf},
    sync::LazyLock,
};

use anstyle::{AnsiColor, Style};
use clap::ValueEnum;
use engine::Severity;

use crate::failure::Failure;

pub(crate) const STRONG: Style = Style::new().bold();
pub(crate) const FAINT: Style = Style::new().dimmed();
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();

/// When to colour. Styled text always goes through anstream, which strips the styles where they are not wanted.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set.
    Auto,
    Always,
    Never,
}

impl Color {
    pub(crate) fn choose(self) {
        match self {
            Color::Auto => anstream::ColorChoice::Auto,
            Color::Always => anstream::ColorChoice::Always,
            Color::Never => anstream::ColorChoice::Never,
        }
        .write_global();
    }
}

pub(crate) fn style_of(severity: Severity) -> Style {
    match severity {
        Severity::Error => AnsiColor::Red.on_default().bold(),
        Severity::Warning => AnsiColor::Yellow.on_default().bold(),
        Severity::Information => AnsiColor::Cyan.on_default().bold(),
        Severity::Hint => FAINT,
    }
}

pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

/// Relative to the folder one works in, where it lies beneath it; with `/` between folders.
pub(crate) fn shown(path: &Path) -> String {
    static HERE: LazyLock<Option<PathBuf>> = LazyLock::new(|| env::current_dir().ok()?.canonicalize().ok());
    let relative = HERE.as_deref().and_then(|here| path.strip_prefix(here).ok()).unwrap_or(path);
    match relative.to_string_lossy() {
        path if path.is_empty() => ".".into(),
        path if cfg!(windows) => path.replace('\\', "/"),
        path => path.into_owned(),
    }
}

/// Writes styled text to standard output.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut out = anstream::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(Failure::of_output)
}

/// On one line, and without control characters: labels and messages quote data, and data may hold escape sequences.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let escaped = |ch: char| match ch {
        '\n' | '\t' => " ".to_owned(),
        ch if ch.is_control() => ch.escape_default().to_string(),
        ch => ch.to_string(),
    };
    Cow::Owned(text.chars().map(escaped).collect())
}

/// "1 row", "1,204 rows".
pub(crate) fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{} {}", engine::finding::grouped(number), if number == 1 { one } else { many })
}

#[cfg(test)]
mod tests {
    use super::plain;

    #[test]
    fn data_cannot_steer_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\nc"), "a\\u{1b}[2Jb c");
        assert_eq!(plain("退款 😀"), "退款 😀");
    }
}
