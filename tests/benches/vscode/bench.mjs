// See run.sh. Times are taken in the page, from the key to what it changes on the screen.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodeServer } from '../../vscode/lib/codeServer.mjs';
import { Editor, launch } from '../../vscode/lib/editor.mjs';
import { until } from '../../vscode/lib/until.mjs';

const repository = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..');
const { GLOSS_BIN: gloss, installed } = process.env;
const playwright = createRequire(path.join(installed, 'x.js'))('playwright-core');
const vsix = path.join(repository, 'vscode-extension', 'gloss-universal-0.1.0.vsix');
const tickets = path.join(repository, 'fixtures', 'support-tickets');
const ROWS = 100;
const KEYS = 60;
const LARGE = 20 * 2 ** 20;

const quantile = (times, share) => [...times].sort((a, b) => a - b)[Math.min(times.length - 1, Math.floor(share * times.length))];
const line = (what, times) => console.log(`${what}: median ${quantile(times, 0.5).toFixed(0)} ms, 95% ${quantile(times, 0.95).toFixed(0)} ms, longest ${Math.max(...times).toFixed(0)} ms`);

// Else a file of more than 10 MB is asked about before it is opened.
const settings = { 'workbench.editorLargeFileConfirmation': 1024 };
const server = await CodeServer.start({ installed, vsix, gloss, settings });
const browser = await launch(playwright);
try {
  const wanted = process.argv.slice(2);
  if (wanted.length === 0 || wanted.includes('keys')) await labelling();
  if (wanted.length === 0 || wanted.includes('large')) await large();
} finally {
  await browser.close();
  await server.close();
}

/** One key a row, each pressed when the row before is done; then as fast as they can be pressed. */
async function labelling() {
  for (const patient of [true, false]) {
    const folder = server.copy(tickets, `keys-${patient}`);
    const editor = await Editor.open(browser, server, folder, 'tickets.jsonl');
    const labelled = async () => Number((await editor.statusSays(/, (\d+) of 303 rows labelled/))[1]);
    await editor.statusSays(/lexical, .* 156 of 303 rows labelled$/);
    await editor.press('Alt+l');
    await editor.page.locator('.codelens-decoration', { hasText: 's skip' }).waitFor();
    const begun = Date.now();
    const times = [];
    for (let row = 0; row < ROWS; row += 1) {
      const from = await editor.line();
      const pressed = Date.now();
      await editor.press('Enter');
      if (!patient) continue;
      await editor.page.waitForFunction((from) => !document.getElementById('status.editor.selection').innerText.startsWith(`Ln ${from},`), from, { polling: 'raf' });
      times.push(Date.now() - pressed);
    }
    await until('every key was heard', async () => (await labelled()) === 156 + ROWS);
    const seconds = (Date.now() - begun) / 1000;
    console.log(`${ROWS} rows, ${patient ? 'each when the one before was done' : 'as fast as keys come'}: ${ROWS} keys, ${seconds.toFixed(1)} s`);
    if (patient) line('from a key to the next row', times);
    await editor.page.close();
  }
}

async function large() {
  const folder = server.in('large');
  mkdirSync(folder);
  const rows = readFileSync(path.join(tickets, 'tickets.jsonl'), 'utf8').trim().split('\n').map((row) => JSON.parse(row));
  let source = '';
  for (let number = 0; source.length < LARGE; number += 1) {
    const row = rows[number % rows.length];
    source += `${JSON.stringify({ id: number, text: `${row.text} (${number})`, label: number % 10 === 0 ? row.label : null })}\n`;
  }
  writeFileSync(path.join(folder, 'large.jsonl'), source);
  console.log(`A file of ${(source.length / 2 ** 20).toFixed(0)} MB, ${source.split('\n').length - 1} rows`);
  const begun = Date.now();
  const editor = await Editor.open(browser, server, folder, 'large.jsonl');
  console.log(`opened after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  await editor.goTo(20);
  await editor.press('Home', ...Array(12).fill('ArrowRight'));
  line('from a key to its echo, while it is read and learned from', await echoes(editor));
  const said = async () => (await editor.status.getAttribute('aria-label').catch(() => '')) ?? '';
  await until('it is learned', async () => /held-out accuracy/.test(await said()), 600_000);
  console.log(`learned after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
  line('from a key to its echo, then', await echoes(editor));
  await editor.page.close();
}

/** Types into a row, and answers how long each key took to change it, in ms. */
async function echoes(editor) {
  await editor.page.evaluate(() => {
    const times = [];
    let pressed;
    window.addEventListener('keydown', () => { pressed = performance.now(); }, true);
    new MutationObserver(() => {
      if (pressed === undefined) return;
      times.push(performance.now() - pressed);
      pressed = undefined;
    }).observe(document.querySelector('.editor-instance .view-lines'), { subtree: true, childList: true, characterData: true });
    window.echoes = times;
  });
  for (let key = 1; key <= KEYS; key += 1) {
    await editor.press('x');
    await editor.page.waitForFunction((key) => window.echoes.length >= key, key, { polling: 'raf' });
  }
  return editor.page.evaluate(() => window.echoes);
}
