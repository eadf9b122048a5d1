// The served page: the overview of all countries, or use of one country. The address says
// which; back and forward work.

import { addressOf, type Choice, go, plain, read } from './address';
import { ask } from './api';
import type { Catalogued, Overview, Place } from './answers';
import { hideAnswer } from './answer';
import { clear } from './charts/figure';
import { element, make, tell } from './dom';
import { showOverview } from './overview';
import { offerComparable } from './compare';
import { showMap } from './map';
import { FIELDS, fillFields, readFields, showPlace, spanOf, unknownIn } from './use';

let last = 0; // the number of the view that was asked for at last

export async function openPage(): Promise<void> {
  const places = await ask<Place[]>('/api/places');
  const countries = element<HTMLSelectElement>('country');
  countries.replaceChildren(new Option('all countries', ''), ...places.map((place) => new Option(place.name, place.country)));
  const choose = (choice: Choice): void => {
    go(choice);
    void attempt(places);
  };
  for (const id of FIELDS) {
    element(id).addEventListener('change', () => {
      const choice = readFields();
      choose(choice.country === read().country ? choice : { ...choice, tool: '', with: '', days: Number(choice.days) > 0 ? choice.days : '' });
    });
  }
  for (const id of ['from', 'to']) element(id).addEventListener('change', () => choose({ ...readFields(), days: spanOf() }));
  element('more').addEventListener('toggle', () => void offerComparable(element<HTMLSelectElement>('with'), read()), { once: true });
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
    await show(places, () => number === last, () => void attempt(places));
  } catch (error) {
    tell(error instanceof Error ? error.message : String(error));
  }
}

async function show(places: Place[], current: () => boolean, again: () => void): Promise<void> {
  let choice = read();
  if (choice.country === '' && places.length === 1) choice = { ...choice, country: places[0]?.country ?? '' };
  fillFields(choice);
  parts('none');
  if (places.length === 0) {
    title('Nothing here yet');
    element('choices').hidden = true;
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
    await showMap(overview.countries, plain, again);
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
  title([place.name, choice.tool, { share: 'share of clients', bytes: 'bytes' }[choice.measure] ?? '', choice.days].filter((word) => word !== '').join(', '), `Use against bans in ${place.name}`);
  element('simulated').hidden = !place.simulated;
  const wrong = unknownIn(choice, place, events);
  parts(wrong === '' ? 'country' : 'events');
  const sentence = await showPlace({ place, choice, events, wrong, current, again });
  if (sentence !== '' && current()) element('title').textContent = sentence;
}

/** Says that a country is not here, and which are. */
function missing(country: string, places: Place[]): (string | Node)[] {
  const meant = places.find((place) => place.country === country.toLowerCase() || place.name.toLowerCase() === country.toLowerCase());
  const link = (place: Place): Node => make('a', `${place.name} (${place.country})`, { href: addressOf(plain(place.country)) });
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
    hideAnswer();
    element('simulated').hidden = element('compare').hidden = element('unknown').hidden = true;
  }
  element('overview').hidden = view !== 'overview';
  for (const id of ['use', 'all', 'tools']) element(id).hidden = view !== 'country';
  element('events').hidden = view !== 'country' && view !== 'events';
  for (const label of document.querySelectorAll<HTMLElement>('.of-country')) label.hidden = view === 'overview';
}
