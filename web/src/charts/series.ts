// Lines or stacked areas over time, with the baseline's band, the dates of events and
// the stretches that were left out.

import { apart } from '../days';
import { dayOf, formatNumber, formatSignedCount, formatTime } from '../format';
import type { Band, Line, Marker, Note, Shade, TimeSeries, Value } from '../model';
import type { Option } from './engine';
import { axisLabel, axisLine, markerColour, markerFont, muted, partColour, roleColour, textStyle, textWidth, tooltipBox, valueAxis } from './theme';
import { remarks, stepOf } from '../table';
import { tip, type TipRow } from './tip';

/** The unlisted series that carries the events: no legend entry can hide it. */
export const EVENTS = '\u0000events';

/** The label of the day that others are counted from: its date differs from line to line. */
export const DAY_ZERO = 'day 0';

const ROW = 16;
const MARGIN = { left: 62, right: 18, top: 34, bottom: 30 };
const SMALL_MARGIN = { left: 40, right: 8, top: 8, bottom: 22 };

export interface Look {
  width: number;
  height: number;
  small: boolean; // a panel: no axis names, no labels on markers
  top?: number; // highest value of the axis, where panels share it
  bottom?: number;
  onLabels?: (labels: Label[]) => void; // is told the labels that the chart will have
}

export function seriesOption(series: TimeSeries, look: Look): Option {
  const times = series.times.map((time) => Date.parse(time));
  const lines = series.lines ?? [];
  const markers = inside(series.markers ?? [], times);
  const labels = look.small ? [] : labelsOf(markers, times, look);
  look.onLabels?.(labels);
  const labelHeight = labels.reduce((most, label) => Math.max(most, label.row + 1), 0) * ROW;
  const margin = look.small ? SMALL_MARGIN : { ...MARGIN, top: MARGIN.top + labelHeight };
  const step = stepOf(series);
  const spare = times.length === 1 ? step / 2 : 0; // a lone day stands in the middle
  const first = (times[0] ?? 0) - spare;
  const last = (times[times.length - 1] ?? 0) + spare;
  return {
    animation: false,
    useUTC: true,
    textStyle,
    grid: margin,
    legend: { show: false },
    tooltip: { ...tooltipBox, trigger: 'axis', axisPointer: { type: 'line', lineStyle: { color: muted, type: 'dotted' } }, formatter: tooltip(series, times) },
    xAxis: {
      type: 'time',
      min: first,
      max: last,
      minInterval: Math.min(step, 86_400_000), // ticks are whole days
      axisLine,
      axisTick: { lineStyle: { color: muted } },
      splitNumber: look.small ? 2 : Math.max(2, Math.min(8, Math.floor(look.width / (look.width < NARROW ? 80 : 120)))),
      axisLabel: {
        ...axisLabel,
        hideOverlap: true,
        showMinLabel: false,
        showMaxLabel: false,
        formatter: (ms: number) => (series.origin === undefined && (look.small || look.width < NARROW) ? shortened(nameOf(series, ms), last - first) : nameOf(series, ms)),
      },
    },
    yAxis: {
      ...valueAxis(look.small ? '' : series.unit, labelHeight + 12),
      ...(series.log === true ? { type: 'log', min: 'dataMin' } : {}),
      ...(look.small ? { splitNumber: 2 } : {}),
      ...(look.top === undefined ? {} : { max: look.top }),
      ...(look.bottom === undefined ? {} : { min: look.bottom }),
    },
    series: [
      eventSeries(markers, series.shades ?? [], labels, { top: margin.top, bottom: look.height - margin.bottom }),
      ...(series.band === undefined ? [] : [bandSeries(series.band, times)]),
      ...lines.map((line, index) => lineSeries(series.log === true ? positive(line) : line, times, partIndex(lines, index), series.stacked === true)),
    ],
  };
}

/** The name of a time: its day or hour, or how many days it is from day 0. */
function nameOf(series: TimeSeries, ms: number): string {
  const name = formatTime(ms, series.hourly === true);
  return series.origin === undefined ? name : `${formatSignedCount(apart(series.origin, name))} d`;
}

/** A day without its year, or without its day where the axis has several years. */
function shortened(name: string, span: number): string {
  return span > 400 * 86_400_000 ? name.slice(0, 7) : name.slice(5);
}

function inside(markers: Marker[], times: number[]): Marker[] {
  const first = times[0] ?? 0;
  const last = times[times.length - 1] ?? 0;
  return markers.filter((marker) => Date.parse(marker.at) >= first && Date.parse(marker.at) <= last);
}

export function markerText(marker: Marker): string {
  return marker.label === DAY_ZERO ? marker.label : `${dayOf(marker.at)} ${marker.label}`;
}

/** A label at a marked line: of one event, or of a group where there are many. */
export interface Label {
  marker: Marker; // whose line it stands at
  text: string;
  notes: Note[]; // of all that it stands for
  row: number;
  side: 'left' | 'right'; // of the text that touches the line
}

/** More labels than this are not placed on a wide and a narrow chart: the search below is exhaustive. */
const MOST_LABELS = 8;
const MOST_NARROW = 4;
const NARROW = 480;

const isBan = (marker: Marker): boolean => marker.kind !== 'other' && marker.kind !== 'ended';

const LOW = 200; // pixels of a chart that has room for one row of labels
const LABELS = 0.3; // of the height of another is for labels at most

/** The labels; where there are too many, only bans have one, and where these are too many, they are grouped until all have room. */
function labelsOf(markers: Marker[], times: number[], { width, height }: Look): Label[] {
  const bans = markers.filter(isBan);
  const rows = height < LOW ? 1 : Math.floor((LABELS * height) / ROW);
  for (let most = width < NARROW ? MOST_NARROW : MOST_LABELS; most > 0; most--) {
    const shown = markers.length <= most || bans.length === 0 ? markers : bans;
    const found = places(noted(grouped(shown, most), markers), times, width, rows);
    if (found !== undefined) return found;
  }
  return [];
}

/** The labels with the notes of every marker: one without a label is told by the last label before it, or else by the first. */
function noted(labels: { marker: Marker; text: string }[], markers: Marker[]): Named[] {
  const named = labels.map((label) => ({ ...label, notes: [] as Note[] }));
  for (const marker of markers) (named.filter((label) => label.marker.at <= marker.at).at(-1) ?? named[0])?.notes.push(...(marker.notes ?? []));
  return named;
}

type Named = Pick<Label, 'marker' | 'text' | 'notes'>;

/** Joins neighbours, those that span the fewest days first, until no more groups are left than labels fit. */
function grouped(markers: Marker[], most: number): { marker: Marker; text: string }[] {
  const groups = markers.map((marker) => [marker]);
  const span = (i: number): number => Date.parse(groups[i + 1]?.at(-1)?.at ?? '') - Date.parse(groups[i]?.[0]?.at ?? '');
  while (groups.length > most) {
    let closest = 0;
    for (let i = 1; i + 1 < groups.length; i++) if (span(i) < span(closest)) closest = i;
    groups[closest]?.push(...(groups.splice(closest + 1, 1)[0] ?? []));
  }
  return groups.map((group) => {
    const first = group[0] as Marker;
    const text = group.length === 1 ? markerText(first) : `${dayOf(first.at)}: ${group.length} events`;
    return { marker: first, text };
  });
}

/** As much of a text as has room, with a mark where it was cut. */
function fitting(text: string, room: number, bold: boolean): string {
  if (textWidth(text, 12, bold) <= room) return text;
  const letters = [...text];
  while (letters.length > 1 && textWidth(`${letters.join('')}…`, 12, bold) > room) letters.pop();
  return `${letters.join('').trimEnd()}…`;
}

const WIDEST = 0.4; // of the plot is for one label at most, and
const WIDE = 220; // pixels in any case
const MOST_TRIES = 20_000;

/** Finds the fewest rows on which no label touches another, or another's line; undefined where so many do not do. */
function places(given: Named[], times: number[], width: number, most: number): Label[] | undefined {
  const first = times[0] ?? 0;
  const span = Math.max((times[times.length - 1] ?? 0) - first, 1);
  const plot = width - MARGIN.left - MARGIN.right;
  const labels = given.map(({ marker, text, notes }) => {
    const at = ((Date.parse(marker.at) - first) / span) * plot;
    const bold = marker.kind === 'enforced';
    const fitted = fitting(text, Math.min(Math.max(plot + MARGIN.right - at, at + MARGIN.left) - 4, Math.max(WIDE, WIDEST * plot)), bold);
    return { marker, notes, at, text: fitted, length: textWidth(fitted, 12, bold) + 2 };
  });
  type Spot = Pick<Label, 'row' | 'side'>;
  const box = (i: number, side: Spot['side']): [number, number] => {
    const { at, length } = labels[i] as { at: number; length: number };
    return side === 'left' ? [at, at + length] : [at - length, at];
  };
  const clear = (i: number, a: Spot, j: number, b: Spot): boolean => {
    const [from, to] = box(i, a.side);
    const [start, end] = box(j, b.side);
    if (a.row === b.row) return to + 8 < start || end + 8 < from;
    const [low, high, at] = a.row < b.row ? [from, to, labels[j]?.at ?? 0] : [start, end, labels[i]?.at ?? 0];
    return at < low - 3 || at > high + 3; // the upper one's line passes the lower one's label
  };
  const fits = (i: number, side: Spot['side'], left: number): boolean => {
    const [from, to] = box(i, side);
    return from >= left && to <= plot + MARGIN.right;
  };
  let tries = 0;
  const search = (found: Spot[], rows: number, left: number): Spot[] | undefined => {
    const i = found.length;
    if (++tries > MOST_TRIES) return undefined;
    if (i === labels.length) return found;
    for (let row = 0; row < rows; row++) {
      for (const side of ['left', 'right'] as const) {
        const spot = { row, side };
        if (!fits(i, side, left) || !found.every((other, j) => clear(i, spot, j, other))) continue;
        const rest = search([...found, spot], rows, left);
        if (rest !== undefined) return rest;
      }
    }
    return undefined;
  };
  const spots = (): Spot[] | undefined => {
    for (const left of most === 1 ? [0] : [0, -MARGIN.left]) { // clear of the axis' numbers, if that can be
      for (let rows = 1; rows <= Math.min(most, labels.length); rows++) {
        const found = search([], rows, left);
        if (found !== undefined) return found;
      }
    }
    return undefined;
  };
  const placed = spots();
  return placed && labels.map(({ marker, text, notes }, i) => ({ ...(placed[i] as Spot), marker, text, notes }));
}

function eventSeries(markers: Marker[], shades: Shade[], labels: Label[], plot: { top: number; bottom: number }): Record<string, unknown> {
  return {
    name: EVENTS,
    type: 'line',
    data: [],
    silent: true,
    tooltip: { show: false },
    markLine: {
      silent: true,
      symbol: 'none',
      animation: false,
      data: markers.map((marker) => {
        const label = labels.find((one) => one.marker === marker);
        const x = Date.parse(marker.at);
        const line = {
          color: markerColour[marker.kind],
          width: marker.kind === 'enforced' ? 2 : 1.5,
          type: marker.kind === 'enforced' ? 'solid' : [5, 4],
        };
        return [
          { xAxis: x, y: plot.bottom, lineStyle: line, label: markerLabel(marker, label) },
          { xAxis: x, y: plot.top - (label?.row ?? 0) * ROW },
        ];
      }),
    },
    markArea: {
      silent: true,
      animation: false,
      label: { show: false },
      data: shades.map((shade) => [
        { xAxis: Date.parse(shade.from), itemStyle: { color: `var(--shade-${shade.kind})` } },
        { xAxis: Date.parse(shade.to) },
      ]),
    },
  };
}

function markerLabel(marker: Marker, place: Label | undefined): Record<string, unknown> {
  return {
    show: place !== undefined,
    formatter: place?.text ?? '',
    position: 'end',
    distance: 4,
    align: place?.side ?? 'left',
    color: markerColour[marker.kind],
    ...markerFont,
    fontWeight: marker.kind === 'enforced' ? 'bold' : 'normal',
  };
}

function bandSeries(band: Band, times: number[]): Record<string, unknown> {
  return {
    name: band.name,
    type: 'custom',
    silent: true,
    clip: true,
    z: 1,
    tooltip: { show: false },
    dimensions: ['time', 'low', 'high'],
    encode: { x: 0, y: [1, 2] },
    data: times.map((time, i) => [time, band.low[i] ?? '-', band.high[i] ?? '-']),
    renderItem: (params: { dataIndex: number }, api: { coord: (point: [number, number]) => [number, number] }) => {
      const i = params.dataIndex;
      const known = (k: number) => band.low[k] != null && band.high[k] != null;
      if (!known(i) || (i > 0 && known(i - 1))) return undefined; // one shape a stretch, drawn at its start
      const upper: [number, number][] = [];
      const lower: [number, number][] = [];
      for (let k = i; k < times.length && known(k); k++) {
        upper.push(api.coord([times[k] as number, band.high[k] as number]));
        lower.unshift(api.coord([times[k] as number, band.low[k] as number]));
      }
      return { type: 'polygon', shape: { points: [...upper, ...lower] }, style: { fill: 'var(--band)' }, silent: true };
    },
  };
}

/** A line without what a logarithmic axis cannot show. */
function positive(line: Line): Line {
  return { ...line, values: line.values.map((value) => (value !== null && value > 0 ? value : null)) };
}

function partIndex(lines: Line[], index: number): number {
  return lines.slice(0, index).filter((line) => line.role === 'part').length;
}

function lineColour(line: Line, part: number): string {
  return line.role === 'part' ? partColour(part) : roleColour[line.role];
}

/** A day between two gaps has no line: it gets a symbol. */
function alone(values: Value[], i: number): boolean {
  return values[i] != null && values[i - 1] == null && values[i + 1] == null;
}

function lineSeries(line: Line, times: number[], part: number, stacked: boolean): Record<string, unknown> {
  const colour = lineColour(line, part);
  return {
    name: line.name,
    type: 'line',
    data: times.map((time, i) => (alone(line.values, i) ? { value: [time, line.values[i]], symbol: 'circle' } : [time, line.values[i] ?? '-'])),
    connectNulls: false,
    showSymbol: true,
    symbol: 'none',
    symbolSize: 6,
    color: colour,
    itemStyle: { color: colour },
    lineStyle: { color: colour, width: line.role === 'observed' ? 2 : 1.5, type: line.role === 'baseline' ? [6, 4] : 'solid' },
    emphasis: { disabled: true },
    z: line.role === 'observed' ? 4 : 3,
    ...(stacked ? { stack: 'all', areaStyle: { color: colour, opacity: 1 }, lineStyle: { color: colour, width: 1 } } : {}),
  };
}

type AxisPoint = { seriesName?: string; dataIndex: number; axisValue?: number | string };

function tooltip(series: TimeSeries, times: number[]): (points: AxisPoint[] | AxisPoint) => HTMLElement | string {
  const lines = series.lines ?? [];
  return (given) => {
    const points = Array.isArray(given) ? given : [given];
    const ms = Number(points[0]?.axisValue);
    const i = times.indexOf(ms);
    if (i < 0) return '';
    const visible = new Set(points.map((point) => point.seriesName));
    const rows: TipRow[] = [];
    lines.forEach((line, index) => {
      if (!visible.has(line.name)) return;
      const unknown = line.values[i] == null;
      rows.push({ colour: lineColour(line, partIndex(lines, index)), name: line.name, value: unknown ? 'no data' : formatNumber(line.values[i]) });
    });
    if (series.band !== undefined) {
      rows.push({ colour: 'var(--band)', name: series.band.name, value: range(series.band.low[i], series.band.high[i]) });
    }
    for (const line of series.told ?? []) rows.push({ name: line.name, value: line.values[i] == null ? 'no data' : formatNumber(line.values[i]) });
    return tip(`${series.step === undefined ? '' : `${series.step} from `}${nameOf(series, ms)}${series.origin === undefined ? ` ${series.zone}` : ''}`, rows, remarks(series, i));
  };
}

function range(low: Value | undefined, high: Value | undefined): string {
  return `${formatNumber(low)} to ${formatNumber(high)}`;
}
