import type { Osls, Writers } from './osls.ts';
import { SETTINGS_CHECKS, type Settings } from './settings-checks.ts';

/** Params of serverless.yml that are no stage to deploy: those of all stages, and that of a developer's machine. */
const NOT_DEPLOYED = ['default', 'local'];

function settingsOf(osls: Osls): Settings {
  const { settings } = osls.service.custom;
  return {
    stage: osls.getProvider('aws').getStage(),
    stages: Object.keys(osls.configurationInput.params ?? {}).filter((name) => !NOT_DEPLOYED.includes(name)),
    value: (name) => String(settings[name] ?? ''),
  };
}

/** What this project adds to osls: what has to be right before something is packaged or deployed. */
export default class Deploying {
  readonly hooks: Record<string, () => void>;
  readonly #osls: Osls;
  readonly #log: Writers['log'];

  constructor(osls: Osls, _options: unknown, { log }: Writers) {
    this.#osls = osls;
    this.#log = log;
    this.hooks = { initialize: () => this.#begin() };
  }

  /** Before the first step of any command. */
  #begin(): void {
    const command = this.#osls.processedInput.commands.join(' ');
    if (['package', 'deploy', 'deploy function'].includes(command)) this.#checkSettings();
  }

  #checkSettings(): void {
    const settings = settingsOf(this.#osls);
    const problems = SETTINGS_CHECKS.flatMap(({ consequence, problem }) => {
      const text = problem(settings);
      return text === undefined ? [] : [{ consequence, text }];
    });
    const texts = (wanted: string) =>
      problems.filter(({ consequence }) => consequence === wanted).map(({ text }) => text);
    for (const text of texts('warned')) this.#log.warning(text);
    const refused = texts('refused');
    if (refused.length > 0) throw new this.#osls.classes.Error(refused.join('\n'), 'SETTINGS_REFUSED');
  }
}
