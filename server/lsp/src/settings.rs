//! What a client may set: `{"limits": {"suspects": 200, "labelNext": 20, "suggestions": 300, "others": 200}}`, as
//! `initializationOptions`, and as section `gloss` of the editor's settings. What is left out, or no number, is as usual.

use engine::Limits;
use serde_json::Value;

pub(crate) const SECTION: &str = "gloss";

pub(crate) fn limits(settings: &Value) -> Limits {
    let limits = &settings["limits"];
    let number = |key: &str, otherwise| limits[key].as_u64().map_or(otherwise, |limit| limit as usize);
    let usual = Limits::default();
    Limits {
        suspects: number("suspects", usual.suspects),
        label_next: number("labelNext", usual.label_next),
        suggestions: number("suggestions", usual.suggestions),
        others: number("others", usual.others),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_left_out_is_as_usual() {
        let limits = limits(&json!({ "limits": { "suspects": 7, "suggestions": "many" } }));
        assert_eq!(limits, Limits { suspects: 7, ..Limits::default() });
    }
}
