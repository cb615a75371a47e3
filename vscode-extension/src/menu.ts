// What can be done, behind the status bar item.
import * as vscode from 'vscode';
import type { Server } from './server/server';

type Entry = vscode.QuickPickItem & { readonly command?: string };

export async function showMenu(server: Server): Promise<void> {
  const entry = (icon: string, label: string, command: string, description = ''): Entry => ({ label: `$(${icon}) ${label}`, command, description });
  const ofServer = [entry('debug-restart', 'Restart the server', 'gloss.restart'), entry('output', 'Show the log', 'gloss.showLog')];
  const uri = vscode.window.activeTextEditor?.document.uri;
  const status = uri === undefined ? undefined : server.status(uri);
  const ofRows = [
    entry('tag', 'Label row by row', 'gloss.labelling.start', 'Enter accepts, digits choose'),
    entry('arrow-down', 'Go to the next row to label', 'gloss.nextToLabel', `${status?.toLabel ?? 0} in the queue`),
    entry('warning', 'Go to the next suspect', 'gloss.nextSuspect', `${status?.suspects ?? 0} in all`),
    entry('check-all', 'Accept all sure suggestions of this file', 'gloss.acceptAll'),
    entry('play', 'Train now', 'gloss.train'),
    entry('graph', 'Show the report', 'gloss.showPanel'),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
  ];
  const items = server.running && status !== undefined ? [...ofRows, ...ofServer] : ofServer;
  const title = status === undefined ? 'Gloss' : `Gloss: ${status.name}`;
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: status?.model?.says ?? 'What is to be done?' });
  if (chosen?.command !== undefined) await vscode.commands.executeCommand(chosen.command);
}
