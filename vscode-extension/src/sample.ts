// The sample of the walkthrough: a copy, to be tried and thrown away.
import * as vscode from 'vscode';

const FILES = ['messages.jsonl', 'gloss.toml'];

export async function openSample(context: vscode.ExtensionContext): Promise<void> {
  const from = vscode.Uri.joinPath(context.extensionUri, 'sample');
  const to = vscode.Uri.joinPath(context.globalStorageUri, 'sample');
  for (const name of FILES) {
    const target = vscode.Uri.joinPath(to, name);
    // What was tried there before is kept.
    const isThere = await vscode.workspace.fs.stat(target).then(() => true, () => false);
    if (!isThere) await vscode.workspace.fs.copy(vscode.Uri.joinPath(from, name), target);
  }
  await vscode.window.showTextDocument(vscode.Uri.joinPath(to, 'messages.jsonl'));
}
