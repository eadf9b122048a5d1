// The map of the overview: outlines of countries as SVG paths, projected once, when the page is built. Nothing of
// the packages that know the world is in the page's script.

import { readFileSync } from 'node:fs';
import { geoArea, geoCentroid, geoEqualEarth, geoPath } from 'd3-geo';
import countries from 'i18n-iso-countries';
import { feature } from 'topojson-client';

const WIDTH = 960;
const HEIGHT = 440;
const SMALL = 3e-5; // steradians: a country of fewer is a dot

const atlas = (detail) => {
  const world = JSON.parse(readFileSync(new URL(`node_modules/world-atlas/countries-${detail}.json`, import.meta.url), 'utf8'));
  return feature(world, world.objects.countries).features.filter((one) => one.id !== undefined);
};

const codeOf = ({ id }) => countries.numericToAlpha2(id)?.toLowerCase();

/** Paths of countries by their codes, and the middles of those that are too small to be seen. */
export function world() {
  const shapes = atlas('110m').filter((one) => codeOf(one) !== 'aq');
  const projection = geoEqualEarth().fitSize([WIDTH, HEIGHT], { type: 'FeatureCollection', features: shapes });
  const path = geoPath(projection).digits(1);
  const outlines = Object.fromEntries(shapes.filter((one) => codeOf(one) !== undefined).map((one) => [codeOf(one), path(one)]));
  const dots = {};
  for (const one of atlas('50m')) {
    const code = codeOf(one);
    if (code === undefined || code === 'aq' || (outlines[code] !== undefined && geoArea(one) > SMALL)) continue;
    dots[code] = projection(geoCentroid(one)).map((at) => Math.round(at * 10) / 10);
  }
  return { width: WIDTH, height: HEIGHT, source: 'Natural Earth (public domain), by world-atlas', outlines, dots };
}
