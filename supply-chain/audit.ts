import { execFile } from 'node:child_process';
import * as z from 'zod';

/*
 * Asks the registry what is known of the packages that Lambda runs: advisories, and whether each package is signed by
 * the registry: `npm run audit`. A registry that cannot be asked (many mirrors cannot) fails nothing, and is said;
 * with `--must-answer` it fails.
 */

interface Question {
  title: string;
  args: readonly string[];
  /** What is wrong, or undefined if the answer is none. */
  problems(answer: unknown): string[] | undefined;
}

const advisories = z.object({
  vulnerabilities: z.record(
    z.string(),
    z.object({ name: z.string(), severity: z.string(), range: z.string() }),
  ),
});
const signed = z.object({ name: z.string(), version: z.string() });
const signatures = z.object({ invalid: z.array(signed), missing: z.array(signed) });

const QUESTIONS: readonly Question[] = [
  {
    title: 'Advisories for what Lambda runs',
    args: ['audit', '--omit=dev', '--json'],
    problems(answer) {
      const found = advisories.safeParse(answer).data?.vulnerabilities;
      return (
        found && Object.values(found).map(({ name, severity, range }) => `${name} ${range}: ${severity}`)
      );
    },
  },
  {
    title: "The registry's signatures of all packages",
    args: ['audit', 'signatures', '--json'],
    problems(answer) {
      const found = signatures.safeParse(answer).data;
      return (
        found && [
          ...found.invalid.map(({ name, version }) => `${name} ${version}: the signature is wrong`),
          ...found.missing.map(
            ({ name, version }) => `${name} ${version}: not signed, although the registry signs`,
          ),
        ]
      );
    },
  },
];

/** How npm says that it could not ask. It ends with 1 both then and when something is wrong. */
const complaints = z.union([
  z.object({ message: z.string() }),
  z.pipe(
    z.object({ error: z.object({ summary: z.string() }) }),
    z.transform(({ error }) => ({ message: error.summary })),
  ),
]);

/** npm's answer as JSON, and why there is none. */
function ask(args: readonly string[]): Promise<{ answer: unknown; complaint: string }> {
  return new Promise((resolve) => {
    const options = ['--fetch-retries=0', '--fetch-timeout=60000'];
    execFile('npm', [...args, ...options], { maxBuffer: 2 ** 26 }, (error, stdout) => {
      try {
        const answer: unknown = JSON.parse(stdout);
        resolve({ answer, complaint: complaints.safeParse(answer).data?.message ?? 'an unknown answer' });
      } catch {
        resolve({ answer: undefined, complaint: error?.message ?? 'no JSON' });
      }
    });
  });
}

const mustAnswer = process.argv.includes('--must-answer');
const answers = await Promise.all(
  QUESTIONS.map(async (question) => ({ ...question, ...(await ask(question.args)) })),
);
for (const { title, problems, answer, complaint } of answers) {
  const found = problems(answer);
  if (found === undefined) {
    process.stdout.write(
      `${title}: NOT ASKED. The registry does not answer that here: ${complaint.split('\n')[0]}\n`,
    );
    if (mustAnswer) process.exitCode = 1;
  } else if (found.length === 0) {
    process.stdout.write(`${title}: nothing wrong.\n`);
  } else {
    process.stdout.write(`${title}:\n${found.map((problem) => `- ${problem}\n`).join('')}`);
    process.exitCode = 1;
  }
}
