// The report. It is drawn anew with every report; progress alone changes the head.
import 'uplot/dist/uPlot.min.css';
import './page.css';
import type { Report, RowAt, Status } from '../../server/protocol';
import type { FromPage, ToPage } from '../messages';
import { calibration } from './calibration';
import { curve } from './curve';
import { grouped, h, percent } from './dom';
import { labels } from './labels';
import { focusLast, matrix } from './matrix';
import { stepName, t } from './texts';

declare function acquireVsCodeApi(): { postMessage(message: FromPage): void };

const host = acquireVsCodeApi();
const head = h('header', {});
const body = h('div', { class: 'sections' });
document.querySelector('main')?.append(head, body);
let report: Report | null = null;
/** Sections as they were last drawn, with what they are of. */
const drawn = new Map<string, { readonly of: string; readonly section: HTMLElement }>();

/** A section is drawn anew only if what it is of changed: who reads or is at a cell there is not disturbed. */
function section(title: string, name: string, of: unknown, content: () => HTMLElement): HTMLElement {
  const now = JSON.stringify(of);
  const before = drawn.get(name);
  if (before?.of === now) return before.section;
  const made = h('section', { 'aria-labelledby': name }, h('h2', { id: name }, title), content());
  drawn.set(name, { of: now, section: made });
  return made;
}

const open = (row: RowAt) => { host.postMessage({ kind: 'open', row }); };

function draw(): void {
  drawHead(report?.status ?? null);
  if (report === null) {
    body.replaceChildren(h('p', {}, t('Open a file of a data set to see how it stands.')));
    return;
  }
  const { runs, labels: all, confusions, calibration: bins, estimate, problem } = report;
  const sections = [
    section(t('Learning curve'), 'curve', runs, () => curve(runs)),
    section(t('Labels'), 'labels', all, () => labels(all)),
    section(t('Confusions'), 'confusions', [all, confusions], () => matrix(all, confusions, open)),
    section(t('Calibration'), 'calibration', [bins, estimate], () => calibration(bins, estimate)),
    ...(problem === null ? [] : [h('p', { class: 'note' }, problem)]),
  ];
  // Elements that stay where they are keep their focus and scroll.
  sections.forEach((element, index) => {
    if (body.children[index] !== element) body.insertBefore(element, body.children[index] ?? null);
  });
  while (body.children.length > sections.length) body.lastElementChild?.remove();
  focusLast();
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
    t('{0} of {1} rows labelled', grouped(status.labelled), grouped(status.rows)),
    model === null ? (status.missing ?? t('nothing learned yet')) : `${stepName(model.step)}: ${model.says}`,
    t('{0} to label next, {1} suspects', grouped(status.toLabel), grouped(status.suspects)),
  ];
  const parts: HTMLElement[] = [h('h1', {}, status.name), h('p', {}, facts.join(' · '))];
  if (learning !== null) {
    const { stage, fraction, epoch } = learning;
    const at = epoch === null ? '' : `, ${t('training {0} of {1}, epoch {2}, {3} s left', epoch.training, epoch.trainings, epoch.epochs.toFixed(1), epoch.left)}`;
    parts.push(h('p', { class: 'learning' }, h('progress', { max: 1, value: fraction, 'aria-label': stage }), ` ${stage} ${percent(fraction)}${at}`));
  }
  parts.push(h('p', { class: 'actions' }, run(t('Next to label'), 'gloss.nextToLabel'), run(t('Next suspect'), 'gloss.nextSuspect'), run(t('Train now'), 'gloss.train')));
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
new MutationObserver(() => {
  drawn.clear();
  draw();
}).observe(document.body, { attributes: true, attributeFilter: ['class', 'data-vscode-theme-id'] });
host.postMessage({ kind: 'ready' });
