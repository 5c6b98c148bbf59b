import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';

/** How SSM answers: with values by name, with an error of that name, or not at all. */
export type SsmAnswer = { values: Record<string, string> } | { error: string; status?: number } | 'hang';

/** As much of AWS Systems Manager as reading parameters takes, over real HTTP, for the tests of one file. */
export function ssmEndpoint() {
  const endpoint = {
    answer: { values: {} } as SsmAnswer,
    /** What was asked for since the test began. */
    asked: [] as unknown[],
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const wanted: { Names: string[] } = JSON.parse(body);
    endpoint.asked.push(wanted);
    const { answer } = endpoint;
    if (answer === 'hang') return;
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if ('error' in answer) {
      response
        .writeHead(answer.status ?? 400)
        .end(JSON.stringify({ __type: answer.error, message: 'secret' }));
      return;
    }
    const found = wanted.Names.filter((name) => Object.hasOwn(answer.values, name));
    response.end(
      JSON.stringify({
        Parameters: found.map((Name) => ({ Name, Type: 'SecureString', Value: answer.values[Name] })),
        InvalidParameters: wanted.Names.filter((name) => !found.includes(name)),
      }),
    );
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
    endpoint.asked = [];
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  return endpoint;
}
