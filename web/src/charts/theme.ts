// Colours are the style sheet's custom properties, so that dark mode and print change
// them without a redraw: SVG takes var(--name) as it is.

import { formatTick } from '../format';

export const ink = 'var(--ink)';
export const muted = 'var(--muted)';
export const rule = 'var(--rule)';
export const paper = 'var(--paper)';

/** How many colours the style sheet has for equals (functions.go has the same). */
const PARTS = 8;

export function partColour(index: number): string {
  return `var(--part-${(index % PARTS) + 1})`;
}

export const roleColour = { observed: 'var(--observed)', baseline: 'var(--baseline)' } as const;

export const markerColour = {
  announced: 'var(--announced)',
  enforced: 'var(--enforced)',
  ended: 'var(--ended)',
  other: 'var(--other)',
} as const;

// Text in SVG is set with the font shorthand, which takes no 'inherit'.
const fontFamily = getComputedStyle(document.body).fontFamily;

const font = { fontFamily, fontSize: 12, color: muted };

/** The text next to a marked line. */
export const markerFont = { fontFamily, fontSize: 12 };

export const textStyle = { fontFamily, fontSize: 12, color: ink };

const pen = document.createElement('canvas').getContext('2d');

/** How wide a text is in the page's font. */
export function textWidth(text: string, size = 12, bold = false): number {
  if (pen === null) return text.length * size * 0.6;
  pen.font = `${bold ? 'bold ' : ''}${size}px ${fontFamily}`;
  return pen.measureText(text).width;
}

/** The value axis: no line of its own, thin rules, grouped numbers; its name stands above. */
export function valueAxis(name: string, nameGap = 10): Record<string, unknown> {
  return {
    type: 'value',
    name,
    nameTextStyle: { ...font, align: 'left', padding: [0, 0, 4, -56] },
    nameGap,
    axisLabel: { ...font, formatter: (value: number) => formatTick(value), hideOverlap: true },
    axisLine: { show: false, onZero: false },
    axisTick: { show: false },
    splitLine: { lineStyle: { color: rule, width: 1 } },
    splitNumber: 4,
  };
}

export const axisLine = { lineStyle: { color: muted, width: 1 } };
export const axisLabel = font;

/** The tooltip's box is styled by .tip in the style sheet. */
export const tooltipBox = {
  className: 'tip',
  confine: true,
  backgroundColor: 'var(--paper)',
  borderColor: 'var(--rule-strong)',
  borderWidth: 1,
  padding: 10,
  textStyle,
  transitionDuration: 0,
};
