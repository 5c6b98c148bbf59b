import {
  BasicApi,
  BatchApi,
  AssociationSpecAssociationCategoryEnum as Category,
  createConfiguration,
  ServerConfiguration,
} from '@hubspot/api-client/lib/codegen/crm/objects/index.js';
import { expect, test } from 'vitest';
import { hubSpotForTests } from './support/hubspot-calls.ts';

const { hubspot } = await hubSpotForTests();

test('the official SDK creates, updates, reads and reads in batches', async () => {
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(hubspot.url, {}),
    authMethods: { oauth2: { accessToken: 'sandbox-token' } },
  });
  const objects = new BasicApi(configuration);
  const batches = new BatchApi(configuration);
  const created = await objects.create('contacts', {
    properties: { email: 'ada@example.org' },
    associations: [],
  });
  expect(created.createdAt).toBeInstanceOf(Date);
  const updated = await objects.update('contacts', created.id, { properties: { username: 'AdaL' } });
  const types = [{ associationCategory: Category.HubspotDefined, associationTypeId: 202 }];
  const noted = await objects.create('notes', {
    properties: { hs_timestamp: updated.updatedAt.toISOString() },
    associations: [{ to: { id: created.id }, types }],
  });
  const read = await objects.getById('contacts', created.id, ['username', 'createdate'], undefined, [
    'notes',
  ]);
  expect(read.properties).toMatchObject({ username: 'AdaL', createdate: created.createdAt.toISOString() });
  expect(read.associations?.notes?.results).toEqual([{ id: noted.id, type: 'contact_to_note' }]);
  const { results } = await batches.read('notes', {
    inputs: [{ id: noted.id }],
    properties: ['hs_timestamp'],
    propertiesWithHistory: [],
  });
  expect(results[0]?.properties.hs_timestamp).toBe(updated.updatedAt.toISOString());
  await expect(
    objects.create('contacts', { properties: { email: 'ADA@example.org' }, associations: [] }),
  ).rejects.toMatchObject({
    code: 409,
  });
});
