import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** What SSM is to answer to `GetParameters`: values by name, an error, or nothing. */
export type SsmAnswer = { values: Record<string, string> } | { error: string; status: number } | 'hang';

/** AWS Systems Manager over real HTTP, as far as reading parameters goes (AWS JSON 1.1, `AmazonSSM.GetParameters`). */
export async function startSsm() {
  const requests: unknown[] = [];
  const ssm = {
    answer: { values: {} } as SsmAnswer,
    /** The bodies of all requests so far. */
    requests,
    url: '',
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const server = createServer(async (request, response) => {
    const body: { Names: string[] } = JSON.parse(await text(request));
    const known = request.headers['x-amz-target'] === 'AmazonSSM.GetParameters';
    requests.push(known ? body : request.headers['x-amz-target']);
    const { answer } = ssm;
    if (answer === 'hang') return;
    response.writeHead('error' in answer ? answer.status : 200, {
      'content-type': 'application/x-amz-json-1.1',
    });
    if ('error' in answer) {
      response.end(JSON.stringify({ __type: answer.error, message: 'SSM says no.' }));
      return;
    }
    const found = body.Names.filter((name) => Object.hasOwn(answer.values, name));
    response.end(
      JSON.stringify({
        Parameters: found.map((Name) => ({ Name, Type: 'SecureString', Value: answer.values[Name] })),
        InvalidParameters: body.Names.filter((name) => !found.includes(name)),
      }),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('SSM has no port');
  ssm.url = `http://127.0.0.1:${address.port}`;
  return ssm;
}
