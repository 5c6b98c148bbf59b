import { expiredAuthentication, internalError, tenSecondlyLimit } from '../hubspot/answers.ts';
import type { ActiveFault, Fault } from '../hubspot/faults.ts';
import type { HubSpotSandbox } from '../hubspot/sandbox.ts';
import type { HubSpotView, Mood } from './view.ts';

/** Long enough to watch, and well within the function's time-out. */
const SLOW_MS = 2_500;

/** The owner that every new card gets. */
const OWNER_ID = '823648202';

const FAULTS: Readonly<Record<Exclude<Mood, 'well'>, Fault>> = {
  slow: { type: 'delay', ms: SLOW_MS },
  throttled: { type: 'status', ...tenSecondlyLimit },
  down: { type: 'status', ...internalError, status: 503 },
  'answers-lost': { type: 'reset', when: 'after' },
};

const OWNER = { label: 'Contact owner', type: 'string' } as const;

/** What can be wrong with HubSpot, each to be switched on and off. */
export function openMoods({ faults, settings, portal }: HubSpotSandbox) {
  const view: HubSpotView = { mood: 'well', tokenRevoked: false, ownerRemoved: false, v3Off: false };
  let active: ActiveFault[] = [];
  let latestRefusalAt = Number.NEGATIVE_INFINITY;

  /** Where several faults match, the oldest strikes: a token that is refused is refused in any mood. */
  function applyFaults(): void {
    for (const fault of active) fault.remove();
    const faultsNow: Fault[] = [
      ...(view.tokenRevoked ? [{ type: 'status' as const, ...expiredAuthentication }] : []),
      ...(view.mood === 'well' ? [] : [FAULTS[view.mood]]),
    ];
    active = faultsNow.map((fault) => faults.add({ times: Number.POSITIVE_INFINITY, do: fault }));
  }

  return {
    view: (): HubSpotView => ({ ...view }),
    /** Instances that have met a refused token ask again once a minute: whether some may still hold back. */
    mayHoldBack: (): boolean => performance.now() - latestRefusalAt < 60_000,
    change(wanted: Partial<HubSpotView>): void {
      if (view.tokenRevoked) latestRefusalAt = performance.now();
      Object.assign(view, wanted);
      applyFaults();
      if (view.ownerRemoved) portal.ownerIds.delete(OWNER_ID);
      else portal.ownerIds.add(OWNER_ID);
      // To HubSpot the owner is one of a list. How it refuses one who is gone, only a live account can tell.
      const owner = view.ownerRemoved
        ? ({ ...OWNER, type: 'enumeration', options: [...portal.ownerIds] } as const)
        : OWNER;
      portal.contactDefinitions.set('hubspot_owner_id', owner);
      if (view.v3Off) settings.switchedOff.add('v3');
      else settings.switchedOff.delete('v3');
    },
  };
}
