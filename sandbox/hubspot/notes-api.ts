import { type Answer, invalidProperties, validationError } from './answers.ts';
import { batchAnswer, unknownObjects } from './batch-answer.ts';
import { listParameter } from './contacts-api.ts';
import { noSuchObject, unknownAssociationType, unknownContacts } from './object-refusals.ts';
import { noteView } from './object-view.ts';
import { instantOf, propertyProblems } from './properties.ts';
import { type Association, batchReadBody, batchSizeProblem, createBody, readBody } from './request-body.ts';
import type { Account } from './settings.ts';
import type { ApiVersion } from './versions.ts';

function associationProblem(
  { portal, settings }: Account,
  associations: readonly Association[],
): Answer | undefined {
  if (associations.some(({ types }) => types.length === 0)) {
    return validationError('Each association needs at least one type');
  }
  const unknown = associations
    .flatMap(({ types }) => types)
    .map(({ associationCategory, associationTypeId }) => `${associationCategory}=${associationTypeId}`)
    .find((spec) => ![...settings.noteToContactTypes].some((id) => spec === `HUBSPOT_DEFINED=${id}`));
  if (unknown !== undefined) return unknownAssociationType(unknown);
  const gone = associations.map(({ to }) => to.id).filter((id) => !portal.contact(id));
  return gone.length > 0 ? unknownContacts(gone) : undefined;
}

/** `POST objects/notes`. */
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
  const problem = associationProblem(account, associations);
  if (problem) return problem;
  const note = portal.addNote(
    associations.map(({ to }) => to.id),
    { ...properties, hs_timestamp: timestamp.toISOString() },
  );
  return {
    status: 201,
    body: noteView(note, Object.keys(properties), portal.noteDefinitions, settings.noteBodies),
  };
}

/** `GET objects/notes/{id}`. */
export function readNote({ portal, settings }: Account, id: string, query: URLSearchParams): Answer {
  const note = portal.note(id);
  if (!note) return noSuchObject(id);
  const asked = listParameter(query, 'properties');
  return { status: 200, body: noteView(note, asked, portal.noteDefinitions, settings.noteBodies) };
}

/** `DELETE objects/notes/{id}`. */
export function deleteNote({ portal }: Account, id: string): Answer {
  if (!portal.note(id)) return noSuchObject(id);
  portal.deleteNote(id);
  return { status: 204 };
}

/** `POST objects/notes/batch/read`: up to 100 notes; those that are gone are named in `errors`. */
export function readNotes({ portal, settings, now }: Account, version: ApiVersion, body: string): Answer {
  const startedAt = now();
  const read = readBody(body, batchReadBody);
  if ('refusal' in read) return read.refusal;
  const { inputs, properties = [] } = read.data;
  const problem = batchSizeProblem(inputs);
  if (problem) return problem;
  const ids = [...new Set(inputs.map(({ id }) => id))];
  const results = ids
    .flatMap((id) => portal.note(id) ?? [])
    .map((note) => noteView(note, properties, portal.noteDefinitions, settings.noteBodies));
  const gone = ids.filter((id) => !portal.note(id));
  const errors = gone.length === 0 ? [] : [unknownObjects('NOTE', gone)];
  return batchAnswer(version, { startedAt, completedAt: now() }, results, errors);
}
