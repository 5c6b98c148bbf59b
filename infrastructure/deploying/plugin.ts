import { callFunctions } from './call-functions.ts';
import type { Osls, Writers } from './osls.ts';
import { NO_TRIGGERS, type StandingAlarm, standingAlarms, triggersOf } from './rollback-triggers.ts';
import { SETTINGS_CHECKS, type Settings } from './settings-checks.ts';
import { unfitReason, weekendAt } from './weekend.ts';

/** Params of serverless.yml that are no stage to deploy: those of all stages, and that of a developer's machine. */
const NOT_DEPLOYED = ['default', 'local'];

/** The one stage that people depend on. */
const PROD = 'prod';

/** The `--param`, and the tag of the stack, that say why prod is deployed on such a day all the same. */
const FRIDAY = 'friday';

/**
 * What this project adds to osls: what has to be right before something is packaged or deployed, no prod on Fridays, and
 * the alarms that take a change back.
 */
export default class Deploying {
  readonly hooks: Record<string, () => void | Promise<void>>;
  readonly #osls: Osls;
  readonly #log: Writers['log'];
  readonly #calling = new AbortController();
  #tags: Record<string, string> = {};

  constructor(osls: Osls, _options: unknown, { log }: Writers) {
    this.#osls = osls;
    this.#log = log;
    this.hooks = {
      initialize: () => this.#check(),
      'before:aws:deploy:deploy:createStack': () => this.#begin(),
      'before:aws:deploy:deploy:updateStack': () => this.#beginCalling(),
      'after:aws:deploy:deploy:updateStack': () => this.#calling.abort(),
      error: () => this.#calling.abort(),
      // What rings is why somebody goes back: it must not take that back too.
      'before:rollback:rollback': () => {
        this.#osls.service.provider.rollbackConfiguration = NO_TRIGGERS;
      },
    };
  }

  get #settings(): Settings {
    const { configurationInput, service } = this.#osls;
    return {
      stage: this.#osls.getProvider('aws').getStage(),
      stages: Object.keys(configurationInput.params ?? {}).filter((name) => !NOT_DEPLOYED.includes(name)),
      value: (name) => String(service.custom.settings[name] ?? ''),
    };
  }

  /** Before the first step of any command. */
  #check(): void {
    const command = this.#osls.processedInput.commands.join(' ');
    const deploys = ['deploy', 'deploy function'].includes(command);
    if (!deploys && command !== 'package') return;
    const settings = this.#settings;
    this.#checkSettings(settings);
    if (deploys && settings.stage === PROD) this.#checkWeekend(settings.value('timeZone'), command);
  }

  #checkSettings(settings: Settings): void {
    const problems = SETTINGS_CHECKS.flatMap(({ consequence, problem }) => {
      const text = problem(settings);
      return text === undefined ? [] : [{ consequence, text }];
    });
    const texts = (wanted: string) =>
      problems.filter(({ consequence }) => consequence === wanted).map(({ text }) => text);
    for (const text of texts('warned')) this.#log.warning(text);
    const refused = texts('refused');
    if (refused.length > 0) throw this.#refusal('SETTINGS_REFUSED', refused);
  }

  #checkWeekend(timeZone: string, command: string): void {
    const weekend = weekendAt(Date.now(), timeZone);
    const reason = this.#reason();
    if (weekend === undefined) {
      if (reason !== undefined)
        this.#log.notice(`--param ${FRIDAY} is not needed today, and not written down.`);
      return;
    }
    const today = `It is ${weekend.today} in ${timeZone}`;
    const closed = `${today}. Stage ${PROD} is not deployed until ${weekend.lastDay} is over.`;
    if (command !== 'deploy') {
      throw this.#refusal('NOT_ON_FRIDAY', [
        closed,
        `In an emergency, deploy the whole stack: "${command}" has no place to write the reason to.`,
      ]);
    }
    if (reason === undefined) {
      throw this.#refusal('NOT_ON_FRIDAY', [
        closed,
        `In an emergency, say why: --param ${FRIDAY}="…". The reason is written to the stack's tags.`,
        'To go back to what was deployed before, "serverless rollback" is free on every day.',
      ]);
    }
    const unfit = unfitReason(reason);
    if (unfit !== undefined) throw this.#refusal('NOT_ON_FRIDAY', [closed, unfit]);
    this.#tags = { [FRIDAY]: reason };
    this.#log.warning(
      `${today}, and stage ${PROD} is deployed all the same. The stack's tag "${FRIDAY}" says why: ${reason}`,
    );
  }

  /** Of the command line only: in serverless.yml it would be an emergency for ever. */
  #reason(): string | undefined {
    const start = `${FRIDAY}=`;
    return this.#osls.processedInput.options.param
      ?.findLast((param) => param.startsWith(start))
      ?.slice(start.length)
      .trim();
  }

  /** Before the first call to CloudFormation. With `--package`, osls has only now read what was packaged. */
  async #begin(): Promise<void> {
    const { service } = this.#osls;
    const { stage, value } = this.#settings;
    if (value('stage') !== stage) {
      throw this.#refusal('SETTINGS_REFUSED', [
        `This was packaged for stage ${value('stage')}, and is to be deployed to ${stage}. Nothing was deployed.`,
      ]);
    }
    Object.assign(service.provider.stackTags, this.#tags);
    await this.#setTriggers();
  }

  /** The alarms have to stand before the change that they may take back. */
  async #setTriggers(): Promise<void> {
    const aws = this.#osls.getProvider('aws');
    const { rollbackAlarms } = this.#osls.service.custom.settings;
    const wanted = Array.isArray(rollbackAlarms) ? rollbackAlarms.map(String) : [];
    const minutes = Number(this.#settings.value('rollbackMinutes'));
    const alarms = await standingAlarms(
      aws.naming.getStackName(),
      wanted,
      await aws.getAwsSdkV3Config(),
    ).catch((error: unknown) => {
      throw this.#refusal('ROLLBACK_ALARMS', [
        `The alarms that take a change back could not be looked up: ${error instanceof Error ? error.name : 'unknown error'}.`,
        'Nothing was deployed. docs/deploying.md has the rights that a deployment takes.',
      ]);
    });
    this.#osls.service.provider.rollbackConfiguration = triggersOf(alarms, minutes);
    this.#tellOf(alarms, wanted, minutes);
  }

  #tellOf(alarms: readonly StandingAlarm[], wanted: readonly string[], minutes: number): void {
    const named = (chosen: readonly StandingAlarm[]) => chosen.map(({ logicalId }) => logicalId).join(', ');
    const ringing = alarms.filter(({ rings }) => rings);
    const quiet = alarms.filter(({ rings }) => !rings);
    const missing = wanted.filter((name) => !alarms.some(({ logicalId }) => logicalId === name));
    if (quiet.length > 0)
      this.#log.notice(`Taken back if one of these rings within ${minutes} minutes: ${named(quiet)}`);
    if (ringing.length > 0) this.#log.warning(`Rings already, and so takes nothing back: ${named(ringing)}`);
    if (missing.length > 0)
      this.#log.notice(`Not in the stack yet, and so takes nothing back: ${missing.join(', ')}`);
  }

  /** The update takes until the alarms have been watched. Its calls go to the new code as soon as Lambda has that. */
  async #beginCalling(): Promise<void> {
    const { service } = this.#osls;
    if (!service.provider.rollbackConfiguration?.RollbackTriggers.length) return;
    const nameOf = (key: string) => service.getFunction(key).name;
    const config = await this.#osls.getProvider('aws').getAwsSdkV3Config();
    void callFunctions({
      names: { publishVerification: nameOf('publishVerification'), syncContact: nameOf('syncContact') },
      config,
      signal: this.#calling.signal,
      warn: (text) => this.#log.warning(text),
    });
  }

  #refusal(code: string, sentences: readonly string[]): Error {
    return new this.#osls.classes.Error(sentences.join('\n'), code);
  }
}
