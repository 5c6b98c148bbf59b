const kindOf = (value: unknown): string =>
  value === null ? 'null' : Array.isArray(value) ? 'array' : typeof value;

const isObject = (value: unknown): value is Record<string, unknown> => kindOf(value) === 'object';

/** An account has more properties than anybody asks for, and HubSpot sends some of them along. */
const HOLDS_PROPERTIES = /(^|\.)properties$/;

/** The different shapes among the elements of an array: how many there are of each says nothing. */
const distinct = (elements: readonly unknown[]): unknown[] => {
  const shapes = new Map<string, unknown>();
  for (const element of elements) shapes.set(shapeOf(element), element);
  return [...shapes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, element]) => element);
};

function shapeOf(value: unknown): string {
  if (Array.isArray(value)) return `[${distinct(value).map(shapeOf).join()}]`;
  if (!isObject(value)) return kindOf(value);
  const keys = Object.keys(value).sort();
  return `{${keys.map((key) => `${JSON.stringify(key)}:${shapeOf(value[key])}`).join()}}`;
}

/** Where the shape of some JSON differs from the one recorded: other keys, or values of another kind. */
export function differences(recorded: unknown, seen: unknown, at = 'body'): string[] {
  const [was, is] = [kindOf(recorded), kindOf(seen)];
  if (was !== is) return [`${at}: ${was} was recorded, ${is} came`];

  if (Array.isArray(recorded) && Array.isArray(seen)) {
    const [before, now] = [distinct(recorded), distinct(seen)];
    if (before.length !== now.length) {
      return [`${at}: ${before.length} kinds of elements were recorded, ${now.length} came`];
    }
    return before.flatMap((element, index) => differences(element, now[index], `${at}[]`));
  }

  if (!isObject(recorded) || !isObject(seen)) return [];
  const missing = HOLDS_PROPERTIES.test(at) ? [] : Object.keys(recorded).filter((key) => !(key in seen));
  return [
    ...missing.map((key) => `${at}.${key} was recorded, and is missing`),
    ...Object.keys(seen).flatMap((key) =>
      key in recorded
        ? differences(recorded[key], seen[key], `${at}.${key}`)
        : [`${at}.${key} came, and was not recorded`],
    ),
  ];
}
