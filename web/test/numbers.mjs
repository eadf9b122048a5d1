// Prints what a reader sees of one event: node numbers.mjs PAGE COUNTRY EVENT. The numbers are taken from the rendered page
// and from its rendered report, texts as they stand and charts as they are saved.

import { readFile } from 'node:fs/promises';
import { launch, open } from './browser.mjs';

const [address, country, event] = process.argv.slice(2);
const browser = await launch();
try {
  const { page } = await open(browser, address);
  await page.goto(`${new URL(address).origin}/?country=${country}&days=${event}`, { waitUntil: 'networkidle' });
  await page.locator('#answer .grade').waitFor();
  const seen = {
    page: { sentence: await page.locator('#title').innerText(), grade: await page.locator('#answer .grade').innerText(), table: await saved(page, '#use') },
  };
  await page.goto(`${new URL(address).origin}/report/${event}`, { waitUntil: 'networkidle' });
  await page.waitForSelector('[data-chart="main"] svg path', { state: 'attached' });
  seen.report = { sentence: await page.locator('#headline').innerText(), grade: await page.locator('.grade').first().innerText(), table: await saved(page, '#figure-main') };
  process.stdout.write(JSON.stringify(seen));
} finally {
  await browser.close();
}

/** The CSV that a figure saves. */
async function saved(page, figure) {
  const button = page.locator(figure).getByRole('button', { name: /^save as CSV/ }).first();
  const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
  return readFile(await download.path(), 'utf8');
}
