import { type CollectionTag, parseDocument, type ScalarTag, YAMLMap } from 'yaml';
import * as z from 'zod/mini';
import type { MetricIdentity, Statistic } from './metrics.ts';

/** What an alarm compares with its threshold, one value a period. */
export type Series =
  | { kind: 'metric'; metric: MetricIdentity; statistic: Statistic }
  | { kind: 'number'; value: number }
  | { kind: 'binary'; operator: Operator; left: Series; right: Series }
  | { kind: 'difference'; of: Series }
  | { kind: 'filled'; of: Series; filler: number }
  | { kind: 'choice'; condition: Series; then: Series; otherwise: Series | undefined };

export type Operator = '+' | '-' | '*' | '/' | '==' | '!=' | '<' | '<=' | '>' | '>=';

/** An AWS::CloudWatch::Alarm, its references resolved. */
export interface AlarmDefinition {
  /** The resource's name in the template. */
  name: string;
  series: Series;
  periodMinutes: number;
  evaluationPeriods: number;
  datapointsToAlarm: number;
  comparison:
    | 'GreaterThanThreshold'
    | 'GreaterThanOrEqualToThreshold'
    | 'LessThanThreshold'
    | 'LessThanOrEqualToThreshold';
  threshold: number;
  missingData: 'breaching' | 'ignore' | 'missing' | 'notBreaching';
  /** How often it is evaluated: one that looks at more than a day, at every whole hour (CloudWatch user guide, alarm evaluation). */
  everyMinutes: 1 | 60;
}

/**
 * What a template's references stand for: `Ref`'s name, `GetAtt`'s as `Resource.Attribute`, and what is in the braces of
 * an osls variable, such as `self:provider.stage`.
 */
export type References = Readonly<Record<string, string>>;

const reference = (tag: string, key: string): ScalarTag => ({
  tag,
  resolve: (name) => ({ [key]: name }),
});

const intrinsic = (tag: string, key: string): CollectionTag => ({
  tag,
  collection: 'seq',
  resolve(values) {
    const call = new YAMLMap();
    call.set(key, values);
    return call;
  },
});

/** CloudFormation's short forms, read as the long ones. */
const CLOUDFORMATION_TAGS = [
  reference('!Ref', 'Ref'),
  reference('!Sub', 'Fn::Sub'),
  reference('!GetAtt', 'Fn::GetAtt'),
  intrinsic('!GetAtt', 'Fn::GetAtt'),
  intrinsic('!If', 'Fn::If'),
  intrinsic('!Not', 'Fn::Not'),
  intrinsic('!Equals', 'Fn::Equals'),
];

const templateSchema = z.object({
  Resources: z.optional(z.record(z.string(), z.looseObject({ Type: z.string() }))),
});

const text = z.union([
  z.string(),
  z.strictObject({ Ref: z.string() }),
  z.strictObject({ 'Fn::GetAtt': z.union([z.string(), z.tuple([z.string(), z.string()])]) }),
]);

const metric = {
  Namespace: text,
  MetricName: text,
  Dimensions: z._default(z.array(z.strictObject({ Name: z.string(), Value: text })), []),
};
const statistic = z.enum(['Average', 'Maximum', 'Minimum', 'SampleCount', 'Sum']);
const count = z.int().check(z.positive());
const period = z.int().check(z.positive(), z.multipleOf(60));

const rule = {
  EvaluationPeriods: count,
  DatapointsToAlarm: z.optional(count),
  ComparisonOperator: z.enum([
    'GreaterThanThreshold',
    'GreaterThanOrEqualToThreshold',
    'LessThanThreshold',
    'LessThanOrEqualToThreshold',
  ]),
  Threshold: z.number(),
  TreatMissingData: z._default(z.enum(['breaching', 'ignore', 'missing', 'notBreaching']), 'missing'),
  // What says nothing of when the alarm rings.
  AlarmName: z.optional(z.unknown()),
  AlarmDescription: z.optional(z.unknown()),
  AlarmActions: z.optional(z.unknown()),
  OKActions: z.optional(z.unknown()),
  InsufficientDataActions: z.optional(z.unknown()),
  Tags: z.optional(z.unknown()),
};

// Strict, or a property that is not simulated would be left out without a word.
const resource = <Properties extends z.core.SomeType>(properties: Properties) =>
  z.strictObject({
    Type: z.string(),
    Condition: z.optional(z.string()),
    DependsOn: z.optional(z.unknown()),
    Properties: properties,
  });

const metricAlarm = resource(z.strictObject({ ...rule, ...metric, Statistic: statistic, Period: period }));

const id = z.string().check(z.regex(/^[a-z]\w*$/));
const query = z.union([
  z.strictObject({
    Id: id,
    Label: z.optional(z.unknown()),
    ReturnData: z._default(z.boolean(), true),
    MetricStat: z.strictObject({ Metric: z.strictObject(metric), Period: period, Stat: statistic }),
  }),
  z.strictObject({
    Id: id,
    Label: z.optional(z.unknown()),
    ReturnData: z._default(z.boolean(), true),
    Expression: z.string(),
  }),
]);
type Query = z.infer<typeof query>;

const mathAlarm = resource(z.strictObject({ ...rule, Metrics: z.array(query) }));
const anyAlarm = z.looseObject({ Condition: z.optional(z.string()), Properties: z.looseObject({}) });

/** zod/mini says no more than "Invalid input" by itself. */
const IN_WORDS = { error: z.locales.en().localeError };

const HOUR_MINUTES = 60;
const DAY_MINUTES = 24 * HOUR_MINUTES;

/**
 * The alarms of a CloudFormation template, as CloudWatch would evaluate them.
 * @param conditions those that hold
 * @throws an error that names the alarm, if there is anything in one that is not simulated, or a reference is unknown
 */
export function readAlarmDefinitions(
  yamlText: string,
  references: References,
  conditions: readonly string[] = [],
): AlarmDefinition[] {
  const document = parseDocument(yamlText, { customTags: CLOUDFORMATION_TAGS });
  // An unknown tag is only a warning, and its value is read as if there were no tag.
  for (const problem of [...document.errors, ...document.warnings]) throw problem;
  const { Resources } = templateSchema.parse(document.toJS(), IN_WORDS);

  return Object.entries(Resources ?? {}).flatMap(([name, resource]) => {
    try {
      if (resource.Type === 'AWS::CloudWatch::Alarm')
        return [readAlarm(name, resource, references, conditions)];
      if (!resource.Type.startsWith('AWS::CloudWatch::')) return [];
      throw new Error(`${resource.Type} is not simulated`);
    } catch (error) {
      const reason = error instanceof z.core.$ZodError ? z.prettifyError(error) : error;
      throw new Error(`${name}: ${reason instanceof Error ? reason.message : reason}`, { cause: error });
    }
  });
}

function readAlarm(
  name: string,
  resource: unknown,
  references: References,
  conditions: readonly string[],
): AlarmDefinition {
  const { Condition, Properties } = anyAlarm.parse(resource, IN_WORDS);
  if (Condition !== undefined && !conditions.includes(Condition)) {
    throw new Error(`nobody says that its Condition ${Condition} holds`);
  }
  const isMath = 'Metrics' in Properties;
  const { rules, series, periodSeconds } = isMath
    ? readMathAlarm(resource, references)
    : readMetricAlarm(resource, references);

  const periodMinutes = periodSeconds / 60;
  const datapointsToAlarm = rules.DatapointsToAlarm ?? rules.EvaluationPeriods;
  if (datapointsToAlarm > rules.EvaluationPeriods) {
    throw new Error('DatapointsToAlarm is more than EvaluationPeriods');
  }
  const rangeMinutes = periodMinutes * rules.EvaluationPeriods;
  if (rangeMinutes > (periodMinutes < HOUR_MINUTES ? 1 : 7) * DAY_MINUTES) {
    throw new Error(
      'it looks at more than CloudWatch takes: a day, or seven where a period has an hour or more',
    );
  }
  return {
    name,
    series,
    periodMinutes,
    evaluationPeriods: rules.EvaluationPeriods,
    datapointsToAlarm,
    comparison: rules.ComparisonOperator,
    threshold: rules.Threshold,
    missingData: rules.TreatMissingData,
    everyMinutes: rangeMinutes > DAY_MINUTES ? HOUR_MINUTES : 1,
  };
}

function readMetricAlarm(resource: unknown, references: References) {
  const { Properties: rules } = metricAlarm.parse(resource, IN_WORDS);
  const series: Series = {
    kind: 'metric',
    metric: identify(rules, references),
    statistic: rules.Statistic,
  };
  return { rules, series, periodSeconds: rules.Period };
}

function readMathAlarm(resource: unknown, references: References) {
  const { Properties: rules } = mathAlarm.parse(resource, IN_WORDS);
  const queries = new Map(rules.Metrics.map((query) => [query.Id, query]));
  if (queries.size < rules.Metrics.length) throw new Error('two of its Metrics have the same Id');

  const [result, ...others] = rules.Metrics.filter(({ ReturnData }) => ReturnData);
  if (result === undefined || others.length > 0) {
    throw new Error('not exactly one of its Metrics returns data');
  }
  const [periodSeconds, ...furtherPeriods] = new Set(
    rules.Metrics.flatMap((query) => ('MetricStat' in query ? [query.MetricStat.Period] : [])),
  );
  if (periodSeconds === undefined || furtherPeriods.length > 0) {
    throw new Error('its metrics have not all one period');
  }
  return { rules, series: seriesOf(result, queries, references), periodSeconds };
}

function seriesOf(
  query: Query,
  queries: ReadonlyMap<string, Query>,
  references: References,
  within: readonly string[] = [],
): Series {
  if ('MetricStat' in query) {
    const { Metric, Stat } = query.MetricStat;
    return { kind: 'metric', metric: identify(Metric, references), statistic: Stat };
  }
  if (within.includes(query.Id)) throw new Error(`${query.Id} is made of itself`);
  return parseExpression(query.Expression, (id) => {
    const found = queries.get(id);
    if (found === undefined) throw new Error(`no ${id} among its Metrics`);
    return seriesOf(found, queries, references, [...within, query.Id]);
  });
}

type MetricReference = {
  Namespace: z.infer<typeof text>;
  MetricName: z.infer<typeof text>;
  Dimensions: { Name: string; Value: z.infer<typeof text> }[];
};

function identify(
  { Namespace, MetricName, Dimensions }: MetricReference,
  references: References,
): MetricIdentity {
  return {
    namespace: resolve(Namespace, references),
    name: resolve(MetricName, references),
    dimensions: Object.fromEntries(Dimensions.map(({ Name, Value }) => [Name, resolve(Value, references)])),
  };
}

function resolve(value: z.infer<typeof text>, references: References): string {
  function lookUp(name: string): string {
    const found = Object.hasOwn(references, name) ? references[name] : undefined;
    if (found === undefined) throw new Error(`unknown reference ${name}`);
    return found;
  }
  if (typeof value === 'string') return value.replace(/\$\{([^}]*)\}/g, (_, name: string) => lookUp(name));
  if ('Ref' in value) return lookUp(value.Ref);
  const attribute = value['Fn::GetAtt'];
  return lookUp(typeof attribute === 'string' ? attribute : attribute.join('.'));
}

const COMPARISONS: readonly Operator[] = ['==', '!=', '<', '<=', '>', '>='];
const TOKEN = /\s*(\d+(?:\.\d+)?|[A-Za-z]\w*|[=!<>]=|[-+*/()[\],<>])\s*/y;

function tokensOf(expression: string): string[] {
  const tokens: string[] = [];
  const token = new RegExp(TOKEN);
  while (token.lastIndex < expression.length) {
    const from = token.lastIndex;
    const [, found] = token.exec(expression) ?? [];
    if (found === undefined) throw new Error(`cannot read "${expression.slice(from)}" in "${expression}"`);
    tokens.push(found);
  }
  return tokens;
}

/**
 * Metric math, as far as it is simulated: + - * /, comparisons, DIFF(m), SUM([m1, m2]), FILL(m, number) and
 * IF(condition, then, else).
 */
function parseExpression(expression: string, seriesById: (id: string) => Series): Series {
  const tokens = tokensOf(expression);

  const unsupported = (what: string): Error => new Error(`${what} is not simulated, in "${expression}"`);

  function accept<Token extends string>(...wanted: readonly Token[]): Token | undefined {
    const found = wanted.find((token) => token === tokens[0]);
    if (found !== undefined) tokens.shift();
    return found;
  }

  function expect(token: string): void {
    if (accept(token) === undefined) {
      throw new Error(`${token} is missing before "${tokens.join(' ')}" in "${expression}"`);
    }
  }

  function timeSeries(series: Series, where: string): Series {
    if (series.kind === 'number') throw unsupported(`${where} of a plain number`);
    return series;
  }

  function binary(operator: Operator, left: Series, right: Series): Series {
    if (left.kind === 'number' && right.kind === 'number')
      throw unsupported('arithmetic of two plain numbers');
    return { kind: 'binary', operator, left, right };
  }

  function leftToRight(operand: () => Series, operators: readonly Operator[]): Series {
    let left = operand();
    for (;;) {
      const operator = accept(...operators);
      if (operator === undefined) return left;
      left = binary(operator, left, operand());
    }
  }

  const sum = (): Series => leftToRight(() => leftToRight(signed, ['*', '/']), ['+', '-']);

  function comparison(): Series {
    const left = sum();
    const operator = accept(...COMPARISONS);
    return operator === undefined ? left : binary(operator, left, sum());
  }

  function signed(): Series {
    if (accept('-') === undefined) return operand();
    const negated = signed();
    if (negated.kind === 'number') return { kind: 'number', value: -negated.value };
    return binary('-', { kind: 'number', value: 0 }, negated);
  }

  function operand(): Series {
    const token = tokens.shift();
    if (token === undefined) throw new Error(`"${expression}" ends too early`);
    if (/^\d/.test(token)) return { kind: 'number', value: Number(token) };
    if (token === '(') {
      const inner = comparison();
      expect(')');
      return inner;
    }
    if (/^[a-z]/.test(token)) return seriesById(token);
    if (accept('(') === undefined) throw unsupported(token);
    const result = call(token);
    expect(')');
    return result;
  }

  function call(name: string): Series {
    switch (name) {
      case 'DIFF':
        return { kind: 'difference', of: timeSeries(comparison(), name) };
      case 'FILL': {
        const of = timeSeries(comparison(), name);
        expect(',');
        const filler = comparison();
        if (filler.kind !== 'number') throw unsupported('FILL with anything but a number');
        return { kind: 'filled', of, filler: filler.value };
      }
      case 'IF': {
        const condition = timeSeries(comparison(), name);
        expect(',');
        const then = comparison();
        const otherwise = accept(',') === undefined ? undefined : comparison();
        return { kind: 'choice', condition, then, otherwise };
      }
      case 'SUM': {
        // Of one series it is a single number, over more periods than the alarm evaluates; the user guide advises against.
        if (accept('[') === undefined) throw unsupported('SUM of anything but a list');
        let total = timeSeries(comparison(), name);
        while (accept(',') !== undefined) total = binary('+', total, timeSeries(comparison(), name));
        expect(']');
        return total;
      }
      default:
        throw unsupported(name);
    }
  }

  const series = timeSeries(comparison(), 'an alarm');
  if (tokens.length > 0) throw unsupported(`"${tokens.join(' ')}"`);
  return series;
}
