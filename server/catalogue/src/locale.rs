//! The languages that Gloss speaks.

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Locale {
    #[default]
    English,
    /// Simplified.
    Chinese,
}

impl Locale {
    pub const ALL: [Locale; 2] = [Locale::English, Locale::Chinese];

    /// Of a tag as editors send it: "zh-cn", "zh-Hans", "zh_CN.UTF-8", "de". Who reads traditional Chinese, or any other
    /// language, is answered in English.
    pub fn of(tag: &str) -> Locale {
        let mut parts = tag.split(['-', '_', '.', '@']).map(str::to_ascii_lowercase);
        let is_chinese = parts.next().is_some_and(|language| language == "zh");
        let is_traditional = |part: String| ["hant", "tw", "hk", "mo"].contains(&part.as_str());
        let mut rest = parts.peekable();
        match is_chinese {
            // The script says it, whatever the region.
            true if rest.peek().is_some_and(|part| part == "hans") => Locale::Chinese,
            true if !rest.any(is_traditional) => Locale::Chinese,
            _ => Locale::English,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_read_as_editors_write_them() {
        for tag in ["zh", "zh-cn", "zh-CN", "zh_CN.UTF-8", "zh-hans", "zh-Hans-HK", "zh-sg", "ZH-Hans-CN"] {
            assert_eq!(Locale::of(tag), Locale::Chinese, "{tag}");
        }
        for tag in ["", "en", "de", "zh-TW", "zh-hant", "zh-Hant-HK", "zh_HK", "zha", "x-zh", "C.UTF-8"] {
            assert_eq!(Locale::of(tag), Locale::English, "{tag}");
        }
    }
}
