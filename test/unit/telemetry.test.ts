import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTelemetry, describeError } from '../../lib/telemetry.ts';

describe('an unexpected error', () => {
  it('is described by its name, its code and where it was thrown, never by its message', () => {
    const error = Object.assign(new TypeError('ada@example.org\n    ada@example.org'), { code: 'EODD' });
    const described = describeError(error);

    expect(described).toEqual({ name: 'TypeError', code: 'EODD', stack: expect.any(Array) });
    expect(described.stack?.[0]).toMatch(/^at .*telemetry\.test\.ts/);
    expect(JSON.stringify(described)).not.toContain('ada@example.org');
  });

  it('is not described by a message that looks like a place in the code', () => {
    for (const message of ['bad\n    at ada@example.org', 'bad\n    at ada@example.org (/x.ts:1:2)']) {
      const described = describeError(new Error(message));
      expect(described.stack?.length).toBeGreaterThan(0);
      expect(JSON.stringify(described)).not.toContain('ada@example.org');
    }
  });

  it.each([
    'bad\n    at ada@example.org',
    'bad\nlooking at ada@example.org (/x.ts:1:2)',
    'bad\n    at /x.ts:1:2, ada@example.org',
  ])('is not described by a message that was changed after it was thrown: %j', (message) => {
    const error = new Error(message);
    expect(error.stack).toContain(message);
    error.message = 'worse';
    expect(JSON.stringify(describeError(error))).not.toContain('ada@example.org');
  });

  it('has no code where it is no text, and no stack where there is none', () => {
    const error = Object.assign(new Error('x'), { code: 7 });
    delete error.stack;
    expect(describeError(error)).toStrictEqual({ name: 'Error' });
  });

  it.each([
    ['ada@example.org', 'string'],
    [undefined, 'undefined'],
    [{ name: 'ada@example.org' }, 'object'],
  ])('that is none is described by its type: %o', (thrown, name) => {
    expect(describeError(thrown)).toEqual({ name });
  });
});

describe('a count', () => {
  let printed: string;
  beforeEach(() => {
    printed = '';
    for (const stream of [process.stdout, process.stderr]) {
      vi.spyOn(stream, 'write').mockImplementation((text) => {
        printed += text;
        return true;
      });
    }
  });
  afterEach(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });

  const documents = () =>
    printed
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('is one occurrence, in our namespace and of our service', () => {
    const { count, metrics } = createTelemetry('sync-contact');
    count('ContactCreated');
    count('ContactCreated');
    metrics.publishStoredMetrics();

    expect(documents()).toMatchObject([{ service: 'sync-contact', ContactCreated: [1, 1] }]);
    expect(documents()[0]._aws.CloudWatchMetrics).toMatchObject([
      { Namespace: 'WmeHubSpotSync', Metrics: [{ Name: 'ContactCreated', Unit: 'Count' }] },
    ]);
  });

  it('may have a dimension of its own beside the total, which the others do not get', () => {
    const { count, metrics } = createTelemetry('sync-contact');
    count('DeadLetter', { ErrorCode: 'InvalidMessage' });
    count('ContactCreated');
    metrics.publishStoredMetrics();

    expect(documents()).toMatchObject([
      { DeadLetter: 1, ErrorCode: 'InvalidMessage' },
      { ContactCreated: 1 },
    ]);
    expect(documents()[0]._aws.CloudWatchMetrics[0].Dimensions).toEqual([
      ['service'],
      ['service', 'ErrorCode'],
    ]);
    expect(documents()[1]).not.toHaveProperty('ErrorCode');
  });

  it("goes by the names that Powertools' own variables give", () => {
    vi.stubEnv('POWERTOOLS_SERVICE_NAME', 'other-service');
    vi.stubEnv('POWERTOOLS_METRICS_NAMESPACE', 'OtherNamespace');
    const { count, metrics } = createTelemetry('sync-contact');
    count('ContactCreated');
    metrics.publishStoredMetrics();

    expect(documents()[0]).toMatchObject({ service: 'other-service' });
    expect(documents()[0]._aws.CloudWatchMetrics[0].Namespace).toBe('OtherNamespace');
  });

  it('that nobody made deserves no warning, but a word to whoever looks for errors', () => {
    createTelemetry('sync-contact').metrics.publishStoredMetrics();
    expect(printed).toBe('');

    vi.stubEnv('POWERTOOLS_LOG_LEVEL', 'DEBUG');
    createTelemetry('sync-contact').metrics.publishStoredMetrics();
    expect(documents()).toMatchObject([
      { level: 'DEBUG', service: 'sync-contact', message: expect.stringContaining('No application metrics') },
    ]);
  });
});
