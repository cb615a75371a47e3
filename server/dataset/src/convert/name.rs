//! The formats by name, as the command line and the messages have them.

/// A format that can be read, written or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum FormatName {
    /// JSON Lines as Gloss has them: `text`, `label` (a string or a list), `spans` of start, end and label.
    Gloss,
    Prodigy,
    Doccano,
    DoccanoCsv,
    LabelStudio,
    /// Label Studio's short JSON: a field a question.
    LabelStudioMin,
    Argilla,
    HuggingFace,
    SpacyCats,
    /// A JSON array of `[text, {"entities": [[start, end, label]], "cats": {...}}]`.
    Spacy,
    FastText,
    RasaYaml,
    RasaMarkdown,
    RasaJson,
    Clue,
    Conll,
    Csv,
    Tsv,
    /// A text a line.
    Lines,
    /// Stand-off: a `.txt` beside an `.ann`.
    Brat,
    /// WebAnno's and INCEpTION's TSV 3.
    WebAnno,
}

use FormatName::*;

impl FormatName {
    pub const ALL: [FormatName; 21] = [
        Gloss,
        Prodigy,
        Doccano,
        DoccanoCsv,
        LabelStudio,
        LabelStudioMin,
        Argilla,
        HuggingFace,
        SpacyCats,
        Spacy,
        FastText,
        RasaYaml,
        RasaMarkdown,
        RasaJson,
        Clue,
        Conll,
        Csv,
        Tsv,
        Lines,
        Brat,
        WebAnno,
    ];

    /// As options have it.
    pub fn name(self) -> &'static str {
        match self {
            Gloss => "gloss",
            Prodigy => "prodigy",
            Doccano => "doccano",
            DoccanoCsv => "doccano-csv",
            LabelStudio => "label-studio",
            LabelStudioMin => "label-studio-min",
            Argilla => "argilla",
            HuggingFace => "hugging-face",
            SpacyCats => "spacy-cats",
            Spacy => "spacy",
            FastText => "fasttext",
            RasaYaml => "rasa",
            RasaMarkdown => "rasa-markdown",
            RasaJson => "rasa-json",
            Clue => "clue",
            Conll => "conll",
            Csv => "csv",
            Tsv => "tsv",
            Lines => "lines",
            Brat => "brat",
            WebAnno => "webanno",
        }
    }

    pub fn named(name: &str) -> Option<FormatName> {
        FormatName::ALL.into_iter().find(|format| format.name() == name)
    }

    /// As sentences have it.
    pub fn title(self) -> &'static str {
        match self {
            Gloss => "JSON Lines",
            Prodigy => "Prodigy JSON Lines",
            Doccano => "doccano JSON Lines",
            DoccanoCsv => "doccano CSV",
            LabelStudio => "Label Studio JSON",
            LabelStudioMin => "Label Studio JSON-MIN",
            Argilla => "Argilla records",
            HuggingFace => "Hugging Face JSON Lines",
            SpacyCats => "spaCy cats",
            Spacy => "spaCy tuples",
            FastText => "fastText",
            RasaYaml => "Rasa YAML",
            RasaMarkdown => "Rasa Markdown",
            RasaJson => "Rasa JSON",
            Clue => "CLUE JSON Lines",
            Conll => "CoNLL",
            Csv => "CSV",
            Tsv => "TSV",
            Lines => "plain lines",
            Brat => "brat stand-off",
            WebAnno => "WebAnno TSV 3",
        }
    }

    pub fn is_written(self) -> bool {
        !matches!(self, Brat | WebAnno | LabelStudioMin)
    }

    /// What a file of this name is written as, if nothing else is said.
    pub fn of_file(name: &str) -> Option<FormatName> {
        let (_, ending) = name.rsplit_once('.')?;
        Some(match &*ending.to_ascii_lowercase() {
            "jsonl" | "ndjson" | "jsonlines" => Gloss,
            "csv" => Csv,
            "tsv" | "tab" => Tsv,
            "ft" | "fasttext" => FastText,
            "yml" | "yaml" => RasaYaml,
            "md" => RasaMarkdown,
            "conll" | "bio" | "iob" | "iob2" => Conll,
            "txt" => Lines,
            _ => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_format_has_a_name_of_its_own() {
        for format in FormatName::ALL {
            assert_eq!(FormatName::named(format.name()), Some(format));
        }
        assert_eq!(FormatName::of_file("data/nlu.YML"), Some(RasaYaml));
        assert_eq!(FormatName::of_file("data/nlu"), None);
    }
}
