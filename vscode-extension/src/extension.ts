// Starts the server, and adds what LSP cannot say: a status, keys, marks, a view and a panel. Everything about rows, labels and models is decided
// by the server.
import * as vscode from 'vscode';
import { Labelling } from './labelling/labelling';
import { Labels } from './labels';
import { Gutter } from './marks/gutter';
import { Words } from './marks/words';
import { showMenu } from './menu';
import { Panel } from './panel/panel';
import { Reports } from './reports';
import { openSample } from './sample';
import { Server } from './server/server';
import { StatusBar } from './statusBar';

let server: Server | undefined;

/** For tests. */
export interface Api {
  readonly server: Server;
}

export async function activate(context: vscode.ExtensionContext): Promise<Api> {
  const started = new Server(context);
  server = started;
  const reports = new Reports(started);
  const words = new Words(started);
  const panel = new Panel(context.extensionUri, reports, started);
  const command = (name: string, run: () => unknown) => vscode.commands.registerCommand(name, run);
  context.subscriptions.push(
    started,
    reports,
    words,
    panel,
    new StatusBar(started),
    new Labelling(started, words),
    new Gutter(context.extensionUri),
    new Labels(reports),
    command('gloss.menu', () => showMenu(started)),
    command('gloss.restart', () => started.restart()),
    command('gloss.showLog', () => { started.log.show(); }),
    command('gloss.showPanel', () => { panel.show(); }),
    command('gloss.openSample', () => openSample(context)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => started.restart()),
  );
  await started.start();
  return { server: started };
}

export async function deactivate(): Promise<void> {
  await server?.stop();
}
