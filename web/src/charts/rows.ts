// Charts with a row a name: effects with their intervals (a forest plot), and amounts
// (bars).

import { formatNumber, withUnit } from '../format';
import type { Bars, Forest, Interval, Value } from '../model';
import type { Option } from './engine';
import { axisLabel, axisLine, ink, muted, partColour, rule, textStyle, tooltipBox, valueAxis } from './theme';
import { tip } from './tip';

/** Height of one row in pixels, and of what is around the rows. */
export const ROW_HEIGHT = 30;
export const FRAME_HEIGHT = 64;

interface Api {
  value: (dimension: number) => number;
  coord: (point: [number, number]) => [number, number];
}

interface Row {
  label: string;
  value: Value;
  interval: Interval;
}

export function forestOption(forest: Forest, width: number): Option {
  const rows = forest.rows;
  return {
    ...frame(rows, forest.label, forest.unit, width),
    series: [
      {
        name: forest.label,
        type: 'custom',
        encode: { x: [1, 2, 3], y: 0 },
        data: rows.map((row, i) => [i, row.value ?? '-', row.interval.low ?? '-', row.interval.high ?? '-']),
        renderItem: (params: { dataIndex: number }, api: Api) => {
          const row = rows[params.dataIndex];
          if (row === undefined || row.value === null) return undefined;
          const [x, y] = api.coord([api.value(1), api.value(0)]);
          if (row.interval.low === null || row.interval.high === null) return { type: 'circle', shape: { cx: x, cy: y, r: 4 }, style: { fill: ink } };
          const [from] = api.coord([api.value(2), api.value(0)]);
          const [to] = api.coord([api.value(3), api.value(0)]);
          if (row.summary === true) {
            return {
              type: 'polygon',
              shape: { points: [[from, y], [x, y - 8], [to, y], [x, y + 8]] },
              style: { fill: 'var(--enforced)' },
            };
          }
          const half = 3 + 6 * Math.sqrt(row.weight ?? 0.2); // area by weight
          return {
            type: 'group',
            children: [
              { type: 'line', shape: { x1: from, y1: y, x2: to, y2: y }, style: { stroke: muted, lineWidth: 1.5 } },
              { type: 'rect', shape: { x: x - half, y: y - half, width: 2 * half, height: 2 * half }, style: { fill: 'var(--observed)' } },
            ],
          };
        },
      },
      zeroLine(),
    ],
  };
}

export function barsOption(bars: Bars, width: number): Option {
  const rows = bars.rows;
  return {
    ...frame(rows, bars.unit, bars.unit, width),
    series: [
      {
        name: bars.unit,
        type: 'bar',
        data: rows.map((row) => row.value ?? '-'),
        barMaxWidth: 16,
        itemStyle: { color: partColour(0) },
        emphasis: { disabled: true },
        label: { show: false },
      },
      {
        name: 'interval',
        type: 'custom',
        silent: true,
        encode: { x: [1, 2], y: 0 },
        data: rows.map((row, i) => [i, row.interval.low ?? '-', row.interval.high ?? '-']),
        renderItem: (params: { dataIndex: number }, api: Api) => {
          const row = rows[params.dataIndex];
          if (row === undefined || row.interval.low === null || row.interval.high === null) return undefined;
          const [from, y] = api.coord([api.value(1), api.value(0)]);
          const [to] = api.coord([api.value(2), api.value(0)]);
          return { type: 'line', shape: { x1: from, y1: y, x2: to, y2: y }, style: { stroke: ink, lineWidth: 1.5 } };
        },
      },
    ],
  };
}

/** The axes and the tooltip that both share: names down the side, first row on top. */
function frame(rows: Row[], name: string, unit: string, width: number): Option {
  const longest = rows.reduce((most, row) => Math.max(most, row.label.length), 0);
  const side = Math.min(longest * 7 + 16, width * 0.38);
  return {
    animation: false,
    textStyle,
    grid: { left: side, right: 24, top: 8, bottom: 48 },
    legend: { show: false },
    tooltip: {
      ...tooltipBox,
      trigger: 'item',
      formatter: (point: { dataIndex: number }) => {
        const row = rows[point.dataIndex];
        if (row === undefined) return '';
        const entries = [{ name: 'value', value: withUnit(row.value, unit) }];
        if (row.interval.low !== null) {
          entries.push({ name: `${100 * row.interval.level}\u00a0% interval`, value: `${formatNumber(row.interval.low)} to ${formatNumber(row.interval.high)}` });
        }
        return tip(row.label, entries);
      },
    },
    xAxis: {
      ...valueAxis(name),
      nameLocation: 'middle',
      nameGap: 30,
      nameTextStyle: axisLabel,
      axisLine: { show: false },
      splitNumber: Math.max(3, Math.floor(width / 130)),
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: rows.map((row) => row.label),
      axisLine: { ...axisLine, onZero: false, show: false },
      axisTick: { show: false },
      axisLabel: { ...axisLabel, color: ink, interval: 0, width: side - 12, overflow: 'truncate' },
      splitLine: { show: true, lineStyle: { color: rule } },
    },
  };
}

function zeroLine(): Record<string, unknown> {
  return {
    name: 'no change',
    type: 'line',
    data: [],
    silent: true,
    markLine: {
      silent: true,
      symbol: 'none',
      animation: false,
      data: [{ xAxis: 0, lineStyle: { color: muted, type: 'solid', width: 1 }, label: { show: false } }],
    },
  };
}
