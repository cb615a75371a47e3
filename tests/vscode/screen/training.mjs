// What is seen while an encoder is trained: one that is made up and small, as in tests/src/encoder.rs.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { until } from '../lib/until.mjs';

export const training = {
  title: 'While an encoder is trained',
  folder: (server) => {
    const folder = server.in('training');
    mkdirSync(folder);
    execFileSync(process.env.WRITE_ENCODER, [folder]);
    return folder;
  },
  file: 'rows.jsonl',
  steps: [
    ['the status bar has a spinner, the step that serves, the epoch and the time left', async ({ editor }) => {
      // Both of one moment: it takes seconds.
      await until('it is seen', () =>
        editor.status.evaluate((item) => {
          const spins = item.querySelector('.codicon-sync.codicon-modifier-spin') !== null;
          return spins && /^ ?(lexical|probe) \d+% · 160\/500 · epoch \d+\.\d, (\d+ s|\d+ min) left$/.test(item.textContent);
        }).catch(() => false),
      );
      await editor.picture('training');
    }],
    ['and then the trained encoder serves, and nothing spins', async ({ editor }) => {
      await editor.statusSays(/^Gloss: fine-tuned, .*%.*, 160 of 500 rows labelled$/);
      await editor.status.locator('.codicon-sync').waitFor({ state: 'detached' });
    }],
  ],
};
