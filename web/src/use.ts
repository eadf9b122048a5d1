// Use of one country by day and tool, against the dates of the catalogue.

import { addressOf, type Choice, go, KNOWN, plain } from './address';
import { expected, showAnswer } from './answer';
import { ask } from './api';
import type { Catalogued, DailyRow, HourRow, Place, Studied, UnknownRow } from './answers';
import { clear, draw } from './charts/figure';
import { cited } from './charts/notes';
import { comparison, offerComparable } from './compare';
import { apart, daysOf, hoursOf, percent, shift, valuesOf } from './days';
import { type Part, dividedSeries, DIVISIONS } from './divided';
import { element, make, row, tell } from './dom';
import type { Line, Marker, Shade, TimeSeries, Value } from './model';
import { stepped } from './steps';

const MOST_HOURLY = 14; // days that are shown by the hour
const AROUND = 60; // days shown to both sides of an event
const LEAST_COVERAGE = 0.75; // of the median; as the analysis masks days
const SPAN = /^(\d{4}-\d{2}-\d{2})\.\.(\d{4}-\d{2}-\d{2})$/;

export const FIELDS = Object.keys(plain('')) as (keyof Choice)[];

/** Sets the fields to a choice. */
export function fillFields(choice: Choice): void {
  for (const id of FIELDS) choose(id, choice[id], id === 'days' ? (SPAN.test(choice.days) ? choice.days.replace('..', ' to ') : `around ${choice.days}`) : choice[id]);
  if (FIELDS.slice(4).some((id) => choice[id] !== plain('')[id])) element<HTMLDetailsElement>('more').open = true;
}

export function readFields(): Choice {
  const choice = plain('');
  for (const id of FIELDS) choice[id] = element<HTMLSelectElement>(id).value;
  return choice;
}

/** The days of the fields "from" and "to", as the address has them. */
export function spanOf(): string {
  const [from, to] = ['from', 'to'].map((id) => element<HTMLInputElement>(id).value);
  return from && to ? `${from}..${to}` : '';
}

/** Selects a value, adding it where the list does not have it. */
function choose(id: string, value: string, label: string): void {
  const field = element<HTMLSelectElement>(id);
  if (![...field.options].some((option) => option.value === value)) field.add(new Option(label, value));
  field.value = value;
}

/** What of a choice means nothing in this country; empty where all does. */
export function unknownIn(choice: Choice, place: Place, events: Catalogued[]): string {
  const words: Record<keyof typeof KNOWN, string> = { measure: 'measure', by: 'division', as: 'form of a chart', step: 'step', mean: 'length of a mean', scale: 'scale' };
  for (const [name, values] of Object.entries(KNOWN) as [keyof typeof KNOWN, string[]][]) {
    if (!values.includes(choice[name])) return `“${choice[name]}” is no ${words[name]}: it is ${values.filter((value) => value !== '').join(' or ')}.`;
  }
  if (choice.measure === 'bytes' && choice.by === 'network') return 'Bytes are not counted by network: choose clients or share, or another division.';
  if (choice.step === 'hour') {
    const { from, to } = rangeOf(place, choice.days, events);
    if (!offersHours()) return 'This page has no hours: it shows days.';
    if (choice.measure === 'bytes') return 'Bytes are not counted by the hour: choose clients or share, or another step.';
    if (apart(from, to) + 1 > MOST_HOURLY) return `Hours are shown for at most ${MOST_HOURLY} days: choose a shorter span, as days=${place.last}..${place.last}, or another step.`;
  }
  if (choice.tool !== '' && !/^[a-z0-9][a-z0-9-]{0,31}$/.test(choice.tool)) return `“${choice.tool}” is no name of a tool: these are lower-case letters, digits and hyphens, as openvpn.`;
  if (choice.days === '' || /^[1-9]\d{0,5}$/.test(choice.days)) return '';
  const span = SPAN.exec(choice.days);
  if (span !== null) return span.slice(1).every((day) => !Number.isNaN(Date.parse(day))) && (span[1] ?? '') <= (span[2] ?? '') ? '' : `“${choice.days}” is no span of days: it is FIRST..LAST.`;
  const event = events.find((one) => one.id === choice.days);
  if (event === undefined) return `“${choice.days}” is no number of days, and no event of the catalogue in ${place.name}. The list below has its events.`;
  if (event.date === '') return `The day of ${event.id} is not known.`;
  return '';
}

const offersHours = (): boolean => [...element<HTMLSelectElement>('step').options].some((option) => option.value === 'hour');

/** A view of one country. */
export interface View {
  place: Place;
  choice: Choice;
  events: Catalogued[];
  wrong: string; // what of the choice means nothing
  current: () => boolean; // whether it is still the one that was asked for at last
  again: () => void; // shows what the address says
}

/** Shows the view, and gives the sentence that its study says; empty where there is none. */
export async function showPlace(view: View): Promise<string> {
  const { place, choice, events, wrong, current } = view;
  const range = rangeOf(place, wrong === '' ? choice.days : '', events);
  listEvents(place, events, range);
  if (wrong !== '') {
    tell(wrong);
    return '';
  }
  element<HTMLInputElement>('from').value = range.from;
  element<HTMLInputElement>('to').value = range.to;
  const asked = { country: place.country, ...range };
  const division = DIVISIONS[choice.by];
  const [daily, divided, hourly, unknown] = await Promise.all([
    ask<DailyRow[]>('/api/daily', { ...asked, tool: choice.tool }),
    division === undefined ? Promise.resolve([]) : division.ask(asked, place.simulated),
    choice.step === 'hour' ? ask<HourRow[]>('/api/hours', { ...asked, tool: choice.tool }) : Promise.resolve([]),
    choice.step === 'hour' || choice.tool !== '' ? Promise.resolve([]) : ask<UnknownRow[]>('/api/unknown', asked),
  ]);
  const byTool = choice.by === 'tool' ? divided : await (DIVISIONS['tool']?.ask(asked, place.simulated) ?? []);
  if (!current()) return ''; // another choice was made meanwhile
  const kept = daily.filter((row) => (row.simulated === 1) === place.simulated);
  const names = [...new Set(byTool.map((row) => row.part))].sort();
  offerTools(names, choice.tool);
  clear();
  const none = kept.length === 0;
  if (none || (choice.tool !== '' && !names.includes(choice.tool))) {
    for (const id of ['use', 'all', 'tools']) element(id).hidden = true;
    const span = `${range.from} to ${range.to}`;
    tell(
      none
        ? `No telemetry of ${place.name} from ${span}. The store has ${place.first} to ${place.last}.`
        : `No client of ${place.name} used “${choice.tool}” from ${span}. Tools that were used: ${names.join(', ') || 'none'}.`,
    );
    return '';
  }
  if (choice.step === 'hour') drawHours(view, hourly.filter((row) => (row.simulated === 1) === place.simulated), kept);
  else drawUse(view, kept, byTool);
  drawDivided(view, kept, divided);
  drawUnknown(view, kept, unknown.filter((row) => (row.simulated === 1) === place.simulated));
  const counted = `${kept.length} ${kept.length === 1 ? 'day' : 'days'} of telemetry from ${kept[0]?.day} to ${kept[kept.length - 1]?.day} (UTC). `;
  const all = make('a', 'Show all days', { href: addressOf({ ...choice, days: '' }) });
  all.dataset['view'] = '';
  tell(choice.days === '' ? counted : [counted, all, '.']);
  const event = events.find((one) => one.id === choice.days);
  await drawComparison(view, event?.date ?? range.from, range);
  if (event === undefined || document.body.dataset['reports'] === undefined || !current()) return '';
  const study = await showAnswer(event.id, current);
  if (study === undefined || !current()) return '';
  if (choice.tool === '' && choice.measure === 'clients' && choice.step !== 'hour') drawUse(view, kept, byTool, study);
  return study.sentence;
}

/** The chart of use, and of all clients under it. */
function drawUse(view: View, kept: DailyRow[], byTool: Part[], study?: Studied): void {
  const { choice, place, events } = view;
  const axis = daysOf(kept);
  const markers = markersOf(events);
  const what = choice.tool === '' ? 'a VPN, proxy or anonymity tool' : choice.tool;
  const words = { clients: 'Clients a day that used', share: 'Share of clients that used', bytes: 'Bytes a day of' }[choice.measure] ?? '';
  const usual = study === undefined ? undefined : expected(study, axis);
  const series = useSeries(kept, axis, byTool, choice);
  const lines = usual === undefined ? series.lines : [...(series.lines ?? []), usual.line];
  const shown = stepped({ ...series, lines, ...(usual?.band === undefined ? {} : { band: usual.band }), markers, shades: thinDays(kept), log: choice.scale === 'log' }, choice);
  show(view, 'use', `${words} ${what}, ${place.name}`, shown);
  const all = stepped({ times: axis, zone: 'UTC', unit: 'all clients a day', lines: [{ name: 'all clients', role: 'part', values: valuesOf(kept, axis)((row) => row.all_clients) }], markers, shades: thinDays(kept), log: choice.scale === 'log' }, choice);
  show(view, 'all', `All clients a day that were seen, ${place.name}`, all);
}

/** The charts of use and of all clients by the hour. A day has distinct clients, so that its hours do not add up to it. */
function drawHours(view: View, rows: HourRow[], kept: DailyRow[]): void {
  const { choice, place, events } = view;
  const what = choice.tool === '' ? 'a VPN, proxy or anonymity tool' : choice.tool;
  const times = hoursOf(kept);
  const byHour = new Map(rows.map((row) => [row.hour, row]));
  const values = (of: (row: HourRow) => Value): Value[] => times.map((hour) => (byHour.has(hour) ? of(byHour.get(hour) as HourRow) : null));
  const all: Line = { name: 'all clients', role: 'part', values: values((row) => row.all_clients) };
  const counts = values((row) => row.clients);
  const shares = values((row) => percent(row.clients, row.all_clients));
  const isShare = choice.measure === 'share';
  const common = { times, hourly: true, zone: 'UTC', markers: markersOf(events), shades: thinDays(kept), log: choice.scale === 'log' };
  const told: Line = isShare ? { name: 'clients', role: 'part', values: counts } : { name: 'share of all clients (%)', role: 'part', values: shares };
  const observed: Line = { name: 'observed', role: 'observed', values: isShare ? shares : counts };
  show(view, 'use', `${isShare ? 'Share of clients' : 'Clients'} an hour that used ${what}, ${place.name}`, { ...common, unit: isShare ? '% of clients' : 'clients an hour', lines: [observed], told: [told, all] });
  show(view, 'all', `All clients an hour that were seen, ${place.name}`, { ...common, unit: 'all clients an hour', lines: [all] });
}

function drawDivided(view: View, kept: DailyRow[], divided: Part[]): void {
  const { choice, place, events } = view;
  const caption = `${DIVISIONS[choice.by]?.caption}, ${place.name}`;
  const series = stepped({ ...dividedSeries(divided, daysOf(kept), kept, choice), markers: markersOf(events), log: choice.scale === 'log' }, choice);
  element('tools').hidden = divided.length === 0;
  if (divided.length === 0) return;
  if (choice.as !== 'panels') {
    show(view, 'tools', caption, series);
    return;
  }
  element('tools-title').textContent = `${caption}: ${series.unit}`;
  document.querySelector('[data-legend="tools"]')?.replaceChildren();
  const panels = (series.lines ?? []).map((line) => ({ title: line.name, note: '', series: { ...series, stacked: false, told: [], lines: [{ ...line, role: 'observed' as const }] } }));
  plotOf('tools').classList.add('chart-panels');
  draw({ id: 'tools', caption, description: caption, panels });
}

/** The chart of what may be tools that nobody knows yet, where there are clients of such. It is added to nothing. */
function drawUnknown(view: View, kept: DailyRow[], rows: UnknownRow[]): void {
  const { choice, place, events } = view;
  element('unknown').hidden = !rows.some((row) => row.clients > 0);
  if (element('unknown').hidden) return;
  const times = daysOf(kept);
  const values = valuesOf(rows, times);
  const clients: Line = { name: 'clients', role: 'observed', values: values((row) => row.clients) };
  const share: Line = { name: 'share of all clients (%)', role: 'observed', values: values((row) => percent(row.clients, row.all_clients)) };
  const isShare = choice.measure === 'share';
  const told: Line[] = [isShare ? clients : share, { name: 'server networks', role: 'part', values: values((row) => row.servers) }];
  const series = stepped({ times, zone: 'UTC', unit: isShare ? '% of clients' : 'clients a day', lines: [isShare ? share : clients], told, markers: markersOf(events), shades: [], log: choice.scale === 'log' }, choice);
  show(view, 'unknown', `${isShare ? 'Share of clients' : 'Clients a day'} of servers that came up and that nothing names, ${place.name}`, series);
}

async function drawComparison(view: View, zero: string, range: { from: string; to: string }): Promise<void> {
  const { choice, place, current } = view;
  if (element<HTMLDetailsElement>('more').open) await offerComparable(element<HTMLSelectElement>('with'), choice);
  if (choice.with === '' || !current()) return;
  const { series, unknown } = await comparison(place, choice, zero, range);
  if (!current()) return;
  element('compare').hidden = false;
  element('compare-note').textContent = unknown.length === 0 ? '' : `“${unknown.join('”, “')}” is neither a country with telemetry nor an event on a day with telemetry.`;
  show(view, 'compare', `${place.name} next to others, each as an index of its own days before`, stepped({ ...series, log: choice.scale === 'log' }, { ...choice, step: choice.step || 'day' }));
}

function rangeOf(place: Place, days: string, events: Catalogued[]): { from: string; to: string } {
  const event = events.find((one) => one.id === days);
  if (event !== undefined && event.date !== '') return { from: shift(event.date, -AROUND), to: shift(event.date, AROUND) };
  const [, from, to] = SPAN.exec(days) ?? [];
  if (from !== undefined && to !== undefined) return { from, to };
  const count = Number(days);
  return count > 0 ? { from: shift(place.last, 1 - count), to: place.last } : { from: place.first, to: place.last };
}

function useSeries(rows: DailyRow[], axis: string[], byTool: Part[], choice: Choice): TimeSeries {
  const values = valuesOf(rows, axis);
  const clients = values((row) => row.clients);
  const shares = values((row) => percent(row.clients, row.all_clients));
  const bytes = new Map<string, number>();
  for (const part of byTool) if (choice.tool === '' || part.part === choice.tool) bytes.set(part.day, (bytes.get(part.day) ?? 0) + (part.bytes ?? 0));
  const given: Record<string, { name: string; unit: string; values: Value[] }> = {
    clients: { name: 'clients', unit: 'clients a day', values: clients },
    share: { name: 'share of all clients (%)', unit: '% of clients', values: shares },
    bytes: { name: 'bytes', unit: 'bytes a day', values: values((row) => bytes.get(row.day) ?? 0) },
  };
  const drawn = given[choice.measure] ?? { unit: '', values: [] };
  const told = Object.entries(given).filter(([name]) => name !== choice.measure && name !== 'bytes').map(([, one]): Line => ({ name: one.name, role: 'part', values: one.values }));
  told.push({ name: 'all clients', role: 'part', values: values((row) => row.all_clients) });
  return { times: axis, zone: 'UTC', unit: drawn.unit, lines: [{ name: 'observed', role: 'observed', values: drawn.values }], told, markers: [], shades: [] };
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
    const same = markers.find((marker) => marker.at === event.date && marker.label.includes(event.target));
    if (same === undefined) markers.push({ at: event.date, label: `${event.target}: ${event.note.kind}`, kind: bans ? 'enforced' : event.kind === 'unblock' ? 'ended' : 'other', notes: [event.note] });
    else same.notes?.push(event.note);
  }
  return markers.sort((a, b) => a.at.localeCompare(b.at));
}

function plotOf(id: string): Element {
  return document.querySelector(`[data-chart="${id}"]`) ?? element(id);
}

/** Draws a chart whose days can be drawn over, to show these alone. */
function show(view: View, id: string, caption: string, series: TimeSeries): void {
  element(`${id}-title`).textContent = caption;
  plotOf(id).classList.remove('chart-panels');
  legend(id, series);
  draw({ id, caption, description: caption, series }, series.origin === undefined ? (from, to) => {
    go({ ...view.choice, days: `${from}..${to}` });
    view.again();
  } : undefined);
}

/** The list of a chart's lines; draw() makes switches of it. */
function legend(id: string, series: TimeSeries): void {
  const list = document.querySelector(`[data-legend="${id}"]`);
  const lines = series.lines ?? [];
  let part = 0;
  const keyOf = (line: Line): string => (line.role === 'part' ? `key ${series.stacked === true ? 'key-area ' : ''}key-part-${(part++ % 8) + 1}` : `key key-${line.role}`);
  const entries = lines.length > 1 ? lines.map((line) => entry(line.name, keyOf(line), line.name)) : [];
  if (series.band !== undefined) entries.push(entry(series.band.name, 'key key-band'));
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
      const showing = make('a', 'show', { href: addressOf(plain(place.country, event.id)), ariaLabel: `show the days around ${event.id}` });
      showing.dataset['view'] = '';
      const within = event.date >= place.first && event.date <= place.last;
      const report = make('a', 'report', { href: `/report/${encodeURIComponent(event.id)}`, ariaLabel: `report on ${event.id}` });
      const sources = event.note.sources.flatMap((source, i) => [i === 0 ? '' : '; ', cited(source, `source ${i + 1} of ${event.id}`)]);
      const made = row(event.date, [make('bdi', event.target), event.note.kind, within ? showing : 'no telemetry', reports && within ? report : '', make('span', [event.note.text, event.note.text === '' || sources.length === 0 ? '' : ' ', ...sources])]);
      made.classList.toggle('is-outside', event.date < range.from || event.date > range.to);
      return made;
    });
  document.querySelector('#event-list tbody')?.replaceChildren(...rows);
}
