// The report for everybody: by keys alone, and what axe finds in it in every theme.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from '../lib/until.mjs';

const AXE = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'vscode-extension', 'node_modules', 'axe-core', 'axe.min.js');
const THEMES = {
  'Light Modern': 'vscode-light',
  'Dark Modern': 'vscode-dark',
  'Dark High Contrast': 'vscode-high-contrast',
  'Light High Contrast': 'vscode-high-contrast-light',
};

const inTheme = (theme, kind) => async ({ editor }) => {
  await editor.theme(theme);
  const panel = await until(`the panel is ${kind}`, async () => {
    const panel = await editor.panel();
    return (await panel.locator(`body.${kind}`).count()) > 0 && panel;
  });
  await until('it is drawn', async () => (await panel.locator('canvas').count()) === 2);
  await editor.picture(`access-${kind}`);
  // The strongest shades, whatever the rows are.
  await panel.locator('.matrix td').evaluateAll((cells) => {
    for (const cell of cells) cell.className = cell.className.replace(/shade-\d/, 'shade-5');
  });
  await panel.evaluate(readFileSync(AXE, 'utf8'));
  const { violations, passes } = await panel.evaluate('axe.run(document)');
  assert.ok(passes.length > 10, 'it looked');
  const said = violations.flatMap(({ id, help, nodes }) => nodes.map(({ html, failureSummary }) => `${id} (${help}): ${html.slice(0, 120)}\n  ${failureSummary}`));
  assert.equal(said.join('\n'), '');
};

export const access = {
  title: 'The report for everybody',
  folder: (server, fixtures) => server.copy(path.join(fixtures, 'support-tickets'), 'access'),
  file: 'tickets.jsonl',
  steps: [
    ['a cell of the matrix and its rows are reached by keys alone', async ({ editor, page }) => {
      await editor.statusSays(/^Gloss: lexical/);
      await editor.command('Show the report');
      const panel = await editor.panel();
      await panel.locator('.matrix button').first().waitFor();
      await editor.press('Control+2');
      const has = async (selector) => (await panel.locator(`${selector}:focus`).count()) > 0;
      const tabTo = async (selector) => {
        for (let presses = 0; presses < 40 && !(await has(selector)); presses += 1) await editor.press('Tab');
        assert.ok(await has(selector), `Tab leads to ${selector}`);
      };
      await until('the report has the focus', () => panel.evaluate('document.hasFocus()'));
      await tabTo('.matrix button');
      const label = () => panel.locator('.matrix button:focus').getAttribute('aria-label');
      const first = await label();
      await editor.press('ArrowRight');
      assert.notEqual(await label(), first, 'arrow keys go from cell to cell');
      await editor.press('Enter');
      await tabTo('.rows li button');
      const line = Number(/:(\d+)/.exec(await panel.locator('.rows li button:focus').innerText())[1]);
      await editor.press('Enter');
      await editor.at(line);
    }],
    ...Object.entries(THEMES).map(([theme, kind]) => [`axe finds nothing in ${theme}`, inTheme(theme, kind)]),
  ],
};
