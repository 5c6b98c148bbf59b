import { validateHeaderName, validateHeaderValue } from 'node:http';
import type { FastifyInstance, FastifyReply } from 'fastify';
import * as z from 'zod/mini';
import { answerTo, Mistake, readJsonBody } from '../mistake.ts';
import { requireSameOrigin } from '../same-origin.ts';
import type { HubSpotSandbox } from './sandbox.ts';
import { API_VERSIONS } from './versions.ts';

const when = z.enum(['before', 'after']);

function areHeaders(headers: Record<string, string>): boolean {
  try {
    for (const [name, value] of Object.entries(headers)) {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    }
    return true;
  } catch {
    return false;
  }
}

// What Node.js could not send would throw only in the middle of an answer.
const status = z.int().check(z.gte(200), z.lte(599));
const headers = z.record(z.string(), z.string()).check(z.refine(areHeaders, 'Not headers of HTTP'));
const contentType = z.string().check(z.refine((type) => areHeaders({ type }), 'Not a header of HTTP'));

const fault = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('status'),
    status,
    headers: z.optional(headers),
    body: z.optional(z.unknown()),
    contentType: z.optional(contentType),
    after: z.optional(z.boolean()),
  }),
  z.strictObject({ type: z.literal('delay'), ms: z.number() }),
  z.strictObject({ type: z.literal('hang'), when }),
  z.strictObject({ type: z.literal('reset'), when }),
  z.strictObject({ type: z.literal('html'), status }),
  z.strictObject({ type: z.literal('truncated') }),
  z.strictObject({ type: z.literal('cut-json') }),
  z.strictObject({ type: z.literal('empty'), status: z.optional(status) }),
]);

/** A fault rule as JSON: `times: null` stands for all calls, since JSON has no Infinity. */
const faultRule = z.strictObject({
  method: z.optional(z.string()),
  path: z.optional(z.string()),
  email: z.optional(z.string()),
  times: z.optional(z.nullable(z.int())),
  do: fault,
});

const seed = z.strictObject({
  properties: z.record(z.string(), z.nullable(z.string())),
  createdAt: z.optional(
    z
      .union([z.string(), z.number()])
      .check(z.refine((date) => !Number.isNaN(new Date(date).getTime()), 'Not a date')),
  ),
});

/** Settings that make HubSpot another one; what is left out stays as it is. */
const changes = z.strictObject({
  switchedOff: z.optional(
    z.pipe(
      z.array(z.enum(API_VERSIONS)),
      z.transform((versions) => new Set(versions)),
    ),
  ),
  conflictCategory: z.optional(z.enum(['CONFLICT', 'OBJECT_ALREADY_EXISTS'])),
  malformedTokens: z.optional(z.enum(['hubspot', 'cdn'])),
});

/**
 * For a developer and for tests in other processes: everything under `/_sandbox`. No token needed, but no other web site
 * may ask.
 */
export function controlRoutes(
  app: FastifyInstance,
  sandbox: HubSpotSandbox,
  logLines: () => readonly string[],
): void {
  const { portal, faults, journal, settings } = sandbox;

  const json = async (reply: FastifyReply, status: number, body: unknown) =>
    await reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body));

  app.addHook('onRequest', async (request) => {
    const address = app.server.address();
    if (!request.url.startsWith('/_sandbox') || address === null || typeof address === 'string') return;
    requireSameOrigin(request.headers, address.port);
  });

  app.get('/_sandbox/contacts', async (_request, reply) => {
    const cards = portal.contacts().map((contact) => ({ ...contact, notes: portal.notesOf(contact.id) }));
    await json(reply, 200, cards);
  });

  app.post('/_sandbox/contacts', async (request, reply) => {
    const { properties, createdAt } = readJsonBody(request.body, seed);
    const holder = portal.contactByEmail(properties.email ?? '');
    if (holder !== undefined) throw new Mistake(`Contact ${holder.id} has this address already.`, 409);
    await json(reply, 201, portal.createContact(properties, createdAt === undefined ? {} : { createdAt }));
  });

  app.get('/_sandbox/requests', async (_request, reply) => {
    await json(reply, 200, journal.entries());
  });

  app.get('/_sandbox/logs', async (_request, reply) => {
    await json(reply, 200, logLines());
  });

  app.post('/_sandbox/faults', async (request, reply) => {
    const { times, ...rule } = readJsonBody(request.body, faultRule);
    faults.add({ ...rule, times: times === null ? Number.POSITIVE_INFINITY : times });
    await reply.code(204).send();
  });

  app.delete('/_sandbox/faults', async (_request, reply) => {
    faults.clear();
    await reply.code(204).send();
  });

  app.patch('/_sandbox/settings', async (request, reply) => {
    Object.assign(settings, readJsonBody(request.body, changes));
    await reply.code(204).send();
  });

  app.post('/_sandbox/reset', async (_request, reply) => {
    sandbox.reset();
    await reply.code(204).send();
  });

  app.setErrorHandler(async (error, _request, reply) => {
    const { status, body } = answerTo(error);
    await json(reply, status, body);
  });
  app.setNotFoundHandler(async ({ method, url }, reply) => {
    await json(reply, 404, {
      error: `There is nothing at ${method} ${url}. docs/sandbox.md has all there is.`,
    });
  });
}
