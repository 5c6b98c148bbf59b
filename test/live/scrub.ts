/** What one run knows, and a recording must not hold. */
export interface Secrets {
  accessToken: string;
  portalId: string;
  /** Addresses, usernames, and whatever else tells one run from another. */
  words: readonly string[];
}

/** Takes out of one answer all that tells accounts, people, credentials, calls or moments. */
export interface Scrubber {
  text(text: string): string;
  /** The same kinds of values under the same keys. */
  json(value: unknown): unknown;
}

const escaped = (word: string): string => word.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Takes rather too much than too little: almost anything may stand before the @, percent-encoded or not. */
const ADDRESS = '[^\\s@"<>(),;:\\\\[\\]]+(?:@|%40)[^\\s@"\'<>(),;:\\\\/=&%{}]+';
const TOKEN = '\\bpat-[\\w-]{8,}';
const UUID = '\\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\\b';
const HEX = '\\b(?=[0-9a-f]*[a-f])(?=[0-9a-f]*[0-9])[0-9a-f]{12,}\\b';
const DATE = '\\d{4}-\\d\\d-\\d\\d(?:T\\d\\d:\\d\\d(?::\\d\\d(?:\\.\\d+)?)?(?:Z|[+-]\\d\\d:?\\d\\d)?)?';
/** IDs are long; a year, a status or the ID of an association type is not. */
const LONG_NUMBER = '\\d{5,}';

/** Recordings are compared and read by people: the same value in one answer gets the same placeholder. */
export function scrubber({ accessToken, portalId, words }: Secrets): Scrubber {
  const forms = (word: string) => [word, encodeURIComponent(word)];
  const known = words.flatMap(forms).sort((a, b) => b.length - a.length);
  const kinds: [name: string, source: string][] = [
    ['token', [...forms(accessToken).map(escaped), TOKEN].join('|')],
    ['person', known.map(escaped).join('|') || '(?!)'],
    ['address', ADDRESS],
    ['portal', `(?<!\\d)${escaped(portalId)}(?!\\d)`],
    ['uuid', UUID],
    ['date', DATE],
    ['trace', HEX],
    ['id', LONG_NUMBER],
  ];
  const pattern = new RegExp(kinds.map(([name, source]) => `(?<${name}>${source})`).join('|'), 'gi');
  const seen = new Map<string, string>();

  const placeholder = (kind: string, value: string): string => {
    const key = `${kind} ${value.toLowerCase()}`;
    const count = [...seen.keys()].filter((other) => other.startsWith(`${kind} `)).length;
    const name = seen.get(key) ?? `<${kind} ${count + 1}>`;
    seen.set(key, name);
    return name;
  };

  const text = (from: string): string => {
    let to = '';
    let end = 0;
    for (const match of from.matchAll(pattern)) {
      const kind = kinds.map(([name]) => name).find((name) => match.groups?.[name] !== undefined) ?? 'id';
      to += from.slice(end, match.index) + placeholder(kind, match[0]);
      end = match.index + match[0].length;
    }
    return to + from.slice(end);
  };

  const json = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    // A number stays one.
    if (typeof value === 'number') return text(String(value)) === String(value) ? value : 0;
    if (Array.isArray(value)) return value.map(json);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, of]) => [text(key), json(of)]));
  };

  return { text, json };
}
