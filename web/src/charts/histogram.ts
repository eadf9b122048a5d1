// How often placebo effects of each size were found; the event's own effect is marked
// by a series of its own.

import { formatNumber, formatTick, withUnit } from '../format';
import type { Histogram } from '../model';
import type { Option } from './engine';
import { EVENTS } from './series';
import { axisLabel, axisLine, markerFont, muted, textStyle, tooltipBox, valueAxis } from './theme';
import { tip } from './tip';

interface Api {
  value: (dimension: number) => number;
  coord: (point: [number, number]) => [number, number];
}

export function histogramOption(histogram: Histogram, width: number): Option {
  const bins = histogram.bins ?? [];
  const marked = histogram.marked;
  const low = Math.min(bins[0]?.low ?? 0, marked ?? 0);
  const high = Math.max(bins[bins.length - 1]?.high ?? 1, marked ?? 0);
  const air = (high - low) * 0.04;
  const right = marked !== null && marked > (low + high) / 2;
  return {
    animation: false,
    textStyle,
    grid: { left: 58, right: 18, top: 48, bottom: 48 },
    legend: { show: false },
    tooltip: {
      ...tooltipBox,
      trigger: 'item',
      formatter: (point: { dataIndex: number }) => {
        const bin = bins[point.dataIndex];
        if (bin === undefined) return '';
        return tip(`${formatNumber(bin.low)} to ${withUnit(bin.high, histogram.unit)}`, [{ name: histogram.what, value: formatNumber(bin.count) }]);
      },
    },
    xAxis: {
      type: 'value',
      min: low - air,
      max: high + air,
      name: `effect (${histogram.unit})`,
      nameLocation: 'middle',
      nameGap: 30,
      nameTextStyle: axisLabel,
      splitNumber: Math.max(3, Math.floor(width / 110)),
      axisLine: { ...axisLine, onZero: false },
      axisTick: { lineStyle: { color: muted } },
      axisLabel: { ...axisLabel, hideOverlap: true, showMinLabel: false, showMaxLabel: false, formatter: (value: number) => formatTick(value) },
      splitLine: { show: false },
    },
    yAxis: { ...valueAxis(`how many ${histogram.what}`), minInterval: 1 },
    series: [
      {
        name: histogram.what,
        type: 'custom',
        encode: { x: [0, 1], y: 2 },
        data: bins.map((bin) => [bin.low, bin.high, bin.count]),
        renderItem: (_: unknown, api: Api) => {
          const [left, top] = api.coord([api.value(0), api.value(2)]);
          const [end, base] = api.coord([api.value(1), 0]);
          return {
            type: 'rect',
            shape: { x: left + 0.5, y: top, width: Math.max(end - left - 1, 1), height: base - top },
            style: { fill: 'var(--quiet)' },
            emphasis: { style: { fill: 'var(--observed)' } },
          };
        },
      },
      {
        name: EVENTS,
        type: 'line',
        data: [],
        silent: true,
        markLine: {
          silent: true,
          symbol: 'none',
          animation: false,
          data:
            marked === null
              ? []
              : [
                  {
                    xAxis: marked,
                    lineStyle: { color: 'var(--enforced)', width: 2, type: 'solid' },
                    label: {
                      formatter: histogram.label,
                      position: 'end',
                      distance: 5,
                      align: right ? 'right' : 'left',
                      color: 'var(--enforced)',
                      ...markerFont,
                      fontWeight: 'bold',
                    },
                  },
                ],
        },
      },
    ],
  };
}
