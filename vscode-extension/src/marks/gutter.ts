// Signs in the gutter: rows whose label looks wrong, and rows to label next.
import * as vscode from 'vscode';

const SIGNS = { 'suspect-label': { icon: 'suspect', ruler: 'editorWarning.foreground' }, 'label-next': { icon: 'next', ruler: 'editorInfo.foreground' } };

export class Gutter implements vscode.Disposable {
  private readonly types: ReadonlyMap<string, vscode.TextEditorDecorationType>;
  private readonly disposables: { dispose(): unknown }[];

  constructor(extension: vscode.Uri) {
    this.types = new Map(
      Object.entries(SIGNS).map(([code, { icon, ruler }]) => [
        code,
        vscode.window.createTextEditorDecorationType({
          gutterIconPath: vscode.Uri.joinPath(extension, 'media', `${icon}.svg`),
          gutterIconSize: '70%',
          overviewRulerColor: new vscode.ThemeColor(ruler),
          overviewRulerLane: vscode.OverviewRulerLane.Left,
        }),
      ]),
    );
    this.disposables = [
      ...this.types.values(),
      vscode.languages.onDidChangeDiagnostics(({ uris }) => {
        const changed = new Set(uris.map(String));
        for (const editor of vscode.window.visibleTextEditors) {
          if (changed.has(editor.document.uri.toString())) this.draw(editor);
        }
      }),
      vscode.window.onDidChangeVisibleTextEditors(() => { this.drawAll(); }),
      vscode.workspace.onDidChangeConfiguration((event) => {
        if (event.affectsConfiguration('gloss.suspects.gutter')) this.drawAll();
      }),
    ];
    this.drawAll();
  }

  dispose(): void {
    for (const one of this.disposables) one.dispose();
  }

  private drawAll(): void {
    for (const editor of vscode.window.visibleTextEditors) this.draw(editor);
  }

  private draw(editor: vscode.TextEditor): void {
    const wanted = vscode.workspace.getConfiguration('gloss').get<boolean>('suspects.gutter', true);
    const diagnostics = wanted ? vscode.languages.getDiagnostics(editor.document.uri) : [];
    for (const [code, type] of this.types) {
      const there = diagnostics.filter((one) => one.source === 'gloss' && codeOf(one) === code);
      editor.setDecorations(type, there.map(({ range }) => new vscode.Range(range.start, range.start)));
    }
  }
}

function codeOf({ code }: vscode.Diagnostic): string {
  return String(typeof code === 'object' ? code.value : code);
}
