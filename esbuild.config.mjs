import { execFileSync } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { build } from 'esbuild';
import { BUNDLES, metafileOf, noticesOf } from './supply-chain/bundles.ts';
import { bundledPackages, thirdPartyNotices } from './supply-chain/third-party.ts';
import { whatWasBuilt } from './supply-chain/what-was-built.ts';

/**
 * The SDK's own HTTP transport is never used (lib/hubspot/transport.ts replaces it), but its modules import it, and
 * with it form-data and a table of 2,000 media types. Left out, the bundle is less than half as large.
 */
const withoutSdkTransport = {
  name: 'without-sdk-transport',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\/src\/services\/http\/Transport$/ }, () => ({
      path: 'hubspot-sdk-transport',
      namespace: 'left-out',
    }));
    onLoad({ filter: /.*/, namespace: 'left-out' }, () => ({ contents: '' }));
  },
};

/** A module of Node's own under another door than esbuild would take. */
const builtin = (name, filter, contents) => ({
  name,
  setup({ onResolve, onLoad }) {
    onResolve({ filter }, ({ path }) => ({ path: path.replace(/^node:/, ''), namespace: name }));
    onLoad({ filter: /.*/, namespace: name }, () => ({ contents }));
  },
});

/**
 * The SDK's generated modules are CommonJS and require() Node's `url`. As an import that costs nothing; the first
 * require() in an ES module costs a tenth of the whole start.
 */
const urlByImport = builtin('url-by-import', /^url$/, "export { URL, URLSearchParams } from 'node:url';");

/**
 * To import `node:http` is to read all that it exports, and behind one of those, WebSocket, lies all of fetch: 25 ms.
 */
const httpWithoutFetch = builtin(
  'http-without-fetch',
  /^(node:)?http$/,
  "const http = process.getBuiltinModule('node:http'); export default http; export const { Agent, request, STATUS_CODES } = http;",
);

/**
 * What sync-contact loads only when it needs it, each as an entry of its own beside index.mjs. Left to code splitting,
 * esbuild would move what they share with index.mjs into five files that every cold start then loads.
 */
const loadedLate = {
  sqs: '@aws-sdk/client-sqs',
  ssm: '@aws-sdk/client-ssm',
  associations: './lib/hubspot/associations.ts',
};

const loadLate = {
  name: 'load-late',
  setup({ onResolve }) {
    for (const [entry, path] of Object.entries(loadedLate)) {
      const imported = path.replace('./lib/hubspot/', './');
      onResolve({ filter: new RegExp(`^${RegExp.escape(imported)}$`) }, ({ kind }) =>
        kind === 'dynamic-import' ? { path: `./${entry}.mjs`, external: true } : undefined,
      );
    }
  },
};

/** @type {import('esbuild').BuildOptions} */
const shared = {
  bundle: true,
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  platform: 'node',
  target: 'node24',
  format: 'esm',
  splitting: true,
  // The ES modules of a package, where it has both: they can be split and shaken.
  mainFields: ['module', 'main'],
  outExtension: { '.js': '.mjs' },
  legalComments: 'none',
  // Some dependencies are CommonJS and call require() for Node's own modules.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
  plugins: [withoutSdkTransport],
};

/** lib/ in a world of virtual time. Not minified: what it finds is found in readable code. */
const simulation = {
  minify: false,
  packages: 'bundle',
  entryPoints: ['simulation/main.ts'],
  outdir: 'dist/simulation',
};

const inLambda = { plugins: [...shared.plugins, httpWithoutFetch] };
/** All that a first invocation loads, in one file. */
const first = {
  plugins: [...inLambda.plugins, urlByImport, loadLate],
  banner: {},
  splitting: false,
};
/** What is passed on, and what it is built of. */
const bundles = {
  'sync-contact': [
    { ...first, entryPoints: { index: 'functions/sync-contact/handler.ts' } },
    { ...inLambda, entryPoints: loadedLate },
  ],
  'publish-verification': [
    { ...first, entryPoints: { index: 'functions/publish-verification/handler.ts' } },
    { ...inLambda, entryPoints: { sqs: loadedLate.sqs } },
  ],
  reconcile: [{ ...inLambda, entryPoints: { index: 'functions/reconcile/handler.ts' } }],
  ops: [{ entryPoints: ['ops/cli.ts'] }],
};

/** Builds what is passed on, with the licences of those whose code is in it. */
async function bundle(name) {
  const outdir = `dist/${name}`;
  const built = await Promise.all(
    bundles[name].map((options) => build({ ...shared, ...options, outdir, metafile: true })),
  );
  const metafile = {
    inputs: Object.assign({}, ...built.map(({ metafile: { inputs } }) => inputs)),
    outputs: Object.assign({}, ...built.map(({ metafile: { outputs } }) => outputs)),
  };
  const packages = bundledPackages(metafile);
  await writeFile(metafileOf(name), JSON.stringify(metafile));
  await writeFile(noticesOf(name), thirdPartyNotices(name, packages, await readFile('LICENSE', 'utf8')));
  return { name, metafile, packages };
}

await rm('dist', { recursive: true, force: true });
await mkdir('dist/metafiles', { recursive: true });
const [built] = await Promise.all([
  Promise.all(BUNDLES.map(bundle)),
  build({ ...shared, entryPoints: ['test/live/main.ts'], outdir: 'dist/live' }),
  build({ ...shared, ...simulation }),
  // For other programs: they bring the AWS SDK along, and readable names into their stack traces.
  build({
    ...shared,
    minify: false,
    packages: 'external',
    entryPoints: { index: 'lib/publishing.ts' },
    outdir: 'dist/publishing',
  }),
]);
// The types of lib/publishing.ts, for the same programs.
execFileSync('node_modules/.bin/tsc', ['-p', 'tsconfig.types.json'], { stdio: 'inherit' });

if (!process.argv.includes('--quiet')) process.stdout.write(whatWasBuilt(built));
