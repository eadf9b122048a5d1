// The served page: use of one country by day and tool, against the dates of the
// catalogue. The address keeps what is chosen, so that a view can be passed on.

import { ask, type CataloguedEvent, type DailyRow, type Place, type ToolRow } from './api';
import { clear, draw } from './charts/figure';
import type { Line, Marker, Shade, TimeSeries, Value } from './model';

const DAY = 86_400_000;
const AROUND = 60; // days shown to both sides of an event
const MOST_TOOLS = 7; // the rest is summed
const COUNTED = new Set((document.body.dataset['use'] ?? '').split(' ')); // schemas/use says which
const LEAST_COVERAGE = 0.75; // of the median; as the analysis masks days

interface Choice {
  country: string;
  tool: string;
  measure: string;
  days: string; // a number of days, empty for all, or the id of an event
}

const element = <T extends HTMLElement>(id: string): T => {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
};

const fields = { country: 'country', tool: 'tool', measure: 'measure', days: 'days' } as const;

export async function openUse(): Promise<void> {
  const places = await ask<Place[]>('/api/places');
  if (places.length === 0) {
    tell('The store holds no telemetry yet. Load some with: banshift run SOURCE');
    return;
  }
  element<HTMLSelectElement>('country').replaceChildren(...places.map((place) => new Option(place.name, place.country)));
  let last = '';
  const show = async (choice: Choice): Promise<void> => {
    const place = places.find((one) => one.country === choice.country) ?? places[0];
    if (place === undefined) return;
    last = JSON.stringify(choice);
    await showPlace(place, { ...choice, country: place.country }, () => last === JSON.stringify(choice));
  };
  const changed = (): void => {
    const choice = read();
    history.replaceState(null, '', `?${new URLSearchParams({ ...choice })}`);
    void attempt(() => show(choice));
  };
  for (const id of Object.values(fields)) element(id).addEventListener('change', changed);
  element('event-list').addEventListener('click', (click) => {
    const id = (click.target as HTMLElement).dataset['event'];
    if (id === undefined) return;
    choose('days', id, `around ${id}`);
    changed();
    element('use').scrollIntoView();
  });
  write(places);
  await attempt(() => show(read()));
  tellUnknown(places);
}

/** Runs it and tells what went wrong. */
async function attempt(action: () => Promise<void>): Promise<void> {
  try {
    await action();
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
  }
}

function tell(text: string): void {
  element('status').textContent = text;
}

function read(): Choice {
  const value = (id: string): string => element<HTMLSelectElement>(id).value;
  return { country: value('country'), tool: value('tool'), measure: value('measure'), days: value('days') };
}

/** Sets the fields from the address. */
function write(places: Place[]): void {
  const given = new URLSearchParams(location.search);
  const country = given.get('country') ?? '';
  if (places.some((place) => place.country === country)) element<HTMLSelectElement>('country').value = country;
  for (const id of ['tool', 'measure', 'days']) {
    const value = given.get(id);
    if (value !== null && value !== '') choose(id, value, id === 'days' ? `around ${value}` : value);
  }
}

/** Says which part of the address means nothing here, instead of showing something else in silence. */
function tellUnknown(places: Place[]): void {
  const given = new URLSearchParams(location.search);
  const country = given.get('country') ?? '';
  if (country !== '' && !places.some((place) => place.country === country)) {
    tell(`The store holds no telemetry of "${country}"; this is ${places.find((place) => place.country === read().country)?.name ?? 'another country'}.`);
  }
}

/** Selects a value, adding it where the list does not have it. */
function choose(id: string, value: string, label: string): void {
  const field = element<HTMLSelectElement>(id);
  if (![...field.options].some((option) => option.value === value)) field.add(new Option(label, value));
  field.value = value;
}

async function showPlace(place: Place, choice: Choice, current: () => boolean): Promise<void> {
  tell('Asking the store…');
  const events = await ask<CataloguedEvent[]>('/api/events', { country: place.country });
  const range = rangeOf(place, choice.days, events);
  const asked = { country: place.country, ...range };
  const [daily, tools] = await Promise.all([
    ask<DailyRow[]>('/api/daily', { ...asked, tool: choice.tool }),
    ask<ToolRow[]>('/api/tools', asked),
  ]);
  if (!current()) return; // another choice was made meanwhile
  element('simulated').hidden = !place.simulated;
  const kept = ofOneKind(daily, place.simulated);
  const usedTools = ofOneKind(tools, place.simulated).filter((row) => COUNTED.has(row.category));
  offerTools(usedTools, choice.tool);
  listEvents(events, range);
  if (kept.length === 0) {
    clear();
    tell(`No telemetry of ${place.name} in these days.`);
    return;
  }
  const axis = daysOf(kept);
  const markers = markersOf(events);
  clear();
  const what = choice.tool === '' ? 'a VPN, proxy or anonymity tool' : choice.tool;
  show('use', `${choice.measure === 'share' ? 'Share of clients' : 'Clients a day'} that used ${what}, ${place.name}`, {
    ...useSeries(kept, axis, choice.measure),
    markers,
    shades: thinDays(kept),
  });
  show('tools', `By tool (a client that used two is in both), ${place.name}`, { ...toolSeries(usedTools, axis, kept), markers });
  tell(`${kept.length} days of telemetry from ${kept[0]?.day} to ${kept[kept.length - 1]?.day} (UTC).`);
}

function ofOneKind<Row extends { simulated: number }>(rows: Row[], simulated: boolean): Row[] {
  return rows.filter((row) => (row.simulated === 1) === simulated);
}

function rangeOf(place: Place, days: string, events: CataloguedEvent[]): { from: string; to: string } {
  const event = events.find((one) => one.id === days);
  if (event !== undefined) return { from: shift(event.date, -AROUND), to: shift(event.date, AROUND) };
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

function useSeries(rows: DailyRow[], axis: string[], measure: string): TimeSeries {
  const byDay = new Map(rows.map((row) => [row.day, row]));
  const value = (row: DailyRow | undefined): Value => {
    if (row === undefined) return null;
    if (measure !== 'share') return row.clients;
    return row.all_clients === 0 ? null : (100 * row.clients) / row.all_clients;
  };
  const line: Line = { name: 'observed', role: 'observed', values: axis.map((day) => value(byDay.get(day))) };
  return { times: axis, zone: 'UTC', unit: measure === 'share' ? '% of clients' : 'clients a day', lines: [line], markers: [], shades: [] };
}

function toolSeries(rows: ToolRow[], axis: string[], known: DailyRow[]): TimeSeries {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row.tool, (sums.get(row.tool) ?? 0) + row.clients);
  const named = [...sums].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])).slice(0, MOST_TOOLS).map(([tool]) => tool);
  const seen = new Set(known.map((row) => row.day));
  const places = new Map(axis.map((day, i) => [day, i]));
  const blank = (): Value[] => axis.map((day) => (seen.has(day) ? 0 : null));
  const lines = new Map<string, Line>(named.map((name) => [name, { name, role: 'part', values: blank() }]));
  for (const row of rows) {
    const name = named.includes(row.tool) ? row.tool : 'other tools';
    const line = lines.get(name) ?? { name, role: 'part', values: blank() };
    lines.set(name, line);
    const i = places.get(row.day);
    if (i !== undefined) line.values[i] = (line.values[i] ?? 0) + row.clients;
  }
  return { times: axis, zone: 'UTC', unit: 'clients a day and tool', stacked: true, lines: [...lines.values()], markers: [], shades: [] };
}

/** The days whose coverage is far below the usual. */
function thinDays(rows: DailyRow[]): Shade[] {
  const sorted = rows.map((row) => row.fraction).filter((fraction) => fraction > 0).sort((a, b) => a - b);
  const usual = sorted[Math.floor(sorted.length / 2)] ?? 0;
  return rows
    .filter((row) => row.fraction > 0 && row.fraction < LEAST_COVERAGE * usual)
    .map((row) => ({ from: row.day, to: shift(row.day, 1), label: 'sensors missing', kind: 'masked' }));
}

function markersOf(events: CataloguedEvent[]): Marker[] {
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

function offerTools(rows: ToolRow[], chosen: string): void {
  const names = [...new Set(rows.map((row) => row.tool))].sort();
  if (chosen !== '' && !names.includes(chosen)) names.push(chosen);
  const field = element<HTMLSelectElement>('tool');
  field.replaceChildren(new Option('all tools', ''), ...names.map((name) => new Option(name, name)));
  field.value = chosen;
}

function listEvents(events: CataloguedEvent[], range: { from: string; to: string }): void {
  const reports = document.body.dataset['reports'] !== undefined;
  const rows = [...events]
    .sort((a, b) => b.date.localeCompare(a.date))
    .map((event) => {
      const row = document.createElement('tr');
      const head = document.createElement('th');
      head.scope = 'row';
      head.textContent = event.date;
      const showing = document.createElement('button');
      showing.type = 'button';
      showing.textContent = 'show';
      showing.dataset['event'] = event.id;
      showing.ariaLabel = `show the days around ${event.id}`;
      const link = document.createElement('a');
      link.href = `/report/${encodeURIComponent(event.id)}`;
      link.textContent = 'report';
      link.ariaLabel = `report on ${event.id}`;
      row.append(head, ...[event.target, event.kind, showing, reports ? link : ''].map(cell));
      row.classList.toggle('is-outside', event.date < range.from || event.date > range.to);
      return row;
    });
  document.querySelector('#event-list tbody')?.replaceChildren(...rows);
}

function cell(content: string | Node): HTMLTableCellElement {
  const td = document.createElement('td');
  td.append(content);
  return td;
}
