// Lets a reader take charts and numbers along. Every file is made in the page: nothing is fetched.

import { make } from './dom';
import type { Chart } from './model';
import { parquet } from './parquet';
import { pictureOf, rasterOf } from './picture';
import { csvOf, jsonOf, tableOf } from './table';

/** Saves something under a name, as a download. */
export function save(name: string, type: string, content: BlobPart): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([content], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** Puts the downloads of a chart under it, in place of those that were there. */
export function offer(figure: HTMLElement, chart: Chart): void {
  figure.querySelector('.save')?.remove();
  const name = fileName(chart.caption);
  const table = tableOf(chart);
  const svg = (): string => pictureOf(figure, chart.caption, chart.description);
  const about = { caption: chart.caption, description: chart.description, page: document.title, program: document.querySelector('meta[name="generator"]')?.getAttribute('content') ?? `banshift ${document.querySelector('.stamp')?.textContent ?? ''}`, simulated: String(document.querySelector('.simulated:not([hidden])') !== null) };
  const kinds: [string, () => void][] = [
    ['SVG', () => save(`${name}.svg`, 'image/svg+xml', svg())],
    ['PNG', () => void rasterOf(svg()).then((blob) => save(`${name}.png`, 'image/png', blob))],
    ['CSV', () => save(`${name}.csv`, 'text/csv', csvOf(table))],
    ['JSON', () => save(`${name}.json`, 'application/json', jsonOf(chart, table))],
    ['Parquet', () => save(`${name}.parquet`, 'application/vnd.apache.parquet', parquet(table, about))],
  ];
  const buttons = kinds.map(([kind, action]) => {
    const button = make('button', kind, { type: 'button', ariaLabel: `save as ${kind}: ${chart.caption}` });
    button.addEventListener('click', action);
    return button;
  });
  figure.querySelector('.chart')?.after(make('p', ['Save: ', ...buttons], { className: 'save' }));
}

function fileName(caption: string): string {
  return caption.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '').slice(0, 60) || 'chart';
}

/** A table of the page as CSV (RFC 4180), without the marks that are for the eye. */
export function csv(table: HTMLTableElement): string {
  const rows = [...table.rows].map((row) => [...row.cells].map((cell) => field(cell.textContent ?? '')).join(','));
  return rows.join('\r\n') + '\r\n';
}

function field(text: string): string {
  const plain = text.replace(/\u202f/g, '').replace(/^\u2212/, '-').replace(/^\u2013$/, '').replace(/\u00a0/g, ' ');
  return /[",\r\n]/.test(plain) ? `"${plain.replace(/"/g, '""')}"` : plain;
}
