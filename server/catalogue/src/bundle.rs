//! The files of the catalogue, and how a message is made of one.

use std::sync::LazyLock;

use fluent_bundle::{
    FluentArgs, FluentResource, FluentValue,
    concurrent::FluentBundle,
    types::{FluentNumber, FluentNumberOptions},
};

use crate::{Argument, Locale, Phrase, phrase::grouped};

type Bundle = FluentBundle<FluentResource>;

static ENGLISH: LazyLock<Bundle> = LazyLock::new(|| bundle("en", include_str!("../messages/en.ftl")));
static CHINESE: LazyLock<Bundle> = LazyLock::new(|| bundle("zh-CN", include_str!("../messages/zh-CN.ftl")));

fn bundle(language: &str, messages: &str) -> Bundle {
    let mut bundle = Bundle::new_concurrent(vec![language.parse().unwrap_or_default()]);
    // Editors show the marks that would set arguments apart in text of both directions; and people copy what is said.
    bundle.set_use_isolating(false);
    bundle.set_formatter(Some(|value, _| match value {
        FluentValue::Number(number) if number.options.use_grouping => Some(grouped(number.value as u64)),
        FluentValue::Number(number) => Some((number.value as u64).to_string()),
        _ => None,
    }));
    // What cannot be read of a file is left out. A test sees to it that nothing is.
    let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(messages.to_owned());
    bundle.add_resource_overriding(resource);
    bundle
}

pub(crate) fn render(phrase: &Phrase, locale: Locale) -> String {
    let own = match locale {
        Locale::English => None,
        Locale::Chinese => said(&CHINESE, phrase, locale),
    };
    own.or_else(|| said(&ENGLISH, phrase, Locale::English)).unwrap_or_else(|| phrase.id.to_owned())
}

fn said(bundle: &Bundle, phrase: &Phrase, locale: Locale) -> Option<String> {
    let pattern = bundle.get_message(phrase.id)?.value()?;
    let mut arguments = FluentArgs::with_capacity(phrase.arguments.len());
    for (name, value) in &phrase.arguments {
        arguments.set(*name, argument(value, locale));
    }
    // An argument that is missing shows its name.
    let mut errors = Vec::new();
    Some(bundle.format_pattern(pattern, Some(&arguments), &mut errors).into_owned())
}

fn argument(value: &Argument, locale: Locale) -> FluentValue<'_> {
    let number = |value: u64, use_grouping: bool| {
        let options = FluentNumberOptions { use_grouping, ..FluentNumberOptions::default() };
        FluentValue::Number(FluentNumber::new(value as f64, options))
    };
    match value {
        Argument::Text(text) => text.as_str().into(),
        Argument::Number(value) => number(*value, false),
        Argument::Count(value) => number(*value, true),
        Argument::Phrase(_) | Argument::List(_) => text(value, locale).into(),
    }
}

/// As it stands in a list.
fn text(value: &Argument, locale: Locale) -> String {
    match value {
        Argument::Text(text) => text.clone(),
        Argument::Number(number) => number.to_string(),
        Argument::Count(count) => grouped(*count),
        Argument::Phrase(phrase) => render(phrase, locale),
        Argument::List(items) => {
            let items: Vec<String> = items.iter().map(|item| text(item, locale)).collect();
            match items.len() {
                0 | 1 => items.concat(),
                _ => items.join(&render(&Phrase::new("list-separator"), locale)),
            }
        }
    }
}
