import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';

/** What SSM is to answer to `GetParameter`. */
export type SsmAnswer = { value: string } | { error: string; status: number } | 'hang';

/** AWS Systems Manager over real HTTP, as far as one parameter goes (AWS JSON 1.1, `AmazonSSM.GetParameter`). */
export async function startSsm() {
  const requests: unknown[] = [];
  const ssm = {
    answer: { value: '' } as SsmAnswer,
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
    const body: unknown = JSON.parse(await text(request));
    const known = request.headers['x-amz-target'] === 'AmazonSSM.GetParameter';
    requests.push(known ? body : request.headers['x-amz-target']);
    if (ssm.answer === 'hang') return;
    response.writeHead('error' in ssm.answer ? ssm.answer.status : 200, {
      'content-type': 'application/x-amz-json-1.1',
    });
    response.end(
      JSON.stringify(
        'error' in ssm.answer
          ? { __type: ssm.answer.error, message: 'SSM says no.' }
          : { Parameter: { Type: 'SecureString', Value: ssm.answer.value, Version: 1 } },
      ),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('SSM has no port');
  ssm.url = `http://127.0.0.1:${address.port}`;
  return ssm;
}
