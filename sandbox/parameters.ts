import { once } from 'node:events';
import { createServer } from 'node:http';
import { text } from 'node:stream/consumers';
import * as z from 'zod/mini';

interface Parameter {
  name: string;
  value: () => string;
}

const request = z.object({ Names: z.array(z.string()) });

/** SSM, as far as the functions read HubSpot's token and the key of the logs from it, with the variables that lead them there. */
export async function startParameters({ token, logKey }: Record<'token' | 'logKey', Parameter>) {
  const server = createServer(async (incoming, response) => {
    const answer = (status: number, body: object) =>
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(body));
    if (incoming.headers['x-amz-target'] !== 'AmazonSSM.GetParameters') {
      return answer(400, { __type: 'UnknownOperationException' });
    }
    const { Names } = request.parse(JSON.parse(await text(incoming)));
    const found = [token, logKey].filter(({ name }) => Names.includes(name));
    return answer(200, {
      Parameters: found.map(({ name, value }) => ({ Name: name, Type: 'SecureString', Value: value() })),
      InvalidParameters: Names.filter((name) => !found.some((parameter) => parameter.name === name)),
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('SSM has no port');
  return {
    environment: {
      HUBSPOT_ACCESS_TOKEN: '',
      HUBSPOT_TOKEN_PARAMETER: token.name,
      LOG_KEY_PARAMETER: logKey.name,
      AWS_ENDPOINT_URL_SSM: `http://127.0.0.1:${address.port}`,
    },
    async stop(): Promise<void> {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
