// Every pair of series is told apart, by everybody: CIEDE2000 distances of the style
// sheet's colours as they are, with three dichromacies (Machado, Oliveira and Fernandes
// 2009, severity 1) and without any colour.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';

const sheet = readFileSync(new URL('../src/style.css', import.meta.url), 'utf8');

const seen = {
  'as they are': [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
  achromatopsia: Array(3).fill([0.2126, 0.7152, 0.0722]),
};
// A difference of 2.3 is just seen; without colour only lightness is left, between paper and black.
const least = { achromatopsia: 4 };
const LEAST = 9;

const linear = (c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
const rgb = (hex) => [1, 3, 5].map((i) => linear(parseInt(hex.slice(i, i + 2), 16) / 255));
const times = (matrix, v) => matrix.map((row) => Math.min(1, Math.max(0, row[0] * v[0] + row[1] * v[1] + row[2] * v[2])));

function lab([r, g, b]) {
  const [x, y, z] = [
    (0.4124564 * r + 0.3575761 * g + 0.1804375 * b) / 0.95047,
    0.2126729 * r + 0.7151522 * g + 0.072175 * b,
    (0.0193339 * r + 0.119192 * g + 0.9503041 * b) / 1.08883,
  ].map((t) => (t > 216 / 24389 ? Math.cbrt(t) : (841 / 108) * t + 4 / 29));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** CIEDE2000 (Sharma, Wu and Dalal 2005). */
function distance([L1, a1, b1], [L2, a2, b2]) {
  const rad = Math.PI / 180;
  const mean = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
  const G = 0.5 * (1 - Math.sqrt(mean ** 7 / (mean ** 7 + 25 ** 7)));
  const [A1, A2] = [a1 * (1 + G), a2 * (1 + G)];
  const [C1, C2] = [Math.hypot(A1, b1), Math.hypot(A2, b2)];
  const hue = (a, b) => (a === 0 && b === 0 ? 0 : (Math.atan2(b, a) / rad + 360) % 360);
  const [h1, h2] = [hue(A1, b1), hue(A2, b2)];
  const grey = C1 * C2 === 0;
  const dh = grey ? 0 : ((h2 - h1 + 540) % 360) - 180;
  const dH = 2 * Math.sqrt(C1 * C2) * Math.sin((dh / 2) * rad);
  const L = (L1 + L2) / 2;
  const C = (C1 + C2) / 2;
  const h = grey ? h1 + h2 : Math.abs(h1 - h2) <= 180 ? (h1 + h2) / 2 : h1 + h2 < 360 ? (h1 + h2 + 360) / 2 : (h1 + h2 - 360) / 2;
  const T = 1 - 0.17 * Math.cos((h - 30) * rad) + 0.24 * Math.cos(2 * h * rad) + 0.32 * Math.cos((3 * h + 6) * rad) - 0.2 * Math.cos((4 * h - 63) * rad);
  const RT = -Math.sin(60 * Math.exp(-(((h - 275) / 25) ** 2)) * rad) * 2 * Math.sqrt(C ** 7 / (C ** 7 + 25 ** 7));
  const l = (L2 - L1) / (1 + (0.015 * (L - 50) ** 2) / Math.sqrt(20 + (L - 50) ** 2));
  const c = (C2 - C1) / (1 + 0.045 * C);
  const H = dH / (1 + 0.015 * C * T);
  return Math.sqrt(l * l + c * c + H * H + RT * c * H);
}

/** The colours of a scheme by name: the first rule of the sheet is light, the second dark. */
function colours(which) {
  const block = sheet.split(':root {')[which + 1].split('}')[0];
  return new Map([...block.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((m) => [m[1], m[2]]));
}

describe('colours', () => {
  test('the distance is the published one', () => {
    // Pairs 1, 7, 13 and 25 of Sharma, Wu and Dalal's table 1.
    for (const [p, q, want] of [
      [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
      [[50, 0, 0], [50, -1, 2], 2.3669],
      [[50, -0.001, 2.49], [50, 0.0011, -2.49], 4.7461],
      [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    ]) assert.ok(Math.abs(distance(p, q) - want) < 1e-4, `${distance(p, q)} for ${want}`);
  });

  for (const [which, scheme] of ['light', 'dark'].entries()) {
    const all = colours(which);
    const series = ['observed', ...Array.from({ length: 8 }, (_, i) => `part-${i + 1}`)];
    for (const [vision, matrix] of Object.entries(seen)) {
      test(`series are apart in the ${scheme}, ${vision}`, () => {
        const labs = series.map((name) => lab(times(matrix, rgb(all.get(name)))));
        for (let i = 0; i < labs.length; i++) {
          for (let j = 0; j < i; j++) {
            const apart = distance(labs[i], labs[j]);
            assert.ok(apart >= (least[vision] ?? LEAST), `${series[i]} and ${series[j]} are ${apart.toFixed(1)} apart`);
          }
        }
      });
    }
    test(`series stand out from the paper in the ${scheme}`, () => {
      const light = (hex) => rgb(hex).reduce((sum, c, i) => sum + [0.2126, 0.7152, 0.0722][i] * c, 0.05);
      for (const name of series) {
        const [a, b] = [light(all.get(name)), light(all.get('paper'))];
        assert.ok(Math.max(a, b) / Math.min(a, b) >= 3, `${name}: ${(Math.max(a, b) / Math.min(a, b)).toFixed(2)} to 1`);
      }
    });
  }
});
