// The numbers behind a chart, as they are: unrounded, and null where unknown
// (study/account/numbers.go prints the same).

import { apart } from './days';
import type { Chart, Interval, TimeSeries, Value } from './model';

export interface Column {
  name: string;
  text: boolean;
}

export interface Table {
  columns: Column[];
  rows: (string | Value)[][];
}

export function tableOf(chart: Chart): Table {
  const { series, panels, histogram, forest, bars } = chart;
  if (series !== undefined) return ofSeries(series);
  if (panels !== undefined) {
    const times = panels[0]?.series.times ?? [];
    return table([day(panels[0]?.series)], panels.map((panel) => panel.title), times.map((time, i) => [stamp(time, panels[0]?.series), ...panels.map((panel) => panel.series.lines?.[0]?.values[i] ?? null)]));
  }
  if (histogram !== undefined) return table([], ['from', 'to', histogram.what], (histogram.bins ?? []).map((bin) => [bin.low, bin.high, bin.count]));
  const rows: { label: string; value: Value; interval: Interval }[] = forest?.rows ?? bars?.rows ?? [];
  return table(['which'], [forest?.unit ?? bars?.unit ?? 'value', 'low', 'high'], rows.map((row) => [row.label, row.value, row.interval.low, row.interval.high]));
}

function table(texts: string[], numbers: string[], rows: (string | Value)[][], last: string[] = []): Table {
  const named = (text: boolean) => (name: string): Column => ({ name, text });
  return { columns: [...texts.map(named(true)), ...numbers.map(named(false)), ...last.map(named(true))], rows };
}

const day = (series: TimeSeries | undefined): string => `${series?.hourly === true ? 'hour' : series?.step !== undefined ? `${series.step} from` : 'day'} (${series?.origin === undefined ? (series?.zone ?? 'UTC') : 'from day 0'})`;

const stamp = (time: string, series: TimeSeries | undefined): string => (series?.origin === undefined ? time.slice(0, series?.hourly === true ? 16 : 10) : String(apart(series.origin, time)));

function ofSeries(series: TimeSeries): Table {
  const lines = [...(series.lines ?? []), ...(series.told ?? [])];
  const { band } = series;
  const names = [...lines.map((line) => line.name), ...(band === undefined ? [] : [`${band.name}, low`, `${band.name}, high`])];
  const rows = series.times.map((time, i) => [stamp(time, series), ...lines.map((line) => line.values[i] ?? null), ...(band === undefined ? [] : [band.low[i] ?? null, band.high[i] ?? null]), remarks(series, i)]);
  return table([day(series)], names, rows, ['remarks']);
}

/** What is marked on the step of a series: dates, and coverage that is left out. */
export function remarks(series: TimeSeries, i: number): string {
  const from = Date.parse(series.times[i] ?? '');
  const to = Date.parse(series.times[i + 1] ?? '') || from + stepOf(series);
  const words = (series.markers ?? []).filter((marker) => Date.parse(marker.at) >= from && Date.parse(marker.at) < to).map((marker) => marker.label);
  for (const shade of series.shades ?? []) {
    if (shade.kind === 'masked' && Date.parse(shade.from) < to && from < Date.parse(shade.to)) words.push(`left out: ${shade.label}`);
  }
  return words.join('; ');
}

/** Milliseconds from one time of a series to the next. */
export function stepOf(series: TimeSeries): number {
  if (series.hourly === true) return 3_600_000;
  return series.step === undefined ? 86_400_000 : 86_400_000 * (series.step === 'month' ? 31 : 7);
}

/** RFC 4180. */
export function csvOf({ columns, rows }: Table): string {
  const field = (value: string | Value): string => {
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  return [columns.map((column) => column.name), ...rows].map((row) => row.map(field).join(',') + '\r\n').join('');
}

export function jsonOf(chart: Chart, { columns, rows }: Table): string {
  const objects = rows.map((row) => Object.fromEntries(columns.map((column, i) => [column.name, row[i] ?? null])));
  return JSON.stringify({ caption: chart.caption, unit: chart.series?.unit ?? chart.panels?.[0]?.series.unit ?? chart.forest?.unit ?? chart.bars?.unit ?? chart.histogram?.unit, rows: objects }, null, 1);
}
