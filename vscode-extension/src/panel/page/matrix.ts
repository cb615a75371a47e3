// The confusion matrix: rows are labels given, columns labels said. A cell lists its rows; arrow keys go from cell to cell.
import type { Confusion, LabelReport, RowAt } from '../../server/protocol';
import { grouped, h } from './dom';
import { t } from './texts';

/** More labels would not be read. */
const MOST = 20;

/** The cell that was chosen last, and whether it had the focus when the matrix was drawn anew. */
let chosen: { readonly key: string; focused: boolean } | undefined;

/** Gives the focus back to the cell that had it before the matrix was drawn anew. */
export function focusLast(): void {
  if (chosen?.focused !== true || document.activeElement !== document.body) return;
  const { key } = chosen;
  [...document.querySelectorAll<HTMLElement>('.matrix button')].find((button) => button.dataset['key'] === key)?.focus();
}

export function matrix(labels: readonly LabelReport[], confusions: readonly Confusion[], open: (row: RowAt) => void): HTMLElement {
  const measured = labels.filter((label) => (label.measured?.given ?? 0) > 0);
  if (measured.length === 0) return h('p', {}, t('Nothing was measured yet.'));
  const weight = ({ label }: LabelReport) => confusions.filter(({ given, instead }) => given === label || instead === label).reduce((sum, { count }) => sum + count, 0);
  const shown = measured.length <= MOST ? measured : [...measured].sort((a, b) => weight(b) - weight(a)).slice(0, MOST);
  const at = new Map(confusions.map((confusion) => [key(confusion.given, confusion.instead), confusion]));
  for (const { label, measured, right } of shown) at.set(key(label, label), { given: label, instead: label, count: measured?.hits ?? 0, rows: right });
  const list = h('div', { class: 'rows', 'aria-live': 'polite' });
  const grid = h('tbody', { keydown: (event) => { walk(grid, event as KeyboardEvent); } });
  for (const { label: given, measured } of shown) {
    const cells = shown.map(({ label: instead }) => {
      const confusion = at.get(key(given, instead)) ?? { given, instead, count: 0, rows: [] };
      return cell(confusion, measured?.given ?? 0, () => {
        chosen = { key: key(given, instead), focused: true };
        list.replaceChildren(...rowsOf(confusion, open));
      });
    });
    grid.append(h('tr', {}, h('th', { scope: 'row' }, given), ...cells));
  }
  grid.querySelector('button')?.setAttribute('tabindex', '0');
  grid.addEventListener('focusout', () => { if (chosen !== undefined) chosen.focused = false; });
  const again = chosen === undefined ? undefined : at.get(chosen.key);
  if (again !== undefined) list.replaceChildren(...rowsOf(again, open));
  const table = h(
    'table',
    { class: 'matrix' },
    h('caption', {}, t('Labels given (rows) and said by models that had not seen the row (columns)')),
    h('thead', {}, h('tr', {}, h('th', { scope: 'col' }, t('given \\ said')), ...shown.map(({ label }) => h('th', { scope: 'col', title: label }, h('span', {}, label))))),
    grid,
  );
  const more = measured.length > MOST ? [t('These are the {0} labels that are confused most, of {1}.', MOST, measured.length)] : [];
  const note = [t('Choose a cell for its rows.'), ...more].join(' ');
  return h('div', {}, h('div', { class: 'wide' }, table), h('p', { class: 'note' }, note), list);
}

function key(given: string, instead: string): string {
  return JSON.stringify([given, instead]);
}

function cell(confusion: Confusion, of: number, choose: () => void): HTMLTableCellElement {
  const { given, instead, count, rows } = confusion;
  // Five shades, by classes: the policy of the page allows no style of an element's own.
  const shade = count === 0 ? 0 : Math.min(5, 1 + Math.floor((4 * count) / Math.max(of, 1)));
  const classes = `${given === instead ? 'right' : 'wrong'} shade-${shade}`;
  const said = count === 0 ? '' : grouped(count);
  const says = given === instead ? t('{0}: {1} of {2} right', given, count, of) : t('{0}, said to be {1}: {2}', given, instead, count);
  if (rows.length === 0) return h('td', { class: classes, 'aria-label': says }, said);
  const attributes = { type: 'button', tabindex: '-1', 'data-key': key(given, instead), 'aria-label': t('{0}. Show rows', says), click: choose };
  return h('td', { class: classes }, h('button', attributes, said));
}

function rowsOf({ given, instead, count, rows }: Confusion, open: (row: RowAt) => void): HTMLElement[] {
  const name = (row: RowAt) => `${decodeURIComponent(row.uri.split('/').at(-1) ?? '')}:${row.line + 1}`;
  const item = (row: RowAt) =>
    h('li', {}, h('button', { type: 'button', class: 'link', click: () => { open(row); } }, h('span', { class: 'place' }, name(row)), ` ${row.text}`));
  const some = rows.length < count ? t(', {0} of them that still have the label', rows.length) : '';
  const what = given === instead ? t('{0}, rightly said: {1}', given, count) : t('{0}, said to be {1}: {2}', given, instead, count);
  return [h('h3', {}, `${what}${some}`), h('ul', {}, ...rows.map(item))];
}

/** Arrow keys go to the nearest cell with rows in their direction; Tab leaves the matrix. */
function walk(grid: HTMLElement, event: KeyboardEvent): void {
  const direction = { ArrowRight: [0, 1], ArrowLeft: [0, -1], ArrowDown: [1, 0], ArrowUp: [-1, 0] }[event.key];
  const from = (event.target as HTMLElement).closest('button');
  if (direction === undefined || from === null) return;
  event.preventDefault();
  const place = (button: Element) => {
    const td = button.closest('td');
    return [td?.closest('tr')?.rowIndex ?? 0, td?.cellIndex ?? 0] as const;
  };
  const [down = 0, right = 0] = direction;
  const [row, column] = place(from);
  const distance = (button: Element) => {
    const [r, c] = place(button);
    const ahead = (r - row) * down + (c - column) * right;
    const aside = Math.abs((r - row) * right) + Math.abs((c - column) * down);
    return ahead <= 0 ? Infinity : ahead + 3 * aside;
  };
  const buttons = [...grid.querySelectorAll('button')].filter((button) => distance(button) < Infinity);
  const next = buttons.sort((a, b) => distance(a) - distance(b))[0];
  if (next === undefined) return;
  from.setAttribute('tabindex', '-1');
  next.setAttribute('tabindex', '0');
  next.focus();
}
