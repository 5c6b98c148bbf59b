import { parse, View } from 'vega';
import { compile, type TopLevelSpec } from 'vega-lite';
import type { Metric, MetricWidget, Widget } from './body.ts';
import { sampleOf } from './sample-data.ts';

/** CloudWatch's own first colours. */
const COLORS = ['#1f77b4', '#ff7f0e', '#2ca02c', '#d62728', '#9467bd', '#8c564b', '#e377c2'];

const CONFIG = {
  background: 'white',
  font: 'sans-serif',
  title: { anchor: 'start', fontSize: 13, offset: 8 },
  axis: { labelFontSize: 10, titleFontSize: 10, titleFontWeight: 'normal', gridColor: '#eeeeee' },
  legend: { orient: 'bottom', direction: 'horizontal', labelFontSize: 10, labelLimit: 260, title: null },
  view: { stroke: null },
} as const;

/** A chart made of layers, as Vega-Lite types it. */
type Layered = Extract<TopLevelSpec, { layer: unknown[] }>;
type Layer = Layered['layer'][number];
type Content = Pick<Layered, 'data' | 'encoding' | 'layer' | 'resolve'>;

interface Size {
  width: number;
  height: number;
}

function lines(
  metrics: readonly Metric[],
  properties: MetricWidget['properties'],
  side: 'left' | 'right',
): Layer {
  const { stacked = false, yAxis } = properties;
  const own = metrics.filter(({ axis }) => axis === side);
  const { min, max, label } = yAxis?.[side] ?? {};
  const scale = {
    ...(min !== undefined && { domainMin: min }),
    ...(max !== undefined && { domainMax: max }),
  };
  return {
    data: {
      values: own.flatMap((metric) => sampleOf(metric).map((at) => ({ ...at, series: metric.label }))),
    },
    mark: stacked ? { type: 'area', interpolate: 'step-after' } : { type: 'line', strokeWidth: 1.5 },
    encoding: {
      x: {
        field: 'hour',
        type: 'quantitative',
        scale: { domain: [0, 24] },
        axis: {
          title: null,
          values: [0, 4, 8, 12, 16, 20, 24],
          labelExpr: "format(datum.value, '02d') + ':00'",
        },
      },
      y: {
        field: 'value',
        type: 'quantitative',
        stack: stacked ? 'zero' : null,
        scale,
        axis: { title: label ?? null, orient: side, tickCount: 4, tickMinStep: 1, grid: side === 'left' },
      },
      color: {
        field: 'series',
        type: 'nominal',
        scale: { domain: metrics.map((metric) => metric.label), range: [...COLORS] },
        legend: { columns: metrics.length > 3 || own.length < metrics.length ? 2 : 3 },
      },
    },
  };
}

function overTime({ properties }: MetricWidget): Content {
  const { metrics, annotations } = properties;
  const hasRight = metrics.some(({ axis }) => axis === 'right');
  const limits = (annotations?.horizontal ?? []).map(({ label, value }) => ({
    label: `${label}: ${value}`,
    value,
  }));
  const data = { values: limits };
  const y = { field: 'value', type: 'quantitative' } as const;
  return {
    layer: [
      lines(metrics, properties, 'left'),
      ...(hasRight ? [lines(metrics, properties, 'right')] : []),
      ...(limits.length > 0
        ? [
            {
              data,
              mark: { type: 'rule', color: '#d62728', strokeDash: [4, 3] },
              encoding: { y },
            } satisfies Layer,
            {
              data,
              mark: { type: 'text', align: 'left', dx: 3, dy: -6, x: 0, color: '#d62728', fontSize: 10 },
              encoding: { y, text: { field: 'label' } },
            } satisfies Layer,
          ]
        : []),
    ],
    resolve: { scale: { y: hasRight ? 'independent' : 'shared' } },
  };
}

/** What one number over the whole day, or the latest one, is. */
function numberOf(metric: Metric, ofTheDay: boolean): number {
  const values = sampleOf(metric).map(({ value }) => value);
  if (!ofTheDay) return values.at(-1) ?? 0;
  if (metric.stat === 'Sum') return values.reduce((sum, value) => sum + value, 0);
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function numbers({ properties: { metrics, setPeriodToTimeRange = false } }: MetricWidget): Content {
  const text = (dy: number, fontSize: number, field: string, color: string): Layer => ({
    mark: { type: 'text', dy, fontSize, color },
    encoding: { text: { field } },
  });
  return {
    data: {
      values: metrics.map((metric) => ({
        label: metric.label,
        value: String(numberOf(metric, setPeriodToTimeRange)),
      })),
    },
    encoding: { x: { field: 'label', type: 'nominal', axis: null, sort: null } },
    layer: [text(-6, 20, 'value', '#222222'), text(16, 10, 'label', '#555555')],
  };
}

const ALARM_COLUMNS = 2;

function states({ properties: { alarms } }: Extract<Widget, { type: 'alarm' }>): Content {
  const cell: Layered['encoding'] = {
    x: { field: 'column', type: 'ordinal', axis: null, scale: { paddingInner: 0.02 } },
    y: { field: 'row', type: 'ordinal', axis: null, scale: { paddingInner: 0.12 } },
  };
  return {
    data: {
      values: alarms.map((arn, index) => ({
        name: arn.replace(/\.Arn$/, ''),
        column: index % ALARM_COLUMNS,
        row: Math.floor(index / ALARM_COLUMNS),
        // As the sample has it: one letter waits.
        color: arn.startsWith('DeadLetterAlarm') ? '#d62728' : '#2ca02c',
      })),
    },
    encoding: cell,
    layer: [
      {
        mark: { type: 'rect', cornerRadius: 2 },
        encoding: { color: { field: 'color', type: 'nominal', scale: null } },
      },
      {
        mark: { type: 'text', fontSize: 9, color: 'white' },
        encoding: { text: { field: 'name' } },
      },
    ],
  };
}

function contentOf(widget: Widget): Content {
  if (widget.type === 'alarm') return states(widget);
  return widget.properties.view === 'singleValue' ? numbers(widget) : overTime(widget);
}

/** One widget as an SVG document, with sample data in it. */
export async function chart(widget: Widget, { width, height }: Size): Promise<string> {
  const spec: TopLevelSpec = {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    width,
    height,
    autosize: { type: 'fit', contains: 'padding' },
    padding: 8,
    title: widget.properties.title,
    config: CONFIG,
    ...contentOf(widget),
  };
  const view = new View(parse(compile(spec).spec), { renderer: 'none' });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}
