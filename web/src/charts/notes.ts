// Buttons over the labels of marked dates: a label that is pointed at, or has the focus, says what is known of its events.

import { make } from '../dom';
import type { Note } from '../model';
import type { Label } from './series';

/** Puts a button over each label that has something to tell; those of an earlier drawing go. */
export function offerNotes(chart: HTMLElement, labels: Label[]): void {
  chart.parentElement?.querySelector(':scope > .marks')?.remove();
  const texts = [...chart.querySelectorAll<SVGTextElement>('svg text')];
  const frame = chart.getBoundingClientRect();
  const marks = labels.flatMap((label) => {
    const text = texts.find((one) => one.textContent === label.text);
    if (label.notes.length === 0 || text === undefined) return [];
    const box = text.getBoundingClientRect();
    return [markOf(label, { left: box.left - frame.left, top: box.top - frame.top, width: box.width, height: box.height }, frame.width)];
  });
  if (marks.length > 0) chart.before(make('div', marks, { className: 'marks' }));
}

const WIDEST = 320; // pixels of a note

function markOf(label: Label, box: { left: number; top: number; width: number; height: number }, room: number): HTMLElement {
  const button = make('button', [], { type: 'button', ariaLabel: `about ${label.text}`, ariaExpanded: 'false' });
  Object.assign(button.style, { width: `${box.width}px`, height: `${box.height}px` });
  const width = Math.min(WIDEST, room);
  const note = make('div', label.notes.map(entryOf), { className: 'note', hidden: true });
  Object.assign(note.style, { width: `${width}px`, left: `${Math.min(0, room - box.left - width)}px` });
  const mark = make('div', [button, note], { className: 'mark' });
  Object.assign(mark.style, { left: `${box.left}px`, top: `${box.top}px` });
  const show = (shown: boolean): void => {
    note.hidden = !shown;
    button.ariaExpanded = String(shown);
  };
  mark.addEventListener('pointerenter', () => show(true));
  mark.addEventListener('pointerleave', () => show(mark.contains(document.activeElement)));
  mark.addEventListener('focusin', () => show(true));
  mark.addEventListener('focusout', (left) => show(mark.contains(left.relatedTarget as Node | null)));
  mark.addEventListener('keydown', (key) => {
    if (key.key === 'Escape') show(false);
  });
  return mark;
}

/** A source of the catalogue: a link where it has an address, as "Newspaper, date: https://…", and its words otherwise. */
export function cited(source: string, name: string): Node | string {
  const [address = ''] = /https?:\/\/\S+$/.exec(source) ?? [];
  const words = source.slice(0, source.length - address.length).replace(/[: ]+$/, '');
  if (address === '') return words;
  return words === '' ? make('a', 'source', { href: address, rel: 'noreferrer', ariaLabel: name }) : make('a', words, { href: address, rel: 'noreferrer' });
}

function entryOf(note: Note): HTMLElement {
  const sources = note.sources.flatMap((source, i) => [i === 0 ? '' : '; ', cited(source, `source ${i + 1} of ${note.id}`)]);
  const lines = [note.dates, note.text].filter((text) => text !== '').map((text) => make('p', text));
  return make('div', [make('p', [make('strong', [make('bdi', note.target), `: ${note.kind}`])]), ...lines, ...(sources.length === 0 ? [] : [make('p', sources)])]);
}
