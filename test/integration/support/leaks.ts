/** A word found where it must not be. */
export interface Leak {
  word: string;
  line: string;
}

/** What a text may have become on its way into a log: quoted once or twice, percent-encoded, escaped for HTML. */
function forms(text: string): Set<string> {
  const unquoted = unescapeJson(text);
  const unquotedTwice = unescapeJson(unquoted);
  return new Set([text, unquoted, unquotedTwice, decodePercent(unquotedTwice), decodeHtml(unquotedTwice)]);
}

const unescapeJson = (text: string): string =>
  text.replaceAll(/\\(?:u([0-9a-f]{4})|(["\\/]))/gi, (_, code: string | undefined, sign: string) =>
    code === undefined ? sign : String.fromCharCode(Number.parseInt(code, 16)),
  );

const decodePercent = (text: string): string =>
  text.replaceAll('+', ' ').replaceAll(/(?:%[0-9a-f]{2})+/gi, (encoded) => {
    try {
      return decodeURIComponent(encoded);
    } catch {
      return encoded;
    }
  });

const HTML_SIGNS: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

const decodeHtml = (text: string): string =>
  text.replaceAll(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi, (_, name, decimal, hex) =>
    name === undefined
      ? String.fromCodePoint(Number.parseInt(decimal ?? hex, decimal === undefined ? 16 : 10) % 0x110000)
      : (HTML_SIGNS[name.toLowerCase()] ?? ''),
  );

/** Finds the words in the lines, in any case and in any of the encodings that logs and error messages use. */
export function leaksIn(lines: readonly string[], words: readonly string[]): Leak[] {
  const haystacks = lines.map((line) => [...forms(line)].join('\n').toLowerCase());
  // All words in one pass first: there are thousands of lines and of words, and should be no leak.
  const anyWord = new RegExp(
    words.map((word) => word.toLowerCase().replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')).join('|'),
  );
  const suspects = lines.flatMap((line, index) => {
    const haystack = haystacks[index] ?? '';
    return words.length > 0 && anyWord.test(haystack) ? [{ line, haystack }] : [];
  });
  return words.flatMap((word) =>
    suspects
      .filter(({ haystack }) => haystack.includes(word.toLowerCase()))
      .map(({ line }) => ({ word, line })),
  );
}
