import type { Crm } from '../../lib/contact-sync.ts';
import type { ApiVersion } from '../../sandbox/hubspot/versions.ts';
import type { Person } from './made.ts';
import type { Exchange, Wire } from './wire.ts';

/** A HubSpot account under one version of the API, for one question at a time. */
export interface Stage {
  version: ApiVersion;
  /** The client in lib/, over real HTTP. */
  crm: Crm;
  /** Whatever the client does not do. @param rest of the path, after that of objects */
  call(method: string, rest: string, body?: unknown): Promise<Exchange>;
  /** The same under a path of its own. */
  callPath: Wire['call'];
  /**
   * Everything that was exchanged while something was done, saved under these names in order: also, and above all, where
   * it goes wrong.
   */
  watch<T>(
    names: readonly string[],
    action: () => Promise<T>,
  ): Promise<{ result: T; exchanges: readonly Exchange[] }>;
  /** Somebody who does not exist, at another domain if need be. */
  person(domain?: string): Person;
  /** Everything exchanged in the run so far. */
  readonly exchanges: readonly Exchange[];
  /** Saves an answer, scrubbed. Does nothing without one. */
  record(name: string, exchange: Exchange | undefined): void;
}

/** What a run finds out about HubSpot. */
export interface Question {
  title: string;
  /**
   * @returns what HubSpot does, in words
   * @throws Error when it does something that the service cannot live with
   */
  ask(stage: Stage): Promise<string>;
}
