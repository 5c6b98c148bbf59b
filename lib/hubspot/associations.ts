import {
  BasicApi,
  createConfiguration,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
} from '@hubspot/api-client/lib/codegen/crm/associations/v4/index.js';
import type { SdkRequest, SdkSuccess } from './sdk.ts';

/** The SDK's API for associations, a module of its own that few contacts need: see sdk.ts, which loads this file late. */
export const connectAssociations = (
  baseUrl: string,
  successOf: (request: SdkRequest) => Promise<SdkSuccess>,
): BasicApi =>
  new BasicApi(
    createConfiguration({
      baseServer: new ServerConfiguration(baseUrl, {}),
      httpApi: wrapHttpLibrary({
        async send(request) {
          const { status, headers, body } = await successOf(request);
          return new ResponseContext(status, headers, body);
        },
      }),
    }),
  );
