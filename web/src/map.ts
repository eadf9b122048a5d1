// The map of the overview: countries coloured by the change of their share. The table below it says the same.

import { type Choice, go } from './address';
import type { Country } from './answers';
import { offer } from './download';
import { element, make } from './dom';
import { formatSigned, withUnit } from './format';

interface World {
  width: number;
  height: number;
  outlines: Record<string, string>;
  dots: Record<string, [number, number]>;
}

const SVG = 'http://www.w3.org/2000/svg';

/** Classes of change, from the lowest; a change is in the first whose bound it does not reach. */
const CLASSES: [below: number, name: string, words: string][] = [
  [-20, 'fall-2', 'fell by 20 % or more'],
  [-5, 'fall-1', 'fell by 5 to 20 %'],
  [5, 'same', 'within 5 %'],
  [20, 'rise-1', 'rose by 5 to 20 %'],
  [Infinity, 'rise-2', 'rose by 20 % or more'],
];
const UNKNOWN = 'unknown';

function classOf(country: Country): string {
  const change = country.share_change_pct;
  if (change === null) return UNKNOWN;
  return CLASSES.find(([below]) => change < below)?.[1] ?? UNKNOWN;
}

function node(name: string, attributes: Record<string, string | number>): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  return made;
}

/** Draws the countries; where the map was not built, there is none. follow shows another view. */
export async function showMap(countries: Country[], view: (country: string) => Choice, follow: () => void): Promise<void> {
  const address = document.body.dataset['world'];
  if (address === undefined || address === '') return;
  const world = (await (await fetch(address)).json()) as World;
  const figure = element('map');
  const plot = figure.querySelector('.chart');
  if (plot === null) return;
  const svg = node('svg', { viewBox: `0 0 ${world.width} ${world.height}`, width: world.width, height: world.height, 'font-family': 'inherit' });
  for (const d of Object.values(world.outlines)) svg.append(node('path', { d, fill: 'var(--map-none)', stroke: 'var(--paper)', 'stroke-width': 0.6 }));
  for (const country of countries) {
    const style = { fill: `var(--map-${classOf(country)})`, stroke: 'var(--ink)', 'stroke-width': 0.6 };
    const group = node('g', { class: 'place', 'data-country': country.country });
    const title = node('title', {});
    title.textContent = `${country.name}: share of ${withUnit(country.share_pct, '%')}, ${country.share_change_pct === null ? 'its change is not known' : `changed by ${formatSigned(country.share_change_pct, '%')}`}`;
    group.append(title);
    const d = world.outlines[country.country];
    const dot = world.dots[country.country];
    if (d !== undefined) group.append(node('path', { d, ...style }));
    if (dot !== undefined) group.append(node('circle', { cx: dot[0], cy: dot[1], r: 4, ...style }));
    group.addEventListener('click', () => {
      go(view(country.country));
      follow();
    });
    svg.append(group);
  }
  plot.replaceChildren(svg);
  const used = new Set(countries.map(classOf));
  const entries = [...CLASSES.map(([, name, words]) => [name, words]), [UNKNOWN, 'too few days to say'], ['none', 'no telemetry']].filter(([name]) => name === 'none' || used.has(name ?? ''));
  figure.querySelector('.legend')?.replaceChildren(...entries.map(([name, words]) => make('li', [key(name ?? ''), words ?? ''])));
  const caption = figure.querySelector('figcaption')?.textContent ?? '';
  offer(figure, { id: 'map', caption, description: caption, bars: { unit: 'change of the share (%)', rows: countries.map((country) => ({ label: country.name, value: country.share_change_pct, interval: { low: null, high: null, level: 0 } })) } });
  figure.hidden = false;
}

function key(name: string): HTMLElement {
  const made = make('span', [], { className: `key key-area key-map-${name}`, ariaHidden: 'true' });
  return made;
}
