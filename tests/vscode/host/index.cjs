// What the extension and the server do through VS Code's own API, in the extension host.
const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const vscode = require('vscode');

const PATIENCE_MS = 60_000;

async function until(what, holds) {
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const value = await holds();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}

const folder = () => vscode.workspace.workspaceFolders[0].uri;
const uriOf = (name) => vscode.Uri.joinPath(folder(), name);
const run = (command, ...args) => vscode.commands.executeCommand(command, ...args);
const codeOf = ({ code }) => (typeof code === 'object' ? code.value : code);
const diagnosticsOf = (uri, code) => vscode.languages.getDiagnostics(uri).filter((one) => one.source === 'gloss' && codeOf(one) === code);
const hintsOf = async (document) => run('vscode.executeInlayHintProvider', document.uri, new vscode.Range(0, 0, document.lineCount, 0));

let server;
let tickets;

const tests = {
  'the extension starts the server that PATH has': async () => {
    const extension = vscode.extensions.getExtension('gloss.gloss');
    assert.ok(extension, 'it is installed');
    ({ server } = await extension.activate());
    await until('the server runs', () => server.running);
  },
  'languages are contributed where VS Code has none': async () => {
    const known = await vscode.languages.getLanguages();
    for (const language of ['jsonl', 'csv', 'tsv', 'fasttext', 'conll']) assert.ok(known.includes(language), language);
  },
  'rows have suggestions, suspects and a queue': async () => {
    tickets = await vscode.workspace.openTextDocument(uriOf('tickets.jsonl'));
    await vscode.window.showTextDocument(tickets);
    await until('there are suspects', () => diagnosticsOf(tickets.uri, 'suspect-label').length > 0);
    assert.equal(diagnosticsOf(tickets.uri, 'label-next').length, 20);
    const hints = await until('there are hints', async () => (await hintsOf(tickets)).length > 100 && hintsOf(tickets));
    assert.match(String(hints[0].label), /^\w+ \d+%$/);
    assert.ok(hints[0].textEdits.length > 0, 'a double click accepts');
  },
  'the status says how the data set stands': async () => {
    const status = await until('something was learned', () => server.status(tickets.uri)?.model && server.status(tickets.uri));
    assert.equal(status.labelled, 156);
    assert.equal(status.model.step, 'lexical');
  },
  'a quick fix labels one row and nothing else': async () => {
    const [suspect] = diagnosticsOf(tickets.uri, 'suspect-label');
    const before = tickets.getText().split('\n');
    const actions = await run('vscode.executeCodeActionProvider', tickets.uri, suspect.range, 'quickfix');
    const best = actions.find((action) => action.isPreferred);
    assert.match(best.title, /^Label as `\w+` \(\d+%\)$/);
    assert.ok(await vscode.workspace.applyEdit(best.edit));
    const after = tickets.getText().split('\n');
    assert.deepEqual(after.flatMap((line, index) => (line === before[index] ? [] : [index])), [suspect.range.start.line]);
    await run('undo');
    assert.deepEqual(tickets.getText().split('\n'), before);
  },
  'saving trains': async () => {
    const { version } = server.status(tickets.uri).model;
    const edit = new vscode.WorkspaceEdit();
    const hint = (await hintsOf(tickets))[0];
    for (const { range, newText } of hint.textEdits) edit.replace(tickets.uri, range, newText);
    assert.ok(await vscode.workspace.applyEdit(edit));
    await until('the label is counted', () => server.status(tickets.uri).labelled === 157);
    await tickets.save();
    await until('a newer model serves', () => server.status(tickets.uri).model.version > version);
  },
  'labels are completed, and renamed in all files': async () => {
    const line = tickets.getText().split('\n').findIndex((one) => one.includes('"label": "login"'));
    const at = new vscode.Position(line, tickets.lineAt(line).text.indexOf('"login"') + 2);
    const { items } = await run('vscode.executeCompletionItemProvider', tickets.uri, at);
    const names = items.map(({ label }) => label.label ?? label);
    for (const label of ['billing', 'bug', 'cancel', 'login', 'refund', 'shipping']) assert.ok(names.includes(label), names.join());
    const edit = await run('vscode.executeDocumentRenameProvider', tickets.uri, at, 'access');
    const files = edit.entries().map(([uri]) => path.basename(uri.fsPath)).sort();
    assert.deepEqual(files, ['gloss.toml', 'test.jsonl', 'tickets.jsonl']);
  },
  'a report and an explanation are answered': async () => {
    const report = await server.ask('gloss.report', tickets.uri.toString());
    assert.equal(report.labels.length, 6);
    assert.ok(report.calibration.some(({ count }) => count > 0));
    assert.ok(report.suspects.length > 0 && report.next.length > 0);
    const { line } = report.next[0];
    const explanation = await server.ask('gloss.explain', tickets.uri.toString(), { line, character: 0 });
    assert.ok(explanation.words.length > 0);
  },
  'a CSV is a data set, too': async () => {
    fs.writeFileSync(path.join(folder().fsPath, 'other.csv'), `text,label\n${['wrong charge,billing', 'charged twice,billing', 'no login,login', 'password lost,login', 'a charge,'].join('\n')}\n`);
    fs.mkdirSync(path.join(folder().fsPath, 'apart'));
    fs.renameSync(path.join(folder().fsPath, 'other.csv'), path.join(folder().fsPath, 'apart', 'other.csv'));
    fs.writeFileSync(path.join(folder().fsPath, 'apart', 'gloss.toml'), '');
    const document = await vscode.workspace.openTextDocument(uriOf('apart/other.csv'));
    await vscode.window.showTextDocument(document);
    assert.equal(document.languageId, 'csv');
    await until('there is a hint', async () => (await hintsOf(document)).length === 1);
  },
  'the sample of the walkthrough opens as a copy, and is learned': async () => {
    await run('gloss.openSample');
    const { document } = await until('it is shown', () => vscode.window.activeTextEditor?.document.fileName.endsWith('messages.jsonl') && vscode.window.activeTextEditor);
    await until('there are hints', async () => (await hintsOf(document)).length === 20);
    await until('there are suspects', () => diagnosticsOf(document.uri, 'suspect-label').length > 0);
    await run('workbench.action.closeActiveEditor');
  },
  'a server that is not there is told of, with what to do': async () => {
    const settings = vscode.workspace.getConfiguration('gloss');
    await settings.update('path', '/nowhere/gloss', vscode.ConfigurationTarget.Workspace);
    void run('gloss.restart');
    await until('the server is gone', () => !server.running);
    await settings.update('path', undefined, vscode.ConfigurationTarget.Workspace);
    await run('gloss.restart');
    await until('the server is back', () => server.running);
  },
};

exports.run = async () => {
  for (const [name, test] of Object.entries(tests)) {
    const begun = Date.now();
    try {
      await test();
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
    console.log(`ok ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  }
};
