// Makes a .vsix: node scripts/package.mjs [TARGET [BINARY]]
// TARGET is one of vsce's ("linux-x64"); without one the package brings no server and finds one on PATH. BINARY: ../target/release/gloss unless given.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';

const [target, given] = process.argv.slice(2);
rmSync('server', { recursive: true, force: true });
if (target !== undefined) {
  const name = target.startsWith('win32') ? 'gloss.exe' : 'gloss';
  const binary = given ?? path.join('..', 'target', 'release', name);
  if (!existsSync(binary)) {
    console.error(`There is no ${binary}: run 'cargo build --release -p gloss' first, or name the binary.`);
    process.exit(1);
  }
  mkdirSync('server');
  copyFileSync(binary, path.join('server', name));
  chmodSync(path.join('server', name), 0o755);
}
copyFileSync('../LICENSE', 'LICENSE');
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const out = `${name}-${target ?? 'universal'}-${version}.vsix`;
const vsce = path.join('node_modules', '@vscode', 'vsce', 'vsce');
const options = ['package', '--no-dependencies', '--allow-missing-repository', '--no-rewrite-relative-links', '--out', out];
execFileSync(process.execPath, [vsce, ...options, ...(target === undefined ? [] : ['--target', target])], { stdio: 'inherit' });
