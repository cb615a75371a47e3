//! How a data set stands: by the command gloss.report, and told as it changes to clients that asked for it ("gloss/status").

use catalogue::Phrase;
use engine::{
    Code, Estimate, Place, Progress, Project, Projects, Store,
    report::{Asking, Report},
    store::Run,
    symbols::{Bin, Measured},
    view,
};
use serde_json::{Value, json};
use tower_lsp::lsp_types::{Position, Url, notification::Notification};

use crate::{Reply, convert, desk::Desk};

/// Characters of a text that are shown.
const SHOWN: usize = 120;

/// Params: the root of a data set, and how it stands.
pub(crate) enum Status {}

impl Notification for Status {
    type Params = Value;
    const METHOD: &'static str = "gloss/status";
}

impl Desk {
    /// Tells how a data set stands. `progress`: of what it learns now.
    pub(crate) fn tell_status(&self, project: &Project, progress: Option<&Progress>) {
        if self.features.status {
            let root = project.root.to_string_lossy().into_owned();
            self.outbox.status(root, self.status(project, progress));
        }
    }

    fn status(&self, project: &Project, progress: Option<&Progress>) -> Value {
        let open = project.files.iter().filter(|file| file.version.is_some());
        let files: Vec<Url> = open.filter_map(|file| self.uri(&file.path)).collect();
        let counts = project.counts();
        let learning = progress.map(|progress| {
            let epoch = project.epoch.as_ref().map(|epoch| {
                json!({ "epochs": epoch.epochs, "training": epoch.training, "trainings": epoch.trainings,
                    "left": epoch.left.as_secs() })
            });
            json!({ "stage": self.say(&progress.stage), "fraction": progress.fraction, "epoch": epoch })
        });
        let name = project.root.file_name().unwrap_or_default().to_string_lossy();
        json!({
            "root": convert::uri(&project.root), "name": name, "files": files,
            "rows": counts.rows, "labelled": counts.labelled,
            "toLabel": project.count(Code::LabelNext), "suspects": project.count(Code::SuspectLabel),
            "model": self.model(project), "learning": learning,
            "missing": project.missing.as_ref().map(|missing| self.say(missing)),
        })
    }

    /// What serves and what it is worth; null where nothing was learned.
    fn model(&self, project: &Project) -> Value {
        let Some(learned) = &project.learned else { return Value::Null };
        let measured = (!learned.from_names || learned.test.is_some()).then(|| {
            let estimate = learned.test.as_ref().unwrap_or(&learned.estimate);
            let (name, value) = view::measure(learned, estimate);
            json!({ "name": self.say(&name), "value": value, "low": estimate.low, "high": estimate.high })
        });
        json!({ "step": learned.classifier.step().name(), "version": learned.version, "says": self.say(&view::accuracy(project)),
            "measure": measured })
    }

    /// The command: its argument is the URI of a file.
    pub(crate) fn report(&self, projects: &Projects, arguments: &[Value], reply: Reply<Option<Value>>) {
        let named = convert::named(arguments);
        let Some((project, _)) = named.and_then(|uri| projects.find(&convert::path(&uri))) else {
            return reply.send(None);
        };
        let report = Report::of(project);
        let share = |measured: Option<Measured>| {
            measured.map(|one| {
                json!({ "given": one.given, "predicted": one.predicted, "hits": one.hits,
                    "precision": one.precision(), "recall": one.recall(), "f1": one.f1() })
            })
        };
        let labels = report.labels.iter().map(|one| {
            let right = one.right.iter().map(|place| self.row_at(project, *place, Some(&one.label)));
            json!({ "label": &*one.label, "rows": one.rows, "measured": share(one.measured),
                "right": right.collect::<Vec<_>>(), "guideline": project.config.guideline(&one.label) })
        });
        let confusions = report.confusions.iter().map(|one| {
            let rows = one.rows.iter().map(|place| self.row_at(project, *place, Some(&one.given)));
            json!({ "given": &*one.given, "instead": &*one.instead, "count": one.count, "rows": rows.collect::<Vec<_>>() })
        });
        let asking = |rows: &[Asking]| {
            let rows = rows.iter().map(|one| self.row_at(project, one.place, one.label.as_deref()));
            rows.collect::<Vec<_>>()
        };
        let mut answer = json!({
            "status": self.status(project, None),
            "labels": labels.collect::<Vec<_>>(),
            "confusions": confusions.collect::<Vec<_>>(),
            "calibration": report.bins.iter().map(bin).collect::<Vec<_>>(),
            "estimate": project.learned.as_ref().map(|learned| estimate(&learned.estimate)),
            "test": project.learned.as_ref().and_then(|learned| learned.test.as_ref().map(estimate)),
            "next": asking(&report.next), "suspects": asking(&report.suspects),
        });
        let (desk, store) = (self.clone(), Store::of(project));
        self.aside.run(move || {
            let runs = store.map(|store| store.runs()).transpose();
            answer["runs"] = match &runs {
                Ok(runs) => runs.iter().flatten().map(run).collect(),
                Err(_) => json!([]),
            };
            answer["problem"] = runs.err().map(|why: Phrase| desk.say(&why)).into();
            reply.send(Some(answer));
        });
    }

    fn row_at(&self, project: &Project, place: Place, label: Option<&str>) -> Value {
        let data = &project.files[place.file];
        let row = &data.document.rows()[place.row];
        let text = data.document.text(place.row);
        let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let page = self.page(project, place.file);
        let start: Position = page.place(row.range().start);
        json!({ "uri": self.uri(&data.path), "line": start.line, "range": page.range(&row.label_range()), "label": label,
            "text": line.chars().take(SHOWN).collect::<String>() })
    }
}

fn bin(bin: &Bin) -> Value {
    json!({ "count": bin.count, "right": bin.right, "sum": bin.sum })
}

fn estimate(estimate: &Estimate) -> Value {
    json!({ "rows": estimate.rows, "accuracy": estimate.accuracy, "low": estimate.low, "high": estimate.high,
        "macroF1": estimate.macro_f1, "microF1": estimate.micro_f1, "ece": estimate.ece, "logLoss": estimate.log_loss })
}

fn run(run: &Run) -> Value {
    json!({ "at": run.at, "version": run.version, "step": run.step.name(), "seconds": run.seconds, "rows": run.counts.rows,
        "labelled": run.counts.labelled, "estimate": estimate(&run.estimate), "test": run.test.as_ref().map(estimate) })
}
