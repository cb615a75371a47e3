// The item in the status bar: how the data set before the user stands, and behind a click what can be done.
import * as vscode from 'vscode';
import type { Learning, Status } from './server/protocol';
import type { Server } from './server/server';

export class StatusBar implements vscode.Disposable {
  private readonly item = vscode.window.createStatusBarItem('status', vscode.StatusBarAlignment.Left, 10);
  private readonly disposables: { dispose(): unknown }[];

  constructor(private readonly server: Server) {
    this.item.name = 'Gloss';
    this.item.command = 'gloss.menu';
    this.disposables = [
      this.item,
      server.onChange(() => { this.draw(); }),
      vscode.window.onDidChangeActiveTextEditor(() => { this.draw(); }),
    ];
    this.draw();
  }

  dispose(): void {
    for (const one of this.disposables) one.dispose();
  }

  private draw(): void {
    const uri = vscode.window.activeTextEditor?.document.uri;
    const status = uri === undefined ? undefined : this.server.status(uri);
    void vscode.commands.executeCommand('setContext', 'gloss.dataSet', status !== undefined);
    if (!this.server.running) {
      this.item.text = '$(circle-slash) Gloss';
      this.item.tooltip = 'The server of Gloss is not running. Click for what can be done.';
      this.item.accessibilityInformation = { label: 'Gloss: the server is not running', role: 'button' };
      this.item.show();
    } else if (status === undefined) {
      this.item.hide();
    } else {
      this.item.text = text(status);
      this.item.tooltip = tooltip(status);
      this.item.accessibilityInformation = { label: spoken(status), role: 'button' };
      this.item.show();
    }
  }
}

/** "$(tag) probe 88% · 212/303", and while it learns how far it is. */
export function text(status: Status): string {
  const { model, learning } = status;
  const measure = model?.measure == null ? '' : ` ${percent(model.measure.value)}`;
  const parts = [`${model === null ? 'Gloss' : model.step}${measure}`, `${grouped(status.labelled)}/${grouped(status.rows)}`];
  if (learning !== null) parts.push(progress(learning));
  return `${learning === null ? '$(tag)' : '$(sync~spin)'} ${parts.join(' · ')}`;
}

/** "epoch 1.2, 40 s left", "Embedding 40%". */
export function progress({ stage, fraction, epoch }: Learning): string {
  return epoch === null ? `${stage} ${percent(fraction)}` : `epoch ${epoch.epochs.toFixed(1)}, ${left(epoch.left)} left`;
}

function tooltip(status: Status): vscode.MarkdownString {
  const { model, learning } = status;
  const lines = [`**${status.name}**`, `${grouped(status.labelled)} of ${grouped(status.rows)} rows labelled`];
  if (model !== null) lines.push(`${model.step}: ${model.says}`);
  lines.push(`${grouped(status.toLabel)} to label next, ${grouped(status.suspects)} suspects`);
  if (learning !== null) {
    const { epoch } = learning;
    lines.push(`${learning.stage}: ${percent(learning.fraction)}`);
    if (epoch !== null) lines.push(`training ${epoch.training} of ${epoch.trainings}, ${progress(learning)}`);
  }
  if (status.missing !== null) lines.push(status.missing);
  return new vscode.MarkdownString(lines.join('\n\n'));
}

function spoken(status: Status): string {
  const model = status.model === null ? 'nothing learned yet' : `${status.model.step}, ${status.model.says}`;
  return `Gloss: ${model}, ${status.labelled} of ${status.rows} rows labelled${status.learning === null ? '' : `, ${progress(status.learning)}`}`;
}

function left(seconds: number): string {
  return seconds < 90 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function grouped(number: number): string {
  return number.toLocaleString('en');
}
