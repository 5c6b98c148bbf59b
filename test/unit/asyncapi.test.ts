import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import specs from '@asyncapi/specs';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import * as z from 'zod';
import { deadLetter } from '../../lib/queue/dead-letter.ts';
import { deliveryOf } from '../../lib/queue/delivery.ts';
import { checkVerification, verificationSchema } from '../../lib/verification.ts';
import { sqsRecord, stringAttribute } from './support/records.ts';

// docs/asyncapi.yaml, against AsyncAPI's own schema and against the code.

const text = readFileSync('docs/asyncapi.yaml', 'utf8');
const schema = z.looseObject({ properties: z.optional(z.record(z.string(), z.unknown())) });
const document = z
  .looseObject({
    components: z.looseObject({
      messages: z.looseObject({
        verification: z.looseObject({
          headers: schema,
          examples: z.array(z.looseObject({ payload: z.unknown() })),
        }),
        deadLetter: z.looseObject({ headers: schema }),
      }),
      schemas: z.looseObject({ verification: schema }),
    }),
  })
  .parse(parse(text));
const { messages, schemas } = document.components;

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
const conforms = ajv.compile(z.record(z.string(), z.unknown()).parse(specs.schemasWithoutId['3.0.0']));

/** The document with one text in it replaced. */
const changed = (from: string, to: string): unknown => {
  expect(text).toContain(from);
  return parse(text.replace(from, to));
};

it('is what npm run schema writes', () => {
  expect(text).toBe(execFileSync(process.execPath, ['ops/write-asyncapi.ts'], { encoding: 'utf8' }));
});

describe('AsyncAPI 3', () => {
  it('takes it', () => {
    conforms(document);
    expect(conforms.errors).toBeNull();
  });

  it.each([
    ['a document of another version', 'asyncapi: 3.0.0', 'asyncapi: 2.6.0'],
    ['no title', 'title: wme-hubspot-sync', 'name: wme-hubspot-sync'],
    ['an action that there is not', 'action: receive', 'action: consume'],
    ['a binding of SQS without a queue', 'queue:', 'que:'],
    ['another limit of a FIFO queue', 'fifoThroughputLimit: perMessageGroupId', 'fifoThroughputLimit: none'],
  ])('would not take %s', (_, from, to) => {
    expect(conforms(changed(from, to))).toBe(false);
  });

  it('finds everything that is referred to', () => {
    const references = [...text.matchAll(/\$ref: "#\/([^"]+)"/g)].map(([, path = '']) => path.split('/'));
    expect(references.length).toBeGreaterThan(6);
    for (const path of references) {
      expect(document).toHaveProperty(path);
    }
  });
});

describe('the code', () => {
  it('reads the fields that are described, by the schema that describes them', () => {
    const { properties } = z.toJSONSchema(verificationSchema, { target: 'draft-7', io: 'input' });
    expect(schemas.verification.properties).toEqual(properties);
  });

  it('takes the example', () => {
    const [example] = messages.verification.examples;
    expect(checkVerification(example?.payload)).toEqual({ verification: example?.payload });
    expect(ajv.validate(schemas.verification, example?.payload)).toBe(true);
  });

  it('gives a dead letter the attributes that are described, and no others', () => {
    const { MessageAttributes } = deadLetter(
      deliveryOf(sqsRecord({ body: {}, attributes: { Replay: stringAttribute('true') } })),
      {
        dlqUrl: 'https://sqs.test/verified-users-dlq.fifo',
        errorCode: 'InvalidMessage',
        failure: { class: 'invalid', detail: 'Not a verification message.', correlationId: 'an-id' },
        requestId: 'a-request',
        bodyHasVerifiedAt: false,
      },
    );
    expect(Object.keys(MessageAttributes ?? {}).toSorted()).toEqual(
      Object.keys(messages.deadLetter.headers.properties ?? {}).toSorted(),
    );
    const values = Object.entries(MessageAttributes ?? {}).map(([name, { DataType, StringValue }]) => [
      name,
      DataType === 'Number' ? Number(StringValue) : StringValue,
    ]);
    expect(ajv.validate(messages.deadLetter.headers, Object.fromEntries(values))).toBe(true);
  });
});
