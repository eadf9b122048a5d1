// What the study of an event says: the sentence, its grade with reasons, how sure it is, and the questions in short.

import { ask } from './api';
import type { Studied } from './answers';
import { draw } from './charts/figure';
import { element, make } from './dom';
import type { Band, Chart, Line, Value } from './model';

/** Shows the study of an event above its chart, and gives it; undefined where it cannot be made, which is told. */
export async function showAnswer(event: string, current: () => boolean): Promise<Studied | undefined> {
  const section = element('answer');
  section.hidden = false;
  document.body.classList.add('has-answer');
  const wait = make('p', 'Testing this day against other dates and other countries…', { className: 'quiet' });
  wait.role = 'status';
  section.replaceChildren(make('progress', [], { ariaLabel: 'the study is made' }), wait);
  try {
    const study = await ask<Studied>('/api/study', { event });
    if (!current()) return undefined;
    section.replaceChildren(...headline(study));
    element('sure').hidden = element('questions').hidden = false;
    showSure(study);
    showQuestions(study);
    return study;
  } catch (error) {
    if (current()) section.replaceChildren(make('p', `No study of this event: ${error instanceof Error ? error.message : String(error)}.`));
    return undefined;
  }
}

export function hideAnswer(): void {
  for (const id of ['answer', 'sure', 'questions']) element(id).hidden = true;
  document.body.classList.remove('has-answer');
}

function headline(study: Studied): Node[] {
  const [first, ...more] = study.reasons;
  const verdict = make('p', [make('span', study.grade_words, { className: `grade grade-${study.grade}` }), `: ${study.meaning}.`], { className: 'verdict' });
  if (first === undefined) return [verdict];
  const why = make('details', [make('summary', `Why: ${first}${more.length === 0 ? '' : ` (and ${more.length} more)`}`), make('ul', study.reasons.map((reason) => make('li', reason)), { className: 'reasons' })], { className: 'why' });
  return [verdict, why];
}

/** The expected line and its interval on the days of a chart. */
export function expected(study: Studied, axis: string[]): { line: Line; band?: Band } | undefined {
  const { series } = study.main as unknown as Chart;
  const line = series?.lines?.find((one) => one.role === 'baseline');
  if (series === undefined || line === undefined) return undefined;
  const places = new Map(series.times.map((time, i) => [time.slice(0, 10), i]));
  const onAxis = (values: Value[]): Value[] => axis.map((day) => values[places.get(day) ?? -1] ?? null);
  const band = series.band;
  return { line: { ...line, values: onAxis(line.values) }, ...(band === undefined ? {} : { band: { name: band.name, low: onAxis(band.low), high: onAxis(band.high) } }) };
}

function showSure(study: Studied): void {
  const charts = study.charts as unknown as Chart[];
  const figures = charts.map((chart) => {
    const kind = chart.histogram !== undefined ? 'histogram' : chart.forest !== undefined ? 'forest' : chart.panels !== undefined ? 'panels' : 'series';
    const plot = make('div', [], { className: `chart chart-${kind}`, role: 'img', ariaLabel: chart.description || chart.caption });
    plot.dataset['chart'] = chart.id;
    return make('figure', [make('figcaption', chart.caption), plot], { className: 'figure' });
  });
  const words = [...study.sure, study.denominator].filter((text) => text !== '').map((text) => make('p', text));
  const report = make('a', 'The report has other windows, the method and every number.', { href: `/report/${encodeURIComponent(study.event)}` });
  const details = make('details', [make('summary', 'Placebo dates, and controls by weight'), ...figures]);
  details.addEventListener('toggle', () => charts.forEach((chart) => draw(chart)), { once: true }); // a chart needs its width
  element('sure-content').replaceChildren(...words, details, make('p', report));
}

function showQuestions(study: Studied): void {
  const report = (id: string): string => `/report/${encodeURIComponent(study.event)}#${id}`;
  const cards = study.questions.filter((one) => one.missing === '').map((one) =>
    make('div', [make('h3', make('a', one.title, { href: report(one.id) })), make('p', one.figure, { className: 'big' }), ...(one.interval === '' ? [] : [make('p', one.interval, { className: 'quiet' })]), make('p', one.answer)], { className: 'tile' }),
  );
  const missing = study.questions.filter((one) => one.missing !== '');
  const folded = make('details', [
    make('summary', `Not measured here: ${missing.map((one) => one.title).join(' ')}`),
    make('ul', missing.map((one) => make('li', `${one.title} ${one.missing}`)), { className: 'caveats' }),
  ]);
  element('question-cards').replaceChildren(...cards);
  element('question-missing').replaceChildren(...(missing.length === 0 ? [] : [folded]));
}
