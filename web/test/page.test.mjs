// Opens the served page as a visitor would. BANSHIFT_PAGE is its address, behind which
// web/serve/sample answers; the Go test of this folder starts it.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
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
    await page.getByRole('button', { name: 'show the days around ru-x-2018', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('#status').textContent.includes('from 2018-02-15 to 2018-06-15'));
    await page.getByRole('link', { name: 'report on ru-x-2018', exact: true }).click();
    await page.waitForSelector('[data-chart="main"] svg path', { state: 'attached' });
    assert.ok((await page.locator('h1').innerText()).length > 20);
    await page.close();
  });

  for (const [name, options] of [
    ['in the light', { colorScheme: 'light' }],
    ['in the dark on a telephone', { colorScheme: 'dark', viewport: { width: 360, height: 740 } }],
  ]) {
    test(`the page is accessible and fits ${name}`, async () => {
      const { page } = await open(browser, `${address}/?country=ru`, options);
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
