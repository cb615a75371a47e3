//! What holds of the two files of the catalogue, and of those who use it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource, FluentValue};
use fluent_syntax::{
    ast::{CallArguments, Entry, Expression, InlineExpression, Pattern, PatternElement},
    parser,
};

const ENGLISH: &str = include_str!("../messages/en.ftl");
const CHINESE: &str = include_str!("../messages/zh-CN.ftl");

/// Asked for by the catalogue itself.
const OWN: [&str; 2] = ["verbatim", "list-separator"];

/// The names of a message's arguments.
type Names = BTreeSet<String>;

/// The arguments of each message of a file.
fn messages(source: &str) -> BTreeMap<String, Names> {
    let resource = parser::parse(source).expect("a file without a fault");
    let mut all = BTreeMap::new();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        assert!(message.attributes.is_empty(), "{}: attributes are of no use here", message.id.name);
        let mut names = Names::new();
        message.value.iter().for_each(|pattern| visit(pattern, &mut names, &mut |_| {}));
        let previous = all.insert(message.id.name.to_owned(), names);
        assert!(previous.is_none(), "{} stands twice", message.id.name);
    }
    all
}

/// Collects the arguments of a pattern, and hands on each piece of its text.
fn visit(pattern: &Pattern<&str>, names: &mut Names, text: &mut dyn FnMut(&str)) {
    for element in &pattern.elements {
        match element {
            PatternElement::TextElement { value } => text(value),
            PatternElement::Placeable { expression: Expression::Inline(inline) } => argument(inline, names),
            PatternElement::Placeable { expression: Expression::Select { selector, variants } } => {
                argument(selector, names);
                variants.iter().for_each(|variant| visit(&variant.value, names, text));
            }
        }
    }
}

fn argument(inline: &InlineExpression<&str>, names: &mut Names) {
    match inline {
        InlineExpression::VariableReference { id } => drop(names.insert(id.name.to_owned())),
        InlineExpression::StringLiteral { .. } | InlineExpression::NumberLiteral { .. } => {}
        InlineExpression::FunctionReference { arguments: CallArguments { positional, .. }, .. } => {
            positional.iter().for_each(|inline| argument(inline, names));
        }
        other => panic!("{other:?}: messages are made of text and arguments alone"),
    }
}

#[test]
fn both_languages_have_the_same_messages_with_the_same_arguments() {
    let (english, chinese) = (messages(ENGLISH), messages(CHINESE));
    for (id, names) in &english {
        assert_eq!(chinese.get(id), Some(names), "{id}");
    }
    assert_eq!(english.len(), chinese.len());
}

#[test]
fn every_message_is_used_and_gets_what_it_asks_for() {
    let known = messages(ENGLISH);
    let mut used: BTreeSet<String> = OWN.map(str::to_owned).into();
    for path in sources() {
        let source = fs::read_to_string(&path).unwrap();
        for (id, given) in calls(&source) {
            let asked = known.get(&id).unwrap_or_else(|| panic!("{}: there is no message {id}", path.display()));
            assert_eq!(&given, asked, "{}: the arguments of {id}", path.display());
            used.insert(id);
        }
    }
    let idle: Vec<_> = known.keys().filter(|id| !used.contains(*id)).collect();
    assert!(idle.is_empty(), "nobody says {idle:?}");
}

/// Without tests, which may say what does not exist.
fn sources() -> Vec<PathBuf> {
    let server = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut folders: Vec<PathBuf> =
        ["dataset", "learn", "engine", "lsp"].map(|name| server.join(name).join("src")).into();
    let mut files = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.extension() {
                None if path.is_dir() => folders.push(path),
                Some(extension) if extension == "rs" => files.push(path),
                _ => {}
            }
        }
    }
    assert!(files.len() > 100, "{files:?}");
    files
}

/// Each use of `phrase!`: the message and the names of the arguments given.
fn calls(source: &str) -> Vec<(String, Names)> {
    let mut calls = Vec::new();
    for (start, found) in source.match_indices("phrase!(") {
        let mut parts = parts(&source[start + found.len()..]).into_iter();
        let id = parts.next().unwrap_or_default();
        let id = id.trim().trim_matches('"').to_owned();
        let name = |part: String| {
            let end = part.trim_start().find(|ch: char| ch != '_' && !ch.is_alphanumeric());
            part.trim_start()[..end.unwrap_or(part.trim_start().len())].to_owned()
        };
        calls.push((id, parts.map(name).filter(|name| !name.is_empty()).collect()));
    }
    calls
}

/// What stands between the commas of a call, up to its closing parenthesis.
fn parts(source: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let (mut depth, mut quoted, mut escaped) = (0, false, false);
    for ch in source.chars() {
        match ch {
            '"' if !escaped => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' if !quoted && depth == 0 => break,
            ')' | ']' | '}' if !quoted => depth -= 1,
            ',' if !quoted && depth == 0 => {
                parts.push(String::new());
                continue;
            }
            _ => {}
        }
        escaped = ch == '\\' && !escaped;
        parts.last_mut().unwrap().push(ch);
    }
    parts
}

#[test]
fn calls_are_read_as_they_are_written() {
    let source = r#"phrase!("a", label, sure = percent(1.0, "x, y)"),) phrase!("b")"#;
    let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Names>();
    assert_eq!(calls(source), [("a".into(), names(&["label", "sure"])), ("b".into(), names(&[]))]);
}

#[test]
fn every_message_can_be_said_in_both_languages() {
    for (language, source) in [("en", ENGLISH), ("zh-CN", CHINESE)] {
        let mut bundle = FluentBundle::new(vec![language.parse().unwrap()]);
        bundle.add_resource(FluentResource::try_new(source.to_owned()).unwrap()).unwrap();
        for (id, names) in messages(source) {
            let pattern = bundle.get_message(&id).unwrap().value().unwrap();
            for value in [FluentValue::from("x"), FluentValue::from(1), FluentValue::from(2)] {
                let arguments: FluentArgs = names.iter().map(|name| (name.as_str(), value.clone())).collect();
                let mut errors = Vec::new();
                let said = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
                assert_eq!((errors.len(), said.is_empty()), (0, false), "{language}, {id}: {said}");
            }
        }
    }
}

/// Those that are the same everywhere.
const PLAIN: [&str; 7] = ["verbatim", "quoted", "beside", "sentences", "null", "f1", "nearest-row"];

#[test]
fn chinese_is_written_as_chinese() {
    let is_chinese = |ch: char| ('\u{4e00}'..='\u{9fff}').contains(&ch);
    let is_latin = |ch: char| ch.is_ascii_alphanumeric() || ch == '`';
    let is_mark = |ch: char| "，。：；？！（）、".contains(ch);
    let resource = parser::parse(CHINESE).unwrap();
    for entry in resource.body {
        let Entry::Message(message) = entry else { continue };
        let (id, mut all) = (message.id.name, String::new());
        visit(message.value.as_ref().unwrap(), &mut Names::new(), &mut |text| {
            let chars: Vec<char> = text.chars().collect();
            for pair in chars.windows(2) {
                let touch = is_chinese(pair[0]) && is_latin(pair[1]) || is_latin(pair[0]) && is_chinese(pair[1]);
                assert!(!touch, "{id}: a space is missing in {text:?}");
                let gap = pair[0] == ' ' && is_mark(pair[1]) || is_mark(pair[0]) && pair[1] == ' ';
                assert!(!gap, "{id}: a space too many in {text:?}");
                let half = is_chinese(pair[0]) && ",;?!:".contains(pair[1]);
                assert!(!half, "{id}: a mark of half width in {text:?}");
            }
            all += text;
        });
        assert!(PLAIN.contains(&id) || !all.is_ascii(), "{id} is not translated");
    }
}
