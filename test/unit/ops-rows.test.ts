import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFile } from '../../ops/backfill/check-file.ts';
import { type Format, formatOf, type Row, readRows } from '../../ops/backfill/rows.ts';

/** In chunks of `size` bytes: a file comes in pieces that know nothing of lines or characters. */
async function* chunked(content: string | Buffer, size = 7): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(content);
  for (let i = 0; i < bytes.length; i += size) yield bytes.subarray(i, i + size);
}

async function rowsOf(content: string | Buffer, format: Format = 'csv', size?: number): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of readRows(chunked(content, size), format)) rows.push(row);
  return rows;
}

const quoted = (value: string): string => `"${value.replaceAll('"', '""')}"`;

const problemsOf = async (content: string | Buffer, format: Format = 'csv') =>
  (await checkFile(chunked(content), format)).problems.map(
    ({ line, field, reason }) => `${line} ${field}: ${reason}`,
  );

describe('a CSV file', () => {
  it('is read as spreadsheets write it: byte order mark, CRLF, quotes, empty lines, columns in any order', async () => {
    const file =
      '\uFEFFusername,verifiedAt,email\r\n"Ada ""the"" Count, ess",,ada@example.org\r\n\r\n  \r\nö,2026-11-23T18:00:00Z,b@example.org';
    expect(await rowsOf(file)).toEqual([
      { line: 2, verification: { email: 'ada@example.org', username: 'Ada "the" Count, ess' } },
      {
        line: 5,
        verification: { email: 'b@example.org', username: 'ö', verifiedAt: '2026-11-23T18:00:00Z' },
      },
    ]);
  });

  it('keeps white space around a username: it belongs to it', async () => {
    expect(await rowsOf('email,username\na@b, Ada ')).toMatchObject([
      { verification: { username: ' Ada ' } },
    ]);
  });

  it('comes back as it was written, wherever its bytes are cut', async () => {
    const username = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
      .filter((name) => !/[\r\n]/.test(name));
    await fc.assert(
      fc.asyncProperty(
        fc.array(username, { minLength: 1 }),
        fc.integer({ min: 1, max: 90 }),
        async (names, size) => {
          const lines = names.map((name, i) => `p${i}@example.org,${quoted(name)}`);
          const rows = await rowsOf(['email,username', ...lines].join('\n'), 'csv', size);
          expect(rows).toEqual(
            names.map((name, i) => ({
              line: i + 2,
              verification: { email: `p${i}@example.org`, username: name },
            })),
          );
        },
      ),
    );
  });

  it('has every bad line named, and what is wrong, and nothing of what it says', async () => {
    const lines = [
      'email,username,verifiedAt',
      'nobody,Secret1,',
      'a@b,,',
      'a@c,Secret2,yesterday',
      'a@d,Sec"ret3,',
      '"a@e,Secret4,',
      'a@f',
      'a@g,Secret5,,',
      'A@B,ok,',
      'A@H,ok,',
      'a@h,Secret6,',
    ];
    const problems = await problemsOf(lines.join('\n'));
    expect(problems).toEqual([
      '2 email: needs one @ with something on both sides',
      '3 username: is empty',
      '4 verifiedAt: is not an ISO 8601 date and time with a time zone, such as 2026-11-23T18:00:00Z',
      '5 line: has a quotation mark out of place (write "" for " in a quoted field)',
      '6 line: has a quotation mark out of place (write "" for " in a quoted field)',
      "7 line: has 1 of the header's 3 columns",
      "8 line: has 4 of the header's 3 columns (a value with a comma in it needs quotation marks)",
      '11 email: is the address of line 10 again',
    ]);
    expect(problems.join()).not.toContain('Secret');
  });

  it('in another encoding than UTF-8 is found out, line by line', async () => {
    expect(await problemsOf(Buffer.from('email,username\na@b,ok\nc@d,café\n', 'latin1'))).toEqual([
      '3 line: is not UTF-8 (save the file as UTF-8)',
    ]);
    await expect(rowsOf(Buffer.from('\uFEFFemail,username\n', 'utf16le'))).rejects.toThrow('Line 1');
  });

  it.each(['ada@example.org,AdaL\n', 'email\n', 'email,username,email\n', 'email,username,phone\n', '\n'])(
    'without the header is refused, and its first line not quoted: %j',
    async (file) => {
      await expect(rowsOf(file)).rejects.toThrow(/^Line 1 has to be the header email,username or(?!.*ada@)/);
    },
  );

  it.each(['email;username\n', '\uFEFFemail;username;verifiedAt\n', '"email";"username"\n'])(
    'with semicolons is told so: %j',
    async (file) => {
      await expect(rowsOf(file)).rejects.toThrow(/separated by semicolons.*They have to be commas/);
    },
  );

  it('without line ends does not fill the memory', async () => {
    await expect(rowsOf(`email,username\n${'x'.repeat(70_000)}`, 'csv', 4096)).rejects.toThrow(
      'Line 2 is longer',
    );
  });
});

describe('a JSON Lines file', () => {
  it('has one object a line, unknown fields ignored', async () => {
    const file =
      '\uFEFF{"email":"a@b","username":"ü","plan":"free"}\n\n{"username":"x","email":"c@d","verifiedAt":"2026-11-23T18:00:00+01:00"}\r\n';
    expect(await rowsOf(file, 'jsonl')).toEqual([
      { line: 1, verification: { email: 'a@b', username: 'ü' } },
      { line: 3, verification: { email: 'c@d', username: 'x', verifiedAt: '2026-11-23T18:00:00+01:00' } },
    ]);
  });

  it('has every bad line named', async () => {
    const file =
      '{"email":"a@b"}\nnot JSON\n[]\n{"email":1,"username":"x"}\n{"email":"a@b","username":"x","verifiedAt":null}';
    expect(await problemsOf(file, 'jsonl')).toEqual([
      '1 username: is missing',
      '2 line: is not JSON',
      '3 line: is not a JSON object',
      '4 email: is not a string',
      '5 verifiedAt: is not an ISO 8601 date and time with a time zone, such as 2026-11-23T18:00:00Z',
    ]);
  });
});

it('tells the format by the name', () => {
  expect(['a.csv', 'A.CSV', 'b.jsonl', 'c.ndjson'].map(formatOf)).toEqual(['csv', 'csv', 'jsonl', 'jsonl']);
  expect(() => formatOf('users.xlsx')).toThrow('.csv or .jsonl');
});
