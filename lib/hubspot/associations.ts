import { BatchApiRequestFactory } from '@hubspot/api-client/lib/codegen/crm/associations/v4/apis/BatchApi.js';
import { createConfiguration } from '@hubspot/api-client/lib/codegen/crm/associations/v4/configuration.js';
import { ServerConfiguration } from '@hubspot/api-client/lib/codegen/crm/associations/v4/servers.js';
import * as z from 'zod/mini';
import type { Exchange, Take } from './exchange.ts';
import type { Caller } from './transport.ts';

/** A note as `v3` names it, and as a date does. */
const note = z.union([
  z.pipe(
    z.object({ id: z.string() }),
    z.transform(({ id }) => id),
  ),
  z.pipe(
    z.object({ toObjectId: z.union([z.string(), z.number()]) }),
    z.transform(({ toObjectId }) => String(toObjectId)),
  ),
]);

/** HubSpot's word for "there are none, or no longer". Any other error leaves notes out that are there. */
const gone = z.object({ category: z.literal('OBJECT_NOT_FOUND') });

const answerSchema = z.object({
  errors: z.optional(z.array(gone)),
  results: z.array(
    z.object({
      to: z.array(note),
      paging: z.nullish(z.object({ next: z.nullish(z.object({ after: z.optional(z.string()) })) })),
    }),
  ),
});

/** One page of the IDs of a contact's notes. */
export interface NotePage {
  ids: string[];
  after: string | undefined;
}

/**
 * The batch read of associations, for one contact. A module of its own that few contacts need: see sdk.ts, which loads
 * this file late. Of the SDK's two modules that write the request, the other one has no `after` in it. What comes back
 * differs from version to version, and each of the SDK's modules reads one form: so it is read here.
 */
export function connectAssociations(baseUrl: string, exchange: Exchange) {
  const configuration = createConfiguration({ baseServer: new ServerConfiguration(baseUrl, {}) });
  const requests = new BatchApiRequestFactory(configuration);
  return {
    notesOf: <T>(
      caller: Caller,
      contactId: string,
      after: string | undefined,
      take: Take<NotePage, T>,
    ): Promise<T> =>
      exchange(
        caller,
        requests.getPage('contacts', 'notes', {
          inputs: [after === undefined ? { id: contactId } : { id: contactId, after }],
        }),
        async ({ body }) => {
          const { results } = answerSchema.parse(JSON.parse(await body.text()));
          const data = {
            ids: results.flatMap(({ to }) => to),
            after: results[0]?.paging?.next?.after,
          };
          return { data };
        },
        take,
      ),
  };
}
