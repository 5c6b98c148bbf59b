import type { Metafile } from 'esbuild';
import type { Bundle } from './bundles.ts';
import type { BundledPackage } from './third-party.ts';

interface Built {
  name: Bundle;
  metafile: Pick<Metafile, 'outputs'>;
  packages: readonly BundledPackage[];
}

const kilobytes = (bytes: number): string => `${Math.round(bytes / 1_000)} KB`;

/** A line for each function and for the operators' command: where it is, how large, and how much of it is other people's. */
export function whatWasBuilt(built: readonly Built[]): string {
  const lines = built.map(({ name, metafile, packages }) => {
    const files = Object.entries(metafile.outputs).filter(([file]) => file.endsWith('.mjs'));
    const bytes = files.reduce((sum, [, output]) => sum + output.bytes, 0);
    const count = files.length === 1 ? '1 file' : `${files.length} files`;
    return `  ${`dist/${name}`.padEnd(27)}${kilobytes(bytes).padStart(8)} in ${count}, code of ${packages.length} packages\n`;
  });
  return `Built:\n${lines.join('')}`;
}
