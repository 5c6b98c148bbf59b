/**
 * CloudFormation custom resource: a function as the PostConfirmation trigger of a user pool that exists already.
 *
 * Runs as it stands on Lambda, with the AWS SDK that the Node.js runtime brings. UpdateUserPool resets every setting
 * that it is not given (Amazon Cognito API reference), and this is the pool that people log in with. So: whatever
 * DescribeUserPool says goes back unchanged, an attached trigger is left alone without any update, a trigger of somebody
 * else is never replaced, and the pool is read once more to see that it holds what it was sent.
 */
import { isDeepStrictEqual } from 'node:util';
import {
  CognitoIdentityProviderClient,
  DescribeUserPoolCommand,
  UpdateUserPoolCommand,
} from '@aws-sdk/client-cognito-identity-provider';

const cognito = new CognitoIdentityProviderClient({});

async function describe(userPoolId) {
  const { UserPool } = await cognito.send(new DescribeUserPoolCommand({ UserPoolId: userPoolId }));
  return UserPool;
}

/** What UpdateUserPool takes of what DescribeUserPool tells: all but these, which it does not know. */
function updatable(userPool) {
  const {
    Id,
    Name,
    Arn,
    Status,
    CreationDate,
    LastModifiedDate,
    SchemaAttributes,
    AliasAttributes,
    UsernameAttributes,
    UsernameConfiguration,
    EstimatedNumberOfUsers,
    SmsConfigurationFailure,
    EmailConfigurationFailure,
    Domain,
    CustomDomain,
    ...settings
  } = userPool;
  const { UnusedAccountValidityDays, ...AdminCreateUserConfig } = settings.AdminCreateUserConfig ?? {};
  const { PasswordPolicy } = settings.Policies ?? {};
  return {
    ...settings,
    AdminCreateUserConfig,
    // The newer name of the same setting. Cognito tells both, and refuses an update with both.
    Policies: {
      ...settings.Policies,
      PasswordPolicy: { TemporaryPasswordValidityDays: UnusedAccountValidityDays, ...PasswordPolicy },
    },
  };
}

async function setTrigger(userPool, functionArn) {
  const { PostConfirmation, ...otherTriggers } = userPool.LambdaConfig ?? {};
  const wanted = {
    ...updatable(userPool),
    LambdaConfig: { ...otherTriggers, ...(functionArn && { PostConfirmation: functionArn }) },
  };
  await cognito.send(new UpdateUserPoolCommand({ UserPoolId: userPool.Id, ...wanted }));

  const { LambdaConfig = {}, ...others } = updatable(await describe(userPool.Id));
  const found = { ...others, LambdaConfig };
  const names = Object.keys({ ...wanted, ...found });
  const changed = names.filter((name) => !isDeepStrictEqual(wanted[name], found[name]));
  if (changed.length > 0)
    throw new Error(`Cognito has not kept these settings as they were sent: ${changed.join(', ')}.`);
}

async function attach(userPoolId, functionArn) {
  const userPool = await describe(userPoolId);
  const current = userPool.LambdaConfig?.PostConfirmation;
  if (current === functionArn) return;
  if (current) throw new Error(`${userPoolId} has a PostConfirmation trigger already: ${current}.`);
  await setTrigger(userPool, functionArn);
}

async function detach(userPoolId, functionArn) {
  try {
    const userPool = await describe(userPoolId);
    if (userPool.LambdaConfig?.PostConfirmation === functionArn) await setTrigger(userPool, undefined);
  } catch (error) {
    if (error.name !== 'ResourceNotFoundException') throw error;
  }
}

async function carryOut({ RequestType, ResourceProperties, PhysicalResourceId }) {
  const { UserPoolId, FunctionArn } = ResourceProperties;
  if (RequestType === 'Delete') return await detach(UserPoolId, FunctionArn);
  // By now the role is for the new pool only: the old one would keep a trigger that it may no longer call, and nobody
  // could confirm a sign-up. The resource's ID tells a move from CloudFormation's way back after a refused one.
  if (RequestType === 'Update' && !PhysicalResourceId.startsWith(`${UserPoolId}/`)) {
    const [attached] = PhysicalResourceId.split('/');
    throw new Error(
      `The stack is attached to ${attached}. Deploy without userPoolId first, then with ${UserPoolId}.`,
    );
  }
  await attach(UserPoolId, FunctionArn);
}

/** @param event CloudFormation's request (AWS CloudFormation user guide, "Custom resource request objects") */
export async function handler(event) {
  const { UserPoolId, FunctionArn } = event.ResourceProperties;
  const outcome = await carryOut(event).then(
    () => ({ Status: 'SUCCESS' }),
    (error) => ({ Status: 'FAILED', Reason: `${error.name}: ${error.message}` }),
  );
  const answer = {
    ...outcome,
    // The same for the resource's whole life: CloudFormation deletes the one that an update renames.
    PhysicalResourceId: event.PhysicalResourceId ?? `${UserPoolId}/${FunctionArn}`,
    StackId: event.StackId,
    RequestId: event.RequestId,
    LogicalResourceId: event.LogicalResourceId,
  };
  // As bytes, because text would bring a Content-Type, which the signature of the URL does not cover.
  const { ok, status } = await fetch(event.ResponseURL, {
    method: 'PUT',
    body: Buffer.from(JSON.stringify(answer)),
  });
  if (!ok) throw new Error(`CloudFormation answered ${status}.`);
}
