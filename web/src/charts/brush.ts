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
  let left = 0; // of the chart on the screen
  let reached = 0;
  let frame = 0; // that is waited for; 0: none
  const paint = (): void => {
    frame = 0;
    if (begin === undefined) return;
    const [from, to] = [Math.min(reached, begin), Math.max(reached, begin)];
    box.hidden = to - from < LEAST;
    box.style.transform = `translateX(${from}px)`;
    box.style.width = `${to - from}px`;
  };
  const end = (): void => {
    begin = undefined;
    box.hidden = true;
  };
  // Before the chart sees it: one that saw the button go down would look for what lies under the pointer with every move.
  element.addEventListener('pointerdown', (event) => {
    if (event.pointerType === 'touch' || event.button !== 0) return; // a finger scrolls
    event.stopPropagation();
    engine.dispatchAction({ type: 'hideTip' });
    left = element.getBoundingClientRect().left;
    begin = reached = event.clientX - left;
    element.setPointerCapture(event.pointerId);
  }, { signal, capture: true });
  element.addEventListener('pointermove', (event) => {
    if (begin === undefined) return;
    reached = event.clientX - left;
    if (frame === 0) frame = requestAnimationFrame(paint);
  }, { signal });
  element.addEventListener('pointercancel', end, { signal });
  element.addEventListener('pointerup', (event) => {
    if (begin === undefined) return;
    const pixels = [begin, event.clientX - left].sort((a, b) => a - b);
    end();
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
