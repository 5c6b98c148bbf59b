import * as z from 'zod/mini';
import { sendRead } from './aws-call.ts';

const subscription = z.object({ SubscriptionArn: z.string() });

/** The parser writes one member as itself, several as an array, and none as an empty text. */
const listed = z.object({
  ListSubscriptionsByTopicResponse: z.object({
    ListSubscriptionsByTopicResult: z.object({
      Subscriptions: z.catch(z.object({ member: z.union([subscription, z.array(subscription)]) }), {
        member: [],
      }),
      NextToken: z.catch(z.optional(z.string()), undefined),
    }),
  }),
});

/** How many have confirmed that they want what a topic sends, and how many have not. It takes `sns:ListSubscriptionsByTopic`. */
export async function subscribersOf(topicArn: string): Promise<{ confirmed: number; pending: number }> {
  const region = topicArn.split(':')[3] ?? '';
  const counts = { confirmed: 0, pending: 0 };
  let token: string | undefined;
  do {
    const query = {
      Action: 'ListSubscriptionsByTopic',
      Version: '2010-03-31',
      TopicArn: topicArn,
      ...(token !== undefined && { NextToken: token }),
    };
    const answer = await sendRead({
      service: 'sns',
      region,
      method: 'POST',
      path: '/',
      headers: { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' },
      body: new URLSearchParams(query).toString(),
    });
    const { Subscriptions, NextToken } =
      listed.parse(answer).ListSubscriptionsByTopicResponse.ListSubscriptionsByTopicResult;
    for (const { SubscriptionArn } of [Subscriptions.member].flat()) {
      // The others are `PendingConfirmation`, and `Deleted` (Amazon SNS API reference).
      if (SubscriptionArn.startsWith('arn:')) counts.confirmed += 1;
      else if (SubscriptionArn === 'PendingConfirmation') counts.pending += 1;
    }
    token = NextToken;
  } while (token);
  return counts;
}
