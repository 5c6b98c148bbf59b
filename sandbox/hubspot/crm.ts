import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HubSpotAccount, ReceivedRequest } from './account.ts';
import { type Answer, notFound } from './answers.ts';
import type { Authorization } from './authorization.ts';
import type { Fault } from './faults.ts';
import type { Call } from './journal.ts';
import { peopleConcerned } from './people.ts';
import type { CallPhase, HubSpotSandbox } from './sandbox.ts';
import { send, transmissionOf } from './transmission.ts';

interface Context {
  sandbox: HubSpotSandbox;
  account: HubSpotAccount;
  /** Aborted when everything under way is to be cut off. */
  underWay: () => AbortSignal;
}

const strikesBefore = (fault: Fault | undefined): boolean => {
  if (!fault || fault.type === 'delay') return false;
  if (fault.type === 'status') return !fault.after;
  return fault.type === 'html' || ('when' in fault && fault.when === 'before');
};

function plainHeaders(
  headers: IncomingHttpHeaders,
  authorization: Authorization | undefined,
): Record<string, string> {
  const plain = Object.entries(headers).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(value)]],
  );
  return { ...Object.fromEntries(plain), ...(authorization && { authorization }) };
}

function correlationIdOf(body: unknown): string | undefined {
  const isObject = typeof body === 'object' && body !== null && 'correlationId' in body;
  return isObject && typeof body.correlationId === 'string' ? body.correlationId : undefined;
}

/** Everything under `/crm`, and the schemas beside it: from the request to the last byte of its answer, faults included. */
export function crmRoutes(app: FastifyInstance, { sandbox, account, underWay }: Context): void {
  const { portal, settings, faults, journal } = sandbox;
  const socketNumbers = new WeakMap<Socket, number>();
  let sockets = 0;
  app.server.on('connection', (socket) => {
    sockets += 1;
    socketNumbers.set(socket, sockets);
  });

  /** What the CDN answers by itself, if it does: HubSpot then neither sees nor counts the call. */
  const cdnRefusal = ({ authorization }: ReceivedRequest): Fault | undefined =>
    authorization === 'malformed' && settings.malformedTokens === 'cdn'
      ? { type: 'html', status: 530 }
      : undefined;

  async function tell(call: Call, phase: CallPhase): Promise<void> {
    await sandbox.onCall?.(call, phase);
  }

  async function respond(call: Call, answer: Answer, fault: Fault | undefined, response: ServerResponse) {
    const { headers: own, ...usual } = account.complete(answer);
    const transmission = transmissionOf(usual, fault);
    // What the CDN answers by itself knows nothing of HubSpot's headers.
    const headers = new Headers(fault?.type === 'html' ? {} : own);
    const correlationId = correlationIdOf(fault?.type === 'status' ? fault.body : undefined);
    if (correlationId !== undefined) headers.set('x-hubspot-correlation-id', correlationId);
    for (const [name, value] of Object.entries(transmission.headers)) headers.set(name, value);
    call.status = transmission.status;
    call.answer = transmission.body.toString('utf8');
    const flushed = await send(response, { ...transmission, headers: Object.fromEntries(headers) });
    await tell(call, flushed ? 'answered' : 'unanswered');
  }

  async function handle(call: Call, received: ReceivedRequest, response: ServerResponse) {
    const signal = underWay();
    // Cut off by `reset()` or `close()`: nothing of this call may reach the data of the next test.
    const cutOff = () => response.socket?.destroy();
    signal.addEventListener('abort', cutOff, { once: true });
    response.once('close', () => signal.removeEventListener('abort', cutOff));

    await tell(call, 'received');
    const atCdn = cdnRefusal(received);
    const refused = atCdn ? undefined : received.refusal();
    const fault = atCdn ?? (refused ? undefined : faults.strike(call));
    if (fault?.type === 'delay') await sleep(fault.ms, undefined, { signal });
    signal.throwIfAborted();

    let answer = refused ?? notFound;
    if (!refused && !strikesBefore(fault)) {
      answer = received.apply();
      await tell(call, 'applied');
    }
    if (fault?.type === 'hang') {
      call.status = 'hang';
      await tell(call, 'unanswered');
    } else if (fault?.type === 'reset') {
      call.status = 'reset';
      response.socket?.resetAndDestroy();
      await tell(call, 'unanswered');
    } else {
      await respond(call, answer, fault, response);
    }
  }

  const answerCall = async (request: FastifyRequest, reply: FastifyReply): Promise<void> => {
    reply.hijack();
    const { method, url: path } = request;
    const body = typeof request.body === 'string' ? request.body : '';
    const { authorization, 'content-type': contentType } = request.headers;
    const received = account.receive({ method, url: path, body, headers: { authorization, contentType } });
    const call = journal.record({
      at: Date.now(),
      method,
      path,
      body,
      headers: plainHeaders(request.headers, received.authorization),
      socket: socketNumbers.get(request.raw.socket) ?? 0,
      emails: peopleConcerned(portal, path, body),
    });
    try {
      await handle(call, received, reply.raw);
    } catch (error) {
      reply.raw.socket?.destroy();
      if (error instanceof Error && error.name === 'AbortError') return;
      // A hook of a test failed: its runner must hear of it, while the server goes on.
      queueMicrotask(() => {
        throw error;
      });
    }
  };
  app.all('/crm/*', answerCall);
  app.all('/crm-object-schemas/*', answerCall);
}
