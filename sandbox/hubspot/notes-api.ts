import { type Answer, invalidProperties, notFound, validationError } from './answers.ts';
import { listParameter } from './contacts-api.ts';
import type { Note } from './notes.ts';
import { noteView } from './object-view.ts';
import { instantOf, propertyProblems } from './properties.ts';
import { type Association, batchReadBody, createBody, readBody } from './request-body.ts';
import type { Account } from './settings.ts';

/** "Note to contact" (HubSpot docs, association types). */
const NOTE_TO_CONTACT = 202;
const BATCH_MAX = 100;

function associationProblem({ portal }: Account, { to, types }: Association): Answer | undefined {
  const known = types.every(
    ({ associationCategory, associationTypeId }) =>
      associationCategory === 'HUBSPOT_DEFINED' && associationTypeId === NOTE_TO_CONTACT,
  );
  if (!known || types.length === 0) {
    return validationError(`Invalid association types for NOTE: ${JSON.stringify(types)}`);
  }
  if (portal.contact(to.id)) return undefined;
  return validationError(`CONTACT=${to.id} is not valid`, {
    context: { CONTACT: [to.id] },
    subCategory: 'crm.associations.INVALID_OBJECT_IDS',
  });
}

/** `POST /crm/v3/objects/notes`. */
export function createNote(account: Account, body: string): Answer {
  const { portal, settings } = account;
  const read = readBody(body, createBody);
  if ('refusal' in read) return read.refusal;
  const { properties, associations = [] } = read.data;
  const problems = propertyProblems(properties, portal.noteDefinitions);
  if (problems.length > 0) return invalidProperties(problems);
  const timestamp = instantOf(properties.hs_timestamp ?? '');
  if (!timestamp) {
    return validationError('Error creating NOTE. Some required properties were not set.', {
      context: { properties: ['hs_timestamp'] },
    });
  }
  for (const association of associations) {
    const problem = associationProblem(account, association);
    if (problem) return problem;
  }
  const note = portal.addNote(
    associations.map(({ to }) => to.id),
    { ...properties, hs_timestamp: timestamp.toISOString() },
  );
  return {
    status: 201,
    body: noteView(note, Object.keys(properties), portal.noteDefinitions, settings.noteBodies),
  };
}

/** `GET /crm/v3/objects/notes/{id}`. */
export function readNote({ portal, settings }: Account, id: string, query: URLSearchParams): Answer {
  const note = portal.note(id);
  if (!note) return notFound;
  const asked = listParameter(query, 'properties');
  return { status: 200, body: noteView(note, asked, portal.noteDefinitions, settings.noteBodies) };
}

/** `POST /crm/v3/objects/notes/batch/read`: up to 100 notes; those that are gone are named in `errors`. */
export function readNotes({ portal, settings }: Account, body: string): Answer {
  const startedAt = new Date().toISOString();
  const read = readBody(body, batchReadBody);
  if ('refusal' in read) return read.refusal;
  const { inputs, properties = [] } = read.data;
  if (inputs.length === 0) return validationError('Some required fields were not set: [inputs]');
  if (inputs.length > BATCH_MAX) {
    return validationError(`Maximum number of inputs in a batch is ${BATCH_MAX}, but was ${inputs.length}`);
  }
  const ids = [...new Set(inputs.map(({ id }) => id))];
  const results = ids
    .map((id) => portal.note(id))
    .filter((note): note is Note => note !== undefined)
    .map((note) => noteView(note, properties, portal.noteDefinitions, settings.noteBodies));
  const gone = ids.filter((id) => !portal.note(id));
  const outcome = { status: 'COMPLETE', results, startedAt, completedAt: new Date().toISOString() };
  if (gone.length === 0) return { status: 200, body: outcome };
  const errors = [
    {
      status: 'error',
      category: 'OBJECT_NOT_FOUND',
      message: 'Could not get some NOTE objects, they may be deleted or not exist. Check that ids are valid.',
      context: { ids: gone },
    },
  ];
  return { status: 207, body: { ...outcome, numErrors: errors.length, errors } };
}
