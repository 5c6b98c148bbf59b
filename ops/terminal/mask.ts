/** Nothing else may pass for one: what is no address holds other things after its last dot. */
const TOP_LEVEL = /(?<=[^.])\.[\p{L}\p{M}\d-]{2,24}$/u;

/** So much of an address that somebody who knows it knows it again: `a…@e….org`. */
function maskedEmail(email: string): string {
  const at = email.lastIndexOf('@');
  const [local, domain] = [email.slice(0, at), email.slice(at + 1)];
  const [end = ''] = TOP_LEVEL.exec(domain) ?? [];
  return `${first(local)}…@${first(domain)}…${end}`;
}

/** A character as people see it, so that none is cut in half. */
const first = (text: string): string => [...new Intl.Segmenter().segment(text)][0]?.segment ?? '';

/** Something of a person's own, masked: an address, a username, whatever it may be. */
export const masked = (value: string): string =>
  value.includes('@') ? maskedEmail(value) : `${first(value)}…`;

/** What is shown of somebody. */
export type Show = (value: string) => string;

/** Characters that a terminal would obey instead of showing. */
const CONTROLS = /[\p{Cc}\u2028-\u202E\u2066-\u2069]/gu;

/** @param reveal shows values as they are, but for characters that a terminal would obey */
export const showing = (reveal: boolean): Show =>
  reveal
    ? (value) => value.replaceAll(CONTROLS, '\uFFFD')
    : (value) => masked(value.replaceAll(CONTROLS, '\uFFFD'));

/** What may be an address, in the midst of a text. */
const ADDRESSES = /[^\s"'`<>()[\]{},;:=]+@[^\s"'`<>()[\]{},;:=]+/g;

/**
 * A text that somebody else has written, such as another program's ErrorMessage: shown but for the addresses in it, and for
 * what is known of the person.
 *
 * @param known of the person that it may be about
 */
export function showingIn(show: Show, known: readonly string[]): Show {
  const told = known.filter((value) => value.length > 2).toSorted((a, b) => b.length - a.length);
  return (text) => {
    const without = told.reduce((rest, value) => rest.replaceAll(value, () => show(value)), text);
    return without.replaceAll(ADDRESSES, (address) => (address.includes('…') ? address : show(address)));
  };
}
