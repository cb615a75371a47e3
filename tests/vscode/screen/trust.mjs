// A folder that nobody trusts yet, whose settings name a program to run.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { until } from '../lib/until.mjs';

/** Says that it was run, and is a server. */
const PROGRAM = '#!/bin/sh\ntouch "$(dirname "$0")/was-run"\nexec gloss "$@"\n';

const mayFetch = (session) => session.running()?.environment.includes('GLOSS_OFFLINE=1') === false;
const wasRun = ({ folder }) => existsSync(path.join(folder, 'was-run'));

export const trust = {
  title: 'In Restricted Mode',
  settings: { 'security.workspace.trust.enabled': true, 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.untrustedFiles': 'open' },
  folder: (server, fixtures) => {
    const folder = server.in('trust');
    cpSync(path.join(fixtures, 'support-tickets'), folder, { recursive: true });
    mkdirSync(path.join(folder, '.vscode'));
    writeFileSync(path.join(folder, '.vscode', 'settings.json'), JSON.stringify({ 'gloss.path': '${workspaceFolder}/program' }));
    writeFileSync(path.join(folder, 'program'), PROGRAM);
    chmodSync(path.join(folder, 'program'), 0o755);
    return folder;
  },
  file: 'tickets.jsonl',
  steps: [
    ['the server runs, fetches nothing, and is not the one that the folder names', async (session) => {
      const { editor, page } = session;
      await page.locator('.statusbar-item', { hasText: 'Restricted Mode' }).waitFor();
      await editor.statusSays(/^Gloss: lexical, held-out accuracy/);
      assert.ok(!mayFetch(session));
      assert.ok(!wasRun(session));
      await editor.status.hover();
      await page.locator('.workbench-hover', { hasText: 'In Restricted Mode gloss.path of this folder is not heeded' }).waitFor();
    }],
    ['once the folder is trusted, what it names is run', async (session) => {
      const { editor, page } = session;
      await editor.command('Workspaces: Manage Workspace Trust');
      await editor.picture('trust');
      await page.locator('.workspace-trust-editor .monaco-button', { hasText: /^Trust$/ }).click();
      await page.locator('.tab', { hasText: 'tickets.jsonl' }).click();
      await until('the program of the folder was run', () => wasRun(session));
      await editor.statusSays(/^Gloss: lexical, held-out accuracy/);
      await until('it may fetch', () => mayFetch(session));
    }],
  ],
};
