import { randomUUID } from 'node:crypto';

/** Cognito's trigger event for a sign-up whose code was right (Cognito docs, post confirmation trigger). */
export const signUpConfirmed = ({ email, username }: { email: string; username: string }) => ({
  version: '1',
  region: 'us-east-1',
  userPoolId: 'us-east-1_sandbox',
  userName: username,
  callerContext: { awsSdkVersion: 'sandbox', clientId: 'sandbox' },
  triggerSource: 'PostConfirmation_ConfirmSignUp',
  request: {
    userAttributes: {
      sub: randomUUID(),
      email,
      email_verified: 'true',
      'cognito:user_status': 'CONFIRMED',
      'custom:username': username,
    },
  },
  response: {},
});
