// A series by the day, the week or the month, and with moving means.

import type { Choice } from './address';
import { meanOf, movingMean } from './days';
import type { Line, TimeSeries, Value } from './model';

const MOST_DAYS = 400; // longer spans are drawn by the week
const MOST_WEEKS = 2200; // days; longer ones by the month

/** The series as it is drawn: smoothed, and in the steps that are asked for or fit its span. */
export function stepped(series: TimeSeries, { step, mean }: Choice): TimeSeries {
  if (series.hourly === true) return series;
  const days = series.times.length;
  const fitting = days > MOST_WEEKS ? 'month' : days > MOST_DAYS ? 'week' : 'day';
  const taken = step === '' || step === 'hour' ? fitting : step;
  if (taken !== 'day') return inSteps(series, taken);
  if (mean === '') return series;
  const over = Number(mean);
  const lines = (series.lines ?? []).map((line) => (line.role === 'baseline' ? line : { ...line, values: movingMean(line.values, over) }));
  return { ...series, unit: `${series.unit}, mean of ${mean} days`, lines };
}

/** The mean of the days that are known in each step, and for a lone line their range as a band. */
function inSteps(series: TimeSeries, step: string): TimeSeries {
  const starts = series.times.flatMap((time, i) => (step === 'week' ? i % 7 === 0 : i === 0 || time.slice(0, 7) !== series.times[i - 1]?.slice(0, 7)) ? [i] : []);
  const each = (values: Value[], of: (known: number[]) => number): Value[] =>
    starts.map((from, i) => {
      const known = values.slice(from, starts[i + 1] ?? values.length).filter((value) => value !== null);
      return known.length === 0 ? null : of(known);
    });
  const shorter = (lines: Line[]): Line[] => lines.map((line) => ({ ...line, values: each(line.values, meanOf) }));
  const lines = (series.lines ?? []).filter((line) => line.role !== 'baseline');
  const { band: _, ...rest } = series;
  const first = lines[0];
  const band = lines.length === 1 && first !== undefined ? { name: 'lowest and highest day', low: each(first.values, (known) => Math.min(...known)), high: each(first.values, (known) => Math.max(...known)) } : undefined;
  return {
    ...rest,
    step,
    unit: `${series.unit}, mean of the ${step}`,
    times: starts.map((from) => series.times[from] ?? ''),
    lines: shorter(lines),
    told: shorter(series.told ?? []),
    ...(band === undefined ? {} : { band }),
  };
}
