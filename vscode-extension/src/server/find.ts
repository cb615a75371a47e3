// Where the server is: `gloss.path`, else the binary that a platform package brings, else PATH. What is found is asked for its version first,
// so that whatever does not run is told of with what to do, instead of a client that restarts it in vain.
import { execFile } from 'node:child_process';
import type { ExecFileException } from 'node:child_process';
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';

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
    return asked(program, `The setting gloss.path names ${program}, which`, 'Correct or clear the setting, then restart the server.');
  }
  const name = process.platform === 'win32' ? 'gloss.exe' : 'gloss';
  const bundled = path.join(extensionFolder, 'server', name);
  if (existsSync(bundled)) {
    return asked(bundled, 'The server that came with this extension', 'Set gloss.path to one that runs on this machine, or install the extension for its platform.');
  }
  return asked(
    name,
    'This extension came without a server, and "gloss" on PATH',
    'Install it (cargo install --path server/gloss, in the repository of Gloss) or set gloss.path, then restart the server.',
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
  if (error !== null) throw new NotFound(`${which} ${reason(error)}. ${advice}`);
  const version = /^gloss (\S+)/.exec(said)?.[1];
  if (version === undefined) {
    throw new NotFound(`${which} is no Gloss: asked for its version it said "${said.trim().slice(0, 80)}". ${advice}`);
  }
  return { program, version };
}

function reason({ code, killed, message }: ExecFileException): string {
  if (code === 'ENOENT') return 'is not there';
  if (code === 'EACCES') return 'may not be run';
  if (killed === true) return `did not say its version within ${PATIENCE_MS / 1000} seconds`;
  return `cannot be run (${(message.trim().split('\n').at(-1) ?? '').slice(0, 200)})`;
}
