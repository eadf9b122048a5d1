// The address is the state: what is shown is what it says, and nothing else is kept.

export interface Choice {
  country: string; // empty: the overview
  tool: string; // empty for all
  measure: string;
  days: string; // a number of days, empty for all, FROM..TO, or the id of an event
  by: string; // what the second chart is divided by
  as: string; // how that is drawn
  step: string; // empty: as fits the span; hours are asked for
  mean: string; // empty, or how many days a moving mean takes
  scale: string; // empty: linear
  with: string; // countries or events to compare with, by commas
}

/** What each part of a choice may be; the first is the usual one. Others are free. */
export const KNOWN = {
  measure: ['clients', 'share', 'bytes'],
  by: ['tool', 'category', 'service', 'network'],
  as: ['stack', 'lines', 'panels'],
  step: ['', 'day', 'week', 'month', 'hour'],
  mean: ['', '7'],
  scale: ['', 'log'],
};

/** A choice of nothing but a country and days. */
export function plain(country: string, days = ''): Choice {
  return { country, tool: '', measure: 'clients', days, by: 'tool', as: 'stack', step: '', mean: '', scale: '', with: '' };
}

/** What the address says. */
export function read(): Choice {
  const given = new URLSearchParams(location.search);
  const choice = plain('');
  for (const name of Object.keys(choice) as (keyof Choice)[]) choice[name] = given.get(name) || choice[name];
  return choice;
}

/** The address of a choice; what is as usual is left out. */
export function addressOf(choice: Choice): string {
  const usual = plain('');
  const params = (Object.keys(choice) as (keyof Choice)[]).filter((name) => choice[name] !== usual[name]).map((name): [string, string] => [name, choice[name]]);
  return params.length === 0 ? '/' : `/?${new URLSearchParams(params)}`;
}

/** Goes to another address without loading the page again; the button "back" comes back. */
export function go(choice: Choice): void {
  history.pushState(null, '', addressOf(choice));
}
