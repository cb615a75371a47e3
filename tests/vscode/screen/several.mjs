// Labelling by keys where a row has several labels, or labelled parts of its text.
import assert from 'node:assert/strict';
import path from 'node:path';
import { until } from '../lib/until.mjs';

/** Presses keys that lead to another row, one after the other. */
async function on(editor, ...keys) {
  for (const key of keys) {
    const from = await editor.line();
    await editor.press(key);
    await until(`${key} leads to another row`, async () => (await editor.line()) !== from);
  }
  return editor.line();
}

async function begun({ editor, lens }, line) {
  await editor.statusSays(/lexical.* rows labelled$/);
  await editor.goTo(line);
  await editor.press('Alt+l');
  await lens('s skip').waitFor();
}

export const several = {
  title: 'Rows with several labels',
  folder: (server, fixtures) => server.copy(path.join(fixtures, 'guest-messages'), 'several'),
  file: 'messages.jsonl',
  steps: [
    ['digits add labels and take them away, Enter goes on', async (session) => {
      const { editor, lens } = session;
      await begun(session, 49);
      const accepted = await editor.line();
      const chosen = await on(editor, 'Enter');
      await lens(/1 booking/).waitFor();
      for (const [key, name] of [['3', 'room'], ['6', 'wifi'], ['7', 'staff']]) {
        await editor.press(key);
        await lens(`${key} ✓ ${name}`).waitFor();
        assert.equal(await editor.line(), chosen, 'it stays');
      }
      await editor.press('6');
      await lens(/6 wifi/).waitFor();
      const skipped = await on(editor, 'Enter');
      const undone = await on(editor, 's');
      await editor.press('4');
      await lens('4 ✓ noise').waitFor();
      await editor.press('u');
      await lens(/4 noise/).waitFor();
      assert.equal(await editor.line(), undone);
      await editor.press('Escape');
      await editor.save();
      assert.ok(session.row(accepted).labels.length > 0, 'accepted');
      assert.deepEqual(session.row(chosen).labels, ['room', 'staff']);
      for (const line of [skipped, undone]) assert.equal(session.row(line).labels, undefined);
    }],
  ],
};

export const spans = {
  title: 'Rows with spans',
  folder: (server, fixtures) => server.copy(path.join(fixtures, 'travel-notes'), 'spans'),
  file: 'notes.jsonl',
  steps: [
    ['Enter accepts all spans of a row, a digit labels what is selected', async (session) => {
      const { editor, lens } = session;
      await begun(session, 37);
      const accepted = await editor.line();
      const chosen = await on(editor, 'Enter');
      const at = session.lines()[chosen - 1].indexOf('ferry');
      assert.ok(at > 0, 'the row with the ferry');
      await editor.select(chosen, at + 1, 'ferry'.length);
      const label = lens(/\d .*ferry.* as transport/);
      await label.waitFor();
      await editor.picture('spans');
      const digit = /(\d) [^\d]*ferry[^\d]* as transport/.exec(await label.innerText())[1];
      await editor.press(digit);
      await editor.shows(/to nowhere\.", "spans": \[/);
      await editor.press('u');
      await editor.shows(/to nowhere\."\}/);
      await label.waitFor();
      await editor.press(digit);
      await editor.shows(/to nowhere\.", "spans": \[/);
      const skipped = await on(editor, 'Enter');
      await on(editor, 's');
      await editor.press('Escape');
      await editor.save();
      assert.deepEqual(session.row(accepted).spans.map(({ label }) => label), ['date', 'transport', 'place', 'place']);
      assert.deepEqual(session.row(chosen).spans.map(({ label }) => label), ['transport']);
      assert.equal(session.row(skipped).spans, undefined);
    }],
  ],
};
