import { createHash, createHmac } from 'node:crypto';

/* AWS Signature Version 4, as short as it can be for a POST to "/": for the bare programs only. */

const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest();

export function signed(url: string, service: string, target: string, body: string): Record<string, string> {
  const env = process.env;
  const at = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const day = at.slice(0, 8);
  const headers: Record<string, string> = {
    'content-type': 'application/x-amz-json-1.1',
    host: new URL(url).host,
    'x-amz-date': at,
    'x-amz-security-token': env.AWS_SESSION_TOKEN ?? '',
    'x-amz-target': target,
  };
  const list = Object.keys(headers).join(';');
  const lines = Object.entries(headers).map(([name, value]) => `${name}:${value}\n`);
  const scope = `${day}/${env.AWS_REGION}/${service}/aws4_request`;
  const request = ['POST', '/', '', lines.join(''), list, hash(body)].join('\n');
  const toSign = ['AWS4-HMAC-SHA256', at, scope, hash(request)].join('\n');
  const key = [day, env.AWS_REGION ?? '', service, 'aws4_request'].reduce<string | Buffer>(
    hmac,
    `AWS4${env.AWS_SECRET_ACCESS_KEY}`,
  );
  headers.authorization = `AWS4-HMAC-SHA256 Credential=${env.AWS_ACCESS_KEY_ID}/${scope}, SignedHeaders=${list}, Signature=${hmac(key, toSign).toString('hex')}`;
  return headers;
}
