// Lines or stacked areas over time, with the baseline's band, the dates of events and
// the stretches that were left out.

import { dayOf, formatNumber, formatTime } from '../format';
import type { Band, Line, Marker, Shade, TimeSeries, Value } from '../model';
import type { Option } from './engine';
import { axisLabel, axisLine, markerColour, markerFont, muted, partColour, roleColour, textStyle, tooltipBox, valueAxis } from './theme';
import { tip, type TipRow } from './tip';

/** The unlisted series that carries the events: no legend entry can hide it. */
export const EVENTS = '\u0000events';

/** Width of a character of a marker's label at its size, with a little air. */
const CHARACTER = 7.2;
const ROW = 16;
const MARGIN = { left: 62, right: 18, top: 34, bottom: 30 };
const SMALL_MARGIN = { left: 40, right: 8, top: 8, bottom: 22 };

export interface Look {
  width: number;
  height: number;
  small: boolean; // a panel: no axis names, no labels on markers
  top?: number; // highest value of the axis, where panels share it
  bottom?: number;
}

export function seriesOption(series: TimeSeries, look: Look): Option {
  const times = series.times.map((time) => Date.parse(time));
  const lines = series.lines ?? [];
  const markers = inside(series.markers ?? [], times);
  const labels = look.small ? [] : placesOf(markers, times, look.width);
  const labelHeight = labels.reduce((most, label) => Math.max(most, label === undefined ? 0 : label.row + 1), 0) * ROW;
  const margin = look.small ? SMALL_MARGIN : { ...MARGIN, top: MARGIN.top + labelHeight };
  const step = series.hourly === true ? 3_600_000 : 86_400_000;
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
      minInterval: step, // ticks are whole days
      axisLine,
      axisTick: { lineStyle: { color: muted } },
      splitNumber: look.small ? 2 : Math.max(2, Math.min(8, Math.floor(look.width / 120))),
      axisLabel: {
        ...axisLabel,
        hideOverlap: true,
        showMinLabel: false,
        showMaxLabel: false,
        formatter: (ms: number) => formatTime(ms, false).slice(look.small || look.width < 480 ? 5 : 0),
      },
    },
    yAxis: {
      ...valueAxis(look.small ? '' : series.unit, labelHeight + 12),
      ...(look.small ? { splitNumber: 2 } : {}),
      ...(look.top === undefined ? {} : { max: look.top }),
      ...(look.bottom === undefined ? {} : { min: look.bottom }),
    },
    series: [
      eventSeries(markers, series.shades ?? [], labels, { top: margin.top, bottom: look.height - margin.bottom }),
      ...(series.band === undefined ? [] : [bandSeries(series.band, times)]),
      ...lines.map((line, index) => lineSeries(line, times, partIndex(lines, index), series.stacked === true)),
    ],
  };
}

function inside(markers: Marker[], times: number[]): Marker[] {
  const first = times[0] ?? 0;
  const last = times[times.length - 1] ?? 0;
  return markers.filter((marker) => Date.parse(marker.at) >= first && Date.parse(marker.at) <= last);
}

export function markerText(marker: Marker): string {
  return `${dayOf(marker.at)} ${marker.label}`;
}

interface Place {
  row: number;
  side: 'left' | 'right'; // of the text that touches the line
}

/** More labels than this are not placed: the search below is exhaustive. */
const MOST_LABELS = 8;

/** Places of the labels by marker; where there are too many, only bans have one. */
function placesOf(markers: Marker[], times: number[], width: number): (Place | undefined)[] {
  const shown = [markers, markers.filter((marker) => marker.kind !== 'other' && marker.kind !== 'ended')].find((some) => some.length <= MOST_LABELS) ?? [];
  const found = new Map(places(shown, times, width).map((place, i) => [shown[i], place]));
  return markers.map((marker) => found.get(marker));
}

/** Finds the fewest rows on which no label touches another, or another's line. */
function places(markers: Marker[], times: number[], width: number): Place[] {
  const first = times[0] ?? 0;
  const span = Math.max((times[times.length - 1] ?? 0) - first, 1);
  const plot = width - MARGIN.left - MARGIN.right;
  const spots = markers.map((marker) => ({
    at: ((Date.parse(marker.at) - first) / span) * plot,
    length: markerText(marker).length * CHARACTER,
  }));
  const box = (i: number, side: Place['side']): [number, number] => {
    const { at, length } = spots[i] as { at: number; length: number };
    return side === 'left' ? [at, at + length] : [at - length, at];
  };
  const clear = (i: number, a: Place, j: number, b: Place): boolean => {
    const [from, to] = box(i, a.side);
    const [start, end] = box(j, b.side);
    if (a.row === b.row) return to + 8 < start || end + 8 < from;
    const [low, high, at] = a.row < b.row ? [from, to, spots[j]?.at ?? 0] : [start, end, spots[i]?.at ?? 0];
    return at < low - 3 || at > high + 3; // the upper one's line passes the lower one's label
  };
  const search = (found: Place[], rows: number, left: number): Place[] | undefined => {
    const i = found.length;
    if (i === markers.length) return found;
    for (let row = 0; row < rows; row++) {
      for (const side of ['left', 'right'] as const) {
        const [from, to] = box(i, side);
        if (from < left || to > plot + MARGIN.right) continue;
        const place = { row, side };
        if (!found.every((other, j) => clear(i, place, j, other))) continue;
        const rest = search([...found, place], rows, left);
        if (rest !== undefined) return rest;
      }
    }
    return undefined;
  };
  for (const left of [0, -MARGIN.left]) { // clear of the axis' numbers, if that can be
    for (let rows = 1; rows <= markers.length; rows++) {
      const found = search([], rows, left);
      if (found !== undefined) return found;
    }
  }
  return spots.map((spot, row) => ({ row, side: spot.at > plot / 2 ? 'right' : 'left' }));
}

function eventSeries(markers: Marker[], shades: Shade[], labels: (Place | undefined)[], plot: { top: number; bottom: number }): Record<string, unknown> {
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
      data: markers.map((marker, index) => {
        const label = labels[index];
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

function markerLabel(marker: Marker, place: Place | undefined): Record<string, unknown> {
  return {
    show: place !== undefined,
    formatter: markerText(marker),
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
    ...(stacked ? { stack: 'all', areaStyle: { color: colour, opacity: 0.75 }, lineStyle: { color: colour, width: 1 } } : {}),
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
    return tip(`${formatTime(ms, series.hourly === true)} ${series.zone}`, rows, remarks(series, i, times));
  };
}

function range(low: Value | undefined, high: Value | undefined): string {
  return `${formatNumber(low)} to ${formatNumber(high)}`;
}

function remarks(series: TimeSeries, i: number, times: number[]): string {
  const from = times[i] as number;
  const to = from + (series.hourly === true ? 3_600_000 : 86_400_000);
  const words = (series.markers ?? [])
    .filter((marker) => Date.parse(marker.at) >= from && Date.parse(marker.at) < to)
    .map((marker) => marker.label);
  for (const shade of series.shades ?? []) {
    if (shade.kind === 'masked' && Date.parse(shade.from) < to && from < Date.parse(shade.to)) words.push(`left out: ${shade.label}`);
  }
  return words.join('; ');
}
