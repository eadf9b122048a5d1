// Brings a report to life. Everything it says is in the HTML already; this adds the
// live charts, the switches and the downloads.

import { draw, resize } from './charts/figure';
import { csv, save } from './download';
import { chartsOf, type Report } from './model';

export function openReport(): void {
  const source = document.getElementById('report-data')?.textContent ?? '';
  const report = JSON.parse(source) as Report;
  for (const chart of chartsOf(report)) draw(chart);
  offerDownloads(report, source);
}

/** Redraws when the width has stopped changing. */
export function followWidth(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    if (window.innerWidth === width || window.matchMedia('print').matches) return; // a telephone's address bar; paper, which scales the pictures
    width = window.innerWidth;
    clearTimeout(timer);
    timer = setTimeout(resize, 120);
  });
}

function offerDownloads(report: Report, source: string): void {
  offer('json', () => save(`${report.event.id}.json`, 'application/json', source));
  offer('csv', () => {
    const table = document.querySelector<HTMLTableElement>('#data table');
    if (table !== null) save(`${report.event.id}.csv`, 'text/csv', csv(table));
  });
}

function offer(kind: string, action: () => void): void {
  const button = document.querySelector<HTMLButtonElement>(`[data-download="${kind}"]`);
  if (button === null) return;
  button.hidden = false;
  button.addEventListener('click', action);
}
