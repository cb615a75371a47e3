// The learning curve: how good each step of the ladder was on rows it had not seen, by how many rows were labelled.
import type uPlot from 'uplot';
import type { Run } from '../../server/protocol';
import { grouped, h, percent, table } from './dom';
import { colours, plot } from './plot';
import { stepName, t } from './texts';

const STEPS = ['lexical', 'probe', 'fine-tuned'];

export function curve(runs: readonly Run[]): HTMLElement {
  if (runs.length === 0) return h('p', {}, t('Nothing was learned yet.'));
  // Of runs of one step over as many rows, the last one counts.
  const at = new Map<string, Run>(runs.map((run) => [`${run.step} ${run.labelled}`, run]));
  const counts = [...new Set(runs.map(({ labelled }) => labelled))].sort((a, b) => a - b);
  const steps = STEPS.filter((step) => runs.some((run) => run.step === step));
  const { lines } = colours();
  const series: uPlot.Series[] = steps.map((step) => {
    const stroke = lines[STEPS.indexOf(step)] ?? 'gray';
    return { label: stepName(step), stroke, width: 2, spanGaps: true, points: { show: true, size: 7, fill: stroke } };
  });
  const values = steps.map((step) => counts.map((count) => value(at.get(`${step} ${count}`))));
  const last = runs.at(-1);
  const says = t(
    'Learning curve of {0} runs. The last, {1}, learned from {2} labelled rows and reached {3}.',
    runs.length,
    stepName(last?.step ?? ''),
    grouped(last?.labelled ?? 0),
    percent(value(last)),
  );
  const rows = runs.slice(-50).reverse().map((run) => [
    new Date(run.at * 1000).toLocaleString(),
    stepName(run.step),
    grouped(run.labelled),
    percent(value(run)),
    `${percent(measured(run).low)}–${percent(measured(run).high)}`,
    t('{0} s', run.seconds.toFixed(1)),
  ]);
  const margin = Math.max(1, ((counts.at(-1) ?? 0) - (counts[0] ?? 0)) * 0.05);
  const range: [number, number] = [(counts[0] ?? 0) - margin, (counts.at(-1) ?? 0) + margin];
  return plot({
    says,
    data: [counts, ...values] as uPlot.AlignedData,
    series,
    x: { label: t('labelled rows'), range, says: (count) => (Number.isInteger(count) ? grouped(count) : '') },
    y: t('held-out'),
    table: table(t('Runs, the newest first'), [t('When'), t('Classifier'), t('Labelled'), t('Held-out'), t('95% interval'), t('Took')], rows),
  });
}

/** Of held-out files where there are some, else cross-validated. */
function measured({ estimate, test }: Run): Run['estimate'] {
  return test ?? estimate;
}

/** Accuracy, or F1 where rows have several labels or spans: with one label a row both are the same. */
function value(run: Run | undefined): number | null {
  return run === undefined ? null : measured(run).microF1;
}
