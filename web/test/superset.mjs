// Opens the dashboard in a Superset, and prints as JSON what a visitor reads of it: the numbers that appear over the first
// chart's days, the rows of its tables, and what went wrong (make superset).
//   node web/test/superset.mjs ADDRESS USER PASSWORD PICTURE

import { launch } from './browser.mjs';

const [address, user, password, picture] = process.argv.slice(2);
if (picture === undefined) throw new Error('want ADDRESS USER PASSWORD PICTURE');

const firstChart = 'Clients that use circumvention tools';
const patience = 120_000;

/** The chart of a name on the dashboard. */
const chart = (page, name) => page.locator('.dashboard-component-chart-holder', { has: page.locator('.header-title, [data-test="editable-title"]').filter({ hasText: new RegExp(`^${name}$`) }) });

/** What the tooltip of a chart says at some places of it, from left to right. */
async function tooltips(page, name) {
  const canvas = chart(page, name).locator('canvas').first();
  await canvas.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await canvas.boundingBox();
  const read = [];
  for (let part = 0.1; part < 0.95; part += 0.02) {
    await page.mouse.move(x + width * part, y + height * 0.55);
    await page.waitForTimeout(120);
    read.push(await page.evaluate(() => [...document.querySelectorAll('body > div, .dashboard-component-chart-holder div')].filter((box) => box.style.zIndex === '9999999' || box.className.includes?.('echarts-tooltip')).map((box) => (getComputedStyle(box).visibility === 'hidden' ? '' : box.innerText)).join('')));
  }
  return [...new Set(read)].filter((text) => text !== '');
}

/** The cells of the table of a name. */
const table = (page, name) => chart(page, name).locator('table tr').evaluateAll((rows) => rows.map((row) => [...row.querySelectorAll('th,td')].map((cell) => cell.innerText.trim())));

const browser = await launch();
try {
  const page = await browser.newPage({ viewport: { width: 1600, height: 2600 } });
  const faults = [];
  const foreign = new Set();
  const marks = new Set();
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('response', async (answer) => {
    if (!answer.url().includes('/api/v1/chart/data')) return;
    if (answer.status() >= 400) return faults.push(`${answer.status()} ${answer.url()}`);
    for (const { annotation_data: layers } of (await answer.json()).result ?? []) {
      for (const { records } of Object.values(layers ?? {})) records.forEach((record) => marks.add(record.short_descr));
    }
  });
  await page.route('**/*', (route) => {
    if (route.request().url().startsWith(address) || !route.request().url().startsWith('http')) return route.continue();
    foreign.add(new URL(route.request().url()).host);
    return route.abort();
  });
  await page.goto(`${address}/login/`);
  await page.locator('#username, input[name="username"]').first().fill(user);
  await page.locator('#password, input[name="password"]').first().fill(password);
  await page.locator('button[type="submit"], input[type="submit"]').first().click();
  await page.waitForURL((url) => !url.pathname.startsWith('/login'), { timeout: patience });
  const boards = await (await page.request.get(`${address}/api/v1/dashboard/`)).json();
  await page.goto(`${address}/superset/dashboard/${boards.result[0].id}/`);
  await chart(page, firstChart).locator('canvas').first().waitFor({ timeout: patience });
  await page.waitForFunction(() => document.querySelectorAll('.loading, [data-test="loading-indicator"]').length === 0, undefined, { timeout: patience });
  await page.waitForTimeout(2000); // lines are drawn with an animation
  await page.screenshot({ path: picture });
  const seen = {
    charts: await page.locator('.dashboard-component-chart-holder').count(),
    canvases: await page.locator('.dashboard-component-chart-holder canvas').count(),
    errors: await page.locator('.dashboard-component-chart-holder [role="alert"], .dashboard-component-chart-holder .ant-alert').allInnerTexts(),
    tooltips: await tooltips(page, firstChart),
    networks: await table(page, 'Networks'),
    marks: [...marks],
    faults,
    foreign: [...foreign],
  };
  console.log(JSON.stringify(seen));
} finally {
  await browser.close();
}
