import { randomUUID } from 'node:crypto';

/**
 * Cognito's trigger event for a sign-up whose code was right (Cognito docs, post confirmation trigger).
 *
 * @param signUp without a `sub`, it is of an account of its own
 */
export const signUpConfirmed = ({
  email,
  username,
  sub = randomUUID(),
}: {
  email: string;
  username: string;
  sub?: string;
}) => ({
  version: '1',
  region: 'us-east-1',
  userPoolId: 'us-east-1_sandbox',
  userName: username,
  callerContext: { awsSdkVersion: 'sandbox', clientId: 'sandbox' },
  triggerSource: 'PostConfirmation_ConfirmSignUp',
  request: {
    userAttributes: {
      sub,
      email,
      email_verified: 'true',
      'cognito:user_status': 'CONFIRMED',
      'custom:username': username,
    },
  },
  response: {},
});
