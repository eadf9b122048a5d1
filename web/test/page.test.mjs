// Opens the served page as a visitor would. BANSHIFT_PAGE is its address, behind which
// web/serve/sample answers; the Go test of this folder starts it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { browserAbsent, brushOver, launch, open } from './browser.mjs';

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
    assert.ok(texts.includes('2018-04-16 X: blocked') && texts.includes('2018-05-28 X: unblocked'), `${texts}`);
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
    await page.locator('#answer .grade').waitFor();
    await page.locator('[data-chart="use"] svg text', { hasText: '2018-04-16 X: blocked' }).first().waitFor({ state: 'attached' });
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
    ['country=ru&tool=OpenVPN', /“OpenVPN” is no name of a tool/],
    ['country=ru&tool=nonsense', /No client of Russia used “nonsense”.*openvpn, tor/],
    ['country=ru&days=ua-y-2017', /“ua-y-2017” is no number of days, and no event of the catalogue in Russia/],
    ['country=ru&days=-3', /“-3” is no number of days/],
    ['country=ru&measure=nonsense', /“nonsense” is no measure: it is clients or share or bytes/],
    ['country=ru&by=nonsense', /“nonsense” is no division: it is tool or category or service or network/],
    ['country=ru&step=year', /“year” is no step/],
    ['country=ru&days=2018-04-30..2018-04-01', /is no span of days/],
    ['country=ru&measure=bytes&by=network', /Bytes are not counted by network/],
    ['country=ru&step=hour', /Hours are shown for at most 14 days: choose a shorter span/],
    ['country=ru&step=hour&days=2018-04-01..2018-04-15', /Hours are shown for at most 14 days/],
    ['country=ru&step=hour&days=7&measure=bytes', /Bytes are not counted by the hour/],
    ['country=tr&days=tr-service-99', /no event of the catalogue in Turkey/],
    ['country=ua&days=ua-y-2017', /No telemetry of Ukraine from 2017-03-17 to 2017-07-15. The store has 2018-01-01 to 2018-06-30/],
  ]) {
    test(`an address that means nothing is told, and draws nothing: ${query}`, async () => {
      const { page } = await open(browser, `${address}/?${query}`);
      assert.match(await page.locator('#status').innerText(), says);
      assert.equal(await page.locator('.chart svg').count(), 0);
      for (const id of ['use', 'all', 'tools', 'compare', 'answer', 'sure']) assert.equal(await page.locator(`#${id}`).isVisible(), false, id);
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
      await box.waitFor();
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
      const lines = await page.$$eval('[data-chart="use"] svg path[stroke="var(--enforced)"]', (all) => all.map((line) => line.getBoundingClientRect()).map(({ left, top }) => ({ left, top })));
      assert.equal(lines.length, 12, 'every ban has its line');
      assert.ok(labels.length >= (width === 390 ? 2 : 4), `${labels.map((label) => label.text)}`);
      assert.ok(labels.some((label) => /: \d+ events$/.test(label.text)), `${labels.map((label) => label.text)}`);
      for (const { text, box } of labels) for (const line of lines) assert.ok(line.left <= box[0] + 2 || line.left >= box[1] - 2 || line.top >= box[3] - 2, `a line crosses ${text}`);
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

  for (const [name, options] of [['1440 pixels', { viewport: { width: 1440, height: 900 } }], ['390 pixels', { viewport: { width: 390, height: 844 } }], ['forced colours', { forcedColors: 'active' }]]) {
    test(`a label of a ban tells its kind, dates, note and source, to a pointer and to a keyboard, with ${name}`, async () => {
      const { page } = await open(browser, `${address}/?country=ru`, options);
      const button = page.locator('#use').getByRole('button', { name: 'about 2018-04-16 X: blocked' });
      const note = page.locator('#use .note').first();
      assert.equal(await note.isVisible(), false);
      await button.hover();
      await note.waitFor();
      assert.match(await note.innerText(), /X: blocked\s+announced 2018-04-13, in force 2018-04-16\s+Blocked by a court's order\.\s+source; A newspaper, 2018-04-17$/);
      assert.deepEqual(await note.getByRole('link').evaluateAll((all) => all.map((link) => link.href)), ['https://example.org/x-2018', 'https://example.org/paper']);
      const [label, over] = await page.evaluate(() => {
        const text = [...document.querySelectorAll('[data-chart="use"] svg text')].find((one) => one.textContent === '2018-04-16 X: blocked');
        return [text, document.querySelector('#use .mark button')].map((one) => one.getBoundingClientRect()).map(({ left, top, right, bottom }) => [left, top, right, bottom]);
      });
      label.forEach((edge, i) => assert.ok(Math.abs(edge - over[i]) < 3, `the button lies over its label: ${label} and ${over}`));
      const { left, right } = await note.evaluate((one) => one.getBoundingClientRect());
      assert.ok(left >= 0 && right <= page.viewportSize().width, `the note spans ${left} to ${right}`);
      await page.mouse.move(1, 1);
      await note.waitFor({ state: 'hidden' });
      await button.focus();
      await note.waitFor();
      assert.equal(await button.getAttribute('aria-expanded'), 'true');
      await page.keyboard.press('Tab');
      assert.equal(await page.evaluate(() => document.activeElement.href), 'https://example.org/x-2018');
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      assert.deepEqual(violations.map((v) => `${v.id}: ${v.nodes.slice(0, 3).map((one) => one.html).join(' ')}`), []);
      await page.keyboard.press('Escape');
      await note.waitFor({ state: 'hidden' });
      await page.close();
    });
  }

  test('the label of a group tells all of its events', async () => {
    const { page } = await open(browser, `${address}/?country=tr`, { viewport: { width: 390, height: 844 } });
    const told = await page.$$eval('#use .note', (all) => all.map((note) => note.children.length));
    assert.ok(told.length >= 2, `${told}`);
    assert.equal(told.reduce((sum, n) => sum + n, 0), 12, `${told}`);
    await page.close();
  });

  test('legends have their colours where the reader forces colours', async () => {
    const { page } = await open(browser, `${address}/?country=ru`, { forcedColors: 'active' });
    const keys = await page.$$eval('[data-legend="tools"] .key', (all) => all.map((key) => getComputedStyle(key).backgroundColor));
    assert.ok(keys.length >= 2 && new Set(keys).size === keys.length, `${keys}`);
    await page.close();
  });

  test('a chart is saved as SVG, PNG, CSV, JSON and Parquet with the same numbers', async () => {
    const { page } = await open(browser, `${address}/?country=ru&days=2018-02-15..2018-06-15`);
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
    assert.match(lines.join('\n'), /2018-04-16,\d+,.*X: blocked/);
    const svg = saved.SVG.toString();
    assert.match(svg, /<title>Clients a day that used/);
    assert.match(svg, />2018-04-16 X: blocked</);
    assert.doesNotMatch(svg, /var\(/);
    assert.equal(saved.PNG.subarray(1, 4).toString(), 'PNG');
    assert.ok(saved.PNG.length > 10_000, 'the picture is not empty');
    assert.equal(saved.Parquet.subarray(0, 4).toString() + saved.Parquet.subarray(-4).toString(), 'PAR1PAR1');
    await page.close();
  });

  test('a keyboard reaches everything', async () => {
    for (const path of ['/', '/?country=ru&mean=7', '/?country=ru&days=ru-x-2018']) {
      const { page } = await open(browser, address + path);
      await reachAll(page);
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

describe('what an event and a country are looked at by', { skip }, () => {
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  /** The numbers of a figure, as its CSV has them. */
  async function numbers(page, id) {
    const [download] = await Promise.all([page.waitForEvent('download'), page.locator(`#${id}`).getByRole('button', { name: /^save as CSV/ }).click()]);
    const lines = readFileSync(await download.path(), 'utf8').trim().split('\r\n').map((line) => line.split(','));
    return { names: lines[0], rows: lines.slice(1) };
  }

  test('servers that came up and that nothing names have a chart of their own, where there are such', async () => {
    const { page, faults } = await open(browser, `${address}/?country=ru&days=ru-x-2018`);
    assert.deepEqual(faults, []);
    await page.waitForSelector('[data-chart="unknown"] svg path', { state: 'attached' });
    const title = 'Clients a day of servers that came up and that nothing names, Russia';
    assert.equal(await page.locator('#unknown-title').innerText(), title);
    assert.match(await page.locator('#unknown').innerText(), /no part of the use above/);
    const rows = await (await page.request.get(`${address}/api/unknown?country=ru&from=2018-04-18&to=2018-04-18`)).json();
    const table = await numbers(page, 'unknown');
    const drawn = table.rows.find((row) => row[0] === '2018-04-18');
    const row = Object.fromEntries(table.names.map((name, i) => [name, drawn[i]]));
    assert.equal(Number(row['clients']), rows[0].clients);
    assert.equal(Number(row['server networks']), rows[0].servers);
    for (const query of ['country=ua', 'country=ru&days=2018-01-05..2018-02-20', 'country=ru&tool=tor', 'country=ru&days=2018-04-17..2018-04-20&step=hour']) {
      await page.goto(`${address}/?${query}`, { waitUntil: 'networkidle' });
      await page.locator('#use').waitFor();
      assert.equal(await page.locator('#unknown').isVisible(), false, query);
    }
    await page.goto(`${address}/?country=ru&days=ru-x-2018&measure=share`, { waitUntil: 'networkidle' });
    assert.match(await page.locator('#unknown-title').innerText(), /^Share of clients/);
    await page.close();
  });

  for (const viewport of [{ width: 1440, height: 900 }, { width: 390, height: 844 }]) {
    test(`the answer stands above a chart that fits the first screen at ${viewport.width} pixels`, async () => {
      const { page, faults } = await open(browser, `${address}/?country=ru&days=ru-x-2018`, { viewport });
      await page.locator('#answer .grade').waitFor();
      const study = await (await page.request.get(`${address}/api/study?event=ru-x-2018`)).json();
      assert.equal(await page.locator('h1').innerText(), study.sentence);
      assert.equal(await page.locator('#answer .grade').innerText(), study.grade_words);
      assert.ok((await page.locator('#answer summary').innerText()).includes(study.reasons[0]));
      const { bottom } = await page.locator('[data-chart="use"]').evaluate((chart) => chart.getBoundingClientRect());
      assert.ok(bottom <= viewport.height, `the chart ends at ${bottom} of ${viewport.height}`);
      const { paths } = await page.$eval('[data-chart="use"] svg', (svg) => ({ paths: [...svg.querySelectorAll('path')].map((path) => path.getAttribute('stroke') ?? path.getAttribute('fill')) }));
      assert.ok(paths.includes('var(--baseline)'), 'the expected line is drawn');
      assert.deepEqual(faults, []);
      await page.close();
    });
  }

  test('the questions are cards, and those without an answer are one line', async () => {
    const { page } = await open(browser, `${address}/?country=ru&days=ru-x-2018`);
    await page.locator('#question-cards .tile').first().waitFor();
    const { questions } = await (await page.request.get(`${address}/api/study?event=ru-x-2018`)).json();
    const cards = await page.locator('#question-cards h3').allInnerTexts();
    assert.deepEqual(cards, questions.filter((one) => one.missing === '').map((one) => one.title));
    const missing = questions.filter((one) => one.missing !== '');
    assert.equal(await page.locator('#question-missing summary').count(), missing.length === 0 ? 0 : 1);
    for (const one of missing) assert.ok((await page.locator('#question-missing').textContent()).includes(one.missing));
    await page.locator('#sure summary').click();
    await page.waitForSelector('#sure [data-chart="placebo"] svg path', { state: 'attached' });
    assert.match(await page.locator('#sure').innerText(), /Against other dates: .*p/);
    await page.close();
  });

  test('all clients are drawn under the chart of use', async () => {
    const { page } = await open(browser, `${address}/?country=ru`);
    const daily = await (await page.request.get(`${address}/api/daily?country=ru`)).json();
    const { rows } = await numbers(page, 'all');
    assert.deepEqual(rows.map((row) => Number(row[1])).filter((value) => value !== 0), daily.map((row) => row.all_clients));
    await page.close();
  });

  test('days that are drawn over are shown alone, and "back" shows all', async () => {
    const { page } = await open(browser, `${address}/?country=ru`);
    const chart = page.locator('[data-chart="use"] svg');
    await chart.scrollIntoViewIfNeeded();
    const box = await chart.boundingBox();
    await page.mouse.move(box.x + box.width * 0.4, box.y + box.height * 0.5);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + box.height * 0.5, { steps: 5 });
    await page.mouse.up();
    await page.waitForFunction(() => location.search.includes('..'));
    const [, from, to] = page.url().match(/days=(\d{4}-\d\d-\d\d)\.\.(\d{4}-\d\d-\d\d)/);
    assert.ok(from > '2018-02-15' && to < '2018-05-15' && from < to, `${from} to ${to}`);
    await page.waitForFunction((from) => document.querySelector('#status').textContent.includes(`from ${from}`), from);
    assert.equal(await page.locator('#from').inputValue(), from);
    await page.goBack();
    await page.waitForFunction(() => document.querySelector('#status').textContent.includes('179 days'));
    await page.close();
  });

  test('a mean of seven days, weeks with the days\' range, months, and a logarithmic axis', async () => {
    const { page } = await open(browser, `${address}/?country=ru&mean=7&days=2018-03-12..2018-04-08`);
    const daily = await (await page.request.get(`${address}/api/daily?country=ru&from=2018-03-12&to=2018-04-08`)).json();
    const mean = (list) => list.reduce((sum, row) => sum + row.clients, 0) / list.length;
    let { rows, names } = await numbers(page, 'use');
    assert.ok(Math.abs(Number(rows[10][1]) - mean(daily.slice(7, 14))) < 1e-9);
    await page.selectOption('#step', 'week');
    await page.waitForFunction(() => location.search.includes('step=week'));
    await page.waitForFunction(() => [...document.querySelectorAll('[data-chart="use"] text')].some((text) => text.textContent.includes('mean of the week')));
    ({ rows, names } = await numbers(page, 'use'));
    assert.deepEqual(names.slice(0, 2), ['week from (UTC)', 'observed']);
    assert.ok(names.includes('"lowest and highest day') || names.some((name) => name.includes('lowest and highest day')));
    assert.equal(rows.length, 4);
    assert.ok(Math.abs(Number(rows[1][1]) - mean(daily.slice(7, 14))) < 1e-9);
    await page.close();
    const monthly = await open(browser, `${address}/?country=ru&step=month&scale=log`);
    const months = await numbers(monthly.page, 'use');
    assert.deepEqual(months.rows.map((row) => row[0]), ['2018-01-01', '2018-02-01', '2018-03-01', '2018-04-01', '2018-05-01', '2018-06-01']);
    assert.deepEqual(monthly.faults, []);
    await monthly.page.close();
  });

  test('two days by the hour, with a missing hour as a gap, in the address, and saved', async () => {
    const { page, faults } = await open(browser, `${address}/?country=ru&days=2018-04-15..2018-04-16`);
    await page.locator('#more').evaluate((more) => (more.open = true));
    await page.selectOption('#step', 'hour');
    await page.waitForFunction(() => location.search.includes('step=hour') && document.querySelector('#use-title').textContent.startsWith('Clients an hour'));
    const hours = await (await page.request.get(`${address}/api/hours?country=ru&from=2018-04-15&to=2018-04-16`)).json();
    assert.equal(hours.length, 47);
    const { names, rows } = await numbers(page, 'use');
    assert.deepEqual(names, ['hour (UTC)', 'observed', 'share of all clients (%)', 'all clients', 'remarks']);
    assert.equal(rows.length, 48);
    assert.deepEqual(rows[30], ['2018-04-16T06:00', '', '', '', '']);
    assert.deepEqual(rows.filter((row) => row[1] !== '').map((row) => [`${row[0]}Z`, Number(row[1]), Number(row[3])]), hours.map((row) => [row.hour, row.clients, row.all_clients]));
    assert.match(rows[24].at(-1), /X: blocked/);
    const { texts, observed } = await picture(page);
    assert.equal(observed.split('M').length - 1, 2, 'the missing hour is a gap');
    assert.ok(texts.includes('clients an hour') && texts.some((text) => /^2018-04-1\d \d\d:00$/.test(text)), `${texts}`);
    await page.selectOption('#measure', 'share');
    await page.waitForFunction(() => document.querySelector('#use-title').textContent.startsWith('Share of clients an hour'));
    await page.goBack();
    await page.waitForFunction(() => document.querySelector('#use-title').textContent.startsWith('Clients an hour'));
    await page.selectOption('#tool', 'tor');
    await page.waitForFunction(() => document.querySelector('#use-title').textContent.startsWith('Clients an hour that used tor'));
    assert.equal(Number((await numbers(page, 'use')).rows[0][1]), 50);
    assert.deepEqual(faults, []);
    await page.close();
  });

  for (const [by, name] of [['category', 'vpn'], ['service', 'a-provider'], ['network', 'AS64500']]) {
    test(`use is divided by ${by}, as stack, lines and small charts`, async () => {
      const { page, faults } = await open(browser, `${address}/?country=ru&by=${by}`);
      for (const as of ['stack', 'lines', 'panels']) {
        if (as !== 'stack') {
          if (as === 'lines') await page.locator('#more').evaluate((more) => (more.open = true));
          await page.selectOption('#as', as);
          await page.waitForFunction((as) => location.search.includes(`as=${as}`) && !document.querySelector('#status').textContent.startsWith('Asking'), as);
        }
        assert.ok((await page.locator('#tools').textContent()).includes(name) || (await numbers(page, 'tools')).names.includes(name), `${by} as ${as}`);
        await page.locator('[data-chart="tools"] svg path').first().waitFor({ state: 'attached' });
      }
      assert.deepEqual(faults, []);
      await page.close();
    });
  }

  test('bytes are those of the tools', async () => {
    const { page } = await open(browser, `${address}/?country=ru&measure=bytes`);
    const tools = await (await page.request.get(`${address}/api/tools?country=ru`)).json();
    const want = new Map();
    for (const row of tools) if (row.tool !== 'doh') want.set(row.day, (want.get(row.day) ?? 0) + row.bytes);
    const { rows } = await numbers(page, 'use');
    for (const row of rows) if (want.has(row[0])) assert.equal(Number(row[1]), want.get(row[0]));
    await page.close();
  });

  test('countries and events are compared as indices, aligned on day 0', async () => {
    const { page, faults } = await open(browser, `${address}/?country=ru&days=ru-x-2018&with=ua,tr-service-3,nothing`);
    await page.locator('#compare svg path').first().waitFor({ state: 'attached' });
    const { names, rows } = await numbers(page, 'compare');
    assert.equal(names[0], 'day (from day 0)');
    assert.equal(names[1], 'Russia');
    assert.equal(names[2], 'Ukraine');
    assert.equal(rows[0][0], '-60');
    const at = new Map(rows.map((row) => [Number(row[0]), row]));
    const before = [...at].filter(([day]) => day >= -28 && day < 0).map(([, row]) => Number(row[1]));
    assert.ok(Math.abs(before.reduce((sum, value) => sum + value, 0) / before.length - 100) < 1e-6, 'the days before are 100');
    assert.ok(Number(at.get(3)[1]) > 115 && Number(at.get(3)[2]) < 115, 'the ban moved the one and not the other');
    assert.match(await page.locator('#compare-note').innerText(), /“nothing” is neither a country/);
    assert.deepEqual(faults, []);
    await page.close();
  });

  test('a chart is embedded as a still picture with its words, and cited', async () => {
    const { page } = await open(browser, `${address}/?country=ru`);
    await page.locator('#use').getByRole('button', { name: /^embed:/ }).click();
    const text = await page.locator('#use .embed').inputValue();
    const plain = await browser.newPage();
    const requests = [];
    plain.on('request', (request) => requests.push(request.url().slice(0, 5)));
    await plain.setContent(text);
    const picture = await plain.$eval('img', async (image) => {
      await image.decode();
      return { alt: image.alt, width: image.naturalWidth };
    });
    assert.match(picture.alt, /Clients a day that used/);
    assert.ok(picture.width > 300);
    assert.deepEqual(requests.filter((url) => url !== 'data:'), []);
    await plain.close();
    await page.locator('#use').getByRole('button', { name: /^cite:/ }).click();
    assert.match(await page.locator('#use .embed').inputValue(), /SIMULATED DATA.*Days 2018-01-01 to 2018-06-30.*banshift test/);
    await page.close();
  });
});

describe('stores that are hard to draw', { skip: skip || (process.env.BANSHIFT_SCENES ? false : 'BANSHIFT_SCENES is not set') }, () => {
  const scenes = JSON.parse(process.env.BANSHIFT_SCENES ?? '{}');
  let browser;
  before(async () => (browser = await launch()));
  after(() => browser?.close());

  const views = [
    ['', '/'], ['', '/?country=ru&days=ru-x-2018'], ['', '/?country=ru&days=2018-04-15..2018-04-16&step=hour'], ['', '/?country=tr'], ['empty', '/'], ['one', '/'], ['day', '/'], ['day', '/?country=ru'],
    ['gaps', '/'], ['gaps', '/?country=ru'], ['decade', '/'], ['decade', '/?country=ru'], ['decade', '/?country=ru&as=panels'], ['world', '/'], ['world', '/?country=tr'],
  ];
  const sizes = [{ width: 1440, height: 900 }, { width: 390, height: 844 }];

  test('labels take no more than half of a chart, and an axis of years names them, on a telephone', async () => {
    const { page } = await open(browser, `${scenes['decade']}/?country=ru`, { viewport: { width: 390, height: 844 } });
    for (const chart of ['use', 'all', 'tools']) {
      const [top, bottom] = await page.$eval(`[data-chart="${chart}"] svg`, (svg) => {
        const labels = [...svg.querySelectorAll('text[fill="var(--enforced)"]')].map((text) => text.getBoundingClientRect().bottom);
        const frame = svg.getBoundingClientRect();
        return [Math.max(...labels) - frame.top, frame.height];
      });
      assert.ok(top > 0 && top < 0.5 * bottom, `${chart}: labels down to ${top} of ${bottom}`);
    }
    const dates = await page.$$eval('[data-chart="use"] svg text', (all) => all.map((text) => text.textContent).filter((text) => /^\d{4}-\d{2}$|^\d{2}-\d{2}$/.test(text)));
    assert.ok(dates.length > 0 && dates.every((date) => /^20\d{2}-\d{2}$/.test(date)), `${dates}`);
    await page.close();
  });

  for (const [scene, path] of views) {
    for (const viewport of sizes) {
      test(`${scene || 'usual'} ${path} at ${viewport.width} pixels, in the light, in the dark and on paper`, async () => {
        const base = scenes[scene];
        const { page, requests, faults } = await open(browser, base + path, { viewport });
        if (path.includes('days=ru')) await page.locator('#answer .grade').waitFor();
        const drawn = async (form) => {
          const shown = await page.$$eval('.chart', (all) => all.filter((chart) => chart.checkVisibility()).map((chart) => ({ what: chart.dataset.chart ?? 'map', marks: chart.querySelectorAll('svg path').length, height: chart.getBoundingClientRect().height })));
          for (const chart of shown) assert.ok(chart.marks > 0 && chart.height > 40, `${form}: ${chart.what} has ${chart.marks} marks and ${chart.height} pixels`);
          assert.equal(shown.length === 0, scene === 'empty', `${form}: ${shown.map((chart) => chart.what)}`);
          const { wide, width } = await page.evaluate(() => ({ wide: document.documentElement.scrollWidth, width: window.innerWidth }));
          assert.ok(wide <= width, `${form}: ${wide} pixels on ${width}`);
        };
        await page.evaluate(axe);
        for (const colorScheme of ['light', 'dark']) {
          await page.emulateMedia({ media: 'screen', colorScheme });
          await drawn(colorScheme);
          const { violations } = await page.evaluate(() => window.axe.run());
          assert.deepEqual(violations.map((v) => `${colorScheme}: ${v.id}: ${v.nodes.slice(0, 2).map((one) => one.html).join(' ')}`), []);
          await page.emulateMedia({ media: 'print', colorScheme });
          await page.setViewportSize({ width: 1000, height: 900 });
          await drawn(`${colorScheme}, on paper`);
          const paper = await page.evaluate(() => getComputedStyle(document.documentElement).getPropertyValue('--paper').trim());
          assert.match(paper, /^#f/, `paper is ${paper} where the screen is ${colorScheme}`);
          await page.setViewportSize(viewport);
        }
        assert.deepEqual(requests.filter((url) => !url.startsWith(base)), []);
        assert.deepEqual(faults, []);
        await page.close();
      });
    }
  }

  for (const [scene, path] of [['empty', '/'], ['gaps', '/?country=ru'], ['decade', '/?country=ru'], ['world', '/'], ['', '/?country=tr']]) {
    test(`a keyboard reaches everything in ${scene || 'usual'} ${path}`, async () => {
      const { page } = await open(browser, scenes[scene] + path);
      await reachAll(page);
      await page.close();
    });
  }

  test('a store with one country opens there', async () => {
    const { page } = await open(browser, scenes['one']);
    assert.equal(await page.title(), 'Russia – banshift');
    assert.equal(await page.locator('#overview').isVisible(), false);
    await page.close();
  });

  test('an empty store says how to fill it', async () => {
    const { page } = await open(browser, scenes['empty']);
    assert.match(await page.locator('#status').innerText(), /holds no telemetry yet.*banshift run/);
    await page.close();
  });

  test('a lone day and days between gaps are symbols', async () => {
    for (const scene of ['day', 'gaps']) {
      const { page } = await open(browser, `${scenes[scene]}/?country=ru`);
      const daily = await (await page.request.get(`${scenes[scene]}/api/daily?country=ru`)).json();
      const dots = await page.$$eval('[data-chart="use"] svg path[fill="var(--observed)"]', (all) => all.length);
      assert.equal(dots, daily.length, scene);
      await page.close();
    }
  });

  test('the map has every country of the store, and a click shows it', async () => {
    const { page } = await open(browser, scenes['world']);
    const { countries } = await (await page.request.get(`${scenes['world']}/api/overview`)).json();
    assert.equal(countries.length, 196);
    assert.equal(await page.locator('#countries tbody tr').count(), 196);
    const places = await page.$$eval('#map .place', (all) => all.map((one) => [one.dataset.country, one.querySelectorAll('path, circle').length]));
    assert.deepEqual(places.filter(([, marks]) => marks === 0), [], 'every country has a shape or a dot');
    const russia = await page.locator('#map [data-country="ru"]').first();
    assert.equal(await russia.locator('path').getAttribute('fill'), 'var(--map-same)');
    assert.match(await russia.locator('title').textContent(), /^Russia: share of 10.*changed by [+\u2212]?\d/);
    await russia.locator('path').dispatchEvent('click', { bubbles: true });
    await page.waitForFunction(() => document.title === 'Russia – banshift');
    await page.close();
  });

  test('ten years are drawn by the month, with eight tools', async () => {
    const { page } = await open(browser, `${scenes['decade']}/?country=ru`);
    assert.ok((await picture(page)).texts.some((text) => text.includes('mean of the month')));
    assert.equal(await page.locator('[data-legend="tools"] li').count(), 8);
    await page.close();
  });

  for (const chart of ['use', 'tools']) {
    test(`drawing over ten years of days of the chart "${chart}" touches nothing but what is drawn, once a frame`, async () => {
      const { page } = await open(browser, `${scenes['decade']}/?country=ru&step=day`);
      await page.locator(`[data-chart="${chart}"] svg`).scrollIntoViewIfNeeded();
      const { work } = await brushOver(page, chart, 40);
      assert.deepEqual(work.touched, ['brush'], 'only the box changes: no line, axis or tooltip');
      assert.ok(work.frames > 0 && work.painted > 0, JSON.stringify(work));
      assert.ok(work.painted <= work.frames + 1, `drawn ${work.painted} times in ${work.frames} frames`);
      await page.mouse.up();
      await page.waitForFunction(() => location.search.includes('..'));
      await page.close();
    });
  }
});

/** Presses Tab until everything had the focus that can have it. */
async function reachAll(page) {
  const wanted = await page.$$eval('a, button, select, input, summary, [tabindex="0"]', (all) => {
    window.missed = new Set(all.filter((one) => one.checkVisibility()));
    document.addEventListener('focusin', (event) => window.missed.delete(event.target));
    return window.missed.size;
  });
  for (let i = 0; i < 2 * wanted + 30 && (await page.evaluate(() => window.missed.size)) > 0; i++) await page.keyboard.press('Tab');
  const missed = await page.evaluate(() => [...window.missed].map((one) => one.outerHTML.slice(0, 120)));
  assert.deepEqual(missed, [], `${missed.length} of ${wanted} were not reached`);
}

function picture(page) {
  return page.$eval('[data-chart="use"] svg', (svg) => ({
    texts: [...svg.querySelectorAll('text')].map((text) => text.textContent),
    observed: [...svg.querySelectorAll('path')].find((path) => path.getAttribute('stroke') === 'var(--observed)')?.getAttribute('d') ?? '',
  }));
}
