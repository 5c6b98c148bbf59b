import { readFileSync } from 'node:fs';
import { parse, stringify } from 'yaml';
import * as z from 'zod/mini';
import { FIRST_SENT_ATTRIBUTE } from '../lib/queue/delivery.ts';
import { allReasons } from '../lib/reasons.ts';
import { verificationSchema } from '../lib/verification.ts';

/**
 * Prints the contract of both queues as AsyncAPI 3: `npm run schema` keeps docs/asyncapi.yaml current. Messages are
 * described by the schema that reads them, queues by what is deployed.
 */
const queueSchema = z.object({
  FifoQueue: z.boolean(),
  DeduplicationScope: z.string(),
  FifoThroughputLimit: z.string(),
  MessageRetentionPeriod: z.number(),
});
const template = z
  .object({
    Resources: z.object({
      VerifiedUsersQueue: z.object({
        Properties: z.extend(queueSchema, { QueueName: z.string(), VisibilityTimeout: z.number() }),
      }),
      DeadLetterQueue: z.object({ Properties: z.extend(queueSchema, { QueueName: z.string() }) }),
    }),
  })
  // CloudFormation's own tags, such as !Ref, are not needed here.
  .parse(parse(readFileSync('infrastructure/queues.yml', 'utf8'), { logLevel: 'error' }));
const { params, version } = {
  ...z
    .object({
      params: z.object({
        default: z.object({ maxReceiveCount: z.number() }),
        prod: z.object({ queueSuffix: z.string() }),
      }),
    })
    .parse(parse(readFileSync('serverless.yml', 'utf8'), { logLevel: 'error' })),
  ...z.object({ version: z.string() }).parse(JSON.parse(readFileSync('package.json', 'utf8'))),
};

const { VerifiedUsersQueue, DeadLetterQueue } = template.Resources;

/** A queue as AsyncAPI's binding for SQS has it, under the name that it has in production. */
const queue = ({ QueueName, ...properties }: z.infer<typeof queueSchema> & { QueueName: string }) => ({
  name: QueueName.replace(/\$\{param:queueSuffix\}/, params.prod.queueSuffix),
  fifoQueue: properties.FifoQueue,
  deduplicationScope: properties.DeduplicationScope,
  fifoThroughputLimit: properties.FifoThroughputLimit,
  messageRetentionPeriod: properties.MessageRetentionPeriod,
});

const deadLetters = queue(DeadLetterQueue.Properties);
const verified = {
  ...queue(VerifiedUsersQueue.Properties),
  visibilityTimeout: VerifiedUsersQueue.Properties.VisibilityTimeout,
  redrivePolicy: {
    deadLetterQueue: { name: deadLetters.name },
    maxReceiveCount: params.default.maxReceiveCount,
  },
};

const errorCodes = [...new Set(allReasons().flatMap(({ errorCode }) => errorCode ?? []))];
const reasons = [...new Set(allReasons().flatMap(({ errorCode, reason }) => (errorCode ? [reason] : [])))];

const { $schema: _, ...payload } = z.toJSONSchema(verificationSchema, { target: 'draft-7', io: 'input' });
const replay = {
  type: 'string',
  const: 'true',
  description:
    'Not the first attempt: HubSpot is asked what it has before anything is written. Data type String. Left out at the first attempt.',
};
const groupId = 'SHA-256 of the lower-cased address, in hexadecimal: one person is one group.';
const channel = (address: string) => ({ $ref: `#/channels/${address}` });
const message = (address: string, name: string) => ({ $ref: `#/channels/${address}/messages/${name}` });

const document = {
  asyncapi: '3.0.0',
  info: {
    title: 'wme-hubspot-sync',
    version,
    description:
      'Verified sign-ups of the Wikimedia Enterprise dashboard, on their way to HubSpot. docs/publishing.md says how to send one.',
    license: { name: 'MIT' },
  },
  defaultContentType: 'application/json',
  channels: {
    verifiedUsers: {
      address: verified.name,
      description: 'Verified sign-ups. In other stages than prod the name has the stage in it.',
      messages: { verification: { $ref: '#/components/messages/verification' } },
      bindings: { sqs: { queue: verified, deadLetterQueue: deadLetters, bindingVersion: '0.2.0' } },
    },
    deadLetters: {
      address: deadLetters.name,
      description: 'Sign-ups that a person has to look at. docs/runbook.md says how.',
      messages: { deadLetter: { $ref: '#/components/messages/deadLetter' } },
      bindings: { sqs: { queue: deadLetters, bindingVersion: '0.2.0' } },
    },
  },
  operations: {
    publishVerification: {
      action: 'send',
      channel: channel('verifiedUsers'),
      summary: "The user pool's trigger puts a confirmed sign-up on the queue. Other publishers do the same.",
      messages: [message('verifiedUsers', 'verification')],
    },
    syncContact: {
      action: 'receive',
      channel: channel('verifiedUsers'),
      summary: 'Makes a contact card of a sign-up, or brings the existing one up to date.',
      messages: [message('verifiedUsers', 'verification')],
    },
    putAside: {
      action: 'send',
      channel: channel('deadLetters'),
      summary: 'Puts aside what no further attempt would bring to HubSpot, with the reason.',
      messages: [message('deadLetters', 'deadLetter')],
    },
  },
  components: {
    messages: {
      verification: {
        name: 'verification',
        title: 'A verified sign-up',
        contentType: 'application/json',
        // AsyncAPI's name for what SQS calls message attributes.
        headers: { type: 'object', properties: { Replay: replay } },
        payload: { $ref: '#/components/schemas/verification' },
        'x-sqs-message-group-id': groupId,
        'x-sqs-message-deduplication-id':
          "Of a first attempt the account's ID, or SHA-256 of the JSON array [email, username], in hexadecimal. Of a replay one that was never used before.",
        examples: [
          {
            name: 'new',
            payload: {
              email: 'ada@example.org',
              username: 'AdaL',
              verifiedAt: '2026-11-23T18:00:00.000Z',
            },
          },
        ],
      },
      deadLetter: {
        name: 'deadLetter',
        title: 'A sign-up that was given up',
        description:
          'The body is that of the message, byte for byte: it may be anything. Letters that SQS itself has moved here, because the process died time after time, have no attributes of their own.',
        contentType: 'application/json',
        headers: {
          type: 'object',
          properties: {
            ErrorCode: { type: 'string', enum: errorCodes },
            Reason: {
              type: 'string',
              description: 'A name that does not change. docs/runbook.md explains each.',
              examples: reasons,
            },
            ErrorMessage: {
              type: 'string',
              description: 'For a person. Never an address or a username.',
            },
            RequestID: { type: 'string', description: 'Of the Lambda invocation that gave the message up.' },
            Deliveries: { type: 'integer', minimum: 1, description: 'Data type Number.' },
            HubSpotCorrelationId: { type: 'string', description: 'Where HubSpot gave one.' },
            [FIRST_SENT_ATTRIBUTE]: {
              type: 'integer',
              description:
                'When the message was first sent, in milliseconds since 1970: only if the body has no verifiedAt. Data type Number.',
            },
            Replay: replay,
          },
        },
        payload: {},
        'x-sqs-message-group-id': 'That of the message.',
        'x-sqs-message-deduplication-id': 'Made of the ID of the message.',
      },
    },
    schemas: {
      verification: {
        title: 'Verification',
        description: 'Other fields are ignored.',
        ...payload,
      },
    },
  },
};

process.stdout.write(
  `# Written by npm run schema from lib/verification.ts and infrastructure/queues.yml.\n${stringify(document, { lineWidth: 110, aliasDuplicateObjects: false })}`,
);
