import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, vi } from 'vitest';

/** How SSM answers: with values by name, in these words, with an error of that name, or not at all. */
export type SsmAnswer =
  | { values: Record<string, string> }
  | { words: unknown }
  | { error: string; status?: number; date?: string }
  | 'hang';

/** As much of AWS Systems Manager as reading parameters takes, over real HTTP, for the tests of one file. */
export function ssmEndpoint() {
  const endpoint = {
    answer: { values: {} } as SsmAnswer,
    /** What was asked for since the test began. */
    asked: [] as unknown[],
    /** With what headers. */
    headers: [] as IncomingHttpHeaders[],
    /** How many connections are open. */
    connections: () =>
      new Promise<number>((resolve, reject) =>
        server.getConnections((error, count) => (error ? reject(error) : resolve(count))),
      ),
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const wanted: { Names: string[] } = JSON.parse(body);
    endpoint.asked.push(wanted);
    endpoint.headers.push(request.headers);
    const { answer } = endpoint;
    if (answer === 'hang') return;
    response.setHeader('content-type', 'application/x-amz-json-1.1');
    if ('words' in answer) {
      response.end(JSON.stringify(answer.words));
      return;
    }
    if ('error' in answer) {
      if (answer.date !== undefined) response.setHeader('date', answer.date);
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
    endpoint.headers = [];
  });
  afterAll(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });
  return endpoint;
}
