import { describe, expect, test } from 'vitest';
import { API_VERSIONS } from '../../sandbox/hubspot/versions.ts';
import { hubSpotForTests } from './support/hubspot-calls.ts';

const { hubspot, call, under } = await hubSpotForTests();

describe.each(API_VERSIONS)('under %s HubSpot refuses', (version) => {
  const { contacts, create, update, read } = under(version);

  test('a bad address, which it quotes back', async () => {
    const { status, body } = await create({ email: 'x@' });
    expect(status).toBe(400);
    expect(body.category).toBe('VALIDATION_ERROR');
    expect(body.message).toMatch(
      /^Property values were not valid: \[\{"isValid":false,"message":"Email address x@ is invalid"/,
    );
  });

  test.each([
    '"quoted"@example.org',
    '"ada..l"@example.org',
    '.ada@example.org',
    'ada.@example.org',
    'ada..l@example.org',
    'ada@example',
    'ada@example.org.',
    'ada@example.test',
    'ada@mail.example.internal',
    'ada@sub.xn--bcher-kva.example',
    'ada@192.0.2.1',
  ])('the address %s, though mail may reach it', async (email) => {
    const { status, body } = await create({ email });
    expect(status).toBe(400);
    expect(body.errors).toMatchObject([{ code: 'INVALID_EMAIL', context: { propertyName: ['email'] } }]);
    expect(hubspot.portal.contacts()).toEqual([]);
  });

  test.each([
    "o'quixley!#$%&*/=?^_`{|}~@example.org",
    'ada.l+wme@mail.example.co.uk',
    'ottoliné@exämple.org',
    'ada@example.xn--p1ai',
    'ada@example.рф',
    'ada@example.wikimedia.museum',
  ])('and takes the address %s', async (email) => {
    expect((await create({ email })).status).toBe(201);
  });

  test('an unknown property', async () => {
    const { status, body } = await create({ email: 'ada@example.org', nonsense: 'x' });
    expect(status).toBe(400);
    expect(body.errors).toEqual([
      {
        message: 'Property "nonsense" does not exist',
        code: 'PROPERTY_DOESNT_EXIST',
        context: { propertyName: ['nonsense'] },
      },
    ]);
    expect(hubspot.portal.contacts()).toHaveLength(0);
  });

  test('a property that an administrator has deleted', async () => {
    hubspot.portal.contactDefinitions.delete('username');
    expect((await create({ username: 'AdaL' })).body.errors?.[0]?.code).toBe('PROPERTY_DOESNT_EXIST');
  });

  test.each(['lifecyclestage', 'hs_lead_status'])('an option that %s does not have', async (name) => {
    const { status, body } = await create({ [name]: 'nonsense' });
    expect(status).toBe(400);
    expect(body.errors?.[0]?.code).toBe('INVALID_OPTION');
  });

  test('the value of a unique property that another contact has, with 400 and not as a conflict', async () => {
    hubspot.portal.contactDefinitions.set('username', { label: 'Username', type: 'string', unique: true });
    const ada = hubspot.portal.createContact({ email: 'ada@example.org', username: 'AdaL' });
    const grace = hubspot.portal.createContact({ email: 'grace@example.org' });
    for (const refused of [
      await create({ email: 'other@example.org', username: 'AdaL' }),
      // A taken address is no conflict where a value is bad as well.
      await create({ email: 'grace@example.org', username: 'AdaL' }),
      await update(grace.id, { username: 'AdaL' }),
    ]) {
      expect(refused.status).toBe(400);
      expect(refused.body).toMatchObject({
        category: 'VALIDATION_ERROR',
        errors: [{ code: 'CONFLICTING_UNIQUE_VALUE', context: { propertyName: ['username'] } }],
      });
    }
    expect((await update(ada.id, { username: 'AdaL' })).status).toBe(200);
    expect((await update(grace.id, { username: '' })).status).toBe(200);
  });

  test('a write that leaves a required property empty, if rules hold under this version', async () => {
    hubspot.portal.contactDefinitions.set('company', { label: 'Company', type: 'string', required: true });
    const { id } = hubspot.portal.createContact({ email: 'ada@example.org', company: 'Engines' });
    const refusals = [await create({ email: 'grace@example.org' }), await update(id, { company: '' })];
    const enforced = version === '2026-09';
    expect(refusals.map(({ status }) => status)).toEqual(enforced ? [400, 400] : [201, 200]);
    if (enforced) {
      for (const { body } of refusals) {
        expect(body).toMatchObject({
          message: 'The property values provided are invalid',
          category: 'VALIDATION_ERROR',
          errors: [{ code: 'MISSING_REQUIRED_PROPERTY', context: { propertyName: ['company'] } }],
        });
      }
    }
    expect((await create({ email: 'g@example.org', company: 'Ships' })).status).toBe(201);
    expect((await update(id, { username: 'AdaL' })).status).toBe(200);
  });

  test.each([
    ['not JSON', '{"properties":'],
    ['an unknown key', '{"properties":{},"property":{}}'],
    ['no properties', '{}'],
    ['properties that are no object', '{"properties":[]}'],
    ['nested values', '{"properties":{"email":{}}}'],
    ['nothing', ''],
  ])('a body with %s', async (_what, body) => {
    const { status, body: answer } = await call('POST', contacts, body);
    expect(status).toBe(400);
    expect(answer).toMatchObject({ status: 'error', category: 'VALIDATION_ERROR' });
  });

  test('a body that is not declared as JSON', async () => {
    const headers = { authorization: 'Bearer sandbox-token' };
    const response = await fetch(hubspot.url + contacts, {
      method: 'POST',
      headers,
      body: '{"properties":{}}',
    });
    expect(response.status).toBe(415);
  });

  test('a wrong token', async () => {
    const { status, body } = await call('POST', contacts, { properties: {} }, { token: 'old-token' });
    expect(status).toBe(401);
    expect(body.category).toBe('INVALID_AUTHENTICATION');
    expect(hubspot.journal.entries()).toMatchObject([{ status: 401, headers: { authorization: 'wrong' } }]);
  });

  test.each(['"sandbox-token"', 'sandbox-token sandbox-token', 'Bearer sandbox-token', ''])(
    'a token that was pasted as %j, unless the CDN does',
    async (token) => {
      const ask = () => call('GET', `${contacts}/1`, undefined, { token });
      expect(await ask()).toMatchObject({ status: 401, body: { category: 'INVALID_AUTHENTICATION' } });
      hubspot.settings.malformedTokens = 'cdn';
      hubspot.faults.add({ do: { type: 'html', status: 503 } });
      const { status, headers, body } = await ask();
      expect(status).toBe(530);
      expect(headers.get('content-type')).toContain('text/html');
      expect(headers.get('x-hubspot-correlation-id')).toBeNull();
      expect(body).toContain('530');
      expect(hubspot.journal.entries().at(-1)?.headers.authorization).toBe('malformed');
      // The fault waits for a call that reaches HubSpot, and a token that is merely wrong does not meet it either.
      const wrong = await call('GET', `${contacts}/1`, undefined, { token: 'old-token' });
      expect(wrong.status).toBe(401);
      expect((await read('1')).status).toBe(503);
    },
  );

  test('a call without a token', async () => {
    hubspot.settings.malformedTokens = 'cdn';
    expect((await fetch(`${hubspot.url}${contacts}/1`)).status).toBe(401);
  });

  test('a call that the app has no scope for', async () => {
    hubspot.settings.scopes.delete('crm.objects.contacts.write');
    const { status, body } = await create({ email: 'ada@example.org' });
    expect(status).toBe(403);
    expect(body.category).toBe('MISSING_SCOPES');
    expect(body.errors?.[0]?.context?.requiredGranularScopes).toEqual(['crm.objects.contacts.write']);
    expect((await read('1')).status).toBe(404);
  });
});
