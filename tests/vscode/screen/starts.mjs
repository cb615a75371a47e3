// Servers that do not come to run: what is seen is one message, that says what to do.
import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** The program that the settings name. */
const PROGRAM = 'program';

async function seen({ editor, page }, message) {
  const toast = page.locator('.notification-toast', { hasText: message });
  await toast.waitFor();
  await editor.picture('start');
  const all = await page.locator('.notification-toast .notification-list-item-message').allInnerTexts();
  assert.equal(all.length, 1, all.join('\n'));
  assert.match(await page.locator('[id="status.notifications"]').getAttribute('aria-label'), /^Notifications|^1 /);
  for (const button of ['Restart', 'Show log']) await toast.locator('.monaco-button', { hasText: button }).waitFor();
  await editor.statusSays(/^Gloss: the server is not running$/);
  await editor.command('Notifications: Clear All Notifications');
  await toast.waitFor({ state: 'detached' });
}

const instead = (script, message) => async (session) => {
  const program = path.join(session.folder, PROGRAM);
  writeFileSync(program, `#!/bin/sh\n${script}\n`);
  chmodSync(program, 0o755);
  await session.editor.command('Gloss: Restart the server');
  await seen(session, message);
};

export const starts = {
  title: 'Servers that do not come to run',
  folder: (server, fixtures) => {
    const folder = server.in('starts');
    cpSync(path.join(fixtures, 'support-tickets'), folder, { recursive: true });
    mkdirSync(path.join(folder, '.vscode'));
    writeFileSync(path.join(folder, '.vscode', 'settings.json'), JSON.stringify({ 'gloss.path': path.join(folder, PROGRAM) }));
    return folder;
  },
  file: 'tickets.jsonl',
  steps: [
    ['one that is not there', (session) => seen(session, /names .*program, which is not there\. Correct or clear the setting, then restart/)],
    ['one that is no Gloss', instead('echo other 1.0', /names .*program, which is no Gloss: asked for its version it said "other 1\.0"\. Correct/)],
    ['one that dies at once', instead('[ "$1" = --version ] && echo gloss 9.9.9 && exit; exit 3', /ended 5 times within three minutes and is not started again.*The log "Gloss" says what happened/)],
  ],
};
