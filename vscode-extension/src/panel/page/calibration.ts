// Whether probabilities hold what they promise: of what was held 70% probable, about 70% should be right.
import type { Bin, Estimate } from '../../server/protocol';
import { grouped, h, percent, table } from './dom';
import { colours, plot } from './plot';
import { t } from './texts';

export function calibration(bins: readonly Bin[], estimate: Estimate | null): HTMLElement {
  const used = bins.map((bin, index) => ({ ...bin, from: index / bins.length, to: (index + 1) / bins.length })).filter(({ count }) => count > 0);
  if (used.length === 0) return h('p', {}, t('Nothing was measured yet.'));
  const { lines, ink } = colours();
  const held = used.map(({ sum, count }) => sum / count);
  const right = used.map(({ right, count }) => right / count);
  const error = estimate === null ? '' : t('Expected calibration error {0}%.', (estimate.ece * 100).toFixed(1));
  const x = [0, ...held, 1];
  const stroke = lines[0] ?? ink;
  return h(
    'div',
    {},
    plot({
      says: `${t('Calibration: the nearer the points are to the diagonal, the more probabilities can be trusted.')} ${error}`,
      data: [x, x, [null, ...right, null]],
      series: [
        { label: t('as promised'), stroke: ink, width: 1, dash: [4, 4], points: { show: false } },
        { label: t('right'), stroke, width: 2, points: { show: true, size: 7, fill: stroke } },
      ],
      x: { label: t('probability'), range: [0, 1], says: (share) => percent(share) },
      y: t('share that is right'),
      table: table(
        t('Calibration'),
        [t('Probability'), t('Held-out'), t('Mean probability'), t('Right')],
        used.map(({ from, to, count }, index) => [`${percent(from)}–${percent(to)}`, grouped(count), percent(held[index]), percent(right[index])]),
      ),
    }),
    h('p', { class: 'note' }, error),
  );
}
