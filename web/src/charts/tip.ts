// Tooltips are built as elements: text from data never becomes markup.

export interface TipRow {
  colour?: string;
  name: string;
  value: string;
}

export function tip(title: string, rows: TipRow[], note = ''): HTMLElement {
  const box = document.createElement('div');
  const head = document.createElement('strong');
  head.textContent = title;
  box.append(head);
  const list = document.createElement('dl');
  for (const row of rows) {
    const name = document.createElement('dt');
    if (row.colour !== undefined) {
      const dot = document.createElement('span');
      dot.className = 'dot';
      dot.style.background = row.colour;
      name.append(dot);
    }
    name.append(row.name);
    const value = document.createElement('dd');
    value.textContent = row.value;
    list.append(name, value);
  }
  box.append(list);
  if (note !== '') {
    const remark = document.createElement('p');
    remark.textContent = note;
    box.append(remark);
  }
  return box;
}
