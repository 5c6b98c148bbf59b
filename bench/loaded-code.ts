import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { build } from 'esbuild';
import * as z from 'zod/mini';

/** The code that importing an ES module loads. */
export interface LoadedCode {
  /** The module and all that it imports statically. What it imports dynamically is left for when it is needed. */
  files: string[];
  /** As minified, not compressed. */
  bytes: number;
  /** The source files behind it, from its source maps. */
  sources: string[];
}

const sourceMapSchema = z.object({ sources: z.array(z.string()) });

/** Follows the static imports of a built module. @throws where a source map is missing */
export async function codeLoadedBy(entry: string): Promise<LoadedCode> {
  // esbuild reads the imports, as it wrote them; nothing is written.
  const { metafile } = await build({
    entryPoints: [entry],
    bundle: true,
    write: false,
    metafile: true,
    format: 'esm',
    splitting: true,
    outdir: dirname(entry),
    platform: 'node',
    absWorkingDir: process.cwd(),
    logLevel: 'error',
  });

  const reached = new Set<string>();
  function reach(path: string): void {
    const input = metafile.inputs[path];
    if (input === undefined || reached.has(path)) return;
    reached.add(path);
    for (const { path: imported, kind } of input.imports) {
      if (kind === 'import-statement') reach(imported);
    }
  }
  for (const { entryPoint } of Object.values(metafile.outputs)) {
    if (entryPoint !== undefined && resolve(entryPoint) === resolve(entry)) reach(entryPoint);
  }

  const files = [...reached];
  const maps = await Promise.all(
    files.map(async (file) => sourceMapSchema.parse(JSON.parse(await readFile(`${file}.map`, 'utf8')))),
  );
  return {
    files,
    bytes: files.reduce((sum, file) => sum + (metafile.inputs[file]?.bytes ?? 0), 0),
    sources: maps.flatMap(({ sources }) => sources),
  };
}
