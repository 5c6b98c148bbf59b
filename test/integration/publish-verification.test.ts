import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { type FauxqsServer, startFauxqs } from 'fauxqs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { personHash } from '../../lib/person.ts';
import { invoke, triggerEvent } from './publish-invocation.ts';

const sub = '9b2f8f5e-70b1-4a3a-9df1-0c3a5e1d2b34';
const email = 'Ada.Lovelace+wme@Example.org';
/** The person under any name: the hash of an address, even a part of it, is one for whoever has a list of addresses. */
const names = new RegExp(`ada|lovelace|example\\.org|countess|${personHash(email).slice(0, 6)}`, 'i');

describe('with a queue', () => {
  let sqs: FauxqsServer;
  let environment: Record<string, string>;

  beforeEach(async () => {
    sqs = await startFauxqs({ port: 0, logger: false });
    const { queueUrl } = sqs.createQueue('verified-users.fifo', { attributes: { FifoQueue: 'true' } });
    environment = { QUEUE_URL: queueUrl, AWS_ENDPOINT_URL_SQS: sqs.address };
  });
  afterEach(() => sqs.stop());

  const queued = () => sqs.inspectQueue('verified-users.fifo')?.messages.ready ?? [];

  it('a verified sign-up becomes one message, and the event goes back unchanged', async () => {
    const event = triggerEvent();
    const before = Date.now();
    const { returned, output, metrics } = await invoke([event], environment);

    expect(returned).toEqual([event]);
    expect(queued()).toHaveLength(1);
    const [message] = queued();
    const { verifiedAt, ...body } = JSON.parse(message?.body ?? '');
    expect(body).toEqual({ email, username: 'AdaL' });
    expect(Date.parse(verifiedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(verifiedAt)).toBeLessThanOrEqual(Date.now());
    expect(message).toMatchObject({ messageGroupId: personHash(email), messageDeduplicationId: sub });
    expect(message?.messageAttributes).toEqual({});
    expect(metrics).toEqual({
      VerificationPublished: 1,
      PublishFailure: 0,
      TriggerIgnored: 0,
      ConfirmedUnverified: 0,
    });
    expect(output).toContain(`"sub":"${sub}"`);
    expect(output).not.toMatch(names);
  });

  it('a name and an address reach the queue with characters that SQS does not take in a message', async () => {
    const odd = { email: 'a\uFFFE\uFFFF@b', 'custom:username': '\u0000\uFFFE\u007F\uFFFF' };
    const { metrics } = await invoke([triggerEvent(odd)], environment);
    expect(metrics).toEqual({
      VerificationPublished: 1,
      PublishFailure: 0,
      TriggerIgnored: 0,
      ConfirmedUnverified: 0,
    });
    expect(JSON.parse(queued()[0]?.body ?? '')).toMatchObject({
      email: odd.email,
      username: odd['custom:username'],
    });
  });

  it("Cognito's repeats of one trigger become one message", async () => {
    const { metrics } = await invoke([triggerEvent(), triggerEvent(), triggerEvent()], environment);
    expect(metrics.VerificationPublished).toBe(3);
    expect(queued()).toHaveLength(1);
  });

  it('a message whose answer is lost is sent again, and is one message', async () => {
    const asked: unknown[] = [];
    const losing = createHttpServer(async (request, response) => {
      const body = await text(request);
      asked.push(JSON.parse(body));
      const answer = await fetch(sqs.address, {
        method: 'POST',
        headers: {
          'content-type': String(request.headers['content-type']),
          'x-amz-target': String(request.headers['x-amz-target']),
        },
        body,
      });
      const words = await answer.text();
      if (asked.length === 1) response.destroy();
      else response.writeHead(answer.status, { 'content-type': 'application/x-amz-json-1.0' }).end(words);
    }).listen(0, '127.0.0.1');
    await once(losing, 'listening');
    const { port } = losing.address() as AddressInfo;
    const { metrics } = await invoke([triggerEvent()], {
      ...environment,
      AWS_ENDPOINT_URL_SQS: `http://127.0.0.1:${port}`,
    });
    losing.close();

    expect(metrics).toMatchObject({ VerificationPublished: 1, PublishFailure: 0 });
    expect(asked).toHaveLength(2);
    expect(asked[1]).toEqual(asked[0]);
    expect(queued()).toHaveLength(1);
  });

  it('nothing else is published, and nothing of it reported as lost', async () => {
    const events = [
      triggerEvent({}, 'PostConfirmation_ConfirmForgotPassword'),
      triggerEvent({ email_verified: 'false' }),
      triggerEvent({ email_verified: undefined, email: undefined }),
    ];
    const { returned, output, metrics } = await invoke(events, environment);
    expect(returned).toEqual(JSON.parse(JSON.stringify(events)));
    expect(queued()).toHaveLength(0);
    expect(metrics).toEqual({
      VerificationPublished: 0,
      PublishFailure: 0,
      TriggerIgnored: 1,
      ConfirmedUnverified: 2,
    });
    expect(output).not.toMatch(names);
  });

  it('a sign-up that was confirmed without a verified address is a warning, by its sub, and a count', async () => {
    const { output, metrics } = await invoke([triggerEvent({ email_verified: 'false' })], environment);
    const warnings = output.split('\n').filter((line) => line.includes('"level":"WARN"'));
    expect(warnings.map((line) => JSON.parse(line))).toMatchObject([
      { message: 'A sign-up was confirmed, and its address is not verified', sub },
    ]);
    expect(metrics).toMatchObject({ ConfirmedUnverified: 1, TriggerIgnored: 0 });
  });

  it('no setting of the logger makes it print the event', async () => {
    const talkative = {
      POWERTOOLS_LOGGER_LOG_EVENT: 'true',
      POWERTOOLS_LOG_LEVEL: 'DEBUG',
      POWERTOOLS_DEV: 'true',
      NODE_DEBUG: '',
    };
    const { output } = await invoke([triggerEvent(), triggerEvent({ email_verified: 'false' })], {
      ...environment,
      ...talkative,
    });
    expect(output).toContain('its address is not verified');
    expect(output).not.toMatch(names);
  });

  it('an event of any shape comes back as it came', async () => {
    const events = [
      null,
      'text',
      7,
      [],
      {},
      { triggerSource: 'PostConfirmation_ConfirmSignUp' },
      triggerEvent({ email: '@' }),
    ];
    const { returned, metrics, output } = await invoke(events, environment);
    expect(returned).toEqual(events);
    expect(metrics).toEqual({
      VerificationPublished: 0,
      PublishFailure: 7,
      TriggerIgnored: 0,
      ConfirmedUnverified: 0,
    });
    expect(output).toContain('email: needs one @');
    expect(output).not.toMatch(names);
  });

  it('missing or senseless configuration is counted, and the sign-up goes on', async () => {
    const { QUEUE_URL: _, ...withoutQueue } = environment;
    for (const broken of [
      withoutQueue,
      { ...environment, QUEUE_URL: '' },
      { ...environment, QUEUE_URL: 'not a URL', AWS_ENDPOINT_URL_SQS: 'neither' },
      { ...environment, AWS_REGION: '', AWS_MAX_ATTEMPTS: 'many', POWERTOOLS_LOG_LEVEL: 'LOUD' },
    ]) {
      const { returned, metrics, output } = await invoke([triggerEvent()], broken);
      expect(returned).toEqual([triggerEvent()]);
      expect(metrics.PublishFailure, output).toBe(1);
      expect(output).toContain(sub);
      expect(output).not.toMatch(names);
    }
  });

  it('needs no Lambda context', async () => {
    const { metrics } = await invoke([triggerEvent()], environment, {});
    expect(metrics.VerificationPublished).toBe(1);
  });
});

describe('without a queue that answers', () => {
  let server: Server;
  const sockets = new Set<Socket>();

  const listening = async (listener: Server) => {
    server = listener.on('connection', (socket) => sockets.add(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const address = `http://127.0.0.1:${port}`;
    return { QUEUE_URL: `${address}/123456789012/verified-users.fifo`, AWS_ENDPOINT_URL_SQS: address };
  };
  afterEach(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });

  const signUpGoesOn = async (environment: Record<string, string>) => {
    const invocation = await invoke([triggerEvent()], environment);
    expect(invocation.returned).toEqual([triggerEvent()]);
    expect(invocation.coldMs).toBeLessThan(3_000);
    expect(invocation.metrics).toEqual({
      VerificationPublished: 0,
      PublishFailure: 1,
      TriggerIgnored: 0,
      ConfirmedUnverified: 0,
    });
    expect(invocation.output).toContain(`"sub":"${sub}"`);
    expect(invocation.output).not.toMatch(names);
    return invocation;
  };

  it('SQS that hangs costs the person under three seconds, cold start included', async () => {
    const { output } = await signUpGoesOn(await listening(createServer()));
    expect(output).toContain('TimeoutError');
  });

  it('SQS that sends its answer one byte at a time costs no more', async () => {
    const drip = createHttpServer((_, response) => {
      response.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
      const timer = setInterval(() => response.write(' '), 100);
      response.on('close', () => clearInterval(timer));
    });
    await signUpGoesOn(await listening(drip));
  });

  it('SQS that refuses connections', async () => {
    const environment = await listening(createServer());
    server.close();
    await once(server, 'close');
    const { output } = await signUpGoesOn(environment);
    expect(output).toContain('ECONNREFUSED');
  });

  it('SQS that denies access, quoting what was sent', async () => {
    const denying = createHttpServer((request, response) => {
      request.resume().on('end', () => {
        response.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
        response.end(
          JSON.stringify({ __type: 'com.amazonaws.sqs#AccessDenied', message: `${email} may not` }),
        );
      });
    });
    const { output } = await signUpGoesOn(await listening(denying));
    expect(output).toContain('AccessDenied');
  });

  it('SQS that fails over and over', async () => {
    let calls = 0;
    const failing = createHttpServer((_, response) => {
      calls += 1;
      response.writeHead(503).end('<html>unavailable</html>');
    });
    await signUpGoesOn(await listening(failing));
    expect(calls).toBe(3);
  });
});
