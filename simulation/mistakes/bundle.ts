import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build, type Plugin } from 'esbuild';
import type { Mistake } from './mistakes.ts';

/** Puts the mistake into the file on its way into the bundle. @throws Error where its code does not stand there once */
function withMistake({ name, file, code, becomes }: Mistake): Plugin {
  const path = resolve(file);
  return {
    name: 'with-mistake',
    setup({ onLoad }) {
      onLoad({ filter: /\/lib\/.*\.ts$/ }, async (loaded) => {
        if (loaded.path !== path) return undefined;
        const text = await readFile(path, 'utf8');
        if (text.split(code).length !== 2)
          throw new Error(`"${name}": its code does not stand once in ${file}`);
        return { contents: text.replace(code, () => becomes), loader: 'ts' };
      });
    },
  };
}

/** @returns the path of a simulation whose lib/ has the mistake */
export async function bundleWith(mistake: Mistake): Promise<string> {
  const outfile = resolve('reports/simulation-mistakes', `${mistake.name.replaceAll(/[^a-z]+/gi, '-')}.mjs`);
  await build({
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'esm',
    mainFields: ['module', 'main'],
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
    logLevel: 'silent',
    entryPoints: ['simulation/main.ts'],
    outfile,
    plugins: [withMistake(mistake)],
  });
  return outfile;
}
