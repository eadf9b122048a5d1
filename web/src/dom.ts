// Small words for making elements. Text from data never becomes markup.

type Content = string | Node;

export function element<T extends HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as T;
}

export function make<K extends keyof HTMLElementTagNameMap>(tag: K, content: Content | Content[] = [], properties: Partial<HTMLElementTagNameMap[K]> = {}): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.append(...(Array.isArray(content) ? content : [content]));
  return Object.assign(made, properties);
}

/** A row of a table: the first cell names it. */
export function row(head: Content, cells: Content[], numeric: boolean[] = []): HTMLTableRowElement {
  const first = make('th', head, { scope: 'row' });
  return make('tr', [first, ...cells.map((cell, i) => make('td', cell, { className: numeric[i] === true ? 'n' : '' }))]);
}

export function tell(text: Content | Content[]): void {
  element('status').replaceChildren(...(Array.isArray(text) ? text : [text]));
}
