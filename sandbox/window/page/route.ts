/** What the address bar holds: which sign-up and which card are open, and what is searched for. */
export interface Route {
  signUp: string;
  card: string;
  search: string;
  /** Which sign-ups are shown; empty for all. */
  phase: string;
  /** Where there is room for one panel only. */
  panel: Panel;
}

export const PANELS = ['tour', 'hands', 'pipeline', 'support'] as const;
export type Panel = (typeof PANELS)[number];

const isPanel = (name: string): name is Panel => PANELS.some((panel) => panel === name);

export function readRoute(): Route {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const panel = parameters.get('show') ?? '';
  return {
    signUp: parameters.get('sign-up') ?? '',
    card: parameters.get('card') ?? '',
    search: parameters.get('search') ?? '',
    phase: parameters.get('phase') ?? '',
    panel: isPanel(panel) ? panel : 'tour',
  };
}

/** A link that changes a part of the route. */
export function hashOf(changes: Partial<Route>): string {
  const { signUp, card, search, phase, panel } = { ...readRoute(), ...changes };
  const parameters = new URLSearchParams();
  if (signUp !== '') parameters.set('sign-up', signUp);
  if (card !== '') parameters.set('card', card);
  if (search !== '') parameters.set('search', search);
  if (phase !== '') parameters.set('phase', phase);
  if (panel !== 'tour') parameters.set('show', panel);
  return `#${parameters}`;
}

/** Goes there without a new entry in the history. */
export function replaceRoute(changes: Partial<Route>): void {
  history.replaceState(null, '', hashOf(changes));
}
