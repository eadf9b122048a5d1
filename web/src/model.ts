// What web/report writes into the page: the JSON of its Go types.

/** A measured value; null where unknown. */
export type Value = number | null;

export interface Interval {
  low: Value;
  high: Value;
  level: number;
}

export type Role = 'observed' | 'baseline' | 'part';

export interface Line {
  name: string;
  role: Role;
  values: Value[];
}

export interface Band {
  name: string;
  low: Value[];
  high: Value[];
}

export type MarkerKind = 'announced' | 'enforced' | 'ended' | 'other';

export interface Marker {
  at: string;
  label: string;
  kind: MarkerKind;
  notes?: Note[]; // what is known of its events
}

/** What a marked date says when it is asked. */
export interface Note {
  id: string;
  target: string;
  kind: string;
  dates: string;
  text: string;
  sources: string[]; // addresses
}

export interface Shade {
  from: string;
  to: string;
  label: string;
  kind: 'masked' | 'window';
}

export interface TimeSeries {
  times: string[];
  hourly?: boolean;
  step?: string; // a time is the first day of a week or month
  origin?: string; // the day 0 that times are counted from
  log?: boolean; // a logarithmic axis
  zone: string;
  unit: string;
  stacked?: boolean;
  lines: Line[] | null;
  told?: Line[];
  band?: Band;
  markers: Marker[] | null;
  shades: Shade[] | null;
}

export interface Panel {
  title: string;
  note: string;
  series: TimeSeries;
}

export interface Bin {
  low: number;
  high: number;
  count: number;
}

export interface Histogram {
  what: string;
  unit: string;
  marked: Value;
  label: string;
  bins: Bin[] | null;
}

export interface ForestRow {
  label: string;
  note: string;
  value: Value;
  interval: Interval;
  weight: Value;
  summary?: boolean;
}

export interface Forest {
  unit: string;
  label: string;
  rows: ForestRow[];
}

export interface Bar {
  label: string;
  value: Value;
  interval: Interval;
}

export interface Bars {
  unit: string;
  rows: Bar[];
}

export interface Chart {
  id: string;
  caption: string;
  description: string;
  series?: TimeSeries;
  panels?: Panel[];
  histogram?: Histogram;
  forest?: Forest;
  bars?: Bars;
}

export interface Report {
  event: { id: string };
  main: Chart;
  denominator?: { chart?: Chart };
  placebo?: Chart;
  questions: { id: string; charts: Chart[] | null }[] | null;
  controls: { chart?: Chart };
}

/** Every chart of the report, in the order of the page. */
export function chartsOf(report: Report): Chart[] {
  const charts: (Chart | undefined)[] = [report.main, report.denominator?.chart, report.placebo];
  for (const question of report.questions ?? []) charts.push(...(question.charts ?? []));
  charts.push(report.controls.chart);
  return charts.filter((chart): chart is Chart => chart !== undefined);
}
