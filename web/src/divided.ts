// Use of a country divided by tool, kind of tool, service or network.

import { ask } from './api';
import type { CategoryRow, DailyRow, NetworkRow, ServiceRow, ToolRow } from './answers';
import type { Choice } from './address';
import { meanOf, percent, valuesOf } from './days';
import type { Line, TimeSeries, Value } from './model';

const MOST_PARTS = 7; // the rest is summed
const COUNTED = new Set((document.body.dataset['use'] ?? '').split(' ')); // schemas/use says which

/** A part's amount on a day. */
export interface Part {
  day: string;
  part: string;
  clients: number;
  bytes: number | null; // null where they are not counted
}

type Asked = { country: string; from: string; to: string };

/** What can be divided by, and what is said of it. */
export const DIVISIONS: Record<string, { caption: string; part: string; ask: (asked: Asked, simulated: boolean) => Promise<Part[]> }> = {
  tool: { caption: 'By tool (a client that used two is in both)', part: 'tool', ask: (asked, simulated) => parts<ToolRow>('/api/tools', asked, simulated, (row) => row.tool, (row) => row.bytes, (row) => COUNTED.has(row.category)) },
  category: { caption: 'By kind of tool (a client that used two kinds is in both)', part: 'kind', ask: (asked, simulated) => parts<CategoryRow>('/api/categories', asked, simulated, (row) => row.category, (row) => row.bytes, (row) => COUNTED.has(row.category)) },
  service: { caption: 'By service that is known (a client that reached two is in both)', part: 'service', ask: (asked, simulated) => parts<ServiceRow>('/api/services', asked, simulated, (row) => row.service, (row) => row.bytes) },
  network: { caption: 'By network of the clients', part: 'network', ask: (asked, simulated) => parts<NetworkRow>('/api/networks', asked, simulated, (row) => (row.asn === 0 ? 'unknown network' : `AS${row.asn}`), () => null) },
};

async function parts<Row extends { day: string; clients: number; simulated: number }>(path: string, asked: Asked, simulated: boolean, part: (row: Row) => string, bytes: (row: Row) => number | null, counts: (row: Row) => boolean = () => true): Promise<Part[]> {
  const rows = await ask<Row[]>(path, asked);
  return rows.filter((row) => (row.simulated === 1) === simulated && counts(row)).map((row) => ({ day: row.day, part: part(row), clients: row.clients, bytes: bytes(row) }));
}

/** How far the weekly means lie apart: parts are ranked by it, so that one that a ban makes has a colour. */
function swing(values: Value[]): number {
  const means: number[] = [];
  for (let from = 0; from < values.length; from += 7) {
    const known = values.slice(from, from + 7).filter((value) => value !== null);
    if (known.length > 0) means.push(meanOf(known));
  }
  return means.length === 0 ? 0 : Math.max(...means) - Math.min(...means);
}

export function dividedSeries(rows: Part[], axis: string[], known: DailyRow[], choice: Choice): TimeSeries {
  const all = new Map(known.map((row) => [row.day, row.all_clients]));
  const places = new Map(axis.map((day, i) => [day, i]));
  const amount = (row: Part): number => (choice.measure === 'bytes' ? (row.bytes ?? 0) : choice.measure === 'share' ? (percent(row.clients, all.get(row.day) ?? 0) ?? 0) : row.clients);
  const byPart = new Map<string, Value[]>();
  for (const row of rows) {
    const values = byPart.get(row.part) ?? axis.map((day) => (all.has(day) ? 0 : null));
    byPart.set(row.part, values);
    const i = places.get(row.day);
    if (i !== undefined) values[i] = (values[i] ?? 0) + amount(row);
  }
  const ranked = [...byPart].map(([name, values]): Line => ({ name, role: 'part', values })).sort((a, b) => swing(b.values) - swing(a.values) || a.name.localeCompare(b.name));
  const rest = ranked.splice(MOST_PARTS);
  const { part } = DIVISIONS[choice.by] ?? { part: 'part' };
  if (rest.length > 0) ranked.push({ name: `other ${part}s`, role: 'part', values: axis.map((day, i) => (all.has(day) ? rest.reduce((sum, line) => sum + (line.values[i] ?? 0), 0) : null)) });
  const told: Line = { name: 'all clients', role: 'part', values: valuesOf(known, axis)((row) => row.all_clients) };
  const unit = { clients: `clients a day and ${part}`, share: `% of clients, by ${part}`, bytes: `bytes a day and ${part}` }[choice.measure] ?? '';
  return { times: axis, zone: 'UTC', unit, stacked: choice.as === 'stack' && choice.scale === '', lines: ranked, told: [told], markers: [], shades: [] };
}
