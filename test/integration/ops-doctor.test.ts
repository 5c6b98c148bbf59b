import { SetQueueAttributesCommand } from '@aws-sdk/client-sqs';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { ALARMS } from '../../ops/checks/alarms.ts';
import { internalError } from '../../sandbox/hubspot/answers.ts';
import { onDay, startAws } from './ops-aws.ts';
import { run, start, until } from './ops-command.ts';
import { startNight } from './ops-dead-letters.ts';
import { describedReport } from './ops-report-schema.ts';
import { outputsOf, poolOutputsOf, startStackApi } from './ops-stack.ts';
import { HAS_TERMINAL, onTerminal } from './ops-terminal.ts';
import { newPool, OURS, POOL_ID, permission, startUserPool, THEIRS } from './ops-user-pool.ts';
import { startSsm } from './support/ssm.ts';

/* doctor: it names whatever is broken, and says nothing false about what is well. */

vi.setConfig({ testTimeout: 120_000 });

const TODAY = onDay('2026-11-24');
const TOKEN_PARAMETER = '/wme-hubspot-sync/prod/hubspot-access-token';
const LOG_KEY_PARAMETER = '/wme-hubspot-sync/prod/log-key';

let night: Awaited<ReturnType<typeof startNight>>;
let stack: Awaited<ReturnType<typeof startStackApi>>;
let aws: Awaited<ReturnType<typeof startAws>>;
let pool: Awaited<ReturnType<typeof startUserPool>>;
let ssm: Awaited<ReturnType<typeof startSsm>>;

const outputs = (): Record<string, string> => ({
  ...outputsOf(night.queues.endpoint),
  ...poolOutputsOf(POOL_ID, OURS),
});

function setOutputs(changes: Record<string, string> = {}): void {
  stack.world.stacks.set('wme-hubspot-sync-prod', { ...outputs(), ...changes });
}

const setQueue = (url: string, Attributes: Record<string, string>): Promise<unknown> =>
  night.queues.sqs.send(new SetQueueAttributesCommand({ QueueUrl: url, Attributes }));

async function heal(): Promise<void> {
  const { hubspot, queues } = night;
  hubspot.reset();
  hubspot.settings.requestsPer10s = 190;
  setOutputs();
  aws.world.heal();
  pool.world.pool = { ...newPool(), LambdaConfig: { PostConfirmation: OURS } };
  ssm.answer = {
    values: { [TOKEN_PARAMETER]: hubspot.settings.accessToken, [LOG_KEY_PARAMETER]: 'k'.repeat(44) },
  };
  const well = { SqsManagedSseEnabled: 'true', MessageRetentionPeriod: '1209600' };
  const deadLetterTargetArn = 'arn:aws:sqs:us-east-1:000000000000:verified-users-dlq.fifo';
  await setQueue(queues.queueUrl, {
    ...well,
    VisibilityTimeout: '360',
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn, maxReceiveCount: 40 }),
  });
  await setQueue(queues.dlqUrl, well);
}

beforeAll(async () => {
  night = await startNight({ hubspot: { requestsPer10s: 190 } });
  [stack, aws, pool, ssm] = await Promise.all([startStackApi(), startAws(), startUserPool(), startSsm()]);
});
beforeEach(heal);
afterAll(async () => {
  for (const server of [stack, aws, pool]) server.stop();
  await ssm.stop();
  await night.stop();
});

const environment = (): Record<string, string> => ({
  AWS_ENDPOINT_URL_SQS: night.queues.endpoint,
  HUBSPOT_BASE_URL: night.hubspot.url,
  AWS_ENDPOINT_URL_SSM: ssm.url,
  AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER: pool.environment.AWS_ENDPOINT_URL,
  ...stack.environment,
  ...aws.environment,
});

interface CheckJson {
  title: string;
  state: string;
  detail: string | null;
  advice: string | null;
}

async function doctor(args: string[] = [], { node = TODAY, stage = 'prod' } = {}) {
  const { code, stdout, stderr } = await run(
    ['doctor', '--stage', stage, '--json', ...args],
    environment(),
    node,
  );
  const report = describedReport(stdout);
  const checks: CheckJson[] = report.checks;
  return { code, stderr, report, checks, failed: checks.filter(({ state }) => state === 'failed') };
}

describe('of a healthy stage', () => {
  it('every check is asked and well, and only read', async () => {
    const { code, report, checks } = await doctor();
    expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
    expect({ code, outcome: report.outcome, failed: report.failed }).toEqual({
      code: 0,
      outcome: 'healthy',
      failed: 0,
    });
    expect(checks.length).toBeGreaterThanOrEqual(25);
    expect(checks.every(({ advice }) => advice === null)).toBe(true);
    const methods = night.hubspot.journal.entries().map(({ method }) => method);
    expect([...new Set(methods)]).toEqual(['GET']);
    expect(pool.world.updates).toEqual([]);
    expect(pool.world.unsigned).toBe(0);
  });

  it.each(['2026-03', '2026-09'])('also under version %s', async (version) => {
    setOutputs({ HubSpotApiVersion: version });
    const { checks } = await doctor();
    expect(checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  });

  it('that is npm run dev, what it does not have is skipped, with the reason', async () => {
    const { code, checks } = await doctor([], { stage: 'local' });
    expect(code).toBe(0);
    const skipped = checks.filter(({ state }) => state === 'skipped');
    expect(skipped).toHaveLength(10);
    for (const { detail } of skipped) expect(detail).toMatch(/npm run dev/);
  });

  it('a Service Key is told of as far as HubSpot tells: neither its kind nor its scopes', async () => {
    night.hubspot.settings.tokenKind = 'service-key';
    const { code, checks } = await doctor();
    const skipped = checks.filter(({ state }) => state === 'skipped');
    expect(code).toBe(0);
    expect(skipped.map(({ title }) => title)).toEqual([
      expect.stringContaining('kind of token'),
      expect.stringContaining('has the scopes'),
    ]);
    for (const { detail } of skipped) expect(detail).toContain('no such endpoint');
  });

  it('a scope that only doctor would need is no fault of the stage', async () => {
    night.hubspot.settings.scopes.delete('crm.objects.owners.read');
    night.hubspot.settings.scopes.delete('crm.schemas.contacts.read');
    const { code, checks } = await doctor();
    expect(code).toBe(0);
    const skipped = checks.filter(({ state }) => state === 'skipped');
    expect(skipped.map(({ detail }) => detail)).toEqual([
      'it takes the scope crm.schemas.contacts.read, which the token lacks',
      'it takes the scope crm.objects.owners.read, which the token lacks',
      'it takes the scope crm.objects.owners.read, which the token lacks',
    ]);
  });

  it('a function in between that serverless.yml names is well, and told of', async () => {
    pool.world.pool.LambdaConfig = { PostConfirmation: `${THEIRS}:live` };
    setOutputs({ TriggerFunctionArn: THEIRS });
    aws.world.permitted = [`${THEIRS}:live`];
    const { code, checks } = await doctor();
    expect(code).toBe(0);
    expect(checks.find(({ title }) => title.startsWith('The user pool calls'))).toMatchObject({
      state: 'ok',
      detail: `by ${THEIRS}:live, as triggerFunctionArn in serverless.yml says`,
    });
  });

  it('an alarm that rings is told, with its section of the runbook', async () => {
    for (const alarm of aws.world.alarms) {
      if (alarm.AlarmName?.includes('BackOffAlarm')) alarm.StateValue = 'ALARM';
    }
    const { code, checks } = await doctor();
    expect(code).toBe(0);
    expect(checks.find(({ title }) => title.startsWith('All alarms'))?.detail).toBe(
      `${ALARMS.length} alarms; ringing now: BackOffAlarm (runbook: “Sign-ups are late”)`,
    );
  });

  it('a pool that no setting names is not missed, and can be named', async () => {
    stack.world.stacks.set('wme-hubspot-sync-prod', outputsOf(night.queues.endpoint));
    // Nor is anything of the comparison with it.
    aws.world.alarms = aws.world.alarms.filter(({ AlarmName = '' }) => !ofPool.test(AlarmName));
    delete aws.world.functions['wme-hubspot-sync-prod-reconcile'];
    const without = await doctor();
    expect(without.code).toBe(0);
    expect(without.checks.filter(({ state }) => state === 'skipped')).toHaveLength(2);
    const named = await doctor(['--user-pool-id', POOL_ID]);
    expect(named.checks.filter(({ state }) => state !== 'ok')).toEqual([]);
  });

  it('what the credentials may not ask is skipped, and names the right', async () => {
    aws.world.refusals = {
      ListEventSourceMappings: 'AccessDeniedException',
      ListSubscriptionsByTopic: 'AuthorizationError',
      DescribeAlarms: 'AccessDenied',
    };
    const { code, checks } = await doctor();
    expect(code).toBe(0);
    const skipped = checks.filter(({ state }) => state === 'skipped');
    expect(skipped.map(({ detail }) => detail)).toEqual([
      'these credentials may not ask (AccessDeniedException): it takes lambda:ListEventSourceMappings',
      'these credentials may not ask (AccessDeniedException): it takes lambda:ListEventSourceMappings and lambda:GetFunctionConfiguration',
      'these credentials may not ask (AccessDenied): it takes cloudwatch:DescribeAlarms',
      'these credentials may not ask (AccessDenied): it takes cloudwatch:DescribeAlarms and sns:ListSubscriptionsByTopic',
    ]);
  });
});

/** Alarms that are deployed only where there is a pool. */
const ofPool = new RegExp(
  ALARMS.flatMap(({ name, onlyWithPool }) => (onlyWithPool ? `-${name}-` : [])).join('|'),
);

/** What is broken, how it is broken, and what the one check that fails says of it. */
const breakages: [what: string, breakIt: () => unknown, title: string, detail: RegExp][] = [
  [
    'the queue forgets after a day',
    () => setQueue(night.queues.queueUrl, { MessageRetentionPeriod: '86400' }),
    'The queue is there',
    /for 1 days/,
  ],
  [
    'the visibility timeout is too short',
    () => setQueue(night.queues.queueUrl, { VisibilityTimeout: '60' }),
    'The queue is there',
    /60 s is less than six times/,
  ],
  [
    'the dead-letter queue forgets after a day',
    () => setQueue(night.queues.dlqUrl, { MessageRetentionPeriod: '86400' }),
    'The dead-letter queue is there',
    /for 1 days/,
  ],
  [
    'the redrive policy leads elsewhere',
    () =>
      setQueue(night.queues.queueUrl, {
        RedrivePolicy: JSON.stringify({
          deadLetterTargetArn: 'arn:aws:sqs:us-east-1:000000000000:verified-users.fifo',
          maxReceiveCount: 40,
        }),
      }),
    'What the function cannot give up',
    /another queue/,
  ],
  [
    'SQS gives up before the function does',
    () => {
      const sync = aws.world.functions['wme-hubspot-sync-prod-syncContact'];
      if (sync) sync.Environment = { Variables: { MAX_CONCURRENCY: '2', MAX_RECEIVE_COUNT: '50' } };
    },
    'What the function cannot give up',
    /after 40 deliveries, and the function counts to 50/,
  ],
  [
    'a queue is not encrypted',
    () => setQueue(night.queues.dlqUrl, { SqsManagedSseEnabled: 'false' }),
    'Both queues are encrypted',
    /the dead-letter queue is not encrypted/,
  ],
  [
    'the function is gone',
    () => delete aws.world.functions['wme-hubspot-sync-prod-syncContact'],
    'The functions are there',
    /syncContact does not exist/,
  ],
  [
    'an update has failed',
    () => {
      const publish = aws.world.functions['wme-hubspot-sync-prod-publishVerification'];
      if (publish) publish.LastUpdateStatus = 'Failed';
    },
    'The functions are there',
    /latest update of publishVerification has failed/,
  ],
  [
    'no mapping leads to the function',
    () => {
      aws.world.mappings = [];
    },
    'The event source mapping',
    /No mapping/,
  ],
  [
    'the mapping is switched off',
    () => Object.assign(aws.world.mappings[0] ?? {}, { State: 'Disabled' }),
    'The event source mapping',
    /Disabled: sign-ups wait/,
  ],
  [
    'the mapping repeats whole batches',
    () => Object.assign(aws.world.mappings[0] ?? {}, { FunctionResponseTypes: [] }),
    'The event source mapping',
    /ReportBatchItemFailures/,
  ],
  [
    'the mapping starts more instances than share the limit',
    () => Object.assign(aws.world.mappings[0] ?? {}, { ScalingConfig: { MaximumConcurrency: 10 } }),
    'As many instances',
    /starts 10 at once, and each instance takes 1\/2/,
  ],
  [
    'there is no key of the logs',
    () => {
      ssm.answer = { values: { [TOKEN_PARAMETER]: night.hubspot.settings.accessToken } };
    },
    'The key of the logs',
    /There is no parameter \/wme-hubspot-sync\/prod\/log-key/,
  ],
  [
    'the key of the logs is short',
    () => {
      ssm.answer = {
        values: { [TOKEN_PARAMETER]: night.hubspot.settings.accessToken, [LOG_KEY_PARAMETER]: 'short' },
      };
    },
    'The key of the logs',
    /fewer than 32/,
  ],
  [
    'there is no token',
    () => {
      ssm.answer = { values: { [LOG_KEY_PARAMETER]: 'k'.repeat(44) } };
    },
    'The HubSpot token can be read',
    /There is no parameter/,
  ],
  [
    'an alarm is gone',
    () => {
      aws.world.alarms = aws.world.alarms.filter(({ AlarmName }) => !AlarmName?.includes('DeadLetterAlarm'));
    },
    'All alarms',
    /no DeadLetterAlarm/,
  ],
  [
    'an alarm of the comparison is gone',
    () => {
      aws.world.alarms = aws.world.alarms.filter(
        ({ AlarmName }) => !AlarmName?.includes('ReconcileMissedAlarm'),
      );
    },
    'All alarms',
    /no ReconcileMissedAlarm/,
  ],
  [
    'the comparison is gone',
    () => delete aws.world.functions['wme-hubspot-sync-prod-reconcile'],
    'The functions are there',
    /^reconcile does not exist$/,
  ],
  [
    'the stack is from before there was a comparison',
    () => {
      const { ReconcileFunctionName, ReconcileLogGroupName, ...others } = outputs();
      stack.world.stacks.set('wme-hubspot-sync-prod', others);
    },
    'The functions are there',
    /names no function reconcile/,
  ],
  [
    'an alarm is switched off',
    () => {
      for (const alarm of aws.world.alarms.slice(0, 1)) alarm.ActionsEnabled = false;
    },
    'All alarms',
    /Switched off: NewDeadLetterAlarm/,
  ],
  [
    'the alarms tell nobody',
    () => {
      for (const alarm of aws.world.alarms) alarm.AlarmActions = [];
    },
    'Somebody hears',
    new RegExp(`${ALARMS.length} of ${ALARMS.length} alarms tell nobody`),
  ],
  [
    'nobody is subscribed',
    () => {
      aws.world.subscriptions = [];
    },
    'Somebody hears',
    /Nobody is subscribed/,
  ],
  [
    'nobody has confirmed',
    () => {
      aws.world.subscriptions = [{ SubscriptionArn: 'PendingConfirmation' }];
    },
    'Somebody hears',
    /nobody has confirmed/,
  ],
  [
    'the topic is gone',
    () => {
      for (const alarm of aws.world.alarms) alarm.AlarmActions = ['arn:aws:sns:eu-west-1:000000000000:gone'];
    },
    'Somebody hears',
    /does not exist/,
  ],
  [
    'the trigger is detached',
    () => {
      pool.world.pool.LambdaConfig = {};
    },
    'The user pool calls',
    /no PostConfirmation trigger/,
  ],
  [
    'the trigger is another function',
    () => {
      pool.world.pool.LambdaConfig = { PostConfirmation: THEIRS };
    },
    'The user pool calls',
    /function:theirs/,
  ],
  [
    'the pool may not call the function',
    () => {
      aws.world.statements = [permission('arn:aws:cognito-idp:us-east-1:000000000000:userpool/another')];
    },
    'The user pool may call',
    /does not let the pool call it/,
  ],
  [
    'the token was revoked',
    () => {
      ssm.answer = { values: { [TOKEN_PARAMETER]: 'revoked', [LOG_KEY_PARAMETER]: 'k'.repeat(44) } };
    },
    'HubSpot takes the token',
    /401 INVALID_AUTHENTICATION/,
  ],
  [
    'the token lacks a scope',
    () => night.hubspot.settings.scopes.delete('crm.objects.contacts.write'),
    'The token has the scopes',
    /It lacks crm\.objects\.contacts\.write/,
  ],
  [
    'HubSpot has switched the version off',
    () => night.hubspot.settings.switchedOff.add('v3'),
    'HubSpot supports the version',
    /does not know v3: it answers 404/,
  ],
  [
    'a property is gone',
    () => night.hubspot.portal.contactDefinitions.delete('username'),
    'The property username',
    /no such property/,
  ],
  [
    'an option is gone',
    () =>
      night.hubspot.portal.contactDefinitions.set('lead_source_type', {
        label: 'Lead source type',
        type: 'enumeration',
        options: ['Webinar'],
      }),
    'The property lead_source_type',
    /it has no option WME Dashboard/,
  ],
  [
    'a property has become a date',
    () => night.hubspot.portal.contactDefinitions.set('team_ownership', { label: 'Team', type: 'datetime' }),
    'The property team_ownership',
    /of the kind datetime/,
  ],
  [
    'a property is computed now',
    () =>
      night.hubspot.portal.contactDefinitions.set('username', {
        label: 'Username',
        type: 'string',
        readOnly: true,
      }),
    'The property username',
    /HubSpot computes it/,
  ],
  [
    'what all sign-ups share may be there only once',
    () =>
      night.hubspot.portal.contactDefinitions.set('lifecyclestage', {
        label: 'Stage',
        type: 'enumeration',
        options: ['lead'],
        unique: true,
      }),
    'The property lifecyclestage',
    /no two contacts/,
  ],
  [
    'a property is required that no sign-up brings',
    () => {
      setOutputs({ HubSpotApiVersion: '2026-09' });
      night.hubspot.portal.contactDefinitions.set('firstname', {
        label: 'First Name',
        type: 'string',
        required: true,
      });
    },
    'HubSpot requires no property',
    /It requires firstname/,
  ],
  [
    'an owner has left',
    () => night.hubspot.portal.ownerIds.delete('1245777529'),
    'The owner of notes, 1245777529',
    /no such owner/,
  ],
  [
    'the association type is another one',
    () => {
      night.hubspot.settings.noteToContactTypes = new Set([203]);
    },
    'A note is tied to its contact',
    /does not list it/,
  ],
  [
    'HubSpot allows less than the stage takes',
    () => {
      night.hubspot.settings.requestsPer10s = 100;
    },
    'HubSpot’s limit of ten seconds',
    /allows 100 requests in 10 seconds, and the stage takes it for 190/,
  ],
  [
    'the day’s limit is nearly used up',
    () => {
      night.hubspot.faults.add({
        path: '/crm/v3/properties/contacts/email',
        do: {
          type: 'status',
          status: 200,
          headers: { 'x-hubspot-ratelimit-daily': '1000', 'x-hubspot-ratelimit-daily-remaining': '20' },
          body: {},
        },
      });
    },
    'There is enough left',
    /Only 20 of 1000/,
  ],
];

describe('names what is broken, one at a time, and nothing else', () => {
  it.each(breakages)('%s', async (_what, breakIt, title, detail) => {
    await breakIt();
    const { code, report, failed } = await doctor();
    expect(failed.map((check) => check.title)).toEqual([expect.stringContaining(title)]);
    expect(failed[0]?.detail).toMatch(detail);
    expect(failed[0]?.advice).toMatch(/\w{4}/);
    expect({ code, outcome: report.outcome, failed: report.failed }).toEqual({
      code: 1,
      outcome: 'unwell',
      failed: 1,
    });
  });

  it('a queue that is not there, and with it what cannot be right without it', async () => {
    setOutputs({ QueueUrl: `${night.queues.endpoint}/000000000000/gone.fifo` });
    const { code, failed } = await doctor();
    expect(code).toBe(1);
    expect(failed.map(({ title }) => title)).toContain('The queue is there, and keeps a sign-up for 14 days');
    expect(failed.every(({ detail }) => detail?.includes('there is no such queue'))).toBe(true);
  });

  it('a token that is none, which the CDN answers', async () => {
    night.hubspot.settings.malformedTokens = 'cdn';
    ssm.answer = { values: { [TOKEN_PARAMETER]: '"pasted"', [LOG_KEY_PARAMETER]: 'k'.repeat(44) } };
    const { failed, checks } = await doctor();
    expect(failed.map(({ detail }) => detail)).toEqual([expect.stringContaining('530')]);
    expect(checks.filter(({ detail }) => detail === 'HubSpot refuses the token').length).toBeGreaterThan(8);
  });

  it('what ends, while there is time', async () => {
    const { failed } = await doctor([], { node: onDay('2027-07-01') });
    expect(failed.map(({ detail }) => detail)).toEqual([
      expect.stringMatching(/legacy private app’s token: HubSpot supports those until September 2027/),
      expect.stringMatching(/supports v3 only until September 2027/),
    ]);
  });

  it('HubSpot’s own trouble is no fault of the stage', async () => {
    night.hubspot.faults.add({
      times: Number.POSITIVE_INFINITY,
      do: { type: 'status', ...internalError },
    });
    const { code, checks, failed } = await doctor();
    expect({ code, failed }).toEqual({ code: 0, failed: [] });
    expect(
      checks.filter(({ detail }) => /HubSpot (has trouble|answered 500)/.test(detail ?? '')).length,
    ).toBeGreaterThan(5);
  });

  it('a required property that the version does not enforce yet is well, and told of', async () => {
    night.hubspot.portal.contactDefinitions.set('firstname', {
      label: 'First Name',
      type: 'string',
      required: true,
    });
    const { code, checks } = await doctor();
    expect(code).toBe(0);
    expect(checks.find(({ title }) => title.startsWith('HubSpot requires'))?.detail).toMatch(
      /v3 does not enforce it.*firstname/,
    );
  });
});

describe('--probe', () => {
  const EMAIL = 'probe@example.org';

  it('goes through create, conflict, username and note, and leaves nothing behind', async () => {
    const { code, checks } = await doctor(['--probe', EMAIL, '--yes']);
    expect(code).toBe(0);
    expect(checks.at(-1)).toMatchObject({
      title: expect.stringContaining('A sign-up goes through'),
      state: 'ok',
    });
    const calls = night.hubspot.journal
      .entries()
      .map(({ method, path }) => `${method} ${path.split('?')[0]}`);
    expect(calls).toEqual(
      expect.arrayContaining([
        'POST /crm/v3/objects/contacts',
        expect.stringMatching(/^PATCH \/crm\/v3\/objects\/contacts\/\d+$/),
        'POST /crm/v3/objects/notes',
        expect.stringMatching(/^DELETE \/crm\/v3\/objects\/notes\/\d+$/),
        expect.stringMatching(/^DELETE \/crm\/v3\/objects\/contacts\/\d+$/),
      ]),
    );
    expect(night.hubspot.portal.contacts()).toEqual([]);
    expect(night.hubspot.journal.entries().some(({ path }) => /%40|@/.test(path))).toBe(false);
  });

  it('removes what it made when the rest does not work', async () => {
    night.hubspot.faults.add({
      method: 'POST',
      path: '/crm/v3/objects/notes',
      times: Number.POSITIVE_INFINITY,
      do: { type: 'status', ...internalError },
    });
    const { code, failed } = await doctor(['--probe', EMAIL, '--yes']);
    expect(code).toBe(1);
    expect(failed.map(({ detail }) => detail)).toEqual([expect.stringContaining('notes answered 500')]);
    expect(night.hubspot.portal.contacts()).toEqual([]);
  });

  it('says what is left where it cannot be removed', async () => {
    night.hubspot.faults.add({
      method: 'DELETE',
      times: Number.POSITIVE_INFINITY,
      do: { type: 'status', ...internalError },
    });
    const { failed } = await doctor(['--probe', EMAIL, '--yes']);
    const [contact] = night.hubspot.portal.contacts();
    expect(failed[0]?.detail).toMatch(new RegExp(`Left in HubSpot: note \\d+ and contact ${contact?.id}`));
  });

  it('leaves somebody alone who is there', async () => {
    night.hubspot.portal.createContact({ email: EMAIL, username: 'theirs' });
    const { failed } = await doctor(['--probe', EMAIL, '--yes']);
    expect(failed[0]?.detail).toContain('left alone');
    expect(night.hubspot.portal.contacts().map(({ properties }) => properties.username)).toEqual(['theirs']);
    expect(
      night.hubspot.journal.entries().some(({ method }) => method === 'PATCH' || method === 'DELETE'),
    ).toBe(false);
  });

  it('asks first, and takes an address only', async () => {
    const asked = await doctor(['--probe', EMAIL]);
    expect(asked.code).toBe(2);
    expect(asked.report.message).toContain('--yes');
    const wrong = await doctor(['--probe', 'nobody', '--yes']);
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).not.toContain('nobody');
    expect(night.hubspot.journal.entries()).toEqual([]);
  });
});

describe('Ctrl-C', () => {
  const begin = (...args: string[]) =>
    start(['doctor', '--stage', 'prod', '--json', ...args], environment(), TODAY);

  it('in the middle ends after the check that is under way, and nothing was changed', async () => {
    const slow = night.hubspot.faults.add({ do: { type: 'delay', ms: 300 } });
    const { child, ended } = begin();
    await until(() => slow.struck > 0);
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    const report = describedReport(stdout);
    expect({ code, outcome: report.outcome }).toEqual({ code: 130, outcome: 'interrupted' });
    // Those of AWS come first.
    expect(report.checks.length).toBeGreaterThan(10);
    expect(report.checks.length).toBeLessThan(25);
    expect(night.hubspot.journal.entries().every(({ method }) => method === 'GET')).toBe(true);
  });

  it('twice ends at once, whatever does not answer', async () => {
    const hanging = night.hubspot.faults.add({ do: { type: 'hang', when: 'before' } });
    const { child, ended } = begin();
    await until(() => hanging.struck > 0);
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString()));
    child.kill('SIGINT');
    await until(() => said.includes('Press Ctrl-C again'));
    child.kill('SIGINT');
    const { code, stdout } = await ended;
    expect({ code, outcome: describedReport(stdout).outcome }).toEqual({ code: 130, outcome: 'interrupted' });
  });

  it('in the middle of a probe: what it has made is removed first', async () => {
    const slow = night.hubspot.faults.add({
      method: 'POST',
      path: '/crm/v3/objects/notes',
      do: { type: 'delay', ms: 300 },
    });
    const { child, ended } = begin('--probe', 'probe@example.org', '--yes');
    await until(() => slow.struck > 0);
    expect(night.hubspot.portal.contacts()).toHaveLength(1);
    child.kill('SIGINT');
    expect((await ended).stderr).toContain('what was made in HubSpot is removed');
    expect(night.hubspot.portal.contacts()).toEqual([]);
  });
});

describe.runIf(HAS_TERMINAL).each([80, 40])('on a terminal of %i columns', (columns) => {
  it('no line is broken by the terminal, and what is wrong stands out', async () => {
    night.hubspot.portal.ownerIds.delete('823648202');
    const { ended } = onTerminal(['doctor', '--stage', 'local'], columns, environment());
    const { code, lines } = await ended;
    expect(code).toBe(1);
    // But for an address of the web that is longer than a line.
    const broken = lines.filter(
      ({ wrapped }, index) => wrapped && !/^ *https:\S+$/.test(lines[index - 1]?.text ?? ''),
    );
    expect(broken).toEqual([]);
    const text = lines.map((line) => line.text).join('\n');
    expect(text).toMatch(/✗ The owner of new contacts/);
    expect(text).toMatch(/What to do: Ask/);
    expect(text).toMatch(/– Both queues/);
  });
});
