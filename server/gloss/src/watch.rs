//! `gloss watch`: the loop in a terminal. Learns, prints, and again at every save.

use std::{path::Path, process::ExitCode, thread};

use engine::{Code, Engine, Event, Limits, Message, Project, finding::grouped};

/// How many suspects and rows to label next are listed for each file.
const LISTED: usize = 10;

pub(crate) fn run(path: &Path) -> Result<ExitCode, String> {
    let path = path.canonicalize().map_err(|error| format!("{}: {error}.", path.display()))?;
    if engine::discover::roots(&path).is_empty() {
        return Err(format!("no data set in {}. Name a data file, or a folder that holds one.", path.display()));
    }
    let engine = Engine::start(Limits::NONE, |event| match event {
        Event::Learned { project } => print(project),
        Event::NotLearned { project, why } => println!("{}: {why}", project.root.display()),
        Event::Warning { message } => eprintln!("gloss: {message}"),
        _ => {}
    });
    engine.send(Message::Load { path });
    // The engine's thread does the rest, until a signal ends the process.
    loop {
        thread::park();
    }
}

fn print(project: &Project) {
    let Some(learned) = &project.learned else { return };
    let engine::learned::Counts { rows, labelled } = project.counts();
    println!("\n{}", project.root.display());
    println!("  rows      {} labelled of {}", grouped(labelled), grouped(rows));
    println!("  labels    {}", learned.classifier.labels().join(", "));
    let of = |name: &str, estimate: &engine::Estimate| {
        let (low, high) = (estimate.low * 100.0, estimate.high * 100.0);
        let rows = grouped(estimate.rows);
        println!("  accuracy  {:.0}% ({low:.0} to {high:.0}), {name} of {rows} rows", estimate.accuracy * 100.0);
    };
    of(&format!("{}-fold cross-validation", learned.folds), &learned.estimate);
    if let Some(test) = &learned.test {
        of("held out, test", test);
    }
    println!("  learned   {} classifier in {:.2} s", learned.classifier.step().name(), learned.seconds);
    for file in 0..project.files.len() {
        let findings = project.findings(file, &Limits::NONE).shown;
        for (title, code) in
            [("suspects", Code::SuspectLabel), ("label next", Code::LabelNext), ("broken", Code::InvalidRow)]
        {
            let of_code = || findings.iter().filter(|finding| finding.code == code);
            if of_code().next().is_some() {
                println!("  {title}:");
            }
            for finding in of_code().take(LISTED) {
                println!("    {}  {}", project.finding_place(file, finding), finding.message);
            }
            if of_code().count() > LISTED {
                println!("    and {} more", grouped(of_code().count() - LISTED));
            }
        }
    }
    println!("  waiting for the next save (Ctrl+C ends)");
}
