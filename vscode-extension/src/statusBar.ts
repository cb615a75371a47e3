// The item in the status bar: how the data set before the user stands, and behind a click what can be done.
import * as vscode from 'vscode';
import type { Learning, Status } from './server/protocol';
import type { Server } from './server/server';

const { t } = vscode.l10n;

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
      this.item.tooltip = t('The server of Gloss is not running. Click for what can be done.');
      this.item.accessibilityInformation = { label: t('Gloss: the server is not running'), role: 'button' };
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
  const parts = [`${model === null ? 'Gloss' : stepName(model.step)}${measure}`, `${grouped(status.labelled)}/${grouped(status.rows)}`];
  if (learning !== null) parts.push(progress(learning));
  return `${learning === null ? '$(tag)' : '$(sync~spin)'} ${parts.join(' · ')}`;
}

/** "epoch 1.2, 40 s left", "Embedding 40%". */
export function progress({ stage, fraction, epoch }: Learning): string {
  return epoch === null ? `${stage} ${percent(fraction)}` : t('epoch {0}, {1} left', epoch.epochs.toFixed(1), left(epoch.left));
}

function tooltip(status: Status): vscode.MarkdownString {
  const { model, learning } = status;
  const lines = [`**${status.name}**`, t('{0} of {1} rows labelled', grouped(status.labelled), grouped(status.rows))];
  if (model !== null) lines.push(`${stepName(model.step)}: ${model.says}`);
  lines.push(t('{0} to label next, {1} suspects', grouped(status.toLabel), grouped(status.suspects)));
  if (learning !== null) {
    const { epoch } = learning;
    lines.push(`${learning.stage}: ${percent(learning.fraction)}`);
    if (epoch !== null) lines.push(t('training {0} of {1}, {2}', epoch.training, epoch.trainings, progress(learning)));
  }
  if (status.missing !== null) lines.push(status.missing);
  if (!vscode.workspace.isTrusted) lines.push(t('In Restricted Mode gloss.path of this folder is not heeded, and nothing is fetched.'));
  return new vscode.MarkdownString(lines.join('\n\n'));
}

function spoken(status: Status): string {
  const { model, learning } = status;
  const parts = [
    ...(model === null ? [t('nothing learned yet')] : [stepName(model.step), model.says]),
    t('{0} of {1} rows labelled', status.labelled, status.rows),
    ...(learning === null ? [] : [progress(learning)]),
  ];
  return `Gloss: ${parts.join(', ')}`;
}

function stepName(step: string): string {
  return { lexical: t('lexical'), probe: t('probe'), 'fine-tuned': t('fine-tuned') }[step] ?? step;
}

function left(seconds: number): string {
  return seconds < 90 ? t('{0} s', seconds) : t('{0} min', Math.round(seconds / 60));
}

function percent(share: number): string {
  return `${Math.round(share * 100)}%`;
}

function grouped(number: number): string {
  return number.toLocaleString('en');
}
