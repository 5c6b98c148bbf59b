import * as z from 'zod/mini';
import { EXIT, OperatorError } from '../exit.ts';
import { AwsFailure, sendRead } from './aws-call.ts';

/** What the stack of a stage says about itself (infrastructure/*.yml, `Outputs`). */
export type StackOutputs = ReadonlyMap<string, string>;

/** As osls names it: the service's name and the stage's. */
export const stackName = (stage: string): string => `wme-hubspot-sync-${stage}`;

const output = z.object({ OutputKey: z.string(), OutputValue: z.string() });

/** The parser writes one member as itself, several as an array, and none as an empty text. */
const described = z.object({
  DescribeStacksResponse: z.object({
    DescribeStacksResult: z.object({
      Stacks: z.object({
        member: z.object({
          Outputs: z.catch(z.object({ member: z.union([output, z.array(output)]) }), { member: [] }),
        }),
      }),
    }),
  }),
});

function problem({ kind, code, message }: AwsFailure): OperatorError {
  if (code === 'ValidationError') {
    return new OperatorError(
      'There is no stack of that stage in this account and region. Check --stage, AWS_PROFILE and AWS_REGION.',
    );
  }
  const why = {
    refused: 'CloudFormation refuses to tell about the stack of this stage',
    throttled: 'CloudFormation throttles: try again in a minute',
    unanswered: 'CloudFormation does not answer: check the network and AWS_REGION',
  }[kind];
  return new OperatorError(
    `${why} (${[code, message].filter(Boolean).join(': ')}). --queue-url and --dlq-url do without it.`,
    kind === 'refused' ? EXIT.badInput : EXIT.notDone,
  );
}

/**
 * Reads the outputs of a stage's stack. It needs `cloudformation:DescribeStacks` on it.
 *
 * @throws OperatorError that says what to do.
 */
export async function readStackOutputs(stage: string, region: string): Promise<StackOutputs> {
  const query = { Action: 'DescribeStacks', Version: '2010-05-15', StackName: stackName(stage) };
  let answer: unknown;
  try {
    answer = await sendRead({
      service: 'cloudformation',
      region,
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: new URLSearchParams(query).toString(),
    });
  } catch (error) {
    if (error instanceof AwsFailure) throw problem(error);
    throw error;
  }
  const { Outputs } = described.parse(answer).DescribeStacksResponse.DescribeStacksResult.Stacks.member;
  return new Map([Outputs.member].flat().map(({ OutputKey, OutputValue }) => [OutputKey, OutputValue]));
}
