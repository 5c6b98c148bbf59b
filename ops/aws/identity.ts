import * as z from 'zod/mini';
import { AwsFailure, sendRead } from './aws-call.ts';

const answered = z.object({
  GetCallerIdentityResponse: z.object({ GetCallerIdentityResult: z.object({ Arn: z.string() }) }),
});

/** Who gives the commands, as AWS knows them. It needs no right, so what fails is the network: then nobody can tell. */
export async function callerIdentity(region: string): Promise<string> {
  try {
    const answer = await sendRead({
      service: 'sts',
      region,
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    });
    return answered.parse(answer).GetCallerIdentityResponse.GetCallerIdentityResult.Arn;
  } catch (error) {
    return `unknown (${error instanceof AwsFailure ? error.code : 'the answer cannot be read'})`;
  }
}
