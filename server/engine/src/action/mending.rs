//! What is offered for spans whose offsets do not fit the text: the nearest characters, to remove the span, or to count otherwise.

use std::ops::Range;

use catalogue::phrase;

use super::{Action, spans::quoted};
use crate::{config_edit, project::Project};

/// `range`: bytes of the file that are selected, or where the cursor is.
pub(super) fn of_spans(project: &Project, file: usize, range: &Range<usize>, actions: &mut Vec<Action>) {
    let mending = project.files[file].document.mending(range.start);
    let first = actions.len();
    for misfit in mending.misfits {
        if misfit.range.end < range.start || range.end < misfit.range.start {
            continue;
        }
        if let Some(near) = misfit.instead {
            let title = phrase!("set-offsets", start = near.start, end = near.end, part = quoted(&near.part));
            actions.push(Action::quick(title, near.edits));
        }
        let title = phrase!("remove-span", label = misfit.label, start = misfit.start, end = misfit.end);
        actions.push(Action::quick(title, misfit.removal));
    }
    if let Some(best) = actions.get_mut(first) {
        best.preferred = true;
    }
    let edit = mending.offsets.zip(project.config_file.as_ref());
    let edit = edit.and_then(|(offsets, config)| Some((offsets, config_edit::set_offsets(config.source(), offsets)?)));
    if let Some((offsets, edit)) = edit {
        let title = phrase!("count-offsets", units = offsets.name());
        actions.push(Action { config_edits: vec![edit], ..Action::quick(title, Vec::new()) });
    }
}
