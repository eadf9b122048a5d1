// Measures what a visitor waits for, on pages that are served already:
//   node web/test/pace.mjs view ADDRESS [RUNS]     milliseconds to the first view, each in a browser that knows nothing
//   node web/test/pace.mjs brush ADDRESS [MOVES]   milliseconds from frame to frame while a span is drawn over the charts
// ADDRESS is what serve printed, or a view of it.

import { brushOver, launch, open } from './browser.mjs';

const [what, address, count] = process.argv.slice(2);
const rank = (list, share) => [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.floor(share * list.length))];
const rounded = (ms) => Math.round(10 * ms) / 10;
const summary = (list) => ({ n: list.length, first: rounded(list[0]), median: rounded(rank(list, 0.5)), p95: rounded(rank(list, 0.95)), most: rounded(Math.max(...list)) });

/** From asking for the page to what it shows: its answer is said, and a table, list or chart is there, and painted. */
async function view() {
  const browser = await launch();
  const page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  await page.goto('about:blank');
  const began = performance.now();
  await page.goto(address, { waitUntil: 'commit' });
  await page.waitForFunction(() => document.querySelector('#status') && !document.querySelector('#status').textContent.startsWith('Asking') && document.querySelector('#countries tbody tr, .chart svg path'));
  const painted = await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
  const took = performance.now() - began;
  const parts = await page.evaluate(() => performance.getEntriesByType('resource').map((one) => [new URL(one.name).pathname, Math.round(one.startTime), Math.round(one.duration)]));
  await browser.close();
  return { took, parts, painted };
}

async function brush() {
  const browser = await launch();
  const { page } = await open(browser, address);
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  const spent = async () => Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map((one) => [one.name, one.value]));
  for (const chart of ['use', 'tools']) {
    await page.locator(`[data-chart="${chart}"] svg`).scrollIntoViewIfNeeded();
    const before = await spent();
    const { work } = await brushOver(page, chart, Number(count ?? 240));
    const after = await spent();
    const each = (name) => rounded((1000 * (after[name] - before[name])) / work.frames);
    console.log(JSON.stringify({ chart, betweenFrames: summary(work.between), touched: work.touched, mainThreadAFrame: each('TaskDuration'), scriptAFrame: each('ScriptDuration'), layoutAFrame: each('LayoutDuration'), styleAFrame: each('RecalcStyleDuration') }));
    await page.mouse.move(0, 0);
    await page.keyboard.press('Escape');
    await page.mouse.up();
    await page.goto(address, { waitUntil: 'networkidle' });
  }
  await browser.close();
}

if (what === 'view') {
  const all = [];
  for (let i = 0; i < Number(count ?? 5); i++) all.push(await view());
  console.log(JSON.stringify({ ...summary(all.map((one) => one.took)), each: all.map((one) => Math.round(one.took)), parts: all[0].parts }));
} else if (what === 'brush') await brush();
else {
  console.error('usage: node web/test/pace.mjs view|brush ADDRESS [COUNT]');
  process.exit(2);
}
