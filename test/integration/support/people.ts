import { randomBytes } from 'node:crypto';
import { keepOutOfLogs } from './log-archive.ts';

export interface Person {
  email: string;
  username: string;
}

/** Shorter words, and mere numbers, stand in logs for other reasons too. */
const isTelling = (word: string): boolean => word.length >= 4 && /\p{L}/u.test(word);

/**
 * Somebody whom no other test knows, and whom no log line of the whole run may name. Both values hold a word of their
 * own, so that a part of one gives the leak away as well.
 */
export function person(): Person {
  const surname = `Quixley${randomBytes(5).toString('hex')}`;
  keepOutOfLogs(surname);
  return known({ email: `Ottoline.${surname}+wme@example.org`, username: `Ottoline ${surname}` });
}

/** Somebody with chosen values, to be kept out of the logs just the same. */
export function known<P extends Person>(someone: P): P {
  const { email, username } = someone;
  const words = [email, email.slice(0, email.lastIndexOf('@')), username, username.trim()];
  keepOutOfLogs(...words.filter(isTelling));
  return someone;
}
