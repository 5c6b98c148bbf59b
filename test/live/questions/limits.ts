import type { Question } from '../question.ts';

const WANTED = ['max', 'remaining', 'interval-milliseconds', 'daily', 'daily-remaining'];

/** What the pace of a drain is set by. Without them it is slower, and nothing else. */
export const limits: Question = {
  title: 'the headers that tell of the rate limit',
  async ask(stage) {
    const answers = stage.exchanges.filter(({ path }) => path.startsWith('/crm/'));
    const lacking = WANTED.filter((name) =>
      answers.some(({ headers }) => headers.get(`x-hubspot-ratelimit-${name}`) === null),
    );
    const max = answers.at(-1)?.headers.get('x-hubspot-ratelimit-max');
    return lacking.length === 0
      ? `on all ${answers.length} answers; ${max} in ten seconds`
      : `not on every answer: ${lacking.join(', ')}; ${max ?? 'unknown'} in ten seconds`;
  },
};
