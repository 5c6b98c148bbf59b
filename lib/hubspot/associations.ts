import {
  BasicApiRequestFactory,
  BasicApiResponseProcessor,
} from '@hubspot/api-client/lib/codegen/crm/associations/v4/apis/BasicApi.js';
import { createConfiguration } from '@hubspot/api-client/lib/codegen/crm/associations/v4/configuration.js';
import { ServerConfiguration } from '@hubspot/api-client/lib/codegen/crm/associations/v4/servers.js';
import type { Exchange } from './exchange.ts';

/** The SDK's API for associations, a module of its own that few contacts need: see sdk.ts, which loads this file late. */
export function connectAssociations(baseUrl: string, exchange: Exchange) {
  const configuration = createConfiguration({ baseServer: new ServerConfiguration(baseUrl, {}) });
  const requests = new BasicApiRequestFactory(configuration);
  const answers = new BasicApiResponseProcessor();
  return {
    getPage: (...args: Parameters<typeof requests.getPage>) =>
      exchange(requests.getPage(...args), (answer) => answers.getPageWithHttpInfo(answer)),
  };
}
