import { describe, expect, it } from 'vitest';
import { type BundledPackage, thirdPartyNotices } from '../../supply-chain/third-party.ts';

const MIT = 'MIT License\n\nCopyright (c) 2026 This project\n\nPermission is hereby granted …\n';

const bundled = (name: string, license: string, texts: string[] = []): BundledPackage => ({
  folder: `node_modules/${name}`,
  name,
  version: '1.0.0',
  license,
  author: 'Ada',
  texts,
});

const notices = (...packages: BundledPackage[]) => thirdPartyNotices('a-bundle', packages, MIT);

describe('what may be passed on', () => {
  it.each(['GPL-3.0-only', 'AGPL-3.0', '(MIT OR GPL-2.0)', 'UNLICENSED', 'SEE LICENSE IN x', 'none'])(
    'is nothing under "%s", whatever text comes with it',
    (license) => {
      expect(() => notices(bundled('good', 'MIT'), bundled('bad', license, ['some text']))).toThrow(
        `a-bundle cannot be passed on:\n- bad 1.0.0 has the licence "${license}"`,
      );
    },
  );

  it('is nothing whose licence nobody can read', () => {
    expect(() => notices(bundled('mute', 'ISC'), bundled('alone', 'Apache-2.0'))).toThrow(
      /- mute 1\.0\.0 names the licence ISC, .*\n- alone 1\.0\.0 names the licence Apache-2\.0, /,
    );
  });
});

describe('the notices', () => {
  it('have each text once, under all that share it', () => {
    const text = notices(
      bundled('one', 'ISC', ['the text']),
      bundled('two', 'ISC', ['the text']),
      bundled('three', 'MIT', ['another text', 'a NOTICE']),
    );
    expect(text.split('the text')).toHaveLength(2);
    expect(text).toMatch(/^one 1\.0\.0 \(ISC\)\ntwo 1\.0\.0 \(ISC\)\n-+\n\nthe text$/m);
    expect(text).toMatch(/^three 1\.0\.0 \(MIT\)\n-+\n\nanother text\n\na NOTICE$/m);
  });

  it('have the text of a licence that a package only names: with its own author for MIT', () => {
    const text = notices(
      bundled('mute', 'MIT'),
      bundled('silent', 'Apache-2.0'),
      bundled('loud', 'Apache-2.0', ['Apache License']),
      bundled('free', 'MIT-0'),
    );
    expect(text).toContain('Copyright (c) Ada\n\nPermission is hereby granted');
    expect(text).not.toContain('This project');
    expect(text).toMatch(
      /^silent 1\.0\.0 \(Apache-2\.0\)\nloud 1\.0\.0 \(Apache-2\.0\)\n-+\n\nApache License$/m,
    );
    expect(text).toMatch(/^free 1\.0\.0 \(MIT-0\)\n-+\n\nMIT No Attribution/m);
  });
});
