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
