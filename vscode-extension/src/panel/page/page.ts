// The report. It is drawn anew with every report; progress alone changes the head.
import 'uplot/dist/uPlot.min.css';
import './page.css';
import type { Report, Status } from '../../server/protocol';
import type { FromPage, ToPage } from '../messages';
import { calibration } from './calibration';
import { curve } from './curve';
import { grouped, h, percent } from './dom';
import { labels } from './labels';
import { matrix } from './matrix';

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };

const host = acquireVsCodeApi();
const head = h('header', {});
const body = h('div', { class: 'sections' });
document.querySelector('main')?.append(head, body);
let report: Report | null = null;

function draw(): void {
  drawHead(report?.status ?? null);
  if (report === null) {
    body.replaceChildren(h('p', {}, 'Open a file of a data set to see how it stands.'));
    return;
  }
  const section = (title: string, name: string, content: HTMLElement) => h('section', { 'aria-labelledby': name }, h('h2', { id: name }, title), content);
  const open = (row: Parameters<Parameters<typeof matrix>[2]>[0]) => { host.postMessage({ kind: 'open', row }); };
  body.replaceChildren(
    section('Learning curve', 'curve', curve(report.runs)),
    section('Labels', 'labels', labels(report.labels)),
    section('Confusions', 'confusions', matrix(report.labels, report.confusions, open)),
    section('Calibration', 'calibration', calibration(report.calibration, report.estimate)),
  );
  if (report.problem !== null) body.append(h('p', { class: 'note' }, report.problem));
}

function drawHead(status: Status | null): void {
  if (status === null) {
    head.replaceChildren(h('h1', {}, 'Gloss'));
    return;
  }
  const { model, learning } = status;
  const run = (label: string, command: Extract<FromPage, { kind: 'run' }>['command']) =>
    h('button', { type: 'button', click: () => { host.postMessage({ kind: 'run', command }); } }, label);
  const facts = [
    `${grouped(status.labelled)} of ${grouped(status.rows)} rows labelled`,
    model === null ? (status.missing ?? 'nothing learned yet') : `${model.step}: ${model.says}`,
    `${grouped(status.toLabel)} to label next`,
    `${grouped(status.suspects)} suspects`,
  ];
  const parts: HTMLElement[] = [h('h1', {}, status.name), h('p', {}, facts.join(' · '))];
  if (learning !== null) {
    const { stage, fraction, epoch } = learning;
    const at = epoch === null ? '' : `, training ${epoch.training} of ${epoch.trainings}, epoch ${epoch.epochs.toFixed(1)}, ${epoch.left} s left`;
    parts.push(h('p', { class: 'learning' }, h('progress', { max: 1, value: fraction, 'aria-label': stage }), ` ${stage} ${percent(fraction)}${at}`));
  }
  parts.push(h('p', { class: 'actions' }, run('Next to label', 'gloss.nextToLabel'), run('Next suspect', 'gloss.nextSuspect'), run('Train now', 'gloss.train')));
  // A button that has the focus keeps it.
  const focused = [...head.querySelectorAll('button')].findIndex((button) => button === document.activeElement);
  head.replaceChildren(...parts);
  [...head.querySelectorAll('button')][focused]?.focus();
}

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  if (data.kind === 'report') {
    report = data.report;
    draw();
  } else if (report !== null && data.status !== null) {
    drawHead(data.status);
  }
});
// Plots have the colours of the theme.
new MutationObserver(draw).observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
host.postMessage({ kind: 'ready' });
