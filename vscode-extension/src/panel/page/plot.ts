// What both plots share: colours of the editor's theme, shares from 0 to 100% upwards, and the same data as a table for who does not see it.
import uPlot from 'uplot';
import { h } from './dom';
import { t } from './texts';

export interface Colours {
  readonly ink: string;
  readonly grid: string;
  readonly lines: readonly string[];
}

export function colours(): Colours {
  const style = getComputedStyle(document.body);
  const of = (name: string, otherwise: string) => style.getPropertyValue(`--vscode-${name}`).trim() || otherwise;
  return {
    ink: of('foreground', '#888'),
    grid: of('panel-border', '#8884'),
    lines: [of('charts-blue', '#3794ff'), of('charts-purple', '#b180d7'), of('charts-green', '#89d185'), of('charts-orange', '#d18616')],
  };
}

export interface Plot {
  readonly says: string;
  readonly data: uPlot.AlignedData;
  readonly series: uPlot.Series[];
  readonly x: { readonly label: string; readonly range?: [number, number]; readonly says?: (value: number) => string };
  readonly y: string;
  readonly bands?: uPlot.Band[];
  readonly table: HTMLTableElement;
}

const HEIGHT = 220;

export function plot({ says, data, series, x, y, bands, table }: Plot): HTMLElement {
  const { ink, grid } = colours();
  const picture = h('div', { class: 'picture', role: 'img', 'aria-label': says });
  const axis = (label: string): uPlot.Axis => ({ label, stroke: ink, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid }, labelSize: 22 });
  const shares = (values: number[]) => values.map((value) => `${Math.round(value * 100)}%`);
  const numbers = (values: number[]) => values.map(x.says ?? String);
  const options: uPlot.Options = {
    width: 100,
    height: HEIGHT,
    series: [{ label: x.label }, ...series],
    axes: [
      { ...axis(x.label), values: (_, values) => numbers(values) },
      { ...axis(y), size: 54, values: (_, values) => shares(values) },
    ],
    scales: { x: { time: false, ...(x.range === undefined ? {} : { range: x.range }) }, y: { range: [0, 1] } },
    ...(bands === undefined ? {} : { bands }),
    legend: { live: false },
    cursor: { show: false },
  };
  const chart = new uPlot(options, data, picture);
  new ResizeObserver(([entry]) => {
    const width = Math.floor(entry?.contentRect.width ?? 0);
    if (width > 0 && width !== chart.width) chart.setSize({ width, height: HEIGHT });
  }).observe(picture);
  return h('div', {}, picture, h('details', {}, h('summary', {}, t('As a table')), table));
}
