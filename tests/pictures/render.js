// A terminal's screen to a picture:  node render.js COLUMNS ROWS SCREEN.ansi PICTURE.png [SCREEN PICTURE]...
//
// The screens are what `tmux capture-pane -e -N -p` prints: text and escape sequences. xterm.js draws them in a
// headless Chromium, so colours, underlines and curls are those of a real terminal.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';

const BACKGROUND = '#14161b'; // that of Neovim's default dark colours
const [columns, rows, ...files] = process.argv.slice(2);
if (files.length === 0 || files.length % 2 !== 0) {
  console.error('usage: node render.js COLUMNS ROWS SCREEN.ansi PICTURE.png [SCREEN PICTURE]...');
  process.exit(2);
}

const { resolve } = createRequire(import.meta.url);
const script = await readFile(resolve('@xterm/xterm'), 'utf8');
const style = await readFile(resolve('@xterm/xterm/css/xterm.css'), 'utf8');

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
try {
  // More than one device pixel a CSS pixel: sharp on dense screens. The viewport only has to be larger than any terminal drawn.
  const page = await browser.newPage({ viewport: { width: 2400, height: 1600 }, deviceScaleFactor: 1.5 });
  for (let i = 0; i < files.length; i += 2) {
    const screen = (await readFile(files[i], 'utf8')).replace(/\n+$/, '').replace(/\n/g, '\r\n');
    await page.setContent(`<style>${style} body { margin: 0 } #frame { display: inline-block; padding: 10px; background: ${BACKGROUND} }
      .xterm-viewport { overflow: hidden !important }</style><div id="frame"></div>`);
    await page.addScriptTag({ content: script });
    await page.evaluate(async ({ columns, rows, screen, background }) => {
      const terminal = new Terminal({
        cols: columns, rows, scrollback: 0, fontFamily: '"DejaVu Sans Mono", "WenQuanYi Zen Hei", "Noto Color Emoji", monospace', fontSize: 14,
        cursorInactiveStyle: 'none', theme: { background, foreground: '#e0e2ea' },
      });
      terminal.open(document.getElementById('frame'));
      const drawn = new Promise((done) => { terminal.onRender(() => done()); });
      await new Promise((done) => { terminal.write(screen + '\x1b[?25l', done); });
      await drawn;
      await new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); });
    }, { columns: Number(columns), rows: Number(rows), screen, background: BACKGROUND });
    await page.locator('#frame').screenshot({ path: files[i + 1] });
  }
} finally {
  await browser.close();
}
