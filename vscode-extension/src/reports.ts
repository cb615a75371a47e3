// How the data set before the user stands, asked for anew whenever it stands otherwise, and only while somebody looks.
import * as vscode from 'vscode';
import type { Report, Status } from './server/protocol';
import type { Server } from './server/server';

interface Watcher {
  readonly looks: () => boolean;
  readonly take: (report: Report | undefined) => void;
}

export class Reports implements vscode.Disposable {
  private readonly watchers = new Set<Watcher>();
  private readonly disposables: { dispose(): unknown }[];
  /** The file that is asked about: the last data file before the user. */
  private file: vscode.Uri | undefined;
  private state = '';
  private asking = false;
  private again = false;

  constructor(private readonly server: Server) {
    const look = () => { this.look(); };
    this.disposables = [server.onChange(look), vscode.window.onDidChangeActiveTextEditor(look)];
  }

  get status(): Status | undefined {
    return this.file === undefined ? undefined : this.server.status(this.file);
  }

  watch(looks: () => boolean, take: (report: Report | undefined) => void): vscode.Disposable {
    const watcher = { looks, take };
    this.watchers.add(watcher);
    this.refresh();
    return new vscode.Disposable(() => this.watchers.delete(watcher));
  }

  /** Asks, whether something changed or not. */
  refresh(): void {
    this.state = '';
    this.look();
  }

  dispose(): void {
    for (const one of this.disposables) one.dispose();
  }

  private look(): void {
    const before = vscode.window.activeTextEditor?.document.uri;
    if (before !== undefined && this.server.status(before) !== undefined) this.file = before;
    const status = this.status;
    // Progress alone changes nothing of a report.
    const state = status === undefined ? 'none' : JSON.stringify({ ...status, learning: null, file: this.file?.toString() });
    if (state === this.state || ![...this.watchers].some(({ looks }) => looks())) return;
    this.state = state;
    void this.ask();
  }

  private async ask(): Promise<void> {
    if (this.asking) {
      this.again = true;
      return;
    }
    this.asking = true;
    try {
      do {
        this.again = false;
        const report = this.file === undefined ? undefined : await this.server.ask<Report>('gloss.report', this.file.toString());
        for (const { looks, take } of this.watchers) if (looks()) take(report);
        // It is set while the answer is awaited.
      } while (this.again as boolean);
    } finally {
      this.asking = false;
    }
  }
}
