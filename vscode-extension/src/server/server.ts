// The server and the talk with it: started, restarted, stopped; who wants to know how data sets stand listens here.
import { setTimeout as pause } from 'node:timers/promises';
import * as vscode from 'vscode';
import { RevealOutputChannelOn, State, TransportKind } from 'vscode-languageclient/node';
import type { LanguageClient } from 'vscode-languageclient/node';
import { Client } from './client';
import { documents } from './files';
import { findServer, NotFound } from './find';
import { statusNotification } from './protocol';
import type { Status } from './protocol';
import { Restarts } from './restarts';
import type { End } from './restarts';

const { t } = vscode.l10n;
const PATIENCE_MS = 3_000;

export class Server implements vscode.Disposable {
  readonly log = vscode.window.createOutputChannel('Gloss', { log: true });
  private client: Client | undefined;
  private end: End | undefined;
  /** Counts starts: only the newest goes on. */
  private starts = 0;
  private readonly statuses = new Map<string, Status>();
  private readonly changed = new vscode.EventEmitter<void>();
  /** A data set stands otherwise, or the server came or went. */
  readonly onChange = this.changed.event;
  private readonly restarts = this.whenItEnds();

  constructor(private readonly context: vscode.ExtensionContext) {}

  get running(): boolean {
    return this.client?.state === State.Running;
  }

  /** The process, for tests that end it. */
  get pid(): number | undefined {
    return this.client?.serverProcess?.pid;
  }

  /** Of the data set that a file belongs to. */
  status(uri: vscode.Uri): Status | undefined {
    const name = uri.toString();
    const same = (file: string) => vscode.Uri.parse(file).toString() === name;
    return [...this.statuses.values()].find((status) => status.files.some(same));
  }

  async start(): Promise<void> {
    const start = ++this.starts;
    const settings = vscode.workspace.getConfiguration('gloss');
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri.fsPath;
    let found;
    try {
      const places = { setting: settings.get<string>('path', ''), extensionFolder: this.context.extensionPath, workspaceFolder: folder };
      found = await findServer(places);
    } catch (error) {
      if (!(error instanceof NotFound)) throw error;
      if (start !== this.starts) return;
      this.log.error(error.message);
      this.tell();
      void this.offer(error.message, t('Open settings'), t('Restart'), t('Show log'));
      return;
    }
    const documentSelector = await documents(settings.get<string[]>('files', []));
    if (start !== this.starts) return;
    this.log.info(`gloss ${found.version}: ${found.program}`);
    const end = this.restarts.handler();
    const run = { command: found.program, args: ['lsp'], transport: TransportKind.stdio, options: { env: this.environment(settings) } };
    const client = new Client('gloss', 'Gloss', run, {
      documentSelector,
      initializationOptions: { status: true, limits: settings.get('limits') },
      outputChannel: this.log,
      revealOutputChannelOn: RevealOutputChannelOn.Never,
      errorHandler: end,
      initializationFailedHandler: () => false,
      markdown: { supportHtml: false },
      middleware: {
        // From the palette commands come without a file: the one before the user is meant.
        executeCommand: (command, given, next) => {
          const file = vscode.window.activeTextEditor?.document.uri.toString();
          return next(command, given.length === 0 && file !== undefined ? [file] : given) as unknown;
        },
      },
    });
    client.onNotification(statusNotification, (status) => {
      if (client !== this.client) return;
      this.statuses.set(status.root ?? status.name, status);
      this.changed.fire();
    });
    client.onDidChangeState(({ newState }) => {
      if (client !== this.client) return;
      if (newState !== State.Running) this.statuses.clear();
      this.tell();
    });
    this.client = client;
    this.end = end;
    try {
      await client.start();
    } catch (error) {
      this.log.error(`The server did not start: ${String(error)}`);
      end.heard();
    }
  }

  async stop(): Promise<void> {
    const client = this.client;
    this.starts += 1;
    this.end?.askedFor();
    this.client = undefined;
    this.end = undefined;
    this.statuses.clear();
    this.tell();
    try {
      // One whose server ended while it started up may wait for it for ever.
      await Promise.race([client?.dispose(), pause(PATIENCE_MS)]);
    } catch (error) {
      // It never came to run.
      this.log.debug(String(error));
    }
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** A command of the server's, with its answer; nothing where it is not there or could not answer. */
  async ask<T>(command: string, ...args: unknown[]): Promise<T | undefined> {
    const client = this.client;
    if (client?.state !== State.Running) return undefined;
    try {
      return ((await client.sendRequest('workspace/executeCommand', { command, arguments: args })) as T | null) ?? undefined;
    } catch (error) {
      this.log.warn(`${command}: ${String(error)}`);
      return undefined;
    }
  }

  /** Makes an edit that the server offered. */
  async edit(edit: Parameters<LanguageClient['protocol2CodeConverter']['asWorkspaceEdit']>[0]): Promise<boolean> {
    const made = await this.client?.protocol2CodeConverter.asWorkspaceEdit(edit);
    return made !== undefined && vscode.workspace.applyEdit(made);
  }

  dispose(): void {
    void this.stop();
    this.log.dispose();
    this.changed.dispose();
  }

  private tell(): void {
    void vscode.commands.executeCommand('setContext', 'gloss.running', this.running);
    this.changed.fire();
  }

  private environment(settings: vscode.WorkspaceConfiguration): NodeJS.ProcessEnv {
    const encoder = settings.get<string>('encoder', '');
    const offline = settings.get<boolean>('offline', false) || !vscode.workspace.isTrusted;
    return {
      ...process.env,
      ...(encoder === '' ? {} : { GLOSS_ENCODER: encoder }),
      ...(offline ? { GLOSS_OFFLINE: '1' } : {}),
    };
  }

  private whenItEnds(): Restarts {
    const gaveUp = (times: number) => {
      const message = t(
        'The server of Gloss ended {0} times within three minutes and is not started again. Labels are safe in your files. The log "Gloss" says what happened.',
        times,
      );
      this.log.error(message);
      void this.offer(message, t('Restart'), t('Show log'));
    };
    const again = () => {
      this.log.warn('The server ended by itself and is started again.');
      void vscode.window.setStatusBarMessage(`$(warning) ${t('Gloss started its server again: see its log')}`, 10_000);
      void this.restart();
    };
    return new Restarts(Date.now, gaveUp, again);
  }

  private async offer(message: string, ...buttons: string[]): Promise<void> {
    const chosen = await vscode.window.showErrorMessage(message, ...buttons);
    if (chosen === t('Restart')) await this.restart();
    if (chosen === t('Show log')) this.log.show();
    if (chosen === t('Open settings')) await vscode.commands.executeCommand('workbench.action.openSettings', 'gloss.path');
  }
}
