// Takes the pictures of the documentation from the demo, and notes which page they show:
//   node web/test/pictures.mjs PROGRAM DEMO DOCS     (make pictures)
//   node web/test/pictures.mjs --check DOCS          (make check-pictures)

import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const web = resolve(import.meta.dirname, '..');
const note = 'pictures.sha256';

/** What the pictures depend on: script, style and templates. */
function sumOfPage() {
  const files = ['src', 'report/templates'].flatMap((folder) => readdirSync(join(web, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)));
  const sum = createHash('sha256');
  for (const file of [...files, join(web, 'serve/page.html')].sort()) sum.update(readFileSync(file));
  return sum.digest('hex');
}

/** Starts the page and gives its address. */
async function serve(program, demo) {
  const server = spawn(program, ['--config', join(demo, 'telemetry/banshift.yaml'), 'serve', '--store', join(demo, 'store'), '--listen', '127.0.0.1:0'], { stdio: ['ignore', 'ignore', 'pipe'] });
  for await (const line of createInterface({ input: server.stderr })) {
    const address = line.match(/http:\/\/\S+/);
    if (address !== null) return { server, address: address[0] };
  }
  throw new Error('the page was not served');
}

async function take(program, demo, docs) {
  const { launch, open } = await import('./browser.mjs');
  const browser = await launch();
  const { server, address } = await serve(program, demo);
  const viewport = { width: 1100, height: 900 };
  try {
    const report = await open(browser, pathToFileURL(resolve(demo, 'report.html')).href, { viewport });
    const { y, height } = await report.page.locator('#figure-main').boundingBox();
    await report.page.screenshot({ path: join(docs, 'report.png'), clip: { x: 0, y: 0, width: 1100, height: Math.ceil(y + height + 24) }, fullPage: true });
    const overview = await open(browser, address, { viewport });
    await overview.page.screenshot({ path: join(docs, 'overview.png') });
    await overview.page.locator('#countries').getByRole('link', { name: 'Russia', exact: true }).click();
    await overview.page.waitForFunction(() => document.querySelector('#status').textContent.includes('days of telemetry'));
    await overview.page.screenshot({ path: join(docs, 'country.png') });
  } finally {
    await browser.close();
    server.kill('SIGINT');
  }
  writeFileSync(join(docs, note), `${sumOfPage()}\n`);
}

const [program, demo, docs] = process.argv.slice(2);
if (program === '--check' && demo !== undefined) {
  if (readFileSync(join(demo, note), 'utf8').trim() !== sumOfPage()) {
    console.error('the pictures in docs/ are older than the page: run make pictures');
    process.exit(1);
  }
} else if (docs === undefined) {
  console.error('usage: node web/test/pictures.mjs PROGRAM DEMO DOCS | --check DOCS');
  process.exit(2);
} else {
  await take(resolve(program), resolve(demo), resolve(docs));
}
