import type { ResponseContext } from '@hubspot/api-client/lib/codegen/crm/objects/http/http.js';
import type { Caller } from './transport.ts';

/** What the generated modules of the SDK all call a request. */
interface SdkRequest {
  getHttpMethod(): string;
  getUrl(): string;
  getHeaders(): Record<string, string>;
  getBody(): unknown;
}

/** Takes from an answer what is needed. What it throws makes the answer unreadable. */
export type Take<A, T> = (answer: A) => T;

/** Between the two halves of an API of the SDK: one makes the request, the other reads the answer. */
export type Exchange = <A, T>(
  caller: Caller,
  request: Promise<SdkRequest>,
  read: (answer: ResponseContext) => Promise<{ data: A }>,
  take: Take<A, T>,
) => Promise<T>;
