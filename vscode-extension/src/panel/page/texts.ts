// Texts of the page in the editor's language: it has no API of VS Code, so they come with the page.
const texts = JSON.parse(document.querySelector('main')?.dataset['texts'] ?? '{}') as Record<string, string>;

export function t(text: string, ...values: readonly (string | number)[]): string {
  return (texts[text] ?? text).replaceAll(/\{(\d+)\}/g, (whole, index) => String(values[Number(index)] ?? whole));
}

export function stepName(step: string): string {
  return { lexical: t('lexical'), probe: t('probe'), 'fine-tuned': t('fine-tuned') }[step] ?? step;
}
