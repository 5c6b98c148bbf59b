import type { PublisherState } from '../aws/publisher-function.ts';
import type { Chance } from '../chance.ts';
import type { Fates } from '../hubspot/fate.ts';
import { DAY_MS, HOUR_MS, PUBLISHER_ARN, TOKEN_PARAMETER, type World } from '../world.ts';
import { anyFate, conflictWithoutId, fateOf, passingFate } from './faults.ts';
import type { Begun, Trouble } from './trouble.ts';

const MINUTE_MS = 60_000;

/** That a call is struck on any day. */
export const EVERYDAY_FAULTS = 0.000_5;
export const everyday: Fates = (call, chance) =>
  chance.happens(EVERYDAY_FAULTS) ? passingFate(call, chance) : undefined;

const OF_THE_TOKEN = ['HubSpotAuthFailureAlarm'];

/** Between these, and shorter ones more often. */
const lasting = (chance: Chance, fromMs: number, toMs: number): number =>
  fromMs * (toMs / fromMs) ** chance.next();

/** Everything that can go wrong for longer than a moment. */
export function troublesOf(world: World): Trouble[] {
  const { account, conditions, parameters, eventSource, syncFunction, pool, timeline } = world;
  const { settings, portal } = account;
  const chance = world.chanceOf('troubles');

  /** HubSpot does this to a part of all calls. */
  function strikes(fates: Fates, part: number, lastsMs: number): Begun {
    conditions.fates = (call, by) => (by.happens(part) ? fates(call, by) : everyday(call, by));
    return {
      lastsMs,
      end() {
        conditions.fates = everyday;
      },
    };
  }

  /** Something else goes wrong while HubSpot stumbles, so that it matters. */
  function amidStumbles(longestMs: number, end: () => void): Begun {
    const stumbles = strikes(passingFate, 0.3, lasting(chance, 10 * MINUTE_MS, longestMs));
    return {
      ...stumbles,
      end() {
        end();
        stumbles.end();
      },
    };
  }

  /** So many of them die, until it passes. */
  function dying(whose: 'deaths' | 'publisherDeaths', part: number, lastsMs: number): Begun {
    conditions[whose] = part;
    return {
      lastsMs,
      end() {
        conditions[whose] = 0;
      },
    };
  }

  /** @param lastsMs undefined where somebody has to mend it */
  function publisherIs(state: PublisherState, lastsMs: number | undefined): Begun {
    conditions.publisher = state;
    return {
      lastsMs,
      end() {
        conditions.publisher = 'runs';
      },
    };
  }

  function away(name: Parameters<typeof fateOf>[0]) {
    return () => strikes(() => fateOf(name), 1, lasting(chance, 5 * MINUTE_MS, 30 * HOUR_MS));
  }

  function redefined(name: string, change: Partial<{ readOnly: boolean; options: string[] }> | 'gone') {
    return (): Begun => {
      const before = portal.contactDefinitions.get(name);
      if (before === undefined) throw new Error(`There is no property ${name}`);
      if (change === 'gone') portal.contactDefinitions.delete(name);
      else portal.contactDefinitions.set(name, { ...before, ...change });
      return {
        lastsMs: undefined,
        alarms: ['HubSpotRefusalAlarm'],
        end: () => void portal.contactDefinitions.set(name, before),
      };
    };
  }

  function deployVersion(apiVersion: string): void {
    const { deployed } = conditions;
    if (deployed === undefined) return;
    conditions.deployed = { ...deployed, hubspot: { ...deployed.hubspot, apiVersion } };
    const { reconcile } = conditions;
    conditions.reconcile = { ...reconcile, hubspot: { ...reconcile.hubspot, apiVersion } };
    syncFunction.replaceAll();
  }

  let tokens = 1;
  const putToken = (value: string) => parameters.values.set(TOKEN_PARAMETER, value);

  return [
    { name: 'HubSpot answers 503', weight: 3, begin: away('503, Retry-After 5') },
    { name: 'HubSpot answers 500', weight: 2, begin: away('500') },
    { name: 'HubSpot hangs', weight: 2, begin: away('hangs before the write') },
    { name: 'HubSpot hangs, but does it', weight: 2, begin: away('hangs after the write') },
    { name: 'HubSpot is behind a page of the CDN', weight: 2, begin: away('502 HTML') },
    { name: 'no connection to HubSpot', weight: 2, begin: away('reset before the write') },
    {
      name: 'two days without HubSpot',
      weight: 0.6,
      begin: () => strikes(() => fateOf('500'), 1, chance.between(1.5 * DAY_MS, 2.6 * DAY_MS)),
    },
    {
      name: 'two days in which HubSpot does it, and says that it failed',
      weight: 0.6,
      begin: () =>
        strikes(() => fateOf('504 after the write'), 1, chance.between(1.5 * DAY_MS, 2.6 * DAY_MS)),
    },
    {
      name: 'HubSpot is slow',
      weight: 1,
      begin() {
        const ms = chance.between(8_000, 9_500);
        return strikes(
          () => ({ name: 'very slow answer', fault: { type: 'delay', ms } }),
          1,
          lasting(chance, 20 * MINUTE_MS, 20 * HOUR_MS),
        );
      },
    },
    {
      name: 'HubSpot stumbles',
      weight: 4,
      begin: () =>
        strikes(passingFate, chance.between(0.1, 0.6), lasting(chance, 10 * MINUTE_MS, 8 * HOUR_MS)),
    },
    {
      name: 'every kind of answer',
      weight: 3,
      begin: () => strikes(anyFate, chance.between(0.05, 0.4), lasting(chance, 10 * MINUTE_MS, 6 * HOUR_MS)),
    },
    {
      name: 'writes take effect late',
      weight: 2,
      begin: () =>
        strikes(
          (_call, by) => ({ name: 'applied late', lateMs: by.between(10_500, 120_000) }),
          0.3,
          lasting(chance, 5 * MINUTE_MS, 2 * HOUR_MS),
        ),
    },
    {
      name: "HubSpot's conflicts name no ID",
      weight: 1,
      begin: () => strikes(() => conflictWithoutId, 1, lasting(chance, HOUR_MS, 3 * DAY_MS)),
    },
    {
      name: 'HubSpot says conflict in other words',
      weight: 1,
      begin() {
        settings.conflictCategory = 'OBJECT_ALREADY_EXISTS';
        return {
          lastsMs: lasting(chance, HOUR_MS, 3 * DAY_MS),
          end() {
            settings.conflictCategory = 'CONFLICT';
          },
        };
      },
    },
    {
      name: 'HubSpot ends the version of the API',
      weight: 0.4,
      when: () => conditions.deployed?.hubspot.apiVersion === 'v3',
      begin() {
        settings.switchedOff.add('v3');
        return { lastsMs: undefined, alarms: ['HubSpotRefusalAlarm'], end: () => deployVersion('2026-09') };
      },
    },
    {
      name: 'the account is moved',
      weight: 1,
      begin() {
        const seconds = Math.round(lasting(chance, 1_800, 24 * 3_600));
        const until = timeline.now() + seconds * 1_000;
        return strikes(
          () => ({
            name: '477',
            fault: {
              type: 'status',
              status: 477,
              headers: { 'retry-after': String(Math.ceil((until - timeline.now()) / 1_000)) },
            },
          }),
          1,
          seconds * 1_000,
        );
      },
    },
    {
      name: 'the limit of the day is used up',
      weight: 2,
      begin() {
        settings.requestsPerDay = 0;
        return {
          lastsMs: DAY_MS - (timeline.now() % DAY_MS),
          end() {
            settings.requestsPerDay = 625_000;
          },
        };
      },
    },
    {
      name: 'another program uses the limit',
      weight: 2,
      begin() {
        let over = false;
        const perSecond = chance.pick([12, 17, 25]);
        const use = () => {
          if (over) return;
          for (let call = 0; call < perSecond; call += 1) account.limits.refuse();
          timeline.after(1_000, use);
        };
        use();
        return {
          lastsMs: lasting(chance, 10 * MINUTE_MS, 12 * HOUR_MS),
          end() {
            over = true;
          },
        };
      },
    },
    {
      name: 'the token is revoked',
      weight: 2,
      begin() {
        tokens += 1;
        const token = `token-${tokens}`;
        settings.accessToken = token;
        return { lastsMs: undefined, alarms: OF_THE_TOKEN, end: () => void putToken(token) };
      },
    },
    {
      name: 'the token is pasted with quotation marks',
      weight: 1,
      begin() {
        putToken(`"${settings.accessToken}"`);
        settings.malformedTokens = chance.pick(['hubspot', 'cdn'] as const);
        syncFunction.replaceAll();
        return { lastsMs: undefined, alarms: OF_THE_TOKEN, end: () => void putToken(settings.accessToken) };
      },
    },
    {
      name: 'a scope is taken away',
      weight: 1,
      begin() {
        const scope = 'crm.objects.contacts.write';
        settings.scopes.delete(scope);
        return { lastsMs: undefined, alarms: OF_THE_TOKEN, end: () => void settings.scopes.add(scope) };
      },
    },
    { name: 'username is renamed', weight: 1, begin: redefined('username', 'gone') },
    { name: 'lead_source_type is renamed', weight: 1, begin: redefined('lead_source_type', 'gone') },
    { name: 'username is made read-only', weight: 1, begin: redefined('username', { readOnly: true }) },
    {
      name: 'an option is taken away',
      weight: 1,
      begin: redefined('hs_lead_status', { options: ['OPEN'] }),
    },
    {
      name: 'SSM is away',
      weight: 1,
      begin() {
        parameters.setAway(true);
        syncFunction.replaceAll();
        return { lastsMs: lasting(chance, 5 * MINUTE_MS, 5 * HOUR_MS), end: () => parameters.setAway(false) };
      },
    },
    {
      name: 'SQS fails',
      weight: 1.5,
      begin() {
        conditions.sqsFailure = chance.pick([0.3, 1]);
        return amidStumbles(2 * HOUR_MS, () => {
          conditions.sqsFailure = 0;
        });
      },
    },
    {
      name: 'the event source mapping is switched off',
      weight: 1.5,
      begin() {
        eventSource.setEnabled(false);
        return { lastsMs: undefined, end: () => eventSource.setEnabled(true) };
      },
    },
    {
      name: 'a deployment does not start',
      weight: 1,
      begin() {
        const { deployed } = conditions;
        conditions.deployed = undefined;
        syncFunction.replaceAll();
        return {
          lastsMs: undefined,
          end() {
            conditions.deployed = deployed;
          },
        };
      },
    },
    {
      name: 'instances die',
      weight: 2,
      begin: () => dying('deaths', chance.between(0.05, 0.4), lasting(chance, 10 * MINUTE_MS, 3 * HOUR_MS)),
    },
    {
      name: 'instances die at every call',
      weight: 0.5,
      begin: () => dying('deaths', 1, lasting(chance, HOUR_MS, 7 * HOUR_MS)),
    },
    {
      name: 'the publisher dies',
      weight: 0.5,
      begin: () => dying('publisherDeaths', 0.4, lasting(chance, 10 * MINUTE_MS, 2 * HOUR_MS)),
    },
    {
      name: 'the publisher is throttled',
      weight: 1,
      begin: () => publisherIs('throttled', lasting(chance, 5 * MINUTE_MS, 12 * HOUR_MS)),
    },
    {
      name: 'the publisher does not start',
      weight: 1,
      begin: () => publisherIs('does not start', undefined),
    },
    {
      name: 'the trigger is detached',
      weight: 2.5,
      begin() {
        const { postConfirmation } = pool;
        pool.postConfirmation = chance.happens(0.5) ? undefined : `${PUBLISHER_ARN}-of-somebody-else`;
        return {
          lastsMs: undefined,
          end() {
            pool.postConfirmation = postConfirmation;
          },
        };
      },
    },
    {
      name: 'the pool may not be read',
      weight: 1,
      begin() {
        pool.isReadable = false;
        return {
          lastsMs: undefined,
          end() {
            pool.isReadable = true;
          },
        };
      },
    },
    {
      name: 'clocks step',
      weight: 2,
      begin() {
        let over = false;
        const step = () => {
          if (over) return;
          syncFunction.stepClocks(() =>
            chance.pick([-3 * HOUR_MS, -120_000, -20_000, 20_000, 120_000, 3 * HOUR_MS]),
          );
          timeline.after(chance.between(1_000, 30_000), step);
        };
        step();
        return amidStumbles(2 * HOUR_MS, () => {
          over = true;
        });
      },
    },
    {
      name: "HubSpot's clock is off",
      weight: 1,
      begin() {
        settings.clockOffsetMs = chance.pick([-120_000, -5_000, 5_000, 120_000]);
        return amidStumbles(4 * HOUR_MS, () => {
          settings.clockOffsetMs = 0;
        });
      },
    },
  ];
}
