import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** As Lambda measures it out: so many microseconds in each 20 milliseconds. */
const PERIOD_US = 20_000;

/** Control groups of either version, where this process may make them. */
function makeGroup(share: number): { processes: string; folder: string } | undefined {
  const name = `bench-${randomUUID()}`;
  const quota = Math.round(PERIOD_US * share);
  const v2 = existsSync('/sys/fs/cgroup/cgroup.controllers');
  const folder = join(v2 ? '/sys/fs/cgroup' : '/sys/fs/cgroup/cpu', name);
  try {
    mkdirSync(folder);
    if (v2) {
      writeFileSync(join(folder, 'cpu.max'), `${quota} ${PERIOD_US}`);
    } else {
      writeFileSync(join(folder, 'cpu.cfs_period_us'), String(PERIOD_US));
      writeFileSync(join(folder, 'cpu.cfs_quota_us'), String(quota));
    }
    return { processes: join(folder, 'cgroup.procs'), folder };
  } catch {
    return undefined;
  }
}

/**
 * A part of one core for programs that are started by way of it. Undefined where this machine does not allow it.
 *
 * @param share 1 for a whole core
 */
export function limitedCpu(share: number) {
  const group = makeGroup(share);
  if (group === undefined) return undefined;
  return {
    /** What stands before a program and its arguments. */
    launcher: ['sh', '-c', `echo $$ > ${group.processes} && exec "$@"`, 'sh'],
    remove: () => rmdirSync(group.folder),
  };
}
