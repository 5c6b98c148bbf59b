import { DeliveryError } from '../../lib/failure.ts';
import type { ReadParameters } from '../../lib/parameters.ts';
import type { Chance } from '../chance.ts';
import type { Host } from '../time/host.ts';

const CALL_MS = [15, 60] as const;
const GIVEN_UP_MS = 4_000;

/** SSM with its parameters. */
export function createParameters(chance: Chance, values: Map<string, string>) {
  let away = false;
  return {
    values,
    setAway(value: boolean) {
      away = value;
    },
    readOn:
      (host: Host): ReadParameters =>
      (names) =>
        new Promise((resolve, reject) => {
          if (away) {
            const detail = 'The HubSpot token could not be read from SSM (TimeoutError).';
            host.after(GIVEN_UP_MS, () => reject(new DeliveryError({ class: 'transient', detail })));
            return;
          }
          host.after(chance.between(...CALL_MS), () =>
            resolve(
              new Map(
                names.flatMap((name) => {
                  const value = values.get(name);
                  return value === undefined ? [] : [[name, value] as const];
                }),
              ),
            ),
          );
        }),
  };
}
