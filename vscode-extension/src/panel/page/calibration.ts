// Whether probabilities hold what they promise: of what was held 70% probable, about 70% should be right.
import type { Bin, Estimate } from '../../server/protocol';
import { grouped, h, percent, table } from './dom';
import { colours, plot } from './plot';

export function calibration(bins: readonly Bin[], estimate: Estimate | null): HTMLElement {
  const used = bins.map((bin, index) => ({ ...bin, from: index / bins.length, to: (index + 1) / bins.length })).filter(({ count }) => count > 0);
  if (used.length === 0) return h('p', {}, 'Nothing was measured yet.');
  const { lines, ink } = colours();
  const held = used.map(({ sum, count }) => sum / count);
  const right = used.map(({ right, count }) => right / count);
  const error = estimate === null ? '' : ` Expected calibration error ${(estimate.ece * 100).toFixed(1)}%.`;
  const x = [0, ...held, 1];
  const stroke = lines[0] ?? ink;
  return h(
    'div',
    {},
    plot({
      says: `Calibration: the nearer the points are to the diagonal, the more probabilities can be trusted.${error}`,
      data: [x, x, [null, ...right, null]],
      series: [
        { label: 'as promised', stroke: ink, width: 1, dash: [4, 4], points: { show: false } },
        { label: 'right', stroke, width: 2, points: { show: true, size: 7, fill: stroke } },
      ],
      x: { label: 'probability', range: [0, 1], says: (share) => percent(share) },
      y: 'share that is right',
      table: table(
        'Calibration',
        ['Probability', 'Held-out', 'Mean probability', 'Right'],
        used.map(({ from, to, count }, index) => [`${percent(from)}–${percent(to)}`, grouped(count), percent(held[index]), percent(right[index])]),
      ),
    }),
    h('p', { class: 'note' }, error.trim()),
  );
}
