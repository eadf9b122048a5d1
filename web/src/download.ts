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

/** Puts the downloads of a chart under it, in place of those that were there, and what embeds and cites it. */
export function offer(figure: HTMLElement, chart: Chart): void {
  for (const old of figure.querySelectorAll('.save, .embed')) old.remove();
  const name = fileName(chart.caption);
  const table = tableOf(chart);
  const svg = (): string => pictureOf(figure, chart.caption, chart.description);
  const about = { caption: chart.caption, description: chart.description, page: document.title, program: programName(), simulated: String(isSimulated()) };
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
  const row = make('p', ['Save: ', ...buttons], { className: 'save' });
  const text = (kind: string, words: () => string): HTMLButtonElement => {
    const button = make('button', kind, { type: 'button', ariaLabel: `${kind.toLowerCase()}: ${chart.caption}` });
    button.addEventListener('click', () => showText(row, button.ariaLabel ?? kind, words()));
    return button;
  };
  row.append(text('Embed', () => embedded(svg(), chart)), text('Cite', () => citation(chart)));
  figure.querySelector('.chart')?.after(row);
}

/** Shows a text under the buttons, selected, so that it can be copied. */
function showText(row: HTMLElement, label: string, words: string): void {
  row.parentElement?.querySelector('.embed')?.remove();
  const field = make('textarea', words, { className: 'embed', readOnly: true, ariaLabel: label });
  row.after(field);
  field.focus();
  field.select();
}

/** The chart as it is now, as a figure that needs no script and no other address. */
function embedded(svg: string, chart: Chart): string {
  const bytes = new TextEncoder().encode(svg);
  const picture = make('img', [], { src: `data:image/svg+xml;base64,${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`, alt: chart.description || chart.caption });
  return make('figure', [picture, make('figcaption', citation(chart))]).outerHTML;
}

/** What the chart is to be cited as. */
function citation(chart: Chart): string {
  const times = (chart.series ?? chart.panels?.[0]?.series)?.times ?? [];
  const { origin } = chart.series ?? {};
  const span = times.length === 0 || origin !== undefined ? '' : ` Days ${times[0]?.slice(0, 10)} to ${times.at(-1)?.slice(0, 10)} (UTC).`;
  return `${isSimulated() ? 'SIMULATED DATA. ' : ''}“${chart.caption}”.${span} ${document.title}. Made with ${programName()}.`;
}

function programName(): string {
  return document.querySelector('meta[name="generator"]')?.getAttribute('content') ?? `banshift ${document.querySelector('.stamp')?.textContent ?? ''}`;
}

function isSimulated(): boolean {
  return document.querySelector('.simulated:not([hidden])') !== null;
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
