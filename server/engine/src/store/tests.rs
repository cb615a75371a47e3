use learn::Control;

use super::*;

/// A data set that lies in a folder of its own, and what a run learned from it.
fn learned_in(folder: &Path) -> (Project, Learned) {
    fs::write(folder.join("gloss.toml"), "").unwrap();
    let rows = [("charged twice", "billing"), ("invoice is wrong", "billing"), ("forgot my password", "login")];
    let rows = rows.iter().map(|(text, label)| format!("{{\"text\": \"{text}\", \"label\": \"{label}\"}}\n"));
    let unlabelled =
        "{\"text\": \"password lost\", \"label\": null}\n{\"text\": \"cannot log in\", \"label\": \"login\"}\n";
    fs::write(folder.join("a.jsonl"), rows.collect::<String>() + unlabelled).unwrap();
    let mut project = Project::load(folder);
    let (corpus, version) = project.corpus(false).unwrap();
    let learned = Learned::learn(corpus, None, version, &Control::default()).unwrap();
    (project, learned)
}

#[test]
fn what_was_learned_comes_back_and_there_is_nothing_left_to_learn() {
    let folder = tempfile::tempdir().unwrap();
    let (mut project, learned) = learned_in(folder.path());
    let store = Store::of(&project).unwrap();
    assert!(store.read(&|| None).unwrap().is_none());
    store.save(&learned).unwrap();
    let again = store.read(&|| None).unwrap().unwrap();
    assert_eq!(again.glances, learned.glances);
    assert_eq!((&again.doubts, &again.queue), (&learned.doubts, &learned.queue));
    assert_eq!((&again.tally, &again.witnesses), (&learned.tally, &learned.witnesses));
    assert_eq!(again.verdicts, learned.verdicts);
    assert_eq!((&again.estimate, &again.test, again.version), (&learned.estimate, &learned.test, learned.version));
    assert_eq!(fs::read_to_string(folder.path().join(".gloss/.gitignore")).unwrap(), "*\n");

    let mut next = Project::load(folder.path());
    next.recall(store.read(&|| None).unwrap().unwrap().into());
    assert!(next.corpus(false).is_none(), "the rows are the same");
    project.take(learned.into());
    assert_eq!(next.findings(0, &Default::default()), project.findings(0, &Default::default()));
}

#[test]
fn sets_and_spans_come_back_too() {
    for fixture in ["guest-messages", "travel-notes"] {
        let folder = tempfile::tempdir().unwrap();
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(fixture);
        for entry in fs::read_dir(source).unwrap().flatten() {
            fs::copy(entry.path(), folder.path().join(entry.file_name())).unwrap();
        }
        let mut project = Project::load(folder.path());
        let (corpus, version) = project.corpus(false).unwrap();
        let learned = Learned::learn(corpus, None, version, &Control::default()).unwrap();
        assert!(!learned.glances.is_empty(), "{fixture}");
        let store = Store::of(&project).unwrap();
        store.save(&learned).unwrap();
        let again = store.read(&|| None).unwrap().unwrap();
        assert_eq!(again.glances, learned.glances, "{fixture}");
        assert_eq!((&again.doubts, &again.queue), (&learned.doubts, &learned.queue), "{fixture}");
        assert_eq!(again.estimate, learned.estimate, "{fixture}");
        assert_eq!((&again.tally, &again.witnesses), (&learned.tally, &learned.witnesses), "{fixture}");
        assert_eq!(again.verdicts, learned.verdicts, "{fixture}");
        assert!(!learned.verdicts.is_empty(), "{fixture}");
        let verdicts = blob::of_verdicts(&learned.verdicts);
        assert!(blob::verdicts(&verdicts[..verdicts.len() - 1], learned.classifier.labels().len()).is_none());
        assert!(!learned.tally.measured.is_empty() && !learned.tally.confusions.is_empty(), "{fixture}");
        assert_eq!(again.classifier.task(), learned.classifier.task(), "{fixture}");
        // Damaged: an error, no panic.
        let bytes = blob::of_glances(&learned.glances);
        assert!(blob::glances(&bytes[..bytes.len() - 1], learned.classifier.labels().len()).is_none());
        assert!(blob::glances(&bytes, 0).is_none());
        let (tally, witnesses) = (blob::of_tally(&learned.tally), blob::of_witnesses(&learned.witnesses));
        assert!(blob::tally(&tally[..tally.len() - 1], learned.classifier.labels().len()).is_none());
        assert!(blob::witnesses(&witnesses[..witnesses.len() - 1]).is_none());
    }
}

#[test]
fn runs_are_remembered_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let (project, mut learned) = learned_in(folder.path());
    let store = Store::of(&project).unwrap();
    for version in 1..=3 {
        learned.version = version;
        store.save(&learned).unwrap();
    }
    let runs = store.runs().unwrap();
    assert_eq!(runs.iter().map(|run| run.version).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(runs[0].estimate, learned.estimate);
    assert_eq!(runs[0].counts, Counts { rows: 5, labelled: 4 });
}

#[test]
fn a_store_that_is_no_use_is_set_aside_and_a_new_one_begun() {
    let folder = tempfile::tempdir().unwrap();
    let (project, learned) = learned_in(folder.path());
    let store = Store::of(&project).unwrap();
    store.save(&learned).unwrap();
    let newer =
        |store: &Store| Connection::open(store.path()).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let foreign = |store: &Store| {
        fs::remove_file(store.path()).unwrap();
        Connection::open(store.path()).unwrap().execute_batch("CREATE TABLE theirs (a)").unwrap();
    };
    let garbled =
        |store: &Store| fs::write(store.path(), "no database at all, but long enough to be looked at").unwrap();
    let cut = |store: &Store| {
        let bytes = fs::read(store.path()).unwrap();
        fs::write(store.path(), &bytes[..bytes.len() / 2]).unwrap();
    };
    let swapped = |store: &Store| {
        let connection = Connection::open(store.path()).unwrap();
        connection.execute("UPDATE learned SET glances = zeroblob(7)", []).unwrap();
    };
    let spoil: [&dyn Fn(&Store); 5] = [&newer, &foreign, &garbled, &cut, &swapped];
    for (case, spoil) in spoil.iter().enumerate() {
        spoil(&store);
        let message = store.read(&|| None).unwrap_err();
        assert!(message.to_string().contains("set aside"), "case {case}: {message}");
        assert!(store.path().with_extension("db.set-aside").is_file(), "case {case}");
        assert!(store.read(&|| None).unwrap().is_none(), "case {case}");
        store.save(&learned).unwrap();
        assert!(store.read(&|| None).unwrap().is_some(), "case {case}");
    }
}

#[test]
fn where_nothing_can_be_written_a_message_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let (project, learned) = learned_in(folder.path());
    // A file where the folder should be: works for root as well.
    fs::write(folder.path().join(".gloss"), "").unwrap();
    let message = Store::of(&project).unwrap().save(&learned).unwrap_err();
    assert!(message.to_string().contains("Suggestions go on"), "{message}");
}

#[test]
fn two_editors_write_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (project, learned) = learned_in(folder.path());
    let store = Store::of(&project).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| (0..20).for_each(|_| store.save(&learned).unwrap()));
        }
    });
    assert_eq!(store.runs().unwrap().len(), 40);
    assert!(store.read(&|| None).unwrap().is_some());
}
