import type { ResponseContext } from '@hubspot/api-client/lib/codegen/crm/objects/http/http.js';

/** What the generated modules of the SDK all call a request. */
interface SdkRequest {
  getHttpMethod(): string;
  getUrl(): string;
  getHeaders(): Record<string, string>;
  getBody(): unknown;
}

/** Between the two halves of an API of the SDK: one makes the request, the other reads the answer. */
export type Exchange = <T>(
  request: Promise<SdkRequest>,
  read: (answer: ResponseContext) => Promise<{ data: T }>,
) => Promise<T>;
