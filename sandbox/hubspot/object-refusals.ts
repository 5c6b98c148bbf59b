import { type Answer, notFound, validationError } from './answers.ts';

/** No such contact or note, or no longer: without a category, unless the ID is none at all. */
export const noSuchObject = (id: string): Answer => ({
  status: 404,
  body: /^\d+$/.test(id)
    ? { status: 'error', message: 'resource not found', correlationId: notFound.body.correlationId }
    : {
        status: 'error',
        message: 'Object not found.  objectId are usually numeric.',
        correlationId: notFound.body.correlationId,
        context: { id: [id] },
        category: 'OBJECT_NOT_FOUND',
      },
});

/** A write leaves properties empty that an administrator wants filled in (HubSpot changelog, write validation). */
export const missingRequired = (names: readonly string[]) =>
  validationError('The property values provided are invalid', {
    errors: names.map((name) => ({
      message: `Property "${name}" is required`,
      code: 'MISSING_REQUIRED_PROPERTY',
      context: { propertyName: [name] },
    })),
  });

/** What is wrong with the associations of a new object, by HubSpot's names for it. */
const invalidAssociations = (context: Record<string, string[]>) =>
  validationError('One or more associations are invalid', { context });

/** A note for contacts that are not there, or no longer. */
export const unknownContacts = (ids: readonly string[]) =>
  invalidAssociations({ INVALID_OBJECT_IDS: ids.map((id) => `CONTACT=${id} is not valid`) });

/** A note that is associated in a way that HubSpot does not have. @param spec category and ID, as in `USER_DEFINED=3` */
export const unknownAssociationType = (spec: string) =>
  invalidAssociations({
    associationSpec: [spec],
    INVALID_ASSOCIATION_TYPE_ID: [`${spec} is not a valid association definition id`],
  });
