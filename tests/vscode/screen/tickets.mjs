// What a person does and sees: one session from the first look to a server that is killed. Each step leaves the rows saved.
import assert from 'node:assert/strict';
import path from 'node:path';
import { until } from '../lib/until.mjs';

const FILE = 'tickets.jsonl';
const HINT = /"label": (?:null|"")\}\s*\w+ \d+%/;

export const tickets = {
  title: 'On the screen',
  folder: (server, fixtures) => server.copy(path.join(fixtures, 'support-tickets'), 'support-tickets'),
  file: FILE,
  steps: [
    ['squiggles, hints, signs, a lens and the status are there', async ({ editor, page }) => {
      await editor.shows(HINT);
      await page.locator('.squiggly-warning').first().waitFor();
      await page.locator('.glyph-margin-widgets .cgmr').first().waitFor();
      await page.locator('.codelens-decoration', { hasText: '156 of 303 rows labelled' }).waitFor();
      await editor.statusSays(/^Gloss: lexical, held-out accuracy \d+%.*, 156 of 303 rows labelled$/);
      await editor.picture('suggestions');
    }],
    ['the menu of the status bar leads to what can be done', async ({ editor, page }) => {
      await editor.status.click();
      await page.locator('.quick-input-list .monaco-list-row', { hasText: 'Label row by row' }).waitFor();
      await editor.picture('menu');
      await editor.press('Escape');
    }],
    ['a quick fix corrects a suspect, and saving writes that row alone', async (session) => {
      const { editor, page } = session;
      await editor.command('Go to the next suspect');
      const line = await until('the cursor is at a suspect', async () => (await editor.line()) > 1 && editor.line());
      const before = session.lines();
      await editor.press('Control+Period');
      await page.locator('.action-widget .monaco-list-row', { hasText: 'Label as' }).first().waitFor();
      await editor.picture('suspect');
      await editor.press('Enter');
      await page.locator('.tab.active.dirty').waitFor();
      await editor.save();
      const changed = await until('the file is written', () => {
        const after = session.lines();
        const changed = after.flatMap((text, index) => (text === before[index] ? [] : [index + 1]));
        return changed.length > 0 && changed;
      });
      assert.deepEqual(changed, [line]);
      assert.notEqual(session.row(line).label, JSON.parse(before[line - 1]).label);
    }],
    ['a key a row: accept, choose, skip, undo', async (session) => {
      const { editor } = session;
      await editor.goTo(80);
      await editor.press('Alt+l');
      await session.lens('s skip').waitFor();
      const moved = async (from, key) => {
        await editor.press(key);
        return until(`${key} leads to another row`, async () => (await editor.line()) !== from && editor.line());
      };
      const first = await editor.line();
      await session.lens(/1 billing/).waitFor();
      await editor.picture('labelling');
      const second = await moved(first, 'Enter');
      const third = await moved(second, '3');
      const fourth = await moved(third, 's');
      await moved(fourth, '1');
      await editor.press('u');
      await editor.at(fourth);
      await editor.press('Escape');
      await session.lens('s skip').waitFor({ state: 'detached' });
      const hints = await editor.rows();
      await editor.save();
      assert.ok(['billing', 'refund', 'login', 'shipping', 'bug', 'cancel'].includes(session.row(first).label), 'accepted');
      assert.equal(session.row(second).label, 'login', 'the third of [labels]');
      assert.ok(!session.row(third).label, 'skipped');
      assert.ok(!session.row(fourth).label, 'undone');
      await until('the hints are those of a new model', async () => (await editor.rows()) !== hints);
    }],
    ['the report is drawn, and a cell of the matrix leads to its rows', async (session) => {
      const { editor, page } = session;
      await editor.command('Show the report');
      const panel = await editor.panel();
      await until('everything is drawn', async () => (await panel.locator('section').count()) === 4 && (await panel.locator('canvas').count()) === 2);
      await until('the run is in the curve', async () => (await panel.locator('[role=img]').first().getAttribute('aria-label'))?.includes('reached'));
      await editor.picture('report');
      const row = panel.locator('.rows li button').first();
      const list = async (cell, heading) => {
        await cell.focus();
        await page.keyboard.press('Enter');
        await panel.locator('.rows h3', { hasText: heading }).waitFor();
        return Number(/:(\d+)/.exec(await row.innerText())[1]);
      };
      const right = await list(panel.locator('.matrix .right button').first(), /^billing, rightly said: \d+/);
      assert.equal(session.row(right).label, 'billing');
      const line = await list(panel.locator('.matrix .wrong button').first(), /, said to be /);
      await panel.locator('#confusions').scrollIntoViewIfNeeded();
      await editor.picture('confusions');
      await row.click();
      await editor.at(line);
      await editor.command('Toggle between Light/Dark Themes');
      await page.locator('.monaco-workbench.vs-dark').waitFor();
      await until('the plots follow the theme', async () => (await panel.locator('canvas').count()) === 2);
      await panel.locator('h1').scrollIntoViewIfNeeded();
      await editor.picture('report-dark');
      await editor.command('Toggle between Light/Dark Themes');
      await page.locator('.monaco-workbench.vs-dark').waitFor({ state: 'detached' });
      await page.locator('.tab', { hasText: 'Gloss: report' }).locator('.codicon-close').click();
    }],
    ['the view has labels with counts and F1, and rows beneath them', async ({ editor, page }) => {
      await page.locator('.activitybar .action-label[aria-label="Gloss"]').click();
      const row = (text) => page.locator('.pane-body .monaco-list-row', { hasText: text }).first();
      await row('billing').waitFor();
      assert.match(await row('billing').innerText(), /billing\s*\d+ · F1 \d+%/);
      await row('Suspects').click();
      await page.locator('.pane-body .monaco-list-row[aria-level="2"]').first().waitFor();
      await editor.picture('labels');
      const text = await page.locator('.pane-body .monaco-list-row[aria-level="2"]').first().innerText();
      await page.locator('.pane-body .monaco-list-row[aria-level="2"]').first().click();
      await editor.at(Number(/(\d+)\s*$/.exec(text)[1]));
    }],
    ['a label is renamed in all files', async (session) => {
      const { editor, page } = session;
      const from = await editor.line();
      await editor.command('Go to the next suspect');
      const line = await until('the cursor is at the next suspect', async () => (await editor.line()) !== from && editor.line());
      const old = session.row(line).label;
      await editor.press('F2');
      const input = page.locator('.rename-box input.rename-input');
      await input.waitFor();
      await input.fill(`${old}s`);
      await editor.press('Enter');
      await page.locator('.tab.active.dirty').waitFor();
      await editor.command('File: Save All');
      const of = (name, what) => session.lines(name).join('\n').includes(what);
      await until('no file has the old name', () => ['tickets.jsonl', 'test.jsonl'].every((name) => !of(name, `"label": "${old}"`)));
      await until('gloss.toml has the new name', () => of('gloss.toml', `${old}s = `));
    }],
    ['all sure suggestions are accepted at once', async (session) => {
      const { editor, page } = session;
      await page.locator('.tab', { hasText: FILE }).click();
      const count = async () => Number((await editor.statusSays(/, (\d+) of 303 rows labelled/))[1]);
      const before = await count();
      await editor.command('Accept all sure suggestions of this file');
      await until('more rows are labelled', async () => (await count()) > before + 5);
      await editor.save();
      await editor.statusSays(/rows labelled$/);
    }],
    ['developer tools show no error of the extension', ({ editor }) => {
      const ours = editor.errors.filter((error) => /gloss/i.test(error));
      assert.deepEqual(ours, []);
    }],
    // A save has it learn.
    ['a server killed right after a save comes back, and nothing is lost', async (session) => {
      const { editor, page } = session;
      const killed = session.pid();
      assert.ok(killed, 'a server runs');
      // The row at the cursor may ask for nothing: then the first key only goes on. Each has done its work once the cursor is elsewhere.
      for (let turn = 0; turn < 2; turn += 1) {
        const from = await editor.line();
        await editor.press('Alt+Enter');
        await until('the cursor is in another row', async () => (await editor.line()) !== from);
      }
      await page.locator('.tab.active.dirty').waitFor();
      await editor.save();
      const before = session.lines();
      process.kill(killed, 'SIGKILL');
      await until('another server runs', () => session.pid() !== undefined && session.pid() !== killed);
      await editor.statusSays(/^Gloss: lexical, held-out accuracy/);
      await editor.shows(HINT);
      assert.deepEqual(session.lines(), before);
    }],
    ['a server that keeps ending is left alone, and the message names the log', async (session) => {
      const { editor, page } = session;
      for (let time = 2; time <= 5; time += 1) {
        const pid = await until('a server runs', () => session.pid());
        await editor.statusSays(/^Gloss: lexical/);
        process.kill(pid, 'SIGKILL');
        await until('it is gone', () => session.pid() !== pid);
      }
      const message = page.locator('.notification-toast', { hasText: 'The log "Gloss" says what happened' });
      await message.waitFor();
      await message.locator('.monaco-button', { hasText: 'Restart' }).click();
      await editor.statusSays(/^Gloss: lexical, held-out accuracy/);
    }],
  ],
};
