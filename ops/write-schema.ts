import * as z from 'zod/mini';
import { verificationSchema } from '../lib/verification.ts';

/** Prints the JSON Schema of the message on the queue: `npm run schema` keeps docs/verification.schema.json current. */
const { $schema, ...fields } = z.toJSONSchema(verificationSchema, {
  target: 'draft-2020-12',
  // What may be sent: fields that the schema does not name are ignored, so they are allowed.
  io: 'input',
});
const schema = {
  $schema,
  title: 'Verification',
  description:
    'A verified sign-up: the body of a message on the queue of verified users. Other fields are ignored.',
  ...fields,
};

process.stdout.write(`${JSON.stringify(schema, undefined, 2)}\n`);
