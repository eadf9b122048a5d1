// Lets a reader take the numbers along. The file is made in the page: nothing is fetched.

/** Saves the text under the name, as a download. */
export function save(name: string, type: string, text: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(new Blob([text], { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
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
