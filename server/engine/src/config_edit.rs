//! Changes of gloss.toml that a person asks a command for.
//!
//! What must stay true: every byte that is not asked for stays; what cannot be changed so that exactly this is read anew is an error.

use std::{
    fs, io,
    io::Write,
    path::{Path, PathBuf},
    process,
};

use dataset::{Offsets, TextEdit};
use toml::de::DeTable;

use crate::{
    config::{Config, keys::POOLINGS},
    config_file::quoted,
};

/// The source with `[model] key = "value"` in it for each of these. The error, for people, says what to write by hand.
pub(crate) fn set_model(source: &str, entries: &[(&str, &str)]) -> Result<String, String> {
    let (mut expected, problems) = Config::parse(source);
    let mut changed = source.to_owned();
    for (key, value) in entries {
        match *key {
            "pooling" => {
                expected.pooling = POOLINGS.iter().find(|(name, _)| name == value).map(|(_, pooling)| *pooling)
            }
            _ => expected.encoder = Some((*value).to_owned()),
        }
        let edit = set(&changed, "model", key, &quoted(value));
        changed.replace_range(edit.range, &edit.text);
    }
    let (found, new_problems) = Config::parse(&changed);
    if DeTable::parse(&changed).is_ok() && found == expected && new_problems.len() <= problems.len() {
        return Ok(changed);
    }
    let lines: Vec<String> = entries.iter().map(|(key, value)| format!("{key} = {}", quoted(value))).collect();
    Err(format!(
        "gloss.toml has a fault, or is written in a way that this command cannot change. In [model], set {}.",
        lines.join(", ")
    ))
}

/// The edit that has spans counted so. `None`: it would not be read so.
pub(crate) fn set_offsets(source: &str, offsets: Offsets) -> Option<TextEdit> {
    let (mut expected, problems) = Config::parse(source);
    expected.offsets = offsets;
    let edit = set(source, "dataset", "offsets", &quoted(offsets.name()));
    let mut changed = source.to_owned();
    changed.replace_range(edit.range.clone(), &edit.text);
    let (found, new_problems) = Config::parse(&changed);
    let is_it = DeTable::parse(&changed).is_ok() && found == expected && new_problems.len() <= problems.len();
    is_it.then_some(edit)
}

/// The edit after which the table has the key with this value.
fn set(source: &str, table: &str, key: &str, value: &str) -> TextEdit {
    let (parsed, _) = DeTable::parse_recoverable(source);
    let members = parsed.get_ref().get(table).and_then(|table| table.get_ref().as_table());
    let line_end = if source.contains("\r\n") { "\r\n" } else { "\n" };
    if let Some(present) = members.and_then(|members| members.get(key)) {
        return TextEdit { range: present.span(), text: value.to_owned() };
    }
    if let Some(end) = header(source, table) {
        // A line of its own, also where the header is the last line and has no end.
        return TextEdit { range: end..end, text: format!("{line_end}{key} = {value}") };
    }
    let gap = match source {
        "" => "",
        source if source.ends_with('\n') => line_end,
        _ => &line_end.repeat(2),
    };
    let text = format!("{gap}[{table}]{line_end}{key} = {value}{line_end}");
    TextEdit { range: source.len()..source.len(), text }
}

/// Where the line `[table]` ends, its line end not included.
fn header(source: &str, table: &str) -> Option<usize> {
    let mut start = 0;
    for line in source.split_inclusive('\n') {
        let inside = line.trim().strip_prefix('[').and_then(|rest| rest.split_once(']'));
        if inside.is_some_and(|(name, _)| name.trim() == table) {
            return Some(start + line.trim_end_matches(['\n', '\r']).len());
        }
        start += line.len();
    }
    None
}

/// For a data set that was a file alone: names that file, so that others beside it stay data sets of their own.
pub(crate) fn for_file(name: &str) -> String {
    let glob: String =
        name.chars().map(|ch| if "*?[]{}".contains(ch) { format!("[{ch}]") } else { ch.to_string() }).collect();
    format!("[dataset]\nfiles = [{}]\n", quoted(&glob))
}

/// Writes it beside its place, then renames it.
pub(crate) fn replace(path: &Path, source: &str) -> io::Result<()> {
    // The file itself, not a link to it.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let aside = path.with_file_name(format!(".gloss.toml.{}", process::id()));
    let write = || {
        let mut file = fs::File::create(&aside)?;
        file.write_all(source.as_bytes())?;
        file.sync_all()?;
        if let Ok(about) = fs::metadata(&path) {
            fs::set_permissions(&aside, about.permissions())?;
        }
        fs::rename(&aside, &path)
    };
    let written = write();
    if written.is_err() {
        let _ = fs::remove_file(&aside);
    }
    written
}

/// A folder as gloss.toml names it: from there if it lies beneath, so that both can move together.
pub(crate) fn folder_name(folder: &Path, root: &Path) -> Result<String, String> {
    let (start, path) = match folder.strip_prefix(root) {
        Ok(inside) => (Some("."), inside.to_owned()),
        Err(_) => (None, PathBuf::from(folder)),
    };
    let text = path.to_str().ok_or_else(|| format!("{} is not UTF-8, which gloss.toml is.", folder.display()))?;
    Ok(match start {
        Some(_) if text.is_empty() => ".".into(),
        Some(start) => format!("{start}/{}", text.replace(std::path::MAIN_SEPARATOR, "/")),
        None => text.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_set_where_it_stands_or_comes_to_stand() {
        let cases = [
            ("", "[model]\nencoder = \"./m\"\n"),
            ("[suggest]\naccept_above = 0.9", "[suggest]\naccept_above = 0.9\n\n[model]\nencoder = \"./m\"\n"),
            ("# ours\r\n[model] # here\r\n", "# ours\r\n[model] # here\r\nencoder = \"./m\"\r\n"),
            ("[model]", "[model]\nencoder = \"./m\""),
            (
                "[model]\nencoder   =   'none'   # fast\noffline = true\n",
                "[model]\nencoder   =   \"./m\"   # fast\noffline = true\n",
            ),
            ("model = { encoder = \"none\", offline = true }\n", "model = { encoder = \"./m\", offline = true }\n"),
            ("model.encoder = \"none\"\n", "model.encoder = \"./m\"\n"),
        ];
        for (source, expected) in cases {
            assert_eq!(set_model(source, &[("encoder", "./m")]).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn several_keys_are_set_at_once_and_odd_names_are_read_again() {
        let entries = [("encoder", "/a \"b\"\\c\n"), ("pooling", "cls")];
        let source = set_model("[labels]\na = \"\"\n[model]\npooling = \"men\"\n", &entries).unwrap();
        let (config, problems) = Config::parse(&source);
        assert_eq!((config.encoder.as_deref(), problems), (Some("/a \"b\"\\c\n"), vec![]));
        assert_eq!(config.labels.len(), 1);
    }

    #[test]
    fn what_offsets_count_is_set() {
        let after = |source: &str| {
            let edit = set_offsets(source, Offsets::Utf16)?;
            let mut source = source.to_owned();
            source.replace_range(edit.range, &edit.text);
            Some(source)
        };
        let set = "[dataset]\noffsets = \"utf-16\"\ntask = \"spans\"\n";
        assert_eq!(after("[dataset]\ntask = \"spans\"\n").as_deref(), Some(set));
        assert_eq!(after(&set.replace("utf-16", "bytes")).as_deref(), Some(set));
        assert_eq!(after("dataset = { task = \"spans\" }\n"), None, "nowhere to add it to");
    }

    #[test]
    fn what_cannot_be_changed_says_what_to_write() {
        for source in
            ["model = { offline = true }\n", "[labels]\na = '''\n[model]\n'''\n[model]\n", "[[model]]\n", "a = "]
        {
            let why = set_model(source, &[("encoder", "./m")]).unwrap_err();
            assert!(why.contains("set encoder = \"./m\""), "{why}");
        }
    }

    #[test]
    fn a_folder_beneath_is_named_from_there() {
        let name = |folder: &str| folder_name(Path::new(folder), Path::new("/data/set"));
        assert_eq!(name("/data/set/models/one").as_deref(), Ok("./models/one"));
        assert_eq!(name("/data/other").as_deref(), Ok("/data/other"));
        assert_eq!(for_file("a[1].jsonl"), "[dataset]\nfiles = [\"a[[]1[]].jsonl\"]\n");
    }
}
