// What a person does and sees in VS Code.
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { until } from './until.mjs';

const ARGUMENTS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'];

export async function launch(playwright) {
  return playwright.chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGUMENTS });
}

export class Editor {
  /** Opens a folder with one of its files. */
  static async open(browser, server, folder, file, { width = 1280, height = 800 } = {}) {
    const page = await browser.newPage({ viewport: { width, height } });
    const editor = new Editor(page);
    await page.goto(server.address(folder, [['openFile', server.remote(path.join(folder, file))]]));
    await editor.lines.first().waitFor({ timeout: 90_000 });
    return editor;
  }

  constructor(page) {
    this.page = page;
    /** What the developer tools show as an error. */
    this.errors = [];
    page.on('pageerror', (error) => this.errors.push(String(error)));
    page.on('console', (message) => {
      if (message.type() === 'error') this.errors.push(message.text());
    });
    this.lines = page.locator('.editor-instance .view-lines .view-line');
  }

  /** Texts of the rows on the screen, as they are read. */
  async rows() {
    // Wrapped lines are elements of their own; spaces are drawn as NBSP. Lines stand in no order in the document.
    const texts = await this.lines.evaluateAll((lines) =>
      lines.map((line) => [parseFloat(line.style.top), line.textContent]).sort((a, b) => a[0] - b[0]).map(([, text]) => text),
    );
    return texts.join('\n').replaceAll('\u00a0', ' ').replaceAll('\u200b', '');
  }

  async shows(pattern) {
    return until(`the editor shows ${pattern}`, async () => pattern.exec(await this.rows()));
  }

  async press(...keys) {
    for (const key of keys) await this.page.keyboard.press(key);
  }

  async goTo(line, column = 1) {
    await this.press('Control+g');
    const input = this.page.locator('.quick-input-widget:visible input');
    await input.waitFor();
    await input.fill(`:${line}:${column}`);
    await this.press('Enter');
    await this.at(line);
  }

  /** Selects so many characters. */
  async select(line, column, length) {
    await this.goTo(line, column);
    for (let count = 0; count < length; count += 1) await this.press('Shift+ArrowRight');
  }

  /** Waits until the cursor is in this line, counted from 1. */
  async at(line) {
    await until(`the cursor is in line ${line}`, async () => (await this.line()) === line);
  }

  async line() {
    const said = await this.page.locator('[id="status.editor.selection"]').innerText().catch(() => '');
    return Number(/Ln (\d+)/.exec(said)?.[1] ?? 0);
  }

  /** Runs a command of the palette by its title. */
  async command(title) {
    await this.press('F1');
    const input = this.page.locator('.quick-input-widget:visible input');
    await input.waitFor();
    await input.fill(`>${title}`);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: title }).waitFor();
    await this.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  /** Chooses a theme by the name that the list has. */
  async theme(name) {
    await this.press('Control+k', 'Control+t');
    const input = this.page.locator('.quick-input-widget:visible input');
    await input.waitFor();
    await this.page.locator('.quick-input-list .monaco-list-row', { hasText: 'Modern' }).first().waitFor();
    await input.fill(name);
    await this.page.locator('.quick-input-list .monaco-list-row.focused', { hasText: name }).waitFor();
    await this.press('Enter');
    await this.page.locator('.quick-input-widget').waitFor({ state: 'hidden' });
  }

  async save() {
    await this.press('Control+s');
    await this.page.locator('.tab.active.dirty').waitFor({ state: 'detached' });
  }

  get status() {
    return this.page.locator('.statusbar-item[id="gloss.gloss.status"]');
  }

  async statusSays(pattern) {
    return until(`the status bar says ${pattern}`, async () => pattern.exec((await this.status.getAttribute('aria-label').catch(() => '')) ?? ''));
  }

  /** The frame of the panel's page. */
  async panel() {
    return until('the panel is drawn', async () => {
      for (const frame of this.page.frames()) {
        const drawn = await frame.locator('main section').count().catch(() => 0);
        if (drawn > 0) return frame;
      }
      return undefined;
    });
  }

  /** A picture for the documentation, if some are wanted. */
  async picture(name) {
    const folder = process.env.PICTURES;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    await this.page.mouse.move(640, 2);
    const file = path.join(folder, `${name}.png`);
    await this.page.screenshot({ path: file });
    // A quarter of the bytes, where it is installed.
    spawnSync('pngquant', ['--force', '--output', file, '64', file]);
  }
}
