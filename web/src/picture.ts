// A figure as one SVG that stands alone: caption, legend, panels and drawing where the
// page has them, colours as they are seen now, and the description for those who do not see it.

import { textWidth } from './charts/theme';

const SVG = 'http://www.w3.org/2000/svg';
const PAD = 12;

function node(name: string, attributes: Record<string, string | number>, text = ''): SVGElement {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  made.textContent = text;
  return made;
}

export function pictureOf(figure: HTMLElement, caption: string, description: string): string {
  const chart = figure.querySelector<HTMLElement>('.chart');
  const box = figure.getBoundingClientRect();
  const width = Math.ceil(box.width) + 2 * PAD;
  const height = Math.ceil((chart?.getBoundingClientRect().bottom ?? box.bottom) - box.top) + 2 * PAD;
  const at = (element: Element): { x: number; y: number; width: number; height: number } => {
    const { left, top, width: w, height: h } = element.getBoundingClientRect();
    return { x: left - box.left + PAD, y: top - box.top + PAD, width: w, height: h };
  };
  const out = node('svg', { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, role: 'img', 'font-family': getComputedStyle(document.body).fontFamily });
  out.append(node('title', {}, caption), node('desc', {}, description), node('rect', { width, height, fill: getComputedStyle(document.body).backgroundColor }));
  for (const words of figure.querySelectorAll<HTMLElement>('figcaption, .legend li, .panel p')) {
    const key = words.querySelector('.key');
    if (key !== null) {
      const style = getComputedStyle(key);
      const line = style.borderTopWidth !== '0px' && style.borderTopStyle !== 'none' && !/area|band|masked|window/.test(key.className);
      const { x, y, width: w, height: h } = at(key);
      out.append(node('rect', { x, y, width: w, height: Math.max(h, 2), fill: line ? style.borderTopColor : style.backgroundColor }));
    }
    out.append(...textOf(words, at(words), (key?.getBoundingClientRect().width ?? -7) + 7));
  }
  for (const drawing of chart?.querySelectorAll('svg') ?? []) {
    const copy = drawing.cloneNode(true) as SVGElement;
    const { x, y } = at(drawing);
    copy.setAttribute('x', String(x));
    copy.setAttribute('y', String(y));
    copy.removeAttribute('style');
    out.append(copy);
  }
  const colours = getComputedStyle(document.documentElement);
  return new XMLSerializer().serializeToString(out).replace(/var\((--[\w-]+)\)/g, (_, name: string) => colours.getPropertyValue(name).trim());
}

/** The words of an element, broken into lines where they are wider than it. */
function textOf(words: HTMLElement, at: { x: number; y: number; width: number }, indent: number): SVGElement[] {
  const style = getComputedStyle(words);
  const size = Number.parseFloat(style.fontSize);
  const lines: string[] = [];
  for (const word of (words.textContent ?? '').split(' ')) {
    const longer = lines.length === 0 ? word : `${lines[lines.length - 1]} ${word}`;
    if (lines.length > 0 && indent === 0 && textWidth(longer, size) > at.width) lines.push(word);
    else lines.splice(-1, 1, longer);
  }
  return lines.map((line, i) => node('text', { x: at.x + indent, y: at.y + size * (1.2 + 1.5 * i), 'font-size': size, 'font-weight': style.fontWeight, fill: style.color }, line));
}

/** The picture in points, two to a pixel of the page. */
export async function rasterOf(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = 2 * image.width;
  canvas.height = 2 * image.height;
  const pen = canvas.getContext('2d');
  pen?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob === null ? reject(new Error('the browser made no picture')) : resolve(blob)), 'image/png'));
}
