// Puts live charts where the page has its figures, and makes their legends work.

import { offer } from '../download';
import type { Chart, Panel, TimeSeries } from '../model';
import { followBrush, type OnSpan } from './brush';
import { type Engine, type Option, start } from './engine';
import { histogramOption } from './histogram';
import { barsOption, forestOption, FRAME_HEIGHT, ROW_HEIGHT } from './rows';
import { offerNotes } from './notes';
import { type Label, seriesOption } from './series';

interface Live {
  engine: Engine;
  element: HTMLElement;
  option: OptionMaker;
}

type OptionMaker = (width: number, height: number, onLabels: (labels: Label[]) => void) => Option;

const live: Live[] = [];

/** Draws the chart into its figure; a chart without a figure is left out. */
export function draw(chart: Chart, onSpan?: OnSpan): void {
  const element = document.querySelector<HTMLElement>(`[data-chart="${CSS.escape(chart.id)}"]`);
  if (element === null) return;
  forget(element);
  element.replaceChildren();
  const figure = element.closest<HTMLElement>('figure');
  if (figure !== null) offer(figure, chart);
  if (chart.panels !== undefined) {
    drawPanels(element, chart.panels);
    return;
  }
  const option = optionOf(chart);
  if (option === undefined) return;
  const rows = chart.forest?.rows.length ?? chart.bars?.rows.length;
  if (rows !== undefined) element.style.height = `${rows * ROW_HEIGHT + FRAME_HEIGHT}px`;
  const engine = begin(element, option);
  if (onSpan !== undefined && chart.series !== undefined) followBrush(element, engine, chart.series.times, onSpan);
  const legend = document.querySelector<HTMLElement>(`[data-legend="${CSS.escape(chart.id)}"]`);
  if (legend !== null) makeLegend(legend, engine);
}

function optionOf(chart: Chart): OptionMaker | undefined {
  const { series, histogram, forest, bars } = chart;
  if (series !== undefined) return (width, height, onLabels) => seriesOption(series, { width, height, small: false, onLabels });
  if (histogram !== undefined) return (width) => histogramOption(histogram, width);
  if (forest !== undefined) return (width) => forestOption(forest, width);
  if (bars !== undefined) return (width) => barsOption(bars, width);
  return undefined;
}

function begin(element: HTMLElement, option: OptionMaker): Engine {
  const engine = start(element);
  engine.on('finished', () => fitForPrint(element));
  const drawn = { engine, element, option };
  live.push(drawn);
  paint(drawn);
  return engine;
}

/** Draws for the present width, and puts notes over the labels once these have their places. */
function paint({ engine, element, option }: Live): void {
  let labels: Label[] = [];
  engine.setOption(option(element.clientWidth, element.clientHeight, (all) => (labels = all)));
  if (labels.length > 0) engine.getZr().flush();
  offerNotes(element, labels);
}

/** Lets the style sheet scale the picture on paper: it needs the drawing's own size. */
function fitForPrint(element: HTMLElement): void {
  const svg = element.querySelector('svg');
  svg?.setAttribute('viewBox', `0 0 ${svg.getAttribute('width')} ${svg.getAttribute('height')}`);
}

function drawPanels(element: HTMLElement, panels: Panel[]): void {
  const { top, bottom } = extent(panels.map((panel) => panel.series));
  for (const panel of panels) {
    const box = document.createElement('div');
    box.className = 'panel';
    const title = document.createElement('p');
    title.className = 'panel-title';
    title.textContent = panel.title;
    const note = document.createElement('p');
    note.className = 'panel-note';
    note.textContent = panel.note;
    const plot = document.createElement('div');
    plot.className = 'panel-plot';
    box.append(title, note, plot);
    element.append(box);
    begin(plot, (width, height) => seriesOption(panel.series, { width, height, small: true, top, bottom }));
  }
}

/** What share of all values the common range of panels leaves outside at each end. */
const OUTSIDE = 0.005;

/**
 * The common range of panels, in round numbers. It holds zero, all of the first panel,
 * and of the others all but a few values: one wild country must not flatten the rest.
 */
function extent(all: TimeSeries[]): { top: number; bottom: number } {
  const values = (series: TimeSeries[]): number[] =>
    series.flatMap((one) => (one.lines ?? []).flatMap((line) => line.values.filter((value) => value !== null)));
  const sorted = values(all).sort((a, b) => a - b);
  const cut = Math.floor(OUTSIDE * sorted.length);
  const own = values(all.slice(0, 1));
  const top = Math.max(0, ...own, sorted[sorted.length - 1 - cut] ?? 0);
  const bottom = Math.min(0, ...own, sorted[cut] ?? 0);
  const step = 10 ** Math.floor(Math.log10(Math.max(top - bottom, 1e-9))) / 2;
  return { top: Math.ceil(top / step) * step, bottom: Math.floor(bottom / step) * step };
}

/** Turns the legend's entries into switches that a keyboard reaches. */
function makeLegend(legend: HTMLElement, engine: Engine): void {
  for (const entry of legend.querySelectorAll<HTMLElement>('li[data-series]')) {
    const name = entry.dataset['series'] ?? '';
    const button = document.createElement('button');
    button.type = 'button';
    button.setAttribute('aria-pressed', 'true');
    button.append(...entry.childNodes);
    button.addEventListener('click', () => {
      const shown = button.getAttribute('aria-pressed') === 'true';
      engine.dispatchAction({ type: shown ? 'legendUnSelect' : 'legendSelect', name });
      button.setAttribute('aria-pressed', String(!shown));
    });
    entry.append(button);
  }
}

/** Redraws for the present widths; what the legends hide stays hidden. */
export function resize(): void {
  for (const drawn of live) {
    drawn.engine.resize();
    paint(drawn);
  }
}

/** Forgets what was drawn into an element. */
function forget(element: HTMLElement): void {
  for (const one of live.filter((drawn) => element.contains(drawn.element))) {
    one.engine.dispose();
    live.splice(live.indexOf(one), 1);
  }
}

/** Forgets every chart, before others take their place. */
export function clear(): void {
  for (const { engine } of live.splice(0)) engine.dispose();
}

