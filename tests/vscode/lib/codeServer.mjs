// A VS Code of its own: code-server with a fresh profile and the extension from its .vsix, on a free port of this machine. Nothing of the user's
// configuration, state or cache takes part; `close` ends all of its processes and says which would not.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, readlinkSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { until } from './until.mjs';

const SETTINGS = {
  'security.workspace.trust.enabled': false,
  'workbench.startupEditor': 'none',
  'telemetry.telemetryLevel': 'off',
  'extensions.autoUpdate': false,
  'extensions.autoCheckUpdates': false,
  'extensions.ignoreRecommendations': true,
  'update.mode': 'none',
  'workbench.tips.enabled': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'chat.commandCenter.enabled': false,
  'editor.minimap.enabled': false,
  'editor.fontFamily': 'DejaVu Sans Mono',
  'editor.fontSize': 13,
  'editor.cursorBlinking': 'solid',
  'window.confirmBeforeClose': 'never',
  'files.autoSave': 'off',
  'files.hotExit': 'off',
  'git.enabled': false,
};

export class CodeServer {
  /** `trusts`: every folder is trusted. */
  static async start({ installed, vsix, gloss, settings = {}, trusts = true }) {
    const server = new CodeServer(installed, settings, gloss);
    const options = ['--user-data-dir', server.in('data'), '--extensions-dir', server.in('extensions')];
    const { status, stdout, stderr } = spawnSync(server.program, [...options, '--install-extension', vsix], { env: server.env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`the extension cannot be installed: ${stdout}${stderr}`);
    const port = await freePort();
    const still = ['--auth', 'none', '--disable-telemetry', '--disable-update-check', ...(trusts ? ['--disable-workspace-trust'] : []), '--disable-getting-started-override'];
    const log = openSync(server.in('log'), 'a');
    server.process = spawn(server.program, [...options, ...still, '--bind-addr', `127.0.0.1:${port}`], { env: server.env, stdio: ['ignore', log, log], detached: true });
    // Who ends the tests ends what they started.
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.once(signal, () => {
        process.kill(-server.process.pid, 'SIGTERM');
        process.exit(1);
      });
    }
    server.url = `http://127.0.0.1:${port}`;
    await until('code-server answers', async () => (await fetch(`${server.url}/healthz`).catch(() => undefined))?.ok);
    return server;
  }

  constructor(installed, settings, gloss) {
    this.work = realpathSync(mkdtempSync(path.join(tmpdir(), 'gloss-vscode-')));
    this.program = path.join(installed, 'node_modules', '.bin', 'code-server');
    for (const folder of ['data/User', 'extensions', 'home', 'cache', 'config', 'bin']) mkdirSync(this.in(folder), { recursive: true });
    symlinkSync(gloss, this.in('bin/gloss'));
    // The extension host takes its environment from a login shell.
    writeFileSync(this.in('home/.profile'), `export PATH='${this.in('bin')}:${process.env.PATH}'\n`);
    writeFileSync(this.in('data/User/settings.json'), JSON.stringify({ ...SETTINGS, ...settings }));
    this.env = {
      PATH: `${this.in('bin')}:${process.env.PATH}`,
      SHELL: '/bin/sh',
      HOME: this.in('home'),
      XDG_CONFIG_HOME: this.in('config'),
      XDG_CACHE_HOME: this.in('cache'),
      XDG_DATA_HOME: this.in('home'),
      GLOSS_ENCODER: process.env.GLOSS_VSCODE_ENCODER ?? 'none',
      LANG: 'C.UTF-8',
      CS_DISABLE_FILE_DOWNLOADS: '1',
    };
  }

  in(name) {
    return path.join(this.work, name);
  }

  /** A copy of a fixture, to be opened. */
  copy(from, name) {
    cpSync(from, this.in(name), { recursive: true });
    return this.in(name);
  }

  /** The address of a folder with a file of it open, or with tests run in its extension host. */
  address(folder, payload) {
    return `${this.url}/?folder=${encodeURIComponent(folder)}&payload=${encodeURIComponent(JSON.stringify(payload))}`;
  }

  remote(file) {
    return `vscode-remote://${new URL(this.url).host}${file}`;
  }

  /** The processes that were started with this server's environment, by their numbers: the language servers, too. */
  processes() {
    const unless = (look) => {
      try {
        return look();
      } catch {
        // It has just ended, or is somebody else's.
        return '';
      }
    };
    const read = (file) => unless(() => readFileSync(file, 'utf8'));
    const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
    const all = pids.map((pid) => ({
      pid: Number(pid),
      command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '),
      environment: read(`/proc/${pid}/environ`).split('\0'),
      cwd: unless(() => readlinkSync(`/proc/${pid}/cwd`)),
    }));
    return all.filter(({ environment }) => environment.some((one) => one.includes(this.work)));
  }

  /** The ends of what the extension wrote into its channels. */
  logs() {
    const files = readdirSync(this.in('data/logs'), { recursive: true }).filter((file) => path.basename(file) === 'Gloss.log');
    const end = (file) => readFileSync(this.in(`data/logs/${file}`), 'utf8').split('\n').slice(-30).join('\n');
    return files.map((file) => `== ${file}\n${end(file)}`).join('\n');
  }

  async close() {
    try {
      process.kill(-this.process.pid, 'SIGTERM');
    } catch {
      // It ended by itself.
    }
    await until('no process is left', () => this.processes().length === 0).catch(() => {
      const left = this.processes();
      for (const { pid } of left) process.kill(pid, 'SIGKILL');
      throw new Error(`left behind:\n${left.map(({ pid, command }) => `${pid} ${command}`).join('\n')}`);
    });
    rmSync(this.work, { recursive: true, force: true });
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
