// The report beside the rows: a page of our own, without anything from elsewhere, that is told how the data set stands.
import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import type { Report } from '../server/protocol';
import type { Server } from '../server/server';
import type { Reports } from '../reports';
import type { FromPage, ToPage } from './messages';

export class Panel implements vscode.Disposable {
  private panel: vscode.WebviewPanel | undefined;
  private report: Report | undefined;
  private readonly disposables: { dispose(): unknown }[];

  constructor(
    private readonly extension: vscode.Uri,
    private readonly reports: Reports,
    server: Server,
  ) {
    const watching = reports.watch(
      () => this.panel?.visible ?? false,
      (report) => {
        this.report = report;
        this.tell({ kind: 'report', report: report ?? null });
      },
    );
    const progress = server.onChange(() => { this.tell({ kind: 'status', status: reports.status ?? null }); });
    this.disposables = [watching, progress];
  }

  show(): void {
    if (this.panel !== undefined) {
      this.panel.reveal(undefined, true);
      return;
    }
    const { ViewColumn } = vscode;
    const roots = [vscode.Uri.joinPath(this.extension, 'dist')];
    const panel = vscode.window.createWebviewPanel('gloss.report', vscode.l10n.t('Gloss: report'), { viewColumn: ViewColumn.Beside, preserveFocus: true }, { enableScripts: true, localResourceRoots: roots });
    this.panel = panel;
    panel.iconPath = vscode.Uri.joinPath(this.extension, 'icon.png');
    panel.webview.html = this.page(panel.webview);
    panel.webview.onDidReceiveMessage((message: FromPage) => { void this.hear(message); });
    panel.onDidChangeViewState(() => { if (panel.visible) this.reports.refresh(); });
    panel.onDidDispose(() => { this.panel = undefined; });
  }

  dispose(): void {
    this.panel?.dispose();
    for (const one of this.disposables) one.dispose();
  }

  private tell(message: ToPage): void {
    void this.panel?.webview.postMessage(message);
  }

  private async hear(message: FromPage): Promise<void> {
    switch (message.kind) {
      case 'ready':
        this.reports.refresh();
        return;
      case 'run': {
        const file = this.report?.status.files[0];
        await vscode.commands.executeCommand(message.command, ...(file === undefined ? [] : [file]));
        return;
      }
      case 'open': {
        const { start, end } = message.row.range;
        const uri = vscode.Uri.parse(message.row.uri);
        // Where the rows are already, not over the report.
        const open = vscode.window.visibleTextEditors.find((editor) => editor.document.uri.toString() === uri.toString());
        const viewColumn = open?.viewColumn ?? vscode.ViewColumn.One;
        const editor = await vscode.window.showTextDocument(uri, { viewColumn });
        const range = new vscode.Range(start.line, start.character, end.line, end.character);
        editor.selection = new vscode.Selection(range.start, range.end);
        editor.revealRange(range, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
      }
    }
  }

  private page(webview: vscode.Webview): string {
    const { bundle } = vscode.l10n;
    const nonce = randomBytes(16).toString('base64');
    const uri = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(this.extension, 'dist', name)).toString();
    const policy = `default-src 'none'; style-src ${webview.cspSource}; script-src 'nonce-${nonce}'`;
    return `<!DOCTYPE html>
<html lang="${bundle === undefined ? 'en' : vscode.env.language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Gloss</title>
<link rel="stylesheet" href="${uri('page.css')}">
</head>
<body>
<main data-texts="${escaped(JSON.stringify(bundle ?? {}))}"></main>
<script nonce="${nonce}" src="${uri('page.js')}"></script>
</body>
</html>`;
  }
}

/** As the value of an attribute. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('"', '&quot;').replaceAll('<', '&lt;');
}
