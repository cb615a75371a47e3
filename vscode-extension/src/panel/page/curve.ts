// The learning curve: how good each step of the ladder was on rows it had not seen, by how many rows were labelled.
import type uPlot from 'uplot';
import type { Run } from '../../server/protocol';
import { grouped, h, percent, table } from './dom';
import { colours, plot } from './plot';

const STEPS = ['lexical', 'probe', 'fine-tuned'];

export function curve(runs: readonly Run[]): HTMLElement {
  if (runs.length === 0) return h('p', {}, 'Nothing was learned yet.');
  // Of runs of one step over as many rows, the last one counts.
  const at = new Map<string, Run>(runs.map((run) => [`${run.step} ${run.labelled}`, run]));
  const counts = [...new Set(runs.map(({ labelled }) => labelled))].sort((a, b) => a - b);
  const steps = STEPS.filter((step) => runs.some((run) => run.step === step));
  const { lines } = colours();
  const series: uPlot.Series[] = steps.map((step) => {
    const stroke = lines[STEPS.indexOf(step)] ?? 'gray';
    return { label: step, stroke, width: 2, spanGaps: true, points: { show: true, size: 7, fill: stroke } };
  });
  const values = steps.map((step) => counts.map((count) => value(at.get(`${step} ${count}`))));
  const last = runs.at(-1);
  const says = `Learning curve of ${runs.length} runs. The last, ${last?.step ?? ''}, learned from ${grouped(last?.labelled ?? 0)} labelled rows and reached ${percent(value(last))}.`;
  const rows = runs.slice(-50).reverse().map((run) => [
    new Date(run.at * 1000).toLocaleString(),
    run.step,
    grouped(run.labelled),
    percent(value(run)),
    `${percent(measured(run).low)}–${percent(measured(run).high)}`,
    `${run.seconds.toFixed(1)} s`,
  ]);
  const margin = Math.max(1, ((counts.at(-1) ?? 0) - (counts[0] ?? 0)) * 0.05);
  const range: [number, number] = [(counts[0] ?? 0) - margin, (counts.at(-1) ?? 0) + margin];
  return plot({
    says,
    data: [counts, ...values] as uPlot.AlignedData,
    series,
    x: { label: 'labelled rows', range, says: (count) => (Number.isInteger(count) ? grouped(count) : '') },
    y: 'held-out',
    table: table('Runs, the newest first', ['When', 'Classifier', 'Labelled', 'Held-out', '95% interval', 'Took'], rows),
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
