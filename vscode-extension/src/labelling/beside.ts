// What stands beside the row that is being labelled: which key gives it which label.
import * as vscode from 'vscode';
import type { Row } from '../server/protocol';

/** Names longer than this are cut: nine of them are to fit beside a row. */
const LONGEST = 28;
const WIDE = '\u2003';

export class Beside implements vscode.Disposable {
  private readonly type = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor('gloss.labellingRow'),
    isWholeLine: true,
    overviewRulerColor: new vscode.ThemeColor('gloss.choices'),
    overviewRulerLane: vscode.OverviewRulerLane.Full,
    rangeBehavior: vscode.DecorationRangeBehavior.ClosedClosed,
  });

  show(editor: vscode.TextEditor, row: Row): void {
    const { start, end } = row.range;
    const range = new vscode.Range(start.line, start.character, end.line, end.character);
    const color = new vscode.ThemeColor('gloss.choices');
    const after = { contentText: `${WIDE}${says(row)}`, color, fontStyle: 'normal' };
    this.clear(editor);
    editor.setDecorations(this.type, [{ range, renderOptions: { after } }]);
  }

  /** Off all editors, but for one. */
  clear(but?: vscode.TextEditor): void {
    for (const editor of vscode.window.visibleTextEditors) {
      if (editor !== but) editor.setDecorations(this.type, []);
    }
  }

  dispose(): void {
    this.type.dispose();
  }
}

/** "⏎ Label as `billing` (93%)  1 ✓billing 93%  2 refund 4%". */
export function says(row: Row): string {
  const accept = row.accept === null ? '⏎ next' : `⏎ ${row.accept.title}`;
  const choices = row.choices.map(({ name, probability, given }, index) => {
    const sure = probability === null ? '' : ` ${Math.round(probability * 100)}%`;
    return `${index + 1} ${given ? '✓' : ''}${name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name}${sure}`;
  });
  const keep = row.keep === null ? [] : ['k keep'];
  return [accept, ...choices, ...keep].join(WIDE);
}
