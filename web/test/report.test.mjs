// Opens a report as a reader would and looks at the picture's content.
// BANSHIFT_REPORT names the file; without it the sample is rendered.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { browserAbsent, launch, open } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const skip = (await browserAbsent()) ?? false;

describe('report', { skip }, () => {
  let browser, scratch, url, data;

  before(async () => {
    scratch = mkdtempSync(join(tmpdir(), 'banshift-report-'));
    const file = process.env.BANSHIFT_REPORT ? resolve(process.env.BANSHIFT_REPORT) : sample(scratch);
    const source = readFileSync(file, 'utf8').match(/<script type="application\/json" id="report-data">(.*?)<\/script>/s);
    assert.ok(source, `${file} is not a report`);
    data = JSON.parse(source[1]);
    url = pathToFileURL(file).href;
    browser = await launch();
  });

  after(async () => {
    await browser?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  test('asks the network for nothing and breaks nothing', async () => {
    const { page, requests, faults } = await open(browser, url);
    assert.deepEqual(requests, []);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('the first chart has axes, a line, and the ban with its date', async () => {
    const { page } = await open(browser, url);
    const picture = await mainPicture(page);
    const series = data.main.series;
    const ticks = picture.texts.filter((text) => /^\d{4}-\d{2}-\d{2}$/.test(text));
    assert.ok(ticks.length >= 2, `days on the axis: ${picture.texts}`);
    assert.ok(picture.texts.filter((text) => /^[\d\u202f.]+$/.test(text)).length >= 3, `numbers on the axis: ${picture.texts}`);
    assert.ok(picture.texts.includes(series.unit), 'the unit stands at the axis');
    const observed = picture.paths.find((path) => path.stroke === 'var(--observed)');
    assert.ok(observed, 'the observed line is drawn');
    const known = series.lines[0].values.filter((value) => value !== null).length;
    assert.ok(observed.points > known / 2, `a line of ${observed.points} points for ${known} values`);
    assertMarkers(picture, series);
    await page.close();
  });

  test('an unknown day is a gap in the line, not a zero', async () => {
    const values = data.main.series.lines[0].values;
    const strokes = values.filter((value, i) => value !== null && (i === 0 || values[i - 1] === null)).length;
    const { page } = await open(browser, url);
    const observed = (await mainPicture(page)).paths.find((path) => path.stroke === 'var(--observed)');
    assert.equal(observed.strokes, strokes);
    await page.close();
  });

  test('switching every line off leaves the dates of the ban', async () => {
    const { page } = await open(browser, url);
    const before = await mainPicture(page);
    const buttons = page.locator('[data-legend="main"] button');
    assert.ok((await buttons.count()) >= 2, 'the legend has switches');
    for (const button of await buttons.all()) await button.click();
    const bare = await mainPicture(page);
    assert.equal(bare.paths.find((path) => path.stroke === 'var(--observed)'), undefined, 'the observed line is gone');
    assertMarkers(bare, data.main.series);
    for (const button of await buttons.all()) {
      assert.equal(await button.getAttribute('aria-pressed'), 'false');
      await button.press('Enter'); // a keyboard reaches it
    }
    assert.deepEqual((await mainPicture(page)).paths.length, before.paths.length);
    await page.close();
  });

  test('pointing at a day tells its date and numbers', async () => {
    const { page } = await open(browser, url);
    const picture = page.locator('[data-chart="main"] svg');
    const { width, height } = await picture.boundingBox();
    await picture.hover({ position: { x: width * 0.4, y: height * 0.6 } });
    const box = page.locator('.tip', { hasText: /\d{4}-\d{2}-\d{2}/ });
    await box.waitFor();
    const text = await box.innerText();
    assert.ok(text.includes(data.main.series.lines[0].name), text);
    await page.close();
  });

  test('every chart is drawn', async () => {
    const { page } = await open(browser, url);
    const empty = await page.$$eval('[data-chart]', (all) => all.filter((chart) => chart.querySelector('svg path') === null).map((chart) => chart.dataset.chart));
    assert.deepEqual(empty, []);
    await page.close();
  });

  test('the words and numbers are there without a script', async () => {
    const { page } = await open(browser, url, { javaScriptEnabled: false });
    assert.ok((await page.locator('h1').innerText()).length > 20);
    assert.equal(await page.locator('#data tbody tr').count(), data.main.series.times.length);
    assert.ok((await page.locator('[data-chart="main"] path.line').count()) >= 1, 'a still picture stands in');
    if (data.simulated) assert.match(await page.locator('.simulated').innerText(), /Simulated data/);
    await page.close();
  });

  for (const [name, options, unfold] of [
    ['in the light', { colorScheme: 'light' }, true],
    ['in the dark', { colorScheme: 'dark' }, false],
    ['in the dark on a telephone', { colorScheme: 'dark', viewport: { width: 390, height: 844 } }, true],
    ['on a telephone', { viewport: { width: 360, height: 740 } }, false],
  ]) {
    test(`is accessible and fits ${name}`, async () => {
      const { page } = await open(browser, url, options);
      await page.evaluate(axe);
      if (unfold) await page.$$eval('details', (all) => all.forEach((details) => (details.open = true)));
      const { violations, passes } = await page.evaluate(() => window.axe.run());
      const found = violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((node) => node.html).join(' ')}`);
      assert.deepEqual(found, []);
      assert.ok(passes.length > 15, 'the checks were made');
      const { wide, width } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, width: window.innerWidth }));
      assert.ok(wide <= width, `${wide} pixels on a screen of ${width}`);
      await page.close();
    });
  }

  test('prints with its charts', async () => {
    const { page } = await open(browser, url);
    await page.emulateMedia({ media: 'print' });
    const heights = await page.$$eval('[data-chart] svg', (all) => all.map((svg) => svg.getBoundingClientRect().height));
    assert.ok(heights.length > 0 && heights.every((height) => height > 40), `heights ${heights}`);
    const pdf = (await page.pdf({ preferCSSPageSize: true })).toString('latin1');
    const pages = pdf.match(/\/Type\s*\/Page\b(?!s)/g) ?? [];
    assert.ok(pages.length >= 2 && pages.length < 60, `${pages.length} pages`);
    await page.close();
  });
});

function sample(folder) {
  const file = join(folder, 'sample.html');
  const root = resolve(import.meta.dirname, '..', '..');
  writeFileSync(file, execFileSync('go', ['run', './web/report/sample/cmd'], { cwd: root, maxBuffer: 64 << 20 }));
  return file;
}

/** What the main chart's SVG holds: its texts, and its paths with their strokes. */
function mainPicture(page) {
  return page.$eval('[data-chart="main"] svg', (svg) => ({
    texts: [...svg.querySelectorAll('text')].map((text) => text.textContent),
    paths: [...svg.querySelectorAll('path')]
      .filter((path) => path.getAttribute('stroke'))
      .map((path) => {
        const d = path.getAttribute('d') ?? '';
        return {
          stroke: path.getAttribute('stroke'),
          strokes: (d.match(/M/g) ?? []).length,
          points: (d.match(/[MLC]/g) ?? []).length,
        };
      }),
  }));
}

function assertMarkers(picture, series) {
  const [from, to] = [series.times[0], series.times.at(-1)].map((time) => Date.parse(time));
  const shown = (series.markers ?? []).filter((marker) => Date.parse(marker.at) >= from && Date.parse(marker.at) <= to);
  assert.ok(shown.some((marker) => marker.kind === 'enforced'), 'the chart covers the enforcement');
  for (const marker of shown) {
    assert.ok(picture.texts.includes(`${marker.at.slice(0, 10)} ${marker.label}`), `label of ${marker.label} in ${picture.texts}`);
    assert.ok(picture.paths.some((path) => path.stroke === `var(--${marker.kind})`), `line of ${marker.label}`);
  }
}
