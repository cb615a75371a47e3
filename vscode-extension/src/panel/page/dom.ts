// Elements, made in one call. Texts are texts: nothing from a data set is ever read as HTML.
type Child = Node | string;
type Attributes = Record<string, string | number | boolean | ((event: Event) => void)>;

export function h<K extends keyof HTMLElementTagNameMap>(name: K, attributes: Attributes = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (typeof value === 'function') element.addEventListener(key, value);
    else if (value !== false) element.setAttribute(key, value === true ? '' : String(value));
  }
  element.append(...children);
  return element;
}

/** A table with a caption for screen readers; the first cell of a row is its header. */
export function table(caption: string, head: readonly Child[], rows: readonly (readonly Child[])[]): HTMLTableElement {
  const cells = (row: readonly Child[]) => row.map((cell, index) => h(index === 0 ? 'th' : 'td', index === 0 ? { scope: 'row' } : {}, cell));
  return h(
    'table',
    {},
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, ...head.map((cell) => h('th', { scope: 'col' }, cell)))),
    h('tbody', {}, ...rows.map((row) => h('tr', {}, ...cells(row)))),
  );
}

export function percent(share: number | null | undefined): string {
  return share == null ? '–' : `${Math.round(share * 100)}%`;
}

export function grouped(number: number): string {
  return number.toLocaleString('en');
}
