// Countries and events next to each other: each as an index of its own days before, events by their day 0.

import type { Choice } from './address';
import { ask } from './api';
import type { DailyRow, Entry, Overview, Place } from './answers';
import { apart, meanOf, percent, shift } from './days';
import { DAY_ZERO } from './charts/series';
import { make } from './dom';
import type { Line, TimeSeries, Value } from './model';

const BEFORE = 28; // days that are 100
const LEAST = 7; // of them that must be known

interface One {
  name: string;
  country: string;
  zero: string; // its day 0
}

/** What can be compared with: countries with telemetry, and events on their days. */
export async function comparable(): Promise<{ countries: Place[]; events: Entry[] }> {
  const [countries, overview] = await Promise.all([ask<Place[]>('/api/places'), ask<Overview>('/api/overview')]);
  return { countries, events: overview.feed.filter((entry) => entry.kind === 'event') };
}

/** Fills the field of what can be compared with; what is chosen is never lost. */
export async function offerComparable(field: HTMLSelectElement, choice: Choice): Promise<void> {
  const { countries, events } = await comparable();
  const group = (label: string, options: HTMLOptionElement[]): HTMLOptGroupElement => {
    const made = make('optgroup', options);
    made.label = label;
    return made;
  };
  const chosen = choice.with;
  field.replaceChildren(
    new Option('nothing', ''),
    group('countries', countries.filter((one) => one.country !== choice.country).map((one) => new Option(one.name, one.country))),
    group('events, by their day 0', events.filter((one) => one.event !== choice.days).map((one) => new Option(`${one.date} ${one.title}`, one.event))),
  );
  if (![...field.options].some((option) => option.value === chosen)) field.add(new Option(chosen, chosen));
  field.value = chosen;
}

/** The series of what is compared, and what of it means nothing. zero is the day 0 of the country in view. */
export async function comparison(place: Place, choice: Choice, zero: string, range: { from: string; to: string }): Promise<{ series: TimeSeries; unknown: string[] }> {
  const { countries, events } = await comparable();
  const list: One[] = [{ name: place.name, country: place.country, zero }];
  const unknown: string[] = [];
  for (const id of choice.with.split(',').filter((id) => id !== '')) {
    const country = countries.find((one) => one.country === id);
    const event = events.find((one) => one.event === id);
    if (country !== undefined) list.push({ name: country.name, country: id, zero });
    else if (event !== undefined) list.push({ name: event.title, country: event.country, zero: event.date });
    else unknown.push(id);
  }
  const [first, last] = [apart(zero, range.from), apart(zero, range.to)];
  const lines = await Promise.all(list.map((one) => indexed(one, first, last, choice)));
  const times = Array.from({ length: last - first + 1 }, (_, i) => shift(zero, first + i));
  const before = first >= 0 ? `the first ${BEFORE} days` : `the ${BEFORE} days before day 0`;
  return { series: { times, zone: 'UTC', origin: zero, unit: `index, 100 is the mean of ${before}`, lines, markers: [{ at: zero, label: DAY_ZERO, kind: 'enforced' }], shades: [] }, unknown };
}

async function indexed(one: One, first: number, last: number, choice: Choice): Promise<Line> {
  const rows = await ask<DailyRow[]>('/api/daily', { country: one.country, from: shift(one.zero, first), to: shift(one.zero, last), tool: choice.tool });
  const byDay = new Map(rows.map((row) => [apart(one.zero, row.day), choice.measure === 'share' ? percent(row.clients, row.all_clients) : row.clients]));
  const days = Array.from({ length: last - first + 1 }, (_, i) => first + i);
  const start = first >= 0 ? first : Math.max(first, -BEFORE);
  const base = days.filter((day) => day >= start && day < start + BEFORE && (first >= 0 || day < 0)).map((day) => byDay.get(day) ?? null).filter((value) => value !== null);
  const usual = base.length >= LEAST ? meanOf(base) : 0;
  const value = (day: number): Value => {
    const known = byDay.get(day) ?? null;
    return known === null || usual === 0 ? null : (100 * known) / usual;
  };
  return { name: one.name, role: 'part', values: days.map(value) };
}
