//! The server speaks the language of the editor: simplified Chinese, or else English.

use e2e::{Client, Setup, Workspace};
use serde_json::{Value, json};

const NAME: &str = "reviews.csv";

fn speaking(locale: &'static str) -> Setup {
    Setup { locale: Some(locale), ..Setup::default() }
}

fn message(diagnostic: &Value) -> &str {
    diagnostic["message"].as_str().expect("a message")
}

/// A suspect that was planted: line 6, which says how good it tastes, is labelled 差评.
fn planted(client: &mut Client) -> Value {
    let is_planted =
        |diagnostic: &Value| diagnostic["code"] == "suspect-label" && diagnostic["range"]["start"]["line"] == 5;
    let picture =
        client.wait_for_diagnostics(NAME, "the planted suspect", |diagnostics| diagnostics.iter().any(is_planted));
    picture.diagnostics.into_iter().find(is_planted).expect("just seen")
}

/// Titles of the lenses.
fn lenses(client: &mut Client) -> Vec<String> {
    let lenses = client.request("textDocument/codeLens", json!({ "textDocument": client.identify(NAME) }));
    let title = |lens: &Value| lens["command"]["title"].as_str().expect("a title").to_owned();
    lenses.as_array().expect("a list").iter().map(title).collect()
}

#[test]
fn an_editor_in_chinese_is_answered_in_chinese() {
    let workspace = Workspace::from_fixtures("reviews-zh");
    let mut client = Client::start_with(&workspace, speaking("zh-cn"));
    client.open(NAME);
    client.wait_for_fields("reviews.csv：文本来自 `点评`，标签来自 `情感`（自动识别）。");

    let suspect = planted(&mut client);
    let said = message(&suspect);
    assert!(said.starts_with("疑似错误标签：标为 `差评`，而未用这条数据训练的模型认为是 `好评`（"), "{said}");
    assert_eq!((&suspect["code"], &suspect["data"]["classifier"]), (&json!("suspect-label"), &json!("lexical")));

    let picture = client.diagnostics(NAME).expect("notes");
    let suggestion = picture.with_code("suggestion")[0].clone();
    let label = suggestion["data"]["label"].as_str().expect("a label");
    assert!(message(&suggestion).starts_with(&format!("`{label}`（")), "{suggestion}");
    let next = picture.with_code("label-next")[0].clone();
    assert!(message(&next).starts_with("建议接着标注：`") && message(&next).ends_with('？'), "{next}");

    let accept = client.action(NAME, &suggestion["range"], &format!("标注为 `{label}`（"));
    assert_eq!(accept["isPreferred"], true);
    client.action(NAME, &suspect["range"], "保留 `差评`");

    let lenses = lenses(&mut client);
    assert!(lenses[0].starts_with("共 "), "{lenses:?}");
    assert!(lenses[0].contains(" 条 · 词法 · 留出准确率 "), "{lenses:?}");
    assert_eq!(lenses[1..], ["下一条待标注", "下一条疑似错误", "全部接受"]);

    let at = client.find(NAME, "好吃到停不下来");
    let hover = client.ask_at("textDocument/hover", NAME, at);
    let hover = hover["contents"]["value"].as_str().expect("Markdown");
    assert!(hover.contains("若不用这条数据训练，模型认为是 `好评`（"), "{hover}");
    assert!(hover.contains("词法分类器，留出准确率 "), "{hover}");
}

#[test]
fn any_other_editor_is_answered_in_english() {
    let workspace = Workspace::from_fixtures("reviews-zh");
    let mut client = Client::start_with(&workspace, speaking("de"));
    client.open(NAME);
    client.wait_for_fields("reviews.csv: Text from `点评`, label from `情感` (detected).");
    let suspect = planted(&mut client);
    let said = message(&suspect);
    assert!(said.starts_with("Labelled `差评`; a model trained without this row says `好评` ("), "{said}");
    let lenses = lenses(&mut client);
    assert!(lenses[0].contains(" rows labelled · lexical · held-out accuracy "), "{lenses:?}");
    assert_eq!(lenses[1..], ["Next to label", "Next suspect", "Accept all"]);
}

#[test]
fn rows_and_settings_that_cannot_be_read_are_said_in_chinese_too() {
    let workspace = Workspace::new(
        r#"
        //- gloss.toml
        [dataset]
        files = ["*.jsonl"]
        text = "text"
        lable = "intent"
        //- rows.jsonl
        {"text": "订单没有收到", "label": "物流"}
        {"text": 7, "label": "物流"}
        {"text": "钱没有退", "label": "退款"
        "#,
    );
    let mut client = Client::start_with(&workspace, speaking("zh-Hans"));
    client.open("rows.jsonl");
    let found = client.wait_for_codes("rows.jsonl", &["invalid-row"], 2);
    let said: Vec<&str> = found.iter().map(message).collect();
    assert_eq!(said, ["文本字段 `text` 应为字符串；实际为：数字。", "此处应为：`,` 或 `}`；实际为：结尾。"]);
    let found = client.wait_for_codes("gloss.toml", &["invalid-config"], 1);
    assert_eq!(message(&found[0]), "未知键 `lable`；是否应为 `label`？");
}
