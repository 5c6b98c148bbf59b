/** What `npm run dev` starts on this machine: the stage `local`. A test holds these against the sandbox's own. */
export const LOCAL_STAGE = {
  region: 'us-east-1',
  sqsEndpoint: 'http://127.0.0.1:4566',
  queuePath: '/000000000000/verified-users.fifo',
  dlqPath: '/000000000000/verified-users-dlq.fifo',
  /** The sandbox's SQS takes any. */
  credentials: { accessKeyId: 'sandbox', secretAccessKey: 'sandbox' },
  hubspotBaseUrl: 'http://127.0.0.1:4010',
  /** No secret: the sandbox's own token. */
  hubspotToken: 'sandbox-token',
  /** Below HubSpot's address: what the functions have printed since the start. */
  logPath: '/_sandbox/logs',
  /** No secret either: it only makes the logs' `person` what it is in a deployed stage. */
  logKey: 'the-sandbox-keeps-no-secret-of-anybody',
} as const;
