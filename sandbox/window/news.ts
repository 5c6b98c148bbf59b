import type { watchCards } from './cards.ts';
import type { Chronicle } from './chronicle.ts';
import type { Change, Row, State } from './view.ts';

/** What is told whole whenever it is another than before. */
type Parts = Pick<State, 'gauges' | 'hubspot' | 'machine' | 'tour'>;

export interface NewsOptions {
  chronicle: Chronicle;
  cards: ReturnType<typeof watchCards>;
  parts: { [Name in keyof Parts]: () => Parts[Name] };
  onNews(): void;
}

/** Remembers what was told last, and says whether there is something else now. */
function differing<T>(read: () => T): () => T | undefined {
  let told = '';
  return () => {
    const value = read();
    const text = JSON.stringify(value);
    if (text === told) return undefined;
    told = text;
    return value;
  };
}

/** Everything there is to tell, and what of it is new. */
export function gatherNews({ chronicle, cards, parts, onNews }: NewsOptions) {
  const changedRows = new Map<string, Row>();
  const goneRows = new Set<string>();
  const newParts = Object.entries(parts).map(([name, read]) => ({ name, news: differing<unknown>(read) }));

  const unsubscribe = chronicle.subscribe((row) => {
    changedRows.set(row.id, row);
    onNews();
  });
  chronicle.onForgotten((id) => {
    changedRows.delete(id);
    goneRows.add(id);
  });

  return {
    state: (): Omit<State, 'server'> => ({
      rows: [...chronicle.rows()],
      cards: cards.all(),
      gauges: parts.gauges(),
      hubspot: parts.hubspot(),
      machine: parts.machine(),
      tour: parts.tour(),
    }),
    /** Since it was last asked; undefined for nothing. */
    changes(): Change | undefined {
      const all = {
        rows: [...changedRows.values()],
        goneRows: [...goneRows],
        ...cards.changes(),
        ...Object.fromEntries(newParts.map(({ name, news }) => [name, news()])),
      };
      changedRows.clear();
      goneRows.clear();
      const news = Object.entries(all).filter(
        ([name, value]) =>
          value !== undefined && (name in parts || !Array.isArray(value) || value.length > 0),
      );
      return news.length === 0 ? undefined : Object.fromEntries(news);
    },
    leave: unsubscribe,
  };
}
