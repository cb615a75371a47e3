//! What `initialize` told: who the client is, what it can do, which folders it has open.

use catalogue::Locale;
use serde_json::Value;
use tower_lsp::lsp_types::{ClientCapabilities, InitializeParams, MarkupKind, PositionEncodingKind, Url};

/// How the columns of a position count, as agreed with the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    /// What a client that says nothing means.
    #[default]
    Utf16,
    Utf32,
}

impl Encoding {
    /// UTF-8 where the client has it (no conversion here), else UTF-16, which the protocol takes for granted; UTF-32 only
    /// where a client offers nothing else.
    pub fn negotiate(capabilities: &ClientCapabilities) -> Encoding {
        let offered = capabilities.general.as_ref().and_then(|general| general.position_encodings.as_deref());
        let offers = |kind| offered.is_some_and(|offered| offered.contains(&kind));
        if offers(PositionEncodingKind::UTF8) {
            Encoding::Utf8
        } else if offers(PositionEncodingKind::UTF32) && !offers(PositionEncodingKind::UTF16) {
            Encoding::Utf32
        } else {
            Encoding::Utf16
        }
    }

    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Encoding::Utf8 => PositionEncodingKind::UTF8,
            Encoding::Utf16 => PositionEncodingKind::UTF16,
            Encoding::Utf32 => PositionEncodingKind::UTF32,
        }
    }
}

/// One connection, as agreed in `initialize`. It does not change afterwards, except for the folders, which come as
/// [`Notice::FoldersChanged`](crate::Notice::FoldersChanged).
#[derive(Clone, Debug, Default)]
pub struct Session {
    pub encoding: Encoding,
    /// The language of the client, in which it is told everything.
    pub locale: Locale,
    /// Workspace folders, or the one root of older clients.
    pub folders: Vec<Url>,
    /// `initializationOptions`; null where the client sent none.
    pub options: Value,
    /// "Neovim 0.12.4"; empty where the client gave no name.
    pub client: String,
    pub features: Features,
}

/// What the client can take. Everything is off unless it said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    pub apply_edit: bool,
    /// Versioned edits (`documentChanges`).
    pub document_changes: bool,
    /// An edit may be said to need a yes (`changeAnnotations`).
    pub change_annotations: bool,
    pub code_action_literals: bool,
    pub markdown_hover: bool,
    /// A rename may be asked about before it is made.
    pub prepare_rename: bool,
    /// Symbols within symbols.
    pub nested_symbols: bool,
    /// Fields of a diagnostic.
    pub related_information: bool,
    pub code_description: bool,
    pub diagnostic_data: bool,
    pub diagnostic_tags: bool,
    pub refresh_inlay_hints: bool,
    pub refresh_code_lenses: bool,
    pub show_document: bool,
    pub work_done_progress: bool,
    /// Watched files may be registered after `initialized`.
    pub register_watched_files: bool,
    /// `didChangeConfiguration` may be registered after `initialized`.
    pub register_configuration: bool,
    /// Settings may be asked for (`workspace/configuration`).
    pub configuration: bool,
    /// It wants to be told how data sets stand (`{"status": true}` of `initializationOptions`).
    pub status: bool,
}

impl Session {
    #[allow(deprecated, reason = "root_uri and root_path are all that older clients send")]
    pub fn new(params: InitializeParams) -> Session {
        let folders = params.workspace_folders.filter(|folders| !folders.is_empty());
        let root = params.root_uri.or_else(|| Url::from_file_path(params.root_path?).ok());
        let client = params.client_info.map(|client| match client.version {
            Some(version) => format!("{} {version}", client.name),
            None => client.name,
        });
        let status = params.initialization_options.as_ref().is_some_and(|options| options["status"] == true);
        let asked = params.initialization_options.as_ref().and_then(|options| options["locale"].as_str());
        let locale = asked.or(params.locale.as_deref()).map(Locale::of).unwrap_or_default();
        Session {
            encoding: Encoding::negotiate(&params.capabilities),
            locale,
            folders: folders.map_or_else(|| root.into_iter().collect(), |f| f.into_iter().map(|f| f.uri).collect()),
            options: params.initialization_options.unwrap_or_default(),
            client: client.unwrap_or_default(),
            features: Features { status, ..Features::new(&params.capabilities) },
        }
    }
}

impl Features {
    fn new(capabilities: &ClientCapabilities) -> Features {
        let workspace = capabilities.workspace.clone().unwrap_or_default();
        let document = capabilities.text_document.clone().unwrap_or_default();
        let window = capabilities.window.clone().unwrap_or_default();
        let diagnostics = document.publish_diagnostics.unwrap_or_default();
        let hover = document.hover.and_then(|hover| hover.content_format).unwrap_or_default();
        let edits = workspace.workspace_edit.unwrap_or_default();
        let yes = |flag: Option<bool>| flag.unwrap_or_default();
        Features {
            apply_edit: yes(workspace.apply_edit),
            document_changes: yes(edits.document_changes),
            change_annotations: edits.change_annotation_support.is_some(),
            code_action_literals: document
                .code_action
                .is_some_and(|action| action.code_action_literal_support.is_some()),
            prepare_rename: yes(document.rename.and_then(|rename| rename.prepare_support)),
            nested_symbols: yes(document
                .document_symbol
                .and_then(|symbol| symbol.hierarchical_document_symbol_support)),
            markdown_hover: hover.contains(&MarkupKind::Markdown),
            related_information: yes(diagnostics.related_information),
            code_description: yes(diagnostics.code_description_support),
            diagnostic_data: yes(diagnostics.data_support),
            diagnostic_tags: diagnostics.tag_support.is_some(),
            refresh_inlay_hints: yes(workspace.inlay_hint.and_then(|hint| hint.refresh_support)),
            refresh_code_lenses: yes(workspace.code_lens.and_then(|lens| lens.refresh_support)),
            show_document: window.show_document.is_some_and(|show| show.support),
            work_done_progress: yes(window.work_done_progress),
            register_watched_files: yes(workspace.did_change_watched_files.and_then(|w| w.dynamic_registration)),
            register_configuration: yes(workspace.did_change_configuration.and_then(|c| c.dynamic_registration)),
            configuration: yes(workspace.configuration),
            status: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn session(params: Value) -> Session {
        Session::new(serde_json::from_value(params).unwrap())
    }

    #[test]
    fn encodings_are_chosen_from_what_is_offered() {
        let chosen = |offered: Value| {
            session(json!({ "capabilities": { "general": { "positionEncodings": offered } } })).encoding
        };
        assert_eq!(chosen(json!(["utf-32", "utf-8", "utf-16"])), Encoding::Utf8);
        assert_eq!(chosen(json!(["utf-32", "utf-16"])), Encoding::Utf16);
        assert_eq!(chosen(json!(["utf-32"])), Encoding::Utf32);
        assert_eq!(chosen(json!(["utf-7"])), Encoding::Utf16);
        assert_eq!(session(json!({ "capabilities": {} })).encoding, Encoding::Utf16);
    }

    #[test]
    fn the_client_is_answered_in_its_language() {
        let locale = |locale: Value| session(json!({ "capabilities": {}, "locale": locale })).locale;
        assert_eq!(locale(json!("zh-cn")), Locale::Chinese);
        assert_eq!(locale(json!("de")), Locale::English);
        assert_eq!(locale(json!(null)), Locale::English);
        let told = json!({ "capabilities": {}, "locale": "de", "initializationOptions": { "locale": "zh" } });
        assert_eq!(session(told).locale, Locale::Chinese, "for editors that do not say what they speak");
    }

    #[test]
    fn folders_come_from_whichever_field_is_filled() {
        let folders = |params: Value| session(params).folders.iter().map(Url::to_string).collect::<Vec<_>>();
        let both = json!({ "capabilities": {}, "rootUri": "file:///r",
            "workspaceFolders": [{ "uri": "file:///a", "name": "a" }, { "uri": "file:///b", "name": "b" }] });
        assert_eq!(folders(both), ["file:///a", "file:///b"]);
        assert_eq!(
            folders(json!({ "capabilities": {}, "rootUri": "file:///r", "workspaceFolders": [] })),
            ["file:///r"]
        );
        assert_eq!(folders(json!({ "capabilities": {}, "rootUri": null, "workspaceFolders": null })), [""; 0]);
    }

    #[test]
    fn a_bare_client_has_no_features() {
        assert_eq!(session(json!({ "capabilities": {} })).features, Features::default());
    }

    /// The true parameters of six editors, where the folder with them lies beside the repository.
    #[test]
    fn real_editors_are_understood() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/editors/caps");
        let read = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
        let Some(_) = read("vscode.json") else {
            eprintln!("skipped: {} is missing", folder.display());
            return;
        };
        let expected = [
            ("vscode.json", Encoding::Utf16, true, true),
            ("nvim-t.json", Encoding::Utf16, true, true),
            ("nvim-s.json", Encoding::Utf8, true, true),
            ("hx.json", Encoding::Utf8, true, false),
            ("emacs28.json", Encoding::Utf16, false, false),
            ("emacs30.json", Encoding::Utf8, true, false),
        ];
        for (name, encoding, progress, refresh) in expected {
            let session = session(serde_json::from_str(&read(name).unwrap()).unwrap());
            let features = session.features;
            assert_eq!(
                (session.encoding, features.work_done_progress, features.refresh_inlay_hints, features.apply_edit),
                (encoding, progress, refresh, true),
                "{name}"
            );
        }
    }
}
