import * as z from 'zod/mini';
import { newContact, updateNote } from '../../lib/hubspot/ticket.ts';
import type { Answer } from '../../lib/hubspot/transport.ts';
import { apiPath } from '../hubspot.ts';
import { DAY_MS } from '../terminal/text.ts';
import { CONFIRM_AT, LEGACY_ENDS, monthOf, supportEnds } from './api-end.ts';
import { type Check, type Finding, failed, ok, skipped } from './check.ts';
import type { Examined } from './examined.ts';

const READ = 'crm.objects.contacts.read';
const WRITE = 'crm.objects.contacts.write';

const SAY_IN_HUBSPOT = 'Ask whoever administers HubSpot to put it right.';

function json<T extends z.ZodMiniType>({ body }: Answer, shape: T): z.output<T> | undefined {
  try {
    return shape.safeParse(JSON.parse(body)).data;
  } catch {
    return undefined;
  }
}

const refusal = z.object({
  category: z.catch(z.optional(z.string()), undefined),
  errors: z.catch(
    z.optional(
      z.array(
        z.object({
          context: z.catch(
            z.optional(z.object({ requiredGranularScopes: z.optional(z.array(z.string())) })),
            undefined,
          ),
        }),
      ),
    ),
    undefined,
  ),
});

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300;
const isGone = ({ status }: Answer): boolean => status === 404 || status === 405 || status === 410;

/** HubSpot's own word for a refusal. */
const categoryOf = (answer: Answer): string | undefined =>
  json(answer, refusal)?.category?.match(/^[A-Z][A-Z0-9_]{0,63}$/)?.[0];

/** The scopes that a refused call would have needed, in HubSpot's words. */
const scopesIn = (answer: Answer): string =>
  json(answer, refusal)
    ?.errors?.flatMap(({ context }) => context?.requiredGranularScopes ?? [])
    .filter((scope) => /^[\w.-]{1,100}$/.test(scope))
    .join(' or ') || 'a scope';

const said = (answer: Answer): string => [answer.status, categoryOf(answer)].filter(Boolean).join(' ');

/** Why an answer tells nothing; nothing where it does, or says that there is no such thing. */
function silent(answer: Answer): Finding | undefined {
  if (isSuccess(answer) || answer.status === 404) return undefined;
  if (answer.status === 403) return skipped(`it takes the scope ${scopesIn(answer)}, which the token lacks`);
  if (answer.status === 429) return skipped('HubSpot’s limit of requests is used up');
  return skipped(`HubSpot answered ${said(answer)}`);
}

const noToken = ({ stage }: Examined): string | undefined =>
  stage.hubspot.accessToken === undefined && stage.parameters.hubspotToken === undefined
    ? 'there is no token: --stage finds it, or HUBSPOT_ACCESS_TOKEN holds it'
    : undefined;

/** Whether a stage's token may still be in SSM, where a check of its own looks. */
async function tokenProblem(of: Examined): Promise<string | undefined> {
  const { hubspot, parameters } = of.stage;
  if (hubspot.accessToken !== undefined || parameters.hubspotToken === undefined) return undefined;
  const stored = await of.parameters().catch(() => undefined);
  const token = stored?.get(parameters.hubspotToken)?.trim();
  return token === undefined || !/^[\x21-\x7e]+$/.test(token)
    ? 'there is no token to ask with: it cannot be had from SSM'
    : undefined;
}

/** A check that asks HubSpot: skipped where there is nothing to ask it with. */
const asking = ({ run, ...check }: Check): Check => ({
  ...check,
  skip: (of) => noToken(of) ?? check.skip?.(of),
  async run(of) {
    const problem = await tokenProblem(of);
    return problem === undefined ? run(of) : skipped(problem);
  },
});

/** A check that is of use only once HubSpot takes the token, and knows the version of the API. */
const askingWithToken = (check: Check): Check =>
  asking({
    ...check,
    async run(of) {
      const first = await of.firstAnswer();
      const isRefused = first.status === 401 || first.status === 530;
      if (isRefused || categoryOf(first) === 'USER_DOES_NOT_HAVE_PERMISSIONS') {
        return skipped('HubSpot refuses the token');
      }
      if (isGone(first)) return skipped('HubSpot does not know the version of the API');
      return check.run(of);
    },
  });

const token: Check = asking({
  title: 'HubSpot takes the token',
  advice:
    'Store one that works: a Service Key of HubSpot (Development, Keys, Service keys) with the scopes of the README.',
  async run(of) {
    const answer = await of.firstAnswer();
    if (answer.status === 401) return failed(`HubSpot answers ${said(answer)}: it was revoked or rotated`);
    if (answer.status === 530) return failed('HubSpot’s network answers 530: what is stored is no token');
    if (categoryOf(answer) === 'USER_DOES_NOT_HAVE_PERMISSIONS') {
      return failed('Whoever made the private app has left the account, or is no super admin any more');
    }
    if (answer.status >= 500) return skipped(`HubSpot has trouble of its own: it answered ${answer.status}`);
    return ok();
  },
});

const info = z.object({ scopes: z.array(z.string()) });

const NO_ENDPOINT =
  'HubSpot tells about private apps’ tokens only: this is a Service Key, or the like, for which it has no such endpoint';

const kind: Check = askingWithToken({
  title: 'The kind of token will do for half a year',
  advice: 'Replace it by a Service Key, with the same two scopes: no new private app can be made.',
  async run(of) {
    const answer = await of.tokenInfo();
    if (answer.status >= 500 || answer.status === 429) return skipped(`HubSpot answered ${answer.status}`);
    if (!isSuccess(answer)) return skipped(NO_ENDPOINT);
    const left = LEGACY_ENDS.getTime() - of.nowMs;
    const until = `a legacy private app’s token: HubSpot supports those until ${monthOf(LEGACY_ENDS)} (confirm at ${CONFIRM_AT})`;
    return left < HALF_A_YEAR_MS ? failed(`It is ${until}`) : ok(until);
  },
});

const HALF_A_YEAR_MS = 182 * DAY_MS;

const scopes: Check = askingWithToken({
  title: `The token has the scopes ${READ} and ${WRITE}`,
  advice:
    'Give it the missing scope in HubSpot. A private app then gets a new version, a Service Key is edited.',
  async run(of) {
    const first = await of.firstAnswer();
    if (categoryOf(first) === 'MISSING_SCOPES') return failed(`It lacks ${scopesIn(first)}`);
    const answer = await of.tokenInfo();
    const told = isSuccess(answer) ? json(answer, info) : undefined;
    if (told === undefined) {
      return skipped(`${NO_ENDPOINT}. Reading works; whether writing does, only --probe shows`);
    }
    const missing = [READ, WRITE].filter((scope) => !told.scopes.includes(scope));
    return missing.length > 0 ? failed(`It lacks ${missing.join(' and ')}`) : ok();
  },
});

const NINETY_DAYS_MS = 90 * DAY_MS;

const version: Check = asking({
  title: 'HubSpot supports the version of the API',
  advice: 'Change hubspotApiVersion in serverless.yml: docs/decisions/0010 has what to check before.',
  async run(of) {
    const name = of.stage.hubspot.apiVersion;
    const answer = await of.firstAnswer();
    if (isGone(answer)) return failed(`HubSpot does not know ${name}: it answers ${answer.status}`);
    const ends = supportEnds(name);
    if (ends === undefined) return skipped(`nothing is known of when ${name} ends`);
    const left = ends.getTime() - of.nowMs;
    const until = `${monthOf(ends)} (confirm at ${CONFIRM_AT})`;
    if (left <= 0) return failed(`HubSpot has stopped supporting ${name} in ${until}`);
    return left < NINETY_DAYS_MS
      ? failed(`HubSpot supports ${name} only until ${until}`)
      : ok(`${name}, until ${until}`);
  },
});

const definition = z.object({
  type: z.catch(z.optional(z.string()), undefined),
  archived: z.catch(z.optional(z.boolean()), undefined),
  calculated: z.catch(z.optional(z.boolean()), undefined),
  hasUniqueValue: z.catch(z.optional(z.boolean()), undefined),
  options: z.catch(z.optional(z.array(z.object({ value: z.string() }))), undefined),
  modificationMetadata: z.catch(
    z.optional(z.object({ readOnlyValue: z.catch(z.optional(z.boolean()), undefined) })),
    undefined,
  ),
});

/** Why a property does not take a value; every username is one for `undefined`. */
function refuses(property: z.infer<typeof definition>, value: string | undefined): string | undefined {
  const { type, archived, calculated, hasUniqueValue, options = [], modificationMetadata } = property;
  if (archived === true) return 'it is archived';
  if (calculated === true || modificationMetadata?.readOnlyValue === true) {
    return 'HubSpot computes it, and takes no value for it';
  }
  if (value === undefined) {
    return type === undefined || type === 'string'
      ? undefined
      : `it is of the kind ${type}, and takes no text`;
  }
  if (hasUniqueValue === true) return 'no two contacts may have the same value, and all sign-ups do';
  if (type === 'enumeration') {
    return options.some((option) => option.value === value) ? undefined : `it has no option ${value}`;
  }
  return type === undefined || type === 'string' ? undefined : `it is of the kind ${type}, and takes no text`;
}

const ofEverySignUp = newContact({ email: '', username: '' }).properties;

/** What every sign-up writes beside the address and the owner. The username is everybody's own. */
const written: readonly (readonly [string, string | undefined])[] = [
  ['username', undefined],
  ['lifecyclestage', ofEverySignUp.lifecyclestage],
  ['hs_lead_status', ofEverySignUp.hs_lead_status],
  ['lead_source_type', ofEverySignUp.lead_source_type],
  ['team_ownership', ofEverySignUp.team_ownership],
];

const properties: readonly Check[] = written.map(([name, value]) =>
  askingWithToken({
    title:
      value === undefined
        ? `The property ${name} is there, and takes a username`
        : `The property ${name} is there, and takes “${value}”`,
    advice: `${SAY_IN_HUBSPOT} Until then every sign-up waits (HubSpotRefusalAlarm).`,
    async run(of) {
      const answer = await of
        .account()
        .ask('GET', apiPath(of.stage.hubspot.apiVersion, 'properties', `contacts/${name}`));
      const unheard = silent(answer);
      if (unheard !== undefined) return unheard;
      if (answer.status === 404) return failed('There is no such property');
      const found = json(answer, definition);
      if (found === undefined) return skipped('the answer is none that this version can read');
      const why = refuses(found, value);
      return why === undefined ? ok() : failed(`The value is not taken: ${why}`);
    },
  }),
);

const schema = z.object({ requiredProperties: z.array(z.string()) });

/** Versions from here on hold API writes to what administrators have set (HubSpot changelog, write validation). */
const ENFORCING = '2026-09';

const required: Check = askingWithToken({
  title: 'HubSpot requires no property that a sign-up does not bring',
  advice:
    'Ask whoever administers HubSpot to lift the requirement. Until then every sign-up waits (HubSpotRefusalAlarm).',
  async run(of) {
    const { apiVersion } = of.stage.hubspot;
    const answer = await of.account().ask('GET', `/crm-object-schemas/${apiVersion}/schemas/contacts`);
    const unheard = silent(answer);
    if (unheard !== undefined) return unheard;
    const found = json(answer, schema);
    if (found === undefined) return skipped('HubSpot does not tell');
    const lacking = found.requiredProperties.filter((name) => !Object.hasOwn(ofEverySignUp, name));
    const shown = lacking.filter((name) => /^\w{1,100}$/.test(name)).join(', ');
    if (lacking.length === 0) {
      return ok('what it requires only where another property has some value is told nowhere');
    }
    const enforces = apiVersion !== 'v3' && apiVersion >= ENFORCING;
    return enforces
      ? failed(`It requires ${shown}`)
      : ok(`${apiVersion} does not enforce it. Before ${ENFORCING} or later is used, lift: ${shown}`);
  },
});

const owners: readonly Check[] = [
  ['new contacts', ofEverySignUp.hubspot_owner_id] as const,
  ['notes', updateNote('', new Date(0)).properties.hubspot_owner_id] as const,
].map(([what, id]) =>
  askingWithToken({
    title: `The owner of ${what}, ${id}, exists`,
    advice:
      'Ask the CRM’s owners who is to own them. The ID is the ticket’s: it stands in lib/hubspot/ticket.ts.',
    async run(of) {
      const answer = await of.account().ask('GET', apiPath(of.stage.hubspot.apiVersion, 'owners', id));
      return silent(answer) ?? (answer.status === 404 ? failed('There is no such owner') : ok());
    },
  }),
);

const types = z.object({
  results: z.array(
    z.object({
      /** Under v3. */
      id: z.optional(z.union([z.string(), z.number()])),
      /** Under a date. */
      typeId: z.optional(z.number()),
    }),
  ),
});

const NOTE_TO_CONTACT = String(updateNote('', new Date(0)).associations[0]?.types[0]?.associationTypeId);

const association: Check = askingWithToken({
  title: `A note is tied to its contact by association type ${NOTE_TO_CONTACT}`,
  advice: `Look for "note to contact" in HubSpot’s list of association types, and ask the CRM’s owners.`,
  async run(of) {
    const { apiVersion } = of.stage.hubspot;
    // v3 calls them types, and the versions by date labels (HubSpot docs, associations).
    const rest = `notes/contacts/${apiVersion === 'v3' ? 'types' : 'labels'}`;
    const answer = await of.account().ask('GET', apiPath(apiVersion, 'associations', rest));
    const unheard = silent(answer);
    if (unheard !== undefined) return unheard;
    const found = answer.status === 404 ? undefined : json(answer, types);
    if (found === undefined) return skipped('HubSpot does not tell');
    const isThere = found.results.some(({ id, typeId }) => String(id ?? typeId) === NOTE_TO_CONTACT);
    return isThere ? ok() : failed('HubSpot does not list it');
  },
});

const count = (answer: Answer, name: string): number | undefined => {
  const text = answer.headers.get(`x-hubspot-ratelimit-${name}`);
  return text !== null && /^\d{1,12}$/.test(text) ? Number(text) : undefined;
};

const burst: Check = askingWithToken({
  title: 'HubSpot’s limit of ten seconds is as large as the stage takes it to be',
  advice: 'Set hubspotRequestsPer10s in serverless.yml to what HubSpot says, and deploy.',
  async run(of) {
    const { requestsPer10s } = of.stage.hubspot;
    const max = count(await of.firstAnswer(), 'max');
    if (max === undefined) return skipped('HubSpot’s answer does not tell');
    return max < requestsPer10s
      ? failed(`HubSpot allows ${max} requests in 10 seconds, and the stage takes it for ${requestsPer10s}`)
      : ok(`${max} requests in 10 seconds`);
  },
});

const limited = z.object({ policyName: z.string() });

/** Less than this part of the day's limit, and it may not last. */
const DAY_PART_MIN = 0.1;

const daily: Check = askingWithToken({
  title: 'There is enough left of HubSpot’s limit of the day',
  advice:
    'Find what else uses the account’s requests. HubSpot counts anew from midnight in the account’s time zone.',
  async run(of) {
    const answer = await of.firstAnswer();
    if (json(answer, limited)?.policyName === 'DAILY') return failed('It is used up');
    const [limit, left] = [count(answer, 'daily'), count(answer, 'daily-remaining')];
    if (limit === undefined || left === undefined) return skipped('HubSpot’s answer does not tell');
    const figures = `${left} of ${limit} requests are left`;
    return left < limit * DAY_PART_MIN ? failed(`Only ${figures}`) : ok(figures);
  },
});

/** What has to be so in HubSpot. */
export const hubSpotChecks: readonly Check[] = [
  token,
  kind,
  scopes,
  version,
  ...properties,
  required,
  ...owners,
  association,
  burst,
  daily,
];
