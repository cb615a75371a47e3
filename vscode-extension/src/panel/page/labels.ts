// The table of labels: how many rows have each, and how well it is told.
import type { LabelReport } from '../../server/protocol';
import { grouped, h, percent, table } from './dom';
import { t } from './texts';

export function labels(all: readonly LabelReport[]): HTMLElement {
  if (all.length === 0) return h('p', {}, t('No row has a label yet.'));
  const most = Math.max(...all.map(({ rows }) => rows), 1);
  const rows = all.map(({ label, rows, measured, guideline }) => [
    h('span', guideline === null ? {} : { title: guideline }, label),
    // The bar says nothing that the number does not.
    h('span', { class: 'bar' }, h('meter', { min: 0, max: most, value: rows, 'aria-hidden': 'true' }), ` ${grouped(rows)}`),
    percent(measured?.precision),
    percent(measured?.recall),
    percent(measured?.f1),
    measured === null ? '–' : grouped(measured.given),
  ]);
  return table(
    t('Counts of all files; the rest by cross-validation, of rows that models had not seen'),
    [t('Label'), t('Rows'), t('Precision'), t('Recall'), 'F1', t('Held-out')],
    rows,
  );
}
