// Where the server is: `gloss.path`, else the binary that a platform package brings, else PATH. What is found is asked for its version first,
// so that whatever does not run is told of with what to do, instead of a client that restarts it in vain.
import { execFile } from 'node:child_process';
import type { ExecFileException } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { l10n } from 'vscode';

const { t } = l10n;

export interface Found {
  readonly program: string;
  readonly version: string;
}

/** Why there is no server, for people. */
export class NotFound extends Error {}

const PATIENCE_MS = 15_000;

export interface Places {
  /** The setting; empty: none. */
  readonly setting: string;
  readonly extensionFolder: string;
  readonly workspaceFolder: string | undefined;
}

export async function findServer({ setting, extensionFolder, workspaceFolder }: Places): Promise<Found> {
  if (setting.trim() !== '') {
    const program = expanded(setting.trim(), workspaceFolder);
    return asked(program, t('The setting gloss.path names {0}, which', program), t('Correct or clear the setting, then restart the server.'));
  }
  const name = process.platform === 'win32' ? 'gloss.exe' : 'gloss';
  const bundled = path.join(extensionFolder, 'server', name);
  if (existsSync(bundled)) {
    return asked(bundled, t('The server that came with this extension'), t('Set gloss.path to one that runs on this machine, or install the extension for its platform.'));
  }
  return asked(
    name,
    t('This extension came without a server, and "gloss" on PATH'),
    t('Install it (cargo install --path server/gloss, in the repository of Gloss) or set gloss.path, then restart the server.'),
  );
}

function expanded(setting: string, workspaceFolder: string | undefined): string {
  const inFolder = setting.replaceAll('${workspaceFolder}', workspaceFolder ?? '');
  return inFolder === '~' || inFolder.startsWith('~/') ? path.join(homedir(), inFolder.slice(1)) : inFolder;
}

async function asked(program: string, which: string, advice: string): Promise<Found> {
  const { error, said } = await new Promise<{ error: ExecFileException | null; said: string }>((resolve) => {
    execFile(program, ['--version'], { timeout: PATIENCE_MS, windowsHide: true }, (error, said) => { resolve({ error, said }); });
  });
  if (error !== null) throw new NotFound(t('{0} {1}. {2}', which, reason(error), advice));
  const version = /^gloss (\S+)/.exec(said)?.[1];
  if (version === undefined) {
    const words = t('is no Gloss: asked for its version it said "{0}"', said.trim().slice(0, 80));
    throw new NotFound(t('{0} {1}. {2}', which, words, advice));
  }
  return { program, version };
}

function reason({ code, killed, message }: ExecFileException): string {
  if (code === 'ENOENT') return t('is not there');
  if (code === 'EACCES') return t('may not be run');
  if (killed === true) return t('did not say its version within {0} seconds', PATIENCE_MS / 1000);
  return t('cannot be run ({0})', (message.trim().split('\n').at(-1) ?? '').slice(0, 200));
}
