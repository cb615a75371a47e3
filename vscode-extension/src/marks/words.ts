// The words that decided, marked in their row: those that speak for the label, and those against it.
import * as vscode from 'vscode';
import type { Explanation } from '../server/protocol';
import type { Server } from '../server/server';

/** Words that add less than this share of the strongest are not marked. */
const LEAST = 0.15;

export class Words implements vscode.Disposable {
  private readonly types = ['gloss.wordFor', 'gloss.wordAgainst'].map((color) =>
    vscode.window.createTextEditorDecorationType({ backgroundColor: new vscode.ThemeColor(color), borderRadius: '2px' }),
  );
  private readonly disposables: { dispose(): unknown }[];
  /** Counts questions: only the newest is shown. */
  private asked = 0;
  private shown: { uri: string; line: number } | undefined;

  constructor(private readonly server: Server) {
    this.disposables = [
      ...this.types,
      vscode.commands.registerCommand('gloss.explainRow', () => this.toggle()),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        if (document.uri.toString() === this.shown?.uri) this.clear();
      }),
    ];
  }

  async show(editor: vscode.TextEditor, at: vscode.Position): Promise<Explanation | undefined> {
    const question = ++this.asked;
    const { document } = editor;
    const { version } = document;
    const explanation = await this.server.ask<Explanation>('gloss.explain', document.uri.toString(), at);
    if (question !== this.asked || document.version !== version) return undefined;
    const words = explanation?.words ?? [];
    const strongest = Math.max(...words.map(({ weight }) => Math.abs(weight)), 0);
    const marked = (sign: number) =>
      words
        .filter(({ weight }) => weight * sign > 0 && Math.abs(weight) >= strongest * LEAST)
        .map(({ range: { start, end } }) => new vscode.Range(start.line, start.character, end.line, end.character));
    this.types.forEach((type, index) => { editor.setDecorations(type, marked(index === 0 ? 1 : -1)); });
    this.shown = { uri: document.uri.toString(), line: at.line };
    return explanation;
  }

  clear(): void {
    this.asked += 1;
    this.shown = undefined;
    for (const editor of vscode.window.visibleTextEditors) {
      for (const type of this.types) editor.setDecorations(type, []);
    }
  }

  dispose(): void {
    for (const one of this.disposables) one.dispose();
  }

  private async toggle(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined) return;
    const at = editor.selection.active;
    const isShown = this.shown?.uri === editor.document.uri.toString() && this.shown.line === at.line;
    if (isShown) {
      this.clear();
      return;
    }
    const explanation = await this.show(editor, at);
    if (explanation === undefined || explanation.words.length === 0) {
      void vscode.window.setStatusBarMessage(`$(info) ${vscode.l10n.t('No words are known to have decided here.')}`, 5000);
    }
  }
}
