import * as z from 'zod/mini';
import { AwsFailure, sendRead } from '../aws/aws-call.ts';
import { regionOf } from '../user-pool/cognito.ts';

const users = z.object({
  Users: z.optional(
    z.array(
      z.object({
        Attributes: z.optional(z.array(z.object({ Name: z.string(), Value: z.optional(z.string()) }))),
      }),
    ),
  ),
});

/** In a filter of Cognito's, quotation marks and backslashes are escaped (Cognito API reference, ListUsers). */
const quoted = (value: string): string => `"${value.replaceAll(/["\\]/g, '\\$&')}"`;

/** What Cognito calls the accounts of an address. It takes `cognito-idp:ListUsers`. */
export async function subsOf(email: string, userPoolId: string): Promise<string[] | { lack: string }> {
  try {
    const { Users = [] } = users.parse(
      await sendRead({
        service: 'cognito-idp',
        region: regionOf(userPoolId),
        method: 'POST',
        path: '/',
        headers: {
          'content-type': 'application/x-amz-json-1.1',
          'x-amz-target': 'AWSCognitoIdentityProviderService.ListUsers',
        },
        body: JSON.stringify({
          UserPoolId: userPoolId,
          Filter: `email = ${quoted(email)}`,
          AttributesToGet: ['sub'],
        }),
      }),
    );
    return Users.flatMap(({ Attributes = [] }) => Attributes.find(({ Name }) => Name === 'sub')?.Value ?? []);
  } catch (error) {
    if (!(error instanceof AwsFailure)) throw error;
    return { lack: `the user pool cannot be asked (${error.code}): it takes cognito-idp:ListUsers` };
  }
}
