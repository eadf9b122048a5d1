// Days as the page has them: ISO texts, and values with a gap where there is no telemetry.

import type { Value } from './model';

const DAY = 86_400_000;

export function shift(day: string, by: number): string {
  return isoDay(Date.parse(day) + by * DAY);
}

/** How many days lie from one to another. */
export function apart(from: string, to: string): number {
  return Math.round((Date.parse(to) - Date.parse(from)) / DAY);
}

function isoDay(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Every hour of the days of the rows, with or without telemetry. */
export function hoursOf(rows: { day: string }[]): string[] {
  return daysOf(rows).flatMap((day) => Array.from({ length: 24 }, (_, hour) => `${day}T${String(hour).padStart(2, '0')}:00Z`));
}

/** Every day from the first of the rows to the last, with or without telemetry. */
export function daysOf(rows: { day: string }[]): string[] {
  const first = rows[0]?.day ?? '';
  return Array.from({ length: apart(first, rows[rows.length - 1]?.day ?? '') + 1 }, (_, i) => shift(first, i));
}

/** Gives the values of rows by day. */
export function valuesOf<Row extends { day: string }>(rows: Row[], axis: string[]): (of: (row: Row) => Value) => Value[] {
  const byDay = new Map(rows.map((row) => [row.day, row]));
  return (of) =>
    axis.map((day) => {
      const found = byDay.get(day);
      return found === undefined ? null : of(found);
    });
}

export const percent = (part: number, whole: number): Value => (whole === 0 ? null : (100 * part) / whole);

export const meanOf = (known: number[]): number => known.reduce((sum, value) => sum + value, 0) / known.length;

/** The mean of the days around each day, where more than half of them are known. */
export function movingMean(values: Value[], days: number): Value[] {
  const side = Math.floor(days / 2);
  return values.map((_, i) => {
    const known = values.slice(Math.max(0, i - side), i + side + 1).filter((value) => value !== null);
    return known.length > side ? meanOf(known) : null;
  });
}
