import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';

/** How SSM answers: with a value, with an error of that name, or not at all. */
export type SsmAnswer = { value: string | undefined } | { error: string; status?: number } | 'hang';

/** As much of AWS Systems Manager as reading a parameter takes, over real HTTP, for the tests of one file. */
export function parameterStore() {
  const store = {
    answer: { value: '' } as SsmAnswer,
    /** What was asked for since the test began. */
    asked: [] as unknown[],
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    store.asked.push(JSON.parse(body));
    const { answer } = store;
    if (answer === 'hang') return;
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if ('error' in answer) {
      response
        .writeHead(answer.status ?? 400)
        .end(JSON.stringify({ __type: answer.error, message: 'secret' }));
    } else {
      response.end(JSON.stringify({ Parameter: { Name: 'n', Type: 'SecureString', Value: answer.value } }));
    }
  });
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL_SSM', `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  });
  afterEach(() => {
    store.asked = [];
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  return store;
}
