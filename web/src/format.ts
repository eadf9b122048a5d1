// Numbers and days as web/report prints them (number.go): three significant digits,
// grouped thousands, a true minus, ISO days.

const THIN_SPACE = '\u202f';
const HARD_SPACE = '\u00a0';

/** What stands where a value is unknown. */
export const UNKNOWN = '\u2013';

function decimals(size: number): number {
  if (size === 0 || size >= 100) return 0;
  if (size >= 10) return 1;
  return size >= 1 ? 2 : 3;
}

export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const size = Math.abs(value);
  const [whole = '0', fraction] = size.toFixed(Number.isInteger(value) ? 0 : decimals(size)).split('.');
  const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, THIN_SPACE) : whole;
  return (value < 0 ? '\u2212' : '') + grouped + (fraction === undefined ? '' : '.' + fraction);
}

/** A number on an axis: as many decimals as its round steps need, and no more. */
export function formatTick(value: number): string {
  const size = Math.abs(value);
  if (Number.isInteger(value) || size >= 100) return formatNumber(Math.round(value));
  return (value < 0 ? '\u2212' : '') + String(Number(size.toPrecision(6)));
}

export function withUnit(value: number | null | undefined, unit: string): string {
  const text = formatNumber(value);
  return unit === '' || text === UNKNOWN ? text : text + HARD_SPACE + unit;
}

/** A difference with its sign. */
export function formatSigned(value: number | null | undefined, unit: string): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return UNKNOWN;
  const text = Math.abs(value).toFixed(Math.abs(value) < 9.95 ? 1 : 0);
  return `${Number(text) === 0 ? '' : value > 0 ? '+' : '\u2212'}${text}${HARD_SPACE}${unit}`;
}

/** A whole number with its sign; zero has none. */
export function formatSignedCount(value: number): string {
  return `${value > 0 ? '+' : ''}${formatNumber(value)}`;
}

/** The ISO day, or day and hour, of a time in milliseconds UTC. */
export function formatTime(ms: number, hourly: boolean): string {
  const iso = new Date(ms).toISOString();
  return hourly ? iso.slice(0, 10) + ' ' + iso.slice(11, 16) : iso.slice(0, 10);
}

/** The ISO day that a marker's own time stamp names, in its own zone. */
export function dayOf(stamp: string): string {
  return stamp.slice(0, 10);
}
