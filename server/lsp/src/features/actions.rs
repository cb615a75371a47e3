//! Code actions: label, accept many, keep, add to [labels].

use engine::{Projects, action};
use tower_lsp::lsp_types::{CodeAction, CodeActionKind, CodeActionOrCommand, CodeActionParams, Command, Url};

use crate::{capabilities, convert, desk::Desk};

impl Desk {
    pub(crate) fn code_actions(
        &self,
        projects: &Projects,
        params: &CodeActionParams,
    ) -> Option<Vec<CodeActionOrCommand>> {
        let uri = &params.text_document.uri;
        let (project, file) = projects.find(&convert::path(uri))?;
        let wanted = |kind: &CodeActionKind| match &params.context.only {
            Some(only) => only.iter().any(|asked| is_kind_of(kind, asked)),
            None => true,
        };
        let asks_for_all =
            |only: &Vec<CodeActionKind>| only.iter().any(|asked| is_kind_of(&capabilities::FIX_ALL, asked));
        let whole = params.context.only.as_ref().is_some_and(asks_for_all);
        let range = self.page(project, file).bytes(params.range);
        let actions = action::actions(project, file, range, whole);
        let actions = actions.into_iter().filter_map(|action| {
            let kind = kind_of(action.kind);
            if !wanted(&kind) {
                return None;
            }
            let edit = self.edit(project, file, &action.edits, &action.config_edits);
            let title = self.say(&action.title);
            let command = match action.keep {
                Some((text, label)) => Some(keep(&title, uri, text, label)),
                // Many edits, made when the offer is taken.
                None if edit.is_none() && action.kind == action::Kind::FixAll => Some(accept_all(&title, uri)),
                None => None,
            };
            let preferred = action.preferred.then_some(true);
            Some(
                CodeAction { title, kind: Some(kind), is_preferred: preferred, edit, command, ..Default::default() }
                    .into(),
            )
        });
        Some(actions.collect())
    }
}

fn kind_of(kind: action::Kind) -> CodeActionKind {
    match kind {
        action::Kind::QuickFix => CodeActionKind::QUICKFIX,
        action::Kind::FixAll => capabilities::FIX_ALL,
        action::Kind::Rewrite => CodeActionKind::REFACTOR_REWRITE,
    }
}

/// "source.fixAll.gloss" is a kind of "source.fixAll" and of "source".
fn is_kind_of(kind: &CodeActionKind, asked: &CodeActionKind) -> bool {
    let (kind, asked) = (kind.as_str(), asked.as_str());
    asked.is_empty() || kind.strip_prefix(asked).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn keep(title: &str, uri: &Url, text: String, label: String) -> Command {
    let arguments = Some(vec![uri.as_str().into(), text.into(), label.into()]);
    Command { title: title.to_owned(), command: capabilities::KEEP.into(), arguments }
}

fn accept_all(title: &str, uri: &Url) -> Command {
    let arguments = Some(vec![uri.as_str().into()]);
    Command { title: title.to_owned(), command: capabilities::ACCEPT_ALL.into(), arguments }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_hierarchical() {
        let is = |kind: CodeActionKind, asked: &'static str| is_kind_of(&kind, &CodeActionKind::new(asked));
        assert!(
            is(capabilities::FIX_ALL, "source")
                && is(capabilities::FIX_ALL, "")
                && is(capabilities::FIX_ALL, "source.fixAll.gloss")
        );
        assert!(!is(capabilities::FIX_ALL, "sour") && !is(CodeActionKind::QUICKFIX, "refactor"));
    }
}
