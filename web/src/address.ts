// The address is the state: what is shown is what it says, and nothing else is kept.

export interface Choice {
  country: string; // empty: the overview
  tool: string; // empty for all
  measure: string;
  days: string; // a number of days, empty for all, or the id of an event
}

export const MEASURES = ['clients', 'share'];

/** What the address says. */
export function read(): Choice {
  const given = new URLSearchParams(location.search);
  const value = (name: string): string => given.get(name) ?? '';
  return { country: value('country'), tool: value('tool'), measure: value('measure') || 'clients', days: value('days') };
}

/** The address of a choice; what is as usual is left out. */
export function addressOf(choice: Choice): string {
  const { country, tool, measure, days } = choice;
  const params = Object.entries({ country, tool, measure: measure === 'clients' ? '' : measure, days }).filter(([, value]) => value !== '');
  return params.length === 0 ? '/' : `/?${new URLSearchParams(params)}`;
}

/** Goes to another address without loading the page again; the button "back" comes back. */
export function go(choice: Choice): void {
  history.pushState(null, '', addressOf(choice));
}
