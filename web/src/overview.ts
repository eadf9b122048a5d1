// The first screen: the countries with their latest use, and what happened there.

import { addressOf, plain } from './address';
import type { Country, Entry, Overview } from './answers';
import { element, make, row, tell } from './dom';
import { formatNumber, formatSigned, withUnit } from './format';

let mixed = false; // measured countries and simulated ones in one store

type Column = { name: string; sort: (country: Country) => number | string | null; cell: (country: Country) => string | Node };

const link = (country: string, text: string, days = ''): HTMLAnchorElement => {
  const made = make('a', text, { href: addressOf(plain(country, days)) });
  made.dataset['view'] = '';
  return made;
};

const columns: Column[] = [
  { name: 'country', sort: (c) => c.name, cell: (c) => make('span', [link(c.country, c.name), mixed && c.simulated ? ' (simulated)' : '']) },
  { name: 'last day', sort: (c) => c.last, cell: (c) => make('span', c.last, { className: 'day' }) },
  { name: 'clients', sort: (c) => c.clients, cell: (c) => formatNumber(c.clients) },
  { name: 'share', sort: (c) => c.share_pct, cell: (c) => withUnit(c.share_pct, '%') },
  { name: 'change', sort: (c) => c.change_pct, cell: (c) => formatSigned(c.change_pct, '%') },
  { name: 'change of share', sort: (c) => c.share_change_pct, cell: (c) => formatSigned(c.share_change_pct, '%') },
  { name: 'alarms', sort: (c) => c.alarms, cell: (c) => (c.alarms === 0 ? '0' : `${c.alarms}, last ${c.last_alarm}`) },
  { name: 'nearest event', sort: (c) => (c.nearest === null ? null : Math.abs(c.nearest.days)), cell: nearest },
  { name: 'coverage', sort: (c) => c.coverage_pct, cell: (c) => withUnit(c.coverage_pct === null ? null : Math.round(c.coverage_pct), '%') },
];
const NUMERIC = [false, false, true, true, true, true, true, false, true];

function nearest(country: Country): string | Node {
  const { nearest: event } = country;
  if (event === null) return '';
  const days = event.days === 0 ? 'same day' : `${formatNumber(Math.abs(event.days))} d ${event.days > 0 ? 'before' : 'after'}`;
  return make('span', [link(country.country, `${event.date} ${event.target}`, event.event), ` (${event.kind}, ${days})`]);
}

export function showOverview(overview: Overview): void {
  const { countries } = overview;
  element('simulated').hidden = !countries.some((country) => country.simulated);
  mixed = countries.some((country) => country.simulated) && countries.some((country) => !country.simulated);
  const spikes = overview.feed.filter((entry) => entry.kind === 'spike');
  const where = new Set(spikes.map((entry) => entry.country)).size;
  tell(
    spikes.length === 0
      ? `No alarm in any country. ${sentence(overview.looked_at)} A change too small for an alarm may still be found around a date that is asked about: reports do that.`
      : `${spikes.length === 1 ? 'One spike' : `${spikes.length} spikes`} in ${where === 1 ? 'one country' : `${where} countries`}. ${sentence(overview.looked_at)}`,
  );
  showCountries(countries);
  element('feed-list').replaceChildren(...overview.feed.slice(0, 50).map(item));
  if (overview.feed.length === 0) element('feed-list').replaceChildren(make('li', 'No spike, and no event of the catalogue on a day with telemetry.'));
}

function sentence(parts: string[]): string {
  return parts.map((part) => `${part.charAt(0).toUpperCase()}${part.slice(1)}.`).join(' ');
}

function showCountries(countries: Country[]): void {
  const body = document.querySelector('#countries tbody');
  const fill = (list: Country[]): void =>
    body?.replaceChildren(...list.map((country) => row(columns[0]!.cell(country), columns.slice(1).map((column) => column.cell(country)), NUMERIC.slice(1))));
  fill(countries);
  const heads = columns.map((column, i) => {
    const button = make('button', column.name, { type: 'button' });
    const head = make('th', button, { scope: 'col', className: NUMERIC[i] === true ? 'n' : '' });
    button.addEventListener('click', () => {
      const down = head.ariaSort !== 'descending';
      for (const other of heads) other.ariaSort = null;
      head.ariaSort = down ? 'descending' : 'ascending';
      fill([...countries].sort((a, b) => compare(column.sort(a), column.sort(b), down)));
    });
    return head;
  });
  document.querySelector('#countries thead tr')?.replaceChildren(...heads);
}

/** Orders two values; what is unknown is last either way. */
function compare(a: number | string | null, b: number | string | null, down: boolean): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  const order = typeof a === 'string' ? a.localeCompare(String(b)) : a - Number(b);
  return down ? -order : order;
}

function item(entry: Entry): HTMLLIElement {
  return make('li', [
    make('span', `${entry.date} `, { className: 'quiet' }),
    make('span', entry.kind, { className: `tag tag-${entry.kind}` }),
    ' ',
    link(entry.country, entry.title, entry.event),
    make('p', entry.text, { className: 'quiet' }),
  ]);
}
