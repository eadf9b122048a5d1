// What web/serve answers (api.go), and asking for it.

export interface Place {
  country: string;
  name: string;
  first: string;
  last: string;
  simulated: boolean;
}

export interface CataloguedEvent {
  id: string;
  country: string;
  target: string;
  kind: string;
  date: string;
  announced: string;
  enforced: string;
  ended: string;
  precision: string;
}

export interface DailyRow {
  day: string;
  clients: number;
  all_clients: number;
  fraction: number;
  simulated: number;
}

export interface ToolRow {
  day: string;
  tool: string;
  category: string;
  clients: number;
  simulated: number;
}

/** Asks the page's own server; empty parameters are left out. */
export async function ask<T>(path: string, params: Record<string, string> = {}): Promise<T> {
  const query = new URLSearchParams(Object.entries(params).filter(([, value]) => value !== ''));
  const answer = await fetch(query.size > 0 ? `${path}?${query}` : path);
  const body: unknown = await answer.json();
  if (!answer.ok) throw new Error((body as { error?: string }).error ?? answer.statusText);
  return body as T;
}
