// Asking the page's own server. What it answers is in answers.ts.

/** Asks the page's own server; empty parameters are left out. */
export async function ask<T>(path: string, params: Record<string, string> = {}): Promise<T> {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== ''));
  const answer = await fetch(query.size > 0 ? `${path}?${query}` : path);
  const body: unknown = await answer.json();
  if (!answer.ok) throw new Error((body as { error?: string }).error ?? answer.statusText);
  return body as T;
}
