import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { transform } from 'esbuild';

const PAGE = new URL('./page/', import.meta.url);
const MODULES = new URL('../../node_modules/', import.meta.url);

/** Bare names of modules, for the browser. */
const IMPORT_MAP = JSON.stringify({
  imports: { 'lit-html': '/lit-html/lit-html.js', 'lit-html/': '/lit-html/' },
});

const importMapHash = createHash('sha256').update(IMPORT_MAP).digest('base64');

/** Nothing but the page's own files is loaded, run or asked; text cannot become markup but by lit-html's own templates. */
export const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  `script-src 'self' 'sha256-${importMapHash}'`,
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  'trusted-types lit-html',
].join('; ');

export interface PageFile {
  type: string;
  content: string;
}

/** What both sides read, beside the page itself. */
const SHARED = ['words.ts', 'tour-steps.ts'];

/** TypeScript as the browser takes it: without the types, and otherwise line by line as it is. */
async function script(file: URL): Promise<PageFile> {
  const source = await readFile(file, 'utf8');
  const { code } = await transform(source, {
    loader: 'ts',
    format: 'esm',
    target: 'es2024',
    sourcefile: file.pathname,
  });
  return { type: 'text/javascript; charset=utf-8', content: code };
}

/** The file of the page at a path; undefined where there is none. */
export async function pageFile(path: string): Promise<PageFile | undefined> {
  try {
    if (path === '/') {
      const html = await readFile(new URL('index.html', PAGE), 'utf8');
      return {
        type: 'text/html; charset=utf-8',
        content: html.replace('<!-- import map -->', `<script type="importmap">${IMPORT_MAP}</script>`),
      };
    }
    const lit = /^\/lit-html\/((?:directives\/)?[\w-]+\.js)$/.exec(path)?.[1];
    if (lit !== undefined) {
      const content = await readFile(new URL(`lit-html/${lit}`, MODULES), 'utf8');
      return {
        type: 'text/javascript; charset=utf-8',
        content: content.replace(/\n\/\/# sourceMappingURL=.*/, ''),
      };
    }
    const own = /^\/page\/([\w-]+\.(ts|css|svg))$/.exec(path);
    if (own?.[2] === 'ts') return await script(new URL(own[1] ?? '', PAGE));
    if (own?.[1] !== undefined) {
      const type = own[2] === 'css' ? 'text/css; charset=utf-8' : 'image/svg+xml';
      return { type, content: await readFile(new URL(own[1], PAGE), 'utf8') };
    }
    const shared = SHARED.find((name) => path === `/${name}`);
    return shared === undefined ? undefined : await script(new URL(`./${shared}`, import.meta.url));
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
