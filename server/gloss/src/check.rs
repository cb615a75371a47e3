//! `gloss check`: every finding of every file, once.

use std::{
    io::{self, Write},
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::ValueEnum;
use engine::{
    Code, Control, Finding, FitError, Learned, Limits, Project, Severity, discover,
    position::{Encoding, Position},
};
use serde_json::{Value, json};

#[derive(Clone, Copy, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// Lines for people; hints are counted, not listed.
    Text,
    /// One object a finding and line.
    Json,
    /// SARIF 2.1.0, for code scanning.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

pub(crate) fn run(paths: &[PathBuf], format: Format, deny: &[String]) -> Result<ExitCode, String> {
    if let Some(code) = deny.iter().find(|code| Code::ALL.iter().all(|known| known.name() != *code)) {
        let names = Code::ALL.map(Code::name);
        let advice = engine::nearest::nearest(code, names).unwrap_or("invalid-row");
        return Err(format!("--deny {code}: no such code. Did you mean {advice}? Known are {}.", names.join(", ")));
    }
    let mut report = Report { format, out: io::stdout().lock(), sarif: Vec::new(), hints: 0, failed: false };
    let mut files = 0;
    for path in paths {
        let path = path.canonicalize().map_err(|error| format!("{}: {error}.", path.display()))?;
        for root in discover::roots(&path) {
            let mut project = Project::load(&root);
            for (file, why) in &project.unreadable {
                eprintln!("gloss: {} {why}.", file.display());
                report.failed = true;
            }
            for problem in project.config_file.iter().flat_map(engine::ConfigFile::findings) {
                eprintln!("gloss: {}: {}", root.join(discover::CONFIG_NAME).display(), problem.message);
                report.failed = true;
            }
            learn(&mut project);
            for file in (0..project.files.len()).filter(|file| path.is_dir() || project.files[*file].path == path) {
                files += 1;
                for finding in project.findings(file, &Limits::NONE).shown {
                    let denied = deny.iter().any(|code| code == finding.code.name());
                    report.failed |= denied || finding.code.severity() == Severity::Error;
                    report.print(&project, file, &finding).map_err(|error| error.to_string())?;
                }
            }
        }
    }
    if files == 0 {
        return Err("no data set here. Name a data file, or a folder that holds one or a gloss.toml.".into());
    }
    report.end().map_err(|error| error.to_string())?;
    Ok(ExitCode::from(u8::from(report.failed)))
}

/// Without enough labels the findings of the rows themselves are still given.
fn learn(project: &mut Project) {
    let Some((corpus, version)) = project.corpus(true) else { return };
    match Learned::learn(corpus, project.classifier(), version, &Control::default()) {
        Ok(learned) => drop(project.take(learned.into())),
        Err(FitError::Cancelled) => {}
        Err(why) => eprintln!("gloss: {}: {why}", project.root.display()),
    }
}

struct Report<W> {
    format: Format,
    out: W,
    sarif: Vec<Value>,
    hints: usize,
    failed: bool,
}

impl<W: Write> Report<W> {
    fn print(&mut self, project: &Project, file: usize, finding: &Finding) -> io::Result<()> {
        let data = &project.files[file];
        let place = |offset| data.document.lines().position(data.document.source(), offset, Encoding::Utf32);
        let (start, end) = (place(finding.range.start), place(finding.range.end));
        let path = shown(&data.path);
        let (code, severity) = (finding.code.name(), finding.code.severity());
        match self.format {
            Format::Text if severity == Severity::Hint => self.hints += 1,
            Format::Text => {
                let Position { line, column } = start;
                let (line, column) = (line + 1, column + 1);
                writeln!(self.out, "{path}:{line}:{column}: {}[{code}]: {}", severity.name(), finding.message)?;
            }
            Format::Json => {
                let model = finding.data.as_ref().map(|data| {
                    json!({"label": data.label, "probability": data.probability, "classifier": data.classifier,
                           "model_version": data.version})
                });
                let object = json!({
                    "path": path, "line": start.line + 1, "column": start.column + 1, "end_line": end.line + 1,
                    "end_column": end.column + 1, "code": code, "severity": severity.name(),
                    "message": finding.message, "data": model,
                });
                writeln!(self.out, "{object}")?;
            }
            Format::Github => {
                let command = match severity {
                    Severity::Error => "error",
                    Severity::Warning => "warning",
                    Severity::Information => "notice",
                    Severity::Hint => return Ok(()),
                };
                let message = finding.message.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
                let (line, column) = (start.line + 1, start.column + 1);
                writeln!(self.out, "::{command} file={path},line={line},col={column},title={code}::{message}")?;
            }
            Format::Sarif => self.sarif.push(json!({
                "ruleId": code,
                "level": match severity { Severity::Error => "error", Severity::Warning => "warning", _ => "note" },
                "message": {"text": finding.message},
                "locations": [{"physicalLocation": {
                    "artifactLocation": {"uri": path},
                    "region": {"startLine": start.line + 1, "startColumn": start.column + 1,
                               "endLine": end.line + 1, "endColumn": end.column + 1},
                }}],
            })),
        }
        Ok(())
    }

    fn end(&mut self) -> io::Result<()> {
        match self.format {
            Format::Text if self.hints > 0 => {
                writeln!(self.out, "{} hints (--format json lists them).", engine::finding::grouped(self.hints))
            }
            Format::Sarif => {
                let rules: Vec<Value> = Code::ALL.iter().map(|code| json!({"id": code.name()})).collect();
                let driver = json!({"name": "gloss", "version": env!("CARGO_PKG_VERSION"), "rules": rules});
                let run = json!({"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": self.sarif});
                writeln!(self.out, "{}", json!({"version": "2.1.0", "runs": [run]}))
            }
            _ => Ok(()),
        }
    }
}

/// Relative to the folder one works in, where it lies beneath it.
fn shown(path: &Path) -> String {
    let here = std::env::current_dir().and_then(|here| here.canonicalize());
    let relative = here.ok().and_then(|here| path.strip_prefix(here).ok().map(Path::to_owned));
    relative.as_deref().unwrap_or(path).to_string_lossy().into_owned()
}
