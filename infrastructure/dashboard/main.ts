import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { drawDashboard } from './draw.ts';

/*
 * Packages stage prod into a folder that is gone afterwards, and draws docs/dashboard.svg from the template. The two
 * parameters are those that prod is not packaged without; no widget shows them.
 */

const folder = mkdtempSync(join(tmpdir(), 'dashboard-'));
try {
  const params = ['alarmTopicArn=arn:aws:sns:us-east-1:000000000000:none', 'runbookUrl=https://none.example'];
  execFileSync(
    'serverless',
    ['package', '--stage', 'prod', '--package', folder, ...params.flatMap((param) => ['--param', param])],
    // What it says is for people, its errors too: all of it goes where errors go.
    { stdio: ['ignore', process.stderr, 'inherit'] },
  );
  const template = readFileSync(join(folder, 'cloudformation-template-update-stack.json'), 'utf8');
  writeFileSync('docs/dashboard.svg', await drawDashboard(template));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
