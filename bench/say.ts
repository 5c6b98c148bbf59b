/** For people. With --json, standard output holds one document and nothing else. */
export const say: (text: string) => void = process.argv.includes('--json') ? console.error : console.log;
