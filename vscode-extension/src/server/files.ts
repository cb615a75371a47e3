// Which documents the server is told of.
import * as vscode from 'vscode';
import type { DocumentFilter } from 'vscode-languageclient';

export const CONFIG = '**/gloss.toml';
/** Formats that share their ending with much else: only beneath a gloss.toml. */
const AMBIGUOUS = '**/*.{json,txt,train,valid,test,yml,yaml}';

export async function documents(globs: readonly string[]): Promise<DocumentFilter[]> {
  const filters: DocumentFilter[] = [
    { scheme: 'file', pattern: CONFIG },
    { scheme: 'file', pattern: '**/gloss.keep.jsonl' },
    ...globs.flatMap((pattern) => [
      { scheme: 'file', pattern },
      { scheme: 'untitled', pattern },
    ]),
    ...['jsonl', 'csv', 'tsv', 'fasttext', 'conll'].map((language) => ({ scheme: 'untitled', language })),
  ];
  const configs = await vscode.workspace.findFiles(CONFIG, '**/node_modules/**', 100);
  for (const config of configs) {
    const folder = vscode.Uri.joinPath(config, '..').fsPath.replaceAll('\\', '/');
    filters.push({ scheme: 'file', pattern: `${folder.replaceAll(/[[\]{}*?]/g, '[$&]')}/${AMBIGUOUS}` });
  }
  return filters;
}
