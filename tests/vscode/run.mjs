// All suites in one VS Code: see run.sh.
import { mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { CodeServer } from './lib/codeServer.mjs';
import { launch } from './lib/editor.mjs';
import { inHost } from './lib/host.mjs';
import { run } from './lib/session.mjs';
import { access } from './screen/access.mjs';
import { several, spans } from './screen/several.mjs';
import { starts } from './screen/starts.mjs';
import { tickets } from './screen/tickets.mjs';
import { training } from './screen/training.mjs';
import { trust } from './screen/trust.mjs';

const repository = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', '..');
const { GLOSS_BIN: gloss, installed } = process.env;
const playwright = createRequire(path.join(installed, 'x.js'))('playwright-core');
const vsix = path.join(repository, 'vscode-extension', 'gloss-universal-0.1.0.vsix');
const fixtures = path.join(repository, 'fixtures');
const sessions = { training, several, spans, starts, tickets, access };
const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.includes(name);
const begun = Date.now();

const browser = await launch(playwright);
try {
  if (isWanted('host') || Object.keys(sessions).some(isWanted)) {
    await inCodeServer({}, async (server, shown) => {
      if (isWanted('host')) await inHost(browser, server, fixtures, shown);
      for (const [name, session] of Object.entries(sessions)) {
        if (isWanted(name)) await run(browser, server, fixtures, shown, session);
      }
    });
  }
  if (isWanted('trust')) {
    await inCodeServer({ trusts: false, settings: trust.settings }, (server, shown) => run(browser, server, fixtures, shown, trust));
  }
} finally {
  await browser.close();
}
if (process.exitCode === undefined) console.log(`VS Code: all passed in ${Math.round((Date.now() - begun) / 1000)} s`);

/** `work` tells which page is shown; of that a picture is taken when it fails. */
async function inCodeServer(options, work) {
  if (process.exitCode !== undefined) return;
  const server = await CodeServer.start({ installed, vsix, gloss, ...options });
  let page;
  try {
    await work(server, (opened) => { page = opened; });
  } catch (error) {
    const picture = path.join(mkdtempSync(path.join(tmpdir(), 'gloss-vscode-failed-')), 'screen.png');
    await page?.screenshot({ path: picture }).catch(() => undefined);
    console.error(`FAILED: ${error.stack}\nThe screen: ${picture}\nLogs of Gloss:\n${server.logs()}`);
    process.exitCode = 1;
  } finally {
    await server.close();
  }
}
