// What can be done, behind the status bar item.
import * as vscode from 'vscode';
import type { Server } from './server/server';

const { t } = vscode.l10n;

type Entry = vscode.QuickPickItem & { readonly command?: string };

export async function showMenu(server: Server): Promise<void> {
  const entry = (icon: string, label: string, command: string, description = ''): Entry => ({ label: `$(${icon}) ${label}`, command, description });
  const ofServer = [entry('debug-restart', t('Restart the server'), 'gloss.restart'), entry('output', t('Show the log'), 'gloss.showLog')];
  const uri = vscode.window.activeTextEditor?.document.uri;
  const status = uri === undefined ? undefined : server.status(uri);
  const ofRows = [
    entry('tag', t('Label row by row'), 'gloss.labelling.start', t('Enter accepts, digits choose')),
    entry('arrow-down', t('Go to the next row to label'), 'gloss.nextToLabel', t('{0} in the queue', status?.toLabel ?? 0)),
    entry('warning', t('Go to the next suspect'), 'gloss.nextSuspect', t('{0} in all', status?.suspects ?? 0)),
    entry('check-all', t('Accept all sure suggestions of this file'), 'gloss.acceptAll'),
    entry('play', t('Train now'), 'gloss.train'),
    entry('graph', t('Show the report'), 'gloss.showPanel'),
    { label: '', kind: vscode.QuickPickItemKind.Separator },
  ];
  const items = server.running && status !== undefined ? [...ofRows, ...ofServer] : ofServer;
  const title = status === undefined ? 'Gloss' : `Gloss: ${status.name}`;
  const chosen = await vscode.window.showQuickPick(items, { title, placeHolder: status?.model?.says ?? t('What is to be done?') });
  if (chosen?.command !== undefined) await vscode.commands.executeCommand(chosen.command);
}
