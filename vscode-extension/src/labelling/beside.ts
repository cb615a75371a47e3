// What stands at the row that is being labelled: its background, beside it what Enter does, above it what each digit does.
import * as vscode from 'vscode';
import type { Row } from '../server/protocol';

const { t } = vscode.l10n;
/** Characters of names above a row: longer ones are cut. */
const NAMES = 240;

export class Beside implements vscode.CodeLensProvider, vscode.Disposable {
  private readonly changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.changed.event;
  private readonly type = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor('gloss.labellingRow'),
    isWholeLine: true,
    overviewRulerColor: new vscode.ThemeColor('gloss.choices'),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });
  private readonly provider = vscode.languages.registerCodeLensProvider([{ scheme: 'file' }, { scheme: 'untitled' }], this);
  private shown: { readonly uri: string; readonly row: Row } | undefined;

  show(editor: vscode.TextEditor, row: Row): void {
    const { start, end } = row.range;
    const range = new vscode.Range(start.line, start.character, end.line, end.character);
    const after = { contentText: besides(row), color: new vscode.ThemeColor('gloss.choices'), margin: '0 0 0 1em' };
    this.off(editor);
    editor.setDecorations(this.type, [{ range, renderOptions: { after } }]);
    this.shown = { uri: editor.document.uri.toString(), row };
    this.changed.fire();
  }

  clear(): void {
    this.off();
    this.shown = undefined;
    this.changed.fire();
  }

  provideCodeLenses(document: vscode.TextDocument): vscode.CodeLens[] {
    if (this.shown?.uri !== document.uri.toString()) return [];
    const { row } = this.shown;
    const range = new vscode.Range(row.range.start.line, 0, row.range.start.line, 0);
    const lens = (title: string, command: string, ...args: unknown[]) => new vscode.CodeLens(range, { title, command, arguments: args });
    const longest = Math.floor(NAMES / row.choices.length);
    const choices = row.choices.map((choice, index) => lens(`${index + 1} ${said(choice, longest)}`, 'gloss.labelling.choose', index + 1));
    const keep = row.keep === null ? [] : [lens(`k ${t('keep')}`, 'gloss.labelling.keep')];
    return [...choices, ...keep, lens(`s ${t('skip')}`, 'gloss.labelling.skip'), lens(`u ${t('undo')}`, 'gloss.labelling.undo')];
  }

  dispose(): void {
    this.provider.dispose();
    this.type.dispose();
    this.changed.dispose();
  }

  private off(but?: vscode.TextEditor): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor !== but) editor.setDecorations(this.type, []);
    }
  }
}

/** "⏎ Label as billing (93%)". */
function besides({ accept }: Row): string {
  return `⏎ ${accept === null ? t('next row') : accept.title.replaceAll('`', '')}`;
}

/** "✓ billing 93%". */
function said({ name, probability, given }: Row['choices'][number], longest: number): string {
  const plain = name.replaceAll('`', '');
  const short = plain.length > longest ? `${plain.slice(0, longest)}…` : plain;
  return `${given ? '✓ ' : ''}${short}${probability === null ? '' : ` ${Math.round(probability * 100)}%`}`;
}
