// The suite that runs in the extension host, with the true API: host/index.cjs, started through the address of the page.
import path from 'node:path';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const SUITE = path.join(path.dirname(fileURLToPath(import.meta.url)), '..', 'host', 'index.cjs');
const PATIENCE_MS = 180_000;

export async function inHost(browser, server, fixtures, opened) {
  console.log('# In the extension host');
  const folder = server.copy(path.join(fixtures, 'support-tickets'), 'host');
  const extensions = server.in('extensions');
  const extension = readdirSync(extensions).find((name) => name.startsWith('gloss.gloss-'));
  const page = await browser.newPage();
  opened(page);
  const said = [];
  await page.exposeFunction('codeAutomationLog', (kind, args) => {
    for (const line of args.map(String)) {
      if (line.startsWith('ok ')) console.log(line);
      else said.push(`${kind}: ${line}`);
    }
  });
  const exit = new Promise((resolve) => { page.exposeFunction('codeAutomationExit', resolve); });
  const payload = [
    ['extensionTestsPath', server.remote(SUITE)],
    ['extensionDevelopmentPath', server.remote(path.join(extensions, extension))],
  ];
  await page.goto(server.address(folder, payload));
  let timer;
  const late = new Promise((resolve) => { timer = setTimeout(() => resolve('late'), PATIENCE_MS); });
  const code = await Promise.race([exit, late]);
  clearTimeout(timer);
  if (code !== 0) throw new Error(`the suite in the extension host ended with ${code}:\n${said.slice(-20).join('\n')}`);
  await page.close();
}
