// Opens the served page as a visitor would. BANSHIFT_PAGE is its address, behind which
// web/serve/sample answers; the Go test of this folder starts it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browserAbsent, launch, open } from './browser.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const address = process.env.BANSHIFT_PAGE;
const skip = (await browserAbsent()) ?? (address ? false : 'BANSHIFT_PAGE is not set: run go test ./web');

describe('served page', { skip }, () => {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  test('draws use against the bans, from its own server alone', async () => {
    const { page, requests, faults } = await open(browser, `${address}/?country=ru`);
    assert.deepEqual(faults, []);
    assert.ok(requests.length >= 5);
    assert.deepEqual(requests.filter((url) => !url.startsWith(address)), []);
    const { texts, observed } = await picture(page);
    assert.ok(texts.includes('2018-04-16 X: enforce') && texts.includes('2018-05-28 X: unblock'), `${texts}`);
    assert.equal(observed.split('M').length - 1, 2, 'the days without telemetry are a gap');
    assert.equal(await page.locator('#simulated').isVisible(), true);
    assert.match(await page.locator('#status').innerText(), /179 days of telemetry from 2018-01-01 to 2018-06-30/);
    const legend = await page.locator('[data-legend="tools"]').innerText();
    assert.match(legend, /openvpn[\s\S]*tor/);
    assert.doesNotMatch(legend, /doh/, 'encrypted DNS is no circumvention');
    await page.close();
  });

  test('a choice changes the picture and the address', async () => {
    const { page } = await open(browser, address);
    assert.equal(await page.title(), 'What people do when a service is banned – banshift');
    await page.selectOption('#country', 'ua');
    await page.waitForFunction(() => document.querySelector('#use-title').textContent.includes('Ukraine'));
    await page.selectOption('#tool', 'tor');
    await page.selectOption('#measure', 'share');
    await page.waitForFunction(() => document.querySelector('#use-title').textContent.startsWith('Share of clients that used tor'));
    assert.match(page.url(), /country=ua&tool=tor&measure=share/);
    const { texts } = await picture(page);
    assert.ok(texts.includes('% of clients'), `${texts}`);
    assert.equal(await page.locator('#event-list tbody tr td').first().innerText(), '<Y>');
    const again = await open(browser, page.url());
    assert.match(await again.page.locator('#use-title').innerText(), /tor, Ukraine/);
    await again.page.close();
    await page.close();
  });

  test('an event of the list is shown with the days around it, and has a report', async () => {
    const { page } = await open(browser, `${address}/?country=ru`);
    await page.getByRole('link', { name: 'show the days around ru-x-2018', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#status').textContent.includes('from 2018-02-15 to 2018-06-15'));
    await page.getByRole('link', { name: 'report on ru-x-2018', exact: true }).click();
    await page.waitForSelector('[data-chart="main"] svg path', { state: 'attached' });
    assert.ok((await page.locator('h1').innerText()).length > 20);
    await page.close();
  });

  test('the first screen ranks the countries and lists what happened', async () => {
    const { page, faults, requests } = await open(browser, address);
    assert.deepEqual(faults, []);
    assert.deepEqual(requests.filter((url) => !url.startsWith(address)), []);
    const { countries, feed } = await (await page.request.get(`${address}/api/overview`)).json();
    const rows = await page.$$eval('#countries tbody tr', (all) => all.map((row) => [...row.cells].map((cell) => cell.textContent)));
    assert.deepEqual(rows.map((row) => row[0].replace(' (simulated)', '')), countries.map((country) => country.name));
    const plain = (text) => Number(text.replace(/\u202f/g, '').replace('\u2212', '-').replace(/\u00a0%$/, ''));
    countries.forEach((country, i) => {
      assert.equal(plain(rows[i][2]), country.clients);
      assert.ok(Math.abs(plain(rows[i][3]) - country.share_pct) < 0.06);
    });
    assert.ok(feed.some((entry) => entry.kind === 'spike' && entry.country === 'ru' && entry.event === 'ru-x-2018'), 'the planted rise is a spike');
    const items = await page.locator('#feed-list li').allInnerTexts();
    assert.equal(items.length, Math.min(50, feed.length));
    feed.slice(0, items.length).forEach((entry, i) => assert.ok(items[i].includes(entry.date) && items[i].includes(entry.title), items[i]));
    const sort = page.getByRole('button', { name: 'country', exact: true });
    await sort.focus();
    await page.keyboard.press('Enter');
    assert.equal(await page.locator('#countries th[aria-sort]').getAttribute('aria-sort'), 'descending');
    assert.match(await page.locator('#countries tbody tr').first().innerText(), /^Ukraine/);
    assert.match(await page.locator('#countries tbody tr').first().innerText(), /[+\u2212]?\d+\.\d\u00a0%/);
    await page.close();
  });

  test('back and forward go through what was seen, with their titles', async () => {
    const { page } = await open(browser, address);
    await page.locator('#countries').getByRole('link', { name: 'Russia', exact: true }).click();
    await page.waitForFunction(() => document.title.startsWith('Russia'));
    await page.waitForSelector('[data-chart="use"] svg path', { state: 'attached' });
    assert.equal(await page.locator('#overview').isVisible(), false);
    await page.selectOption('#tool', 'tor');
    await page.waitForFunction(() => document.title === 'Russia, tor – banshift');
    await page.goBack();
    await page.waitForFunction(() => document.title === 'Russia – banshift');
    assert.equal(await page.locator('#tool').inputValue(), '');
    await page.goBack();
    await page.locator('#overview').waitFor();
    assert.equal(await page.locator('#use').isVisible(), false);
    await page.goForward();
    await page.waitForFunction(() => document.querySelector('#use-title').textContent.includes('Russia'));
    await page.locator('#use').waitFor();
    await page.close();
  });

  test('three clicks from the first screen: what happened, how sure it is, which networks, and the CSV', async () => {
    const { page } = await open(browser, address);
    await page.locator('#feed-list').getByRole('link', { name: 'X blocked in Russia', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#status').textContent.includes('from 2018-02-15'));
    const { texts } = await picture(page);
    assert.ok(texts.includes('2018-04-16 X: enforce'), `${texts}`);
    await page.getByRole('link', { name: 'report on ru-x-2018', exact: true }).click();
    await page.waitForSelector('[data-chart="main"] svg path', { state: 'attached' });
    assert.match(await page.locator('.verdict').innerText(), /^Supported/);
    assert.match(await page.locator('#sure').innerText(), /p = 0\.0/);
    assert.match(await page.locator('.question', { hasText: 'Does every provider enforce?' }).first().innerText(), /network/);
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#figure-main').getByRole('button', { name: /^save as CSV/ }).click()]);
    assert.match(download.suggestedFilename(), /\.csv$/);
    await page.close();
  });

  for (const [query, says] of [
    ['country=zz', /no telemetry of “zz”.*Russia \(ru\)/],
    ['country=RU', /Did you mean Russia \(ru\)/],
    ['country=ru&tool=nonsense', /No client of Russia used “nonsense”.*openvpn, tor/],
    ['country=ru&days=ua-y-2017', /“ua-y-2017” is no number of days, and no event of the catalogue in Russia/],
    ['country=ru&days=-3', /“-3” is no number of days/],
    ['country=ru&measure=bytes', /“bytes” is no measure/],
    ['country=tr&days=tr-service-99', /no event of the catalogue in Turkey/],
    ['country=ua&days=ua-y-2017', /No telemetry of Ukraine from 2017-03-17 to 2017-07-15. The store has 2018-01-01 to 2018-06-30/],
  ]) {
    test(`an address that means nothing is told, and draws nothing: ${query}`, async () => {
      const { page } = await open(browser, `${address}/?${query}`);
      assert.match(await page.locator('#status').innerText(), says);
      assert.equal(await page.locator('.chart svg').count(), 0);
      assert.equal(await page.locator('#use').isVisible() || await page.locator('#tools').isVisible(), false);
      await page.close();
    });
  }

  test('the tooltip tells the denominator, of tools too', async () => {
    const { page } = await open(browser, `${address}/?country=ru`);
    for (const chart of ['use', 'tools']) {
      const picture = page.locator(`[data-chart="${chart}"] svg`);
      await picture.scrollIntoViewIfNeeded();
      const { width, height } = await picture.boundingBox();
      await picture.hover({ position: { x: width * 0.4, y: height * 0.7 } });
      const box = page.locator(`[data-chart="${chart}"] .tip`, { hasText: /\d{4}-\d{2}-\d{2}/ });
      await box.waitFor({ timeout: 10_000 });
      assert.match(await box.innerText(), /all clients/);
    }
    await page.close();
  });

  for (const width of [1440, 390]) {
    test(`many bans are grouped, and no label is cut or touches another at ${width} pixels`, async () => {
      const { page } = await open(browser, `${address}/?country=tr`, { viewport: { width, height: 900 } });
      const labels = await page.$eval('[data-chart="use"] svg', (svg) => {
        const { left, right, top } = svg.getBoundingClientRect();
        return [...svg.querySelectorAll('text')].filter((text) => text.getAttribute('fill') === 'var(--enforced)').map((text) => {
          const box = text.getBoundingClientRect();
          return { text: text.textContent, left: box.left - left, right: right - box.right, top: box.top - top, box: [box.left, box.right, box.top, box.bottom] };
        });
      });
      const lines = await page.$$eval('[data-chart="use"] svg path[stroke="var(--enforced)"]', (all) => all.length);
      assert.equal(lines, 12, 'every ban has its line');
      assert.equal(labels.length, width === 390 ? 4 : 8);
      assert.ok(labels.some((label) => /\d events to 2018/.test(label.text)), `${labels.map((label) => label.text)}`);
      for (const [i, a] of labels.entries()) {
        assert.ok(a.left >= 0 && a.right >= 0 && a.top >= 0, `${a.text} is cut`);
        for (const b of labels.slice(i + 1)) {
          const apart = a.box[1] < b.box[0] || b.box[1] < a.box[0] || a.box[3] <= b.box[2] + 1 || b.box[3] <= a.box[2] + 1;
          assert.ok(apart, `${a.text} touches ${b.text}`);
        }
      }
      await page.close();
    });
  }

  test('legends have their colours where the reader forces colours', async () => {
    const { page } = await open(browser, `${address}/?country=ru`, { forcedColors: 'active' });
    const keys = await page.$$eval('[data-legend="tools"] .key', (all) => all.map((key) => getComputedStyle(key).backgroundColor));
    assert.ok(keys.length >= 2 && new Set(keys).size === keys.length, `${keys}`);
    await page.close();
  });

  test('a chart is saved as SVG, PNG, CSV, JSON and Parquet with the same numbers', async () => {
    const { page } = await open(browser, `${address}/?country=ru&days=ru-x-2018`);
    const saved = {};
    for (const kind of ['SVG', 'PNG', 'CSV', 'JSON', 'Parquet']) {
      const [download] = await Promise.all([page.waitForEvent('download'), page.locator('#use').getByRole('button', { name: `save as ${kind}` }).click()]);
      const path = join(process.env.BANSHIFT_SAVED ?? tmpdir(), `use.${kind.toLowerCase()}`);
      await download.saveAs(path);
      assert.match(download.suggestedFilename(), /^clients-a-day-.*russia\.\w+$/);
      saved[kind] = readFileSync(path);
    }
    const daily = await (await page.request.get(`${address}/api/daily?country=ru&from=2018-02-15&to=2018-06-15`)).json();
    const { rows, unit } = JSON.parse(saved.JSON);
    assert.equal(unit, 'clients a day');
    assert.deepEqual(rows.map((row) => [row['day (UTC)'], row.observed, row['all clients']]), daily.map((row) => [row.day, row.clients, row.all_clients]));
    const lines = saved.CSV.toString().trim().split('\r\n');
    assert.equal(lines[0], 'day (UTC),observed,share of all clients (%),all clients,remarks');
    assert.equal(lines.length, rows.length + 1);
    assert.match(lines.join('\n'), /2018-04-16,\d+,.*X: enforce/);
    const svg = saved.SVG.toString();
    assert.match(svg, /<title>Clients a day that used/);
    assert.match(svg, />2018-04-16 X: enforce</);
    assert.doesNotMatch(svg, /var\(/);
    assert.equal(saved.PNG.subarray(1, 4).toString(), 'PNG');
    assert.ok(saved.PNG.length > 10_000, 'the picture is not empty');
    assert.equal(saved.Parquet.subarray(0, 4).toString() + saved.Parquet.subarray(-4).toString(), 'PAR1PAR1');
    await page.close();
  });

  test('a keyboard reaches everything', async () => {
    for (const path of ['/', '/?country=ru']) {
      const { page } = await open(browser, address + path);
      const wanted = await page.$$eval('a, button, select, summary, [tabindex="0"]', (all) => all.filter((one) => one.checkVisibility()).length);
      const reached = new Set();
      for (let i = 0; i < wanted + 5; i++) {
        await page.keyboard.press('Tab');
        reached.add(await page.evaluate(() => [...document.querySelectorAll('*')].indexOf(document.activeElement)));
      }
      reached.delete(await page.evaluate(() => [...document.querySelectorAll('*')].indexOf(document.body)));
      assert.ok(reached.size >= wanted, `${reached.size} of ${wanted} reached on ${path}`);
      await page.close();
    }
  });

  for (const path of ['/', '/?country=ru', '/?country=tr', '/?country=zz'])
  for (const [name, options] of [
    ['in the light', { colorScheme: 'light' }],
    ['in the dark on a telephone', { colorScheme: 'dark', viewport: { width: 360, height: 740 } }],
  ]) {
    test(`the page ${path} is accessible and fits ${name}`, async () => {
      const { page } = await open(browser, address + path, options);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((node) => node.html).join(' ')}`), []);
      const { wide, width } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, width: window.innerWidth }));
      assert.ok(wide <= width, `${wide} pixels on a screen of ${width}`);
      await page.close();
    });
  }
});

function picture(page) {
  return page.$eval('[data-chart="use"] svg', (svg) => ({
    texts: [...svg.querySelectorAll('text')].map((text) => text.textContent),
    observed: [...svg.querySelectorAll('path')].find((path) => path.getAttribute('stroke') === 'var(--observed)')?.getAttribute('d') ?? '',
  }));
}
