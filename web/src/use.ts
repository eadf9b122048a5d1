// Use of one country by day and tool, against the dates of the catalogue.

import { addressOf, type Choice, MEASURES } from './address';
import { ask } from './api';
import type { Catalogued, DailyRow, Place, ToolRow } from './answers';
import { clear, draw } from './charts/figure';
import { element, make, row, tell } from './dom';
import type { Line, Marker, Shade, TimeSeries, Value } from './model';

const DAY = 86_400_000;
const AROUND = 60; // days shown to both sides of an event
const MOST_TOOLS = 7; // the rest is summed
const MOST_DAYS = 400; // longer spans are drawn by the week
const COUNTED = new Set((document.body.dataset['use'] ?? '').split(' ')); // schemas/use says which
const LEAST_COVERAGE = 0.75; // of the median; as the analysis masks days

/** Sets the fields to a choice. */
export function fillFields(choice: Choice): void {
  for (const [id, value] of Object.entries(choice)) choose(id, value, id === 'days' ? `around ${value}` : value);
}

export function readFields(): Choice {
  const value = (id: string): string => element<HTMLSelectElement>(id).value;
  return { country: value('country'), tool: value('tool'), measure: value('measure'), days: value('days') };
}

/** Selects a value, adding it where the list does not have it. */
function choose(id: string, value: string, label: string): void {
  const field = element<HTMLSelectElement>(id);
  if (![...field.options].some((option) => option.value === value)) field.add(new Option(label, value));
  field.value = value;
}

/** What of a choice means nothing in this country; empty where all does. */
export function unknownIn(choice: Choice, place: Place, events: Catalogued[]): string {
  if (!MEASURES.includes(choice.measure)) return `“${choice.measure}” is no measure: it is ${MEASURES.join(' or ')}.`;
  if (choice.days === '' || /^[1-9]\d{0,5}$/.test(choice.days)) return '';
  const event = events.find((one) => one.id === choice.days);
  if (event === undefined) return `“${choice.days}” is no number of days, and no event of the catalogue in ${place.name}. The list below has its events.`;
  if (event.date === '') return `The day of ${event.id} is not known.`;
  return '';
}

export async function showPlace(place: Place, choice: Choice, events: Catalogued[], wrong: string, current: () => boolean): Promise<void> {
  const range = rangeOf(place, wrong === '' ? choice.days : '', events);
  listEvents(place, events, range);
  if (wrong !== '') {
    tell(wrong);
    return;
  }
  const asked = { country: place.country, ...range };
  const [daily, tools] = await Promise.all([
    ask<DailyRow[]>('/api/daily', { ...asked, tool: choice.tool }),
    ask<ToolRow[]>('/api/tools', asked),
  ]);
  if (!current()) return; // another choice was made meanwhile
  const kept = ofOneKind(daily, place.simulated);
  const usedTools = ofOneKind(tools, place.simulated).filter((row) => COUNTED.has(row.category));
  const names = [...new Set(usedTools.map((row) => row.tool))].sort();
  offerTools(names, choice.tool);
  const none = kept.length === 0;
  if (none || (choice.tool !== '' && !names.includes(choice.tool))) {
    for (const id of ['use', 'tools']) element(id).hidden = true;
    clear();
    const span = `${range.from} to ${range.to}`;
    tell(
      none
        ? `No telemetry of ${place.name} from ${span}. The store has ${place.first} to ${place.last}.`
        : `No client of ${place.name} used “${choice.tool}” from ${span}. Tools that were used: ${names.join(', ') || 'none'}.`,
    );
    return;
  }
  const axis = daysOf(kept);
  const markers = markersOf(events);
  clear();
  const what = choice.tool === '' ? 'a VPN, proxy or anonymity tool' : choice.tool;
  const share = choice.measure === 'share';
  show('use', `${share ? 'Share of clients' : 'Clients a day'} that used ${what}, ${place.name}`, byWeek({ ...useSeries(kept, axis, share), markers, shades: thinDays(kept) }));
  show('tools', `By tool (a client that used two is in both), ${place.name}`, byWeek({ ...toolSeries(usedTools, axis, kept, share), markers }));
  tell(`${kept.length} ${kept.length === 1 ? 'day' : 'days'} of telemetry from ${kept[0]?.day} to ${kept[kept.length - 1]?.day} (UTC).`);
}

function ofOneKind<Row extends { simulated: number }>(rows: Row[], simulated: boolean): Row[] {
  return rows.filter((row) => (row.simulated === 1) === simulated);
}

function rangeOf(place: Place, days: string, events: Catalogued[]): { from: string; to: string } {
  const event = events.find((one) => one.id === days);
  if (event !== undefined && event.date !== '') return { from: shift(event.date, -AROUND), to: shift(event.date, AROUND) };
  const count = Number(days);
  return count > 0 ? { from: shift(place.last, 1 - count), to: place.last } : { from: place.first, to: place.last };
}

function shift(day: string, by: number): string {
  return isoDay(Date.parse(day) + by * DAY);
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Every day from the first to the last, with or without telemetry. */
function daysOf(rows: DailyRow[]): string[] {
  const first = Date.parse(rows[0]?.day ?? '');
  const last = Date.parse(rows[rows.length - 1]?.day ?? '');
  return Array.from({ length: Math.round((last - first) / DAY) + 1 }, (_, i) => isoDay(first + i * DAY));
}

type Values = (of: (row: DailyRow) => Value) => Value[];

function valuesOf(rows: DailyRow[], axis: string[]): Values {
  const byDay = new Map(rows.map((row) => [row.day, row]));
  return (of) =>
    axis.map((day) => {
      const found = byDay.get(day);
      return found === undefined ? null : of(found);
    });
}

const percent = (part: number, whole: number): Value => (whole === 0 ? null : (100 * part) / whole);

function useSeries(rows: DailyRow[], axis: string[], share: boolean): TimeSeries {
  const values = valuesOf(rows, axis);
  const clients = values((row) => row.clients);
  const shares = values((row) => percent(row.clients, row.all_clients));
  const told = [share ? { name: 'clients', values: clients } : { name: 'share of all clients (%)', values: shares }, { name: 'all clients', values: values((row) => row.all_clients) }];
  const line: Line = { name: 'observed', role: 'observed', values: share ? shares : clients };
  return { times: axis, zone: 'UTC', unit: share ? '% of clients' : 'clients a day', lines: [line], told: told.map((one) => ({ ...one, role: 'part' })), markers: [], shades: [] };
}

/** How far the weekly means lie apart: tools are ranked by it, so that one that a ban makes has a colour. */
function swing(values: Value[]): number {
  const means: number[] = [];
  for (let from = 0; from < values.length; from += 7) {
    const known = values.slice(from, from + 7).filter((value) => value !== null);
    if (known.length > 0) means.push(known.reduce((sum, value) => sum + value, 0) / known.length);
  }
  return means.length === 0 ? 0 : Math.max(...means) - Math.min(...means);
}

function toolSeries(rows: ToolRow[], axis: string[], known: DailyRow[], share: boolean): TimeSeries {
  const all = new Map(known.map((row) => [row.day, row.all_clients]));
  const places = new Map(axis.map((day, i) => [day, i]));
  const byTool = new Map<string, Value[]>();
  for (const row of rows) {
    const values = byTool.get(row.tool) ?? axis.map((day) => (all.has(day) ? 0 : null));
    byTool.set(row.tool, values);
    const i = places.get(row.day);
    if (i !== undefined) values[i] = (values[i] ?? 0) + (share ? (percent(row.clients, all.get(row.day) ?? 0) ?? 0) : row.clients);
  }
  const ranked = [...byTool].map(([name, values]): Line => ({ name, role: 'part', values })).sort((a, b) => swing(b.values) - swing(a.values) || a.name.localeCompare(b.name));
  const rest = ranked.splice(MOST_TOOLS);
  if (rest.length > 0) ranked.push({ name: 'other tools', role: 'part', values: axis.map((day, i) => (all.has(day) ? rest.reduce((sum, line) => sum + (line.values[i] ?? 0), 0) : null)) });
  const told: Line = { name: 'all clients', role: 'part', values: valuesOf(known, axis)((row) => row.all_clients) };
  return { times: axis, zone: 'UTC', unit: share ? '% of clients, by tool' : 'clients a day and tool', stacked: true, lines: ranked, told: [told], markers: [], shades: [] };
}

/** A span of years by the week: the mean of the days that are known, and for a lone line their range as a band. */
function byWeek(series: TimeSeries): TimeSeries {
  if (series.times.length <= MOST_DAYS) return series;
  const weeks = Array.from({ length: Math.ceil(series.times.length / 7) }, (_, i) => 7 * i);
  const each = (values: Value[], of: (known: number[]) => number): Value[] =>
    weeks.map((from) => {
      const known = values.slice(from, from + 7).filter((value) => value !== null);
      return known.length === 0 ? null : of(known);
    });
  const mean = (known: number[]): number => known.reduce((sum, value) => sum + value, 0) / known.length;
  const shorter = (lines: Line[]): Line[] => lines.map((line) => ({ ...line, values: each(line.values, mean) }));
  const lines = series.lines ?? [];
  const first = lines[0];
  const band = lines.length === 1 && first !== undefined ? { name: 'lowest and highest day', low: each(first.values, (known) => Math.min(...known)), high: each(first.values, (known) => Math.max(...known)) } : undefined;
  return { ...series, weekly: true, unit: `${series.unit}, mean of the week`, times: weeks.map((from) => series.times[from] ?? ''), lines: shorter(lines), told: shorter(series.told ?? []), ...(band === undefined ? {} : { band }) };
}

/** The days whose coverage is far below the usual. */
function thinDays(rows: DailyRow[]): Shade[] {
  const sorted = rows.map((row) => row.fraction).filter((fraction) => fraction > 0).sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return rows
    .filter((row) => row.fraction > 0 && row.fraction < LEAST_COVERAGE * usual)
    .map((row) => ({ from: row.day, to: shift(row.day, 1), label: 'sensors missing', kind: 'masked' }));
}

function markersOf(events: Catalogued[]): Marker[] {
  const markers: Marker[] = [];
  for (const event of events) {
    if (event.precision === 'month' || event.date === '') continue;
    const bans = event.kind === 'enforce' || event.kind === 'throttle';
    if (markers.some((marker) => marker.at === event.date && marker.label.includes(event.target))) continue;
    markers.push({ at: event.date, label: `${event.target}: ${event.kind}`, kind: bans ? 'enforced' : event.kind === 'unblock' ? 'ended' : 'other' });
  }
  return markers.sort((a, b) => a.at.localeCompare(b.at));
}

function show(id: string, caption: string, series: TimeSeries): void {
  element(`${id}-title`).textContent = caption;
  legend(id, series);
  draw({ id, caption, description: caption, series });
}

/** The list of a chart's lines; draw() makes switches of it. */
function legend(id: string, series: TimeSeries): void {
  const list = document.querySelector(`[data-legend="${id}"]`);
  const lines = series.lines ?? [];
  const entries = lines.length > 1 ? lines.map((line, i) => entry(line.name, `key key-area key-part-${(i % 8) + 1}`, line.name)) : [];
  if ((series.shades ?? []).length > 0) entries.push(entry('coverage below three quarters of the usual', 'key key-masked'));
  list?.replaceChildren(...entries);
}

function entry(name: string, className: string, series?: string): HTMLLIElement {
  const item = document.createElement('li');
  const key = document.createElement('span');
  key.className = className;
  key.ariaHidden = 'true';
  item.append(key, name);
  if (series !== undefined) item.dataset['series'] = series;
  return item;
}

function offerTools(names: string[], chosen: string): void {
  const offered = chosen === '' || names.includes(chosen) ? names : [...names, chosen];
  const field = element<HTMLSelectElement>('tool');
  field.replaceChildren(new Option('all tools', ''), ...offered.map((name) => new Option(name, name)));
  field.value = chosen;
}

function listEvents(place: Place, events: Catalogued[], range: { from: string; to: string }): void {
  const reports = document.body.dataset['reports'] !== undefined;
  element('no-events').hidden = events.length > 0;
  const rows = [...events]
    .sort((a, b) => b.date.localeCompare(a.date))
    .map((event) => {
      const showing = make('a', 'show', { href: addressOf({ country: place.country, tool: '', measure: 'clients', days: event.id }), ariaLabel: `show the days around ${event.id}` });
      showing.dataset['view'] = '';
      const within = event.date >= place.first && event.date <= place.last;
      const report = make('a', 'report', { href: `/report/${encodeURIComponent(event.id)}`, ariaLabel: `report on ${event.id}` });
      const sources = event.sources.flatMap((source, i) => (/^https?:/.test(source) ? [' ', make('a', `source ${i + 1}`, { href: source, rel: 'noreferrer', ariaLabel: `source ${i + 1} of ${event.id}` })] : []));
      const made = row(event.date, [make('bdi', event.target), event.kind, within ? showing : 'no telemetry', reports && within ? report : '', make('span', [event.notes, ...sources])]);
      made.classList.toggle('is-outside', event.date < range.from || event.date > range.to);
      return made;
    });
  document.querySelector('#event-list tbody')?.replaceChildren(...rows);
}
