// The served page: the overview of all countries, or use of one country. The address says
// which; back and forward work.

import { addressOf, go, read } from './address';
import { ask } from './api';
import type { Catalogued, Overview, Place } from './answers';
import { clear } from './charts/figure';
import { element, make, tell } from './dom';
import { showOverview } from './overview';
import { fillFields, readFields, showPlace, unknownIn } from './use';

let last = 0; // the number of the view that was asked for at last

export async function openPage(): Promise<void> {
  const places = await ask<Place[]>('/api/places');
  const countries = element<HTMLSelectElement>('country');
  countries.replaceChildren(new Option('all countries', ''), ...places.map((place) => new Option(place.name, place.country)));
  for (const id of ['country', 'tool', 'measure', 'days']) {
    element(id).addEventListener('change', () => {
      const choice = readFields();
      go(choice.country === read().country ? choice : { ...choice, tool: '', days: Number(choice.days) > 0 ? choice.days : '' });
      void attempt(places);
    });
  }
  document.addEventListener('click', (click) => follow(click, places));
  window.addEventListener('popstate', () => void attempt(places));
  await attempt(places);
}

/** Follows a link into the page itself without loading it again. */
function follow(click: MouseEvent, places: Place[]): void {
  const link = (click.target as Element).closest?.<HTMLAnchorElement>('a[data-view]');
  if (link === null || link === undefined || click.ctrlKey || click.metaKey || click.shiftKey || click.button !== 0) return;
  click.preventDefault();
  history.pushState(null, '', link.href);
  void attempt(places);
  window.scrollTo(0, 0);
}

/** Shows what the address says, and tells what went wrong. */
async function attempt(places: Place[]): Promise<void> {
  const number = ++last;
  try {
    await show(places, () => number === last);
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
  }
}

async function show(places: Place[], current: () => boolean): Promise<void> {
  let choice = read();
  if (choice.country === '' && places.length === 1) choice = { ...choice, country: places[0]?.country ?? '' };
  fillFields(choice);
  parts('none');
  if (places.length === 0) {
    title('Nothing here yet');
    tell('The store holds no telemetry yet. Load some with: banshift run SOURCE');
    return;
  }
  tell('Asking the store…');
  if (choice.country === '') {
    const overview = await ask<Overview>('/api/overview');
    if (!current()) return;
    title('What people do when a service is banned');
    parts('overview');
    showOverview(overview);
    return;
  }
  const place = places.find((one) => one.country === choice.country);
  if (place === undefined) {
    title('No such country');
    tell(missing(choice.country, places));
    return;
  }
  const events = await ask<Catalogued[]>('/api/events', { country: place.country });
  if (!current()) return;
  title([place.name, choice.tool, choice.measure === 'share' ? 'share of clients' : '', choice.days].filter((word) => word !== '').join(', '), `Use against bans in ${place.name}`);
  element('simulated').hidden = !place.simulated;
  const wrong = unknownIn(choice, place, events);
  parts(wrong === '' ? 'country' : 'events');
  await showPlace(place, choice, events, wrong, current);
}

/** Says that a country is not here, and which are. */
function missing(country: string, places: Place[]): (string | Node)[] {
  const meant = places.find((place) => place.country === country.toLowerCase() || place.name.toLowerCase() === country.toLowerCase());
  const link = (place: Place): Node => make('a', `${place.name} (${place.country})`, { href: addressOf({ country: place.country, tool: '', measure: 'clients', days: '' }) });
  if (meant !== undefined) return [`“${country}” is no code of a country: they are two lower-case letters. Did you mean `, link(meant), '?'];
  return [`The store holds no telemetry of “${country}”. It has: `, ...places.flatMap((place, i) => (i === 0 ? [link(place)] : [', ', link(place)])), '.'];
}

function title(words: string, heading = words): void {
  document.title = `${words} – banshift`;
  element('title').textContent = heading;
}

/** Shows the parts of one view and hides the others. */
function parts(view: 'none' | 'overview' | 'country' | 'events'): void {
  if (view === 'none') {
    clear();
    element('simulated').hidden = true;
  }
  element('overview').hidden = view !== 'overview';
  for (const id of ['use', 'tools']) element(id).hidden = view !== 'country';
  element('events').hidden = view !== 'country' && view !== 'events';
  for (const label of document.querySelectorAll<HTMLElement>('.of-country')) label.hidden = view === 'overview';
}
