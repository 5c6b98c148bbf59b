import * as http from 'node:http';
import * as https from 'node:https';

const agents = {
  http: new http.Agent({ keepAlive: true }),
  https: new https.Agent({ keepAlive: true }),
};

/** Sends JSON by `node:http`, bare: for the bare programs only. */
export function post(url: string, headers: Record<string, string>, body: string): Promise<string> {
  const options = { method: 'POST', headers };
  return new Promise((resolve, reject) => {
    const request = url.startsWith('https:')
      ? https.request(url, { ...options, agent: agents.https })
      : http.request(url, { ...options, agent: agents.http });
    request.on('error', reject).on('response', (response) => {
      let answer = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        answer += part;
      });
      response.on('end', () => resolve(answer)).on('error', reject);
    });
    request.end(body);
  });
}
