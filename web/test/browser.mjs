// One browser for the tests: the Chromium of the machine, told to keep to itself.

import { access } from 'node:fs/promises';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

const args = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Why no browser can be started; undefined where one can. */
export async function browserAbsent() {
  try {
    await access(executablePath);
    return undefined;
  } catch {
    return `no browser at ${executablePath}: set CHROMIUM`;
  }
}

export function launch() {
  return chromium.launch({ executablePath, args });
}

/** Opens a page and keeps what it asked the network for and what went wrong in it. */
export async function open(browser, url, options = {}) {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, ...options });
  page.setDefaultTimeout(180_000); // of a machine that does much else
  const requests = [];
  const faults = [];
  page.on('request', (request) => {
    if (request.url() !== url && !request.url().startsWith('data:')) requests.push(request.url());
  });
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') faults.push(message.text());
  });
  await page.goto(url, { waitUntil: 'networkidle' });
  await page.waitForFunction(() => !document.querySelector('#status')?.textContent.startsWith('Asking'));
  return { page, requests, faults };
}

/**
 * Draws a span over a chart, moves by moves, and says what it cost: frames, the elements that changed, how often the box
 * was drawn, and the milliseconds between frames. The button stays down.
 */
export async function brushOver(page, chart, moves) {
  const box = await page.locator(`[data-chart="${chart}"] svg`).boundingBox();
  await page.mouse.move(box.x + box.width * 0.3, box.y + box.height * 0.6);
  await page.waitForFunction((chart) => document.querySelector(`[data-chart="${chart}"] .tip`)?.textContent, chart); // hovering was answered
  await page.mouse.down();
  await page.mouse.move(box.x + box.width * 0.3 + 20, box.y + box.height * 0.6);
  await page.waitForFunction((chart) => !document.querySelector(`[data-chart="${chart}"] .tip`).checkVisibility({ visibilityProperty: true }), chart);
  await page.evaluate(() => {
    const work = (window.brushed = { touched: new Set(), painted: 0, between: [], on: true });
    work.observer = new MutationObserver((changes) => {
      for (const change of changes) work.touched.add(change.target.className?.baseVal ?? change.target.className ?? change.target.nodeName);
      work.painted += changes.filter((change) => change.attributeName === 'style').length / 2; // where it is, and how wide
    });
    work.observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    let last = performance.now();
    const frame = (now) => {
      work.between.push(now - last);
      last = now;
      if (work.on) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  for (let i = 1; i <= moves; i++) await page.mouse.move(box.x + box.width * 0.3 + 20 + (i * box.width * 0.4) / moves, box.y + box.height * 0.6);
  const work = await page.evaluate(() => {
    const { touched, painted, between, observer } = window.brushed;
    window.brushed.on = false;
    observer.disconnect();
    return { touched: [...touched], painted, between, frames: between.length };
  });
  return { work };
}
