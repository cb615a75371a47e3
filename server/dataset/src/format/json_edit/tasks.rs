//! Writing into Label Studio's tasks.

use super::{
    super::{escape, json_row::elements, tasks::Parts},
    Fate, Target,
};
use crate::{
    TextEdit,
    label::{Spelled, Wanted},
};

impl Target<'_> {
    /// `object`: the name of what is labelled, as new results have it; the control is the schema's label.
    pub(super) fn set_task(
        &mut self,
        object: &str,
        answer: Option<&Wanted>,
        text: &str,
    ) -> Result<Vec<TextEdit>, String> {
        let parts = Parts::of(self.bytes(), self.object, &self.schema.label);
        let one: Vec<(&str, Spelled)>;
        let labels = match answer {
            // Without an annotation, nobody labelled it.
            None => {
                let all = parts.annotations.into_iter();
                return Ok(all.map(|list| TextEdit { range: list.range(), text: "[]".into() }).collect());
            }
            Some(Wanted::Spans(spans)) if let Some(result) = parts.result => {
                self.values = vec![Some(result)];
                return self.set_spans(spans, text);
            }
            Some(Wanted::Spans(spans)) => {
                let results = self.file_spans(spans, text).iter().map(|span| self.written_span(span, text)).collect();
                return self.annotate(parts, results);
            }
            Some(Wanted::One(label)) => {
                one = vec![("", *label)];
                &one[..]
            }
            Some(Wanted::Set(labels)) => &labels[..],
        };
        match parts.choices {
            Some(choices) => {
                self.values = vec![Some(choices)];
                match answer {
                    Some(Wanted::One(label)) => {
                        let label = label.bare();
                        self.set_list(&[(&label, Spelled::Text(&label))])
                    }
                    _ => self.set_list(labels),
                }
            }
            None => {
                let choices: Vec<String> = labels.iter().map(|(_, label)| self.spelled(*label)).collect();
                let value = format!("\"choices\": [{}]", choices.join(", "));
                let result = self.result(object, "choices", &value);
                self.annotate(parts, vec![result])
            }
        }
    }

    /// A result of the control.
    pub(super) fn result(&self, object: &str, kind: &str, value: &str) -> String {
        let (control, object) = (escape::encode(&self.schema.label, self.style), escape::encode(object, self.style));
        format!("{{\"from_name\": {control}, \"to_name\": {object}, \"type\": \"{kind}\", \"value\": {{{value}}}}}")
    }

    /// Adds results to the annotation that counts, or an annotation with them.
    fn annotate(&mut self, parts: Parts, results: Vec<String>) -> Result<Vec<TextEdit>, String> {
        let (list, added) = match (parts.result, parts.annotations) {
            (Some(result), _) => (result, results),
            (None, Some(annotations)) => (annotations, vec![format!("{{\"result\": [{}]}}", results.join(", "))]),
            (None, None) => {
                let annotations = format!("[{{\"result\": [{}]}}]", results.join(", "));
                return self.add(&[("annotations", annotations)]);
            }
        };
        self.values = vec![Some(list)];
        let present = elements(self.bytes(), list);
        let fates = present.iter().map(|_| Fate::Kept).collect();
        let added = added.into_iter().map(|text| (present.len(), text)).collect();
        self.change_list(Some(list), &present, fates, added)
    }
}
