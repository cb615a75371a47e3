// A session on the screen: a folder opened with one of its files, then step after step.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { Editor } from './editor.mjs';

/** `folder` makes the folder; `opened` hears of the page, for a picture of what failed. */
export async function run(browser, server, fixtures, opened, { title, folder: made, file, steps, ...options }) {
  console.log(`# ${title}`);
  const folder = await made(server, fixtures);
  const editor = await Editor.open(browser, server, folder, file, options);
  opened(editor.page);
  const session = new Session(editor, server, folder, file);
  for (const [name, step] of steps) {
    const begun = Date.now();
    try {
      await step(session);
    } catch (error) {
      error.message = `${name}: ${error.message}`;
      throw error;
    }
    console.log(`ok ${name} (${((Date.now() - begun) / 1000).toFixed(1)} s)`);
  }
  await editor.page.close();
}

class Session {
  constructor(editor, server, folder, file) {
    Object.assign(this, { editor, server, folder, file, page: editor.page });
  }

  /** What is on the disk. */
  lines(name = this.file) {
    return readFileSync(path.join(this.folder, name), 'utf8').split('\n');
  }

  /** A row, counted from 1. */
  row(line) {
    return JSON.parse(this.lines()[line - 1]);
  }

  /** The server of this folder: those of folders that were open before may live on for a while. */
  running() {
    return this.server.processes().find(({ command, cwd }) => /gloss lsp /.test(command) && cwd === this.folder);
  }

  pid() {
    return this.running()?.pid;
  }

  lens = (text) => this.page.locator('.codelens-decoration', { hasText: text });
}
