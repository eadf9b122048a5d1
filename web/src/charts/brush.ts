// A span that is drawn over a chart with mouse or pen. The fields "from" and "to" do the same for a keyboard.

import type { Engine } from './engine';

export type OnSpan = (from: string, to: string) => void;

const LEAST = 8; // pixels: less is a click

const followed = new WeakMap<HTMLElement, AbortController>(); // a chart is drawn anew in its element

export function followBrush(element: HTMLElement, engine: Engine, times: string[], onSpan: OnSpan): void {
  followed.get(element)?.abort();
  const ended = new AbortController();
  followed.set(element, ended);
  const { signal } = ended;
  const box = document.createElement('div');
  box.className = 'brush';
  box.hidden = true;
  element.append(box);
  element.classList.add('is-brushed');
  let begin: number | undefined;
  const at = (event: PointerEvent): number => event.clientX - element.getBoundingClientRect().left;
  const show = (x: number): void => {
    if (begin === undefined) return;
    box.hidden = Math.abs(x - begin) < LEAST;
    box.style.left = `${Math.min(x, begin)}px`;
    box.style.width = `${Math.abs(x - begin)}px`;
  };
  element.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch' || event.button !== 0) return; // a finger scrolls
    begin = at(event);
    element.setPointerCapture(event.pointerId);
  }, { signal });
  element.addEventListener('pointermove', (event) => show(at(event)), { signal });
  element.addEventListener('pointercancel', () => {
    begin = undefined;
    box.hidden = true;
  }, { signal });
  element.addEventListener('pointerup', (event) => {
    if (begin === undefined) return;
    const pixels = [begin, at(event)].sort((a, b) => a - b);
    begin = undefined;
    box.hidden = true;
    if ((pixels[1] ?? 0) - (pixels[0] ?? 0) < LEAST) return;
    const [from, to] = pixels.map((x) => nearest(times, Number(engine.convertFromPixel({ xAxisIndex: 0 }, x))));
    if (from !== undefined && to !== undefined && from < to) onSpan(from, to);
  }, { signal });
}

/** The day of the times that is closest to a moment. */
function nearest(times: string[], ms: number): string | undefined {
  let best: string | undefined;
  for (const time of times) if (best === undefined || Math.abs(Date.parse(time) - ms) < Math.abs(Date.parse(best) - ms)) best = time;
  return best?.slice(0, 10);
}
