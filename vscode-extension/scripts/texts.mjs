// Checks that all texts are there in every language: those of package.json, and those that sources ask for by `t`.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import typescript from 'typescript';

const LANGUAGES = ['zh-cn'];
const problems = [];
const read = (file) => JSON.parse(readFileSync(file, 'utf8'));

compare('package.nls', manifestTexts(read('package.json')), (language) => read(language === undefined ? 'package.nls.json' : `package.nls.${language}.json`));
const asked = sourceTexts();
compare('l10n/bundle.l10n', asked, (language) => read(language === undefined ? 'l10n/bundle.l10n.json' : `l10n/bundle.l10n.${language}.json`));
for (const [text, said] of Object.entries(read('l10n/bundle.l10n.json'))) {
  if (text !== said) problems.push(`l10n/bundle.l10n.json: ${text}: in English a text is its own key`);
}
for (const problem of problems) console.error(problem);
process.exitCode = problems.length === 0 ? 0 : 1;

/** Each file has the texts asked for, no more, with the same places for values and the same commands. */
function compare(name, keys, file) {
  const english = file();
  for (const language of [undefined, ...LANGUAGES]) {
    const texts = file(language);
    const where = `${name}${language === undefined ? '' : `.${language}`}.json`;
    for (const key of keys) if (!(key in texts)) problems.push(`${where}: ${key} is missing`);
    for (const key of Object.keys(texts)) if (!keys.has(key)) problems.push(`${where}: ${key} is asked for by nothing`);
    for (const [key, text] of Object.entries(texts)) {
      if (fixed(text) !== fixed(english[key] ?? '')) problems.push(`${where}: ${key}: not the same values and commands as in English`);
    }
  }
}

/** What is no words: {0}, command:gloss.train, `gloss.toml`. */
function fixed(text) {
  return (text.match(/\{\d+\}|\(command:[^)]*\)|`[^`]*`/g) ?? []).sort().join(' ');
}

/** The keys in a manifest; what people read there is to be one. */
function manifestTexts(manifest) {
  const READ = ['title', 'description', 'markdownDescription', 'contents', 'displayName', 'name', 'contextualTitle', 'markdown'];
  const keys = new Set();
  const visit = (node, at) => {
    for (const [key, value] of Object.entries(node)) {
      if (typeof value === 'object' && value !== null) {
        visit(value, `${at}.${key}`);
      } else if (READ.includes(key) && typeof value === 'string') {
        const named = /^%(.+)%$/.exec(value);
        if (named !== null) keys.add(named[1]);
        else if (at !== '' && value !== 'Gloss') problems.push(`package.json: ${at}.${key} is a text of no language file`);
      }
    }
  };
  visit(manifest, '');
  return keys;
}

function sourceTexts() {
  const texts = new Set();
  for (const file of readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.ts'))) {
    const source = typescript.createSourceFile(file, readFileSync(path.join('src', file), 'utf8'), typescript.ScriptTarget.Latest, true);
    const visit = (node) => {
      if (typescript.isCallExpression(node) && /^(?:t|vscode\.l10n\.t)$/.test(node.expression.getText())) {
        const [text] = node.arguments;
        if (text !== undefined && typescript.isStringLiteral(text)) texts.add(text.text);
        else problems.push(`${file}: ${node.getText().slice(0, 60)}: t takes a text as it stands`);
      }
      typescript.forEachChild(node, visit);
    };
    visit(source);
  }
  return texts;
}
