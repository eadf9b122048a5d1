// Takes a picture of the top of a report, for the documentation:
//   node web/test/picture.mjs REPORT.html PICTURE.png

import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launch, open } from './browser.mjs';

const [report, picture] = process.argv.slice(2);
if (report === undefined || picture === undefined) {
  console.error('usage: node web/test/picture.mjs REPORT.html PICTURE.png');
  process.exit(2);
}
const browser = await launch();
const { page } = await open(browser, pathToFileURL(resolve(report)).href, { viewport: { width: 1100, height: 900 } });
const { y, height } = await page.locator('#figure-main').boundingBox();
await page.screenshot({ path: picture, clip: { x: 0, y: 0, width: 1100, height: Math.ceil(y + height + 24) }, fullPage: true });
await browser.close();
