import { existsSync, readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** What the plugin uses of osls, which publishes no types for plugins. */
interface Osls {
  serviceDir: string;
  processedInput: { options: { readonly function?: string; readonly package?: string } };
  service: {
    getAllFunctions(): string[];
    getFunction(key: string): { handler: string };
  };
  getProvider(name: 'aws'): { getStage(): string };
  classes: {
    /** Printed as a sentence, without a stack trace. */
    Error: new (
      message: string,
      code: string,
    ) => Error;
  };
}

interface Writers {
  log: { notice(text: string): void };
}

/** Where osls puts what it makes, unless `--package` names another folder. */
const OUTPUT = '.serverless';
/** What CloudFormation is given. The other template there makes the stack's bucket, once. */
const TEMPLATE = 'cloudformation-template-update-stack.json';

/** Says by a sentence that a function is not built, and after `package` what was made and where. */
export default class Packaging {
  readonly hooks: Record<string, () => void>;
  readonly #osls: Osls;
  readonly #log: Writers['log'];

  constructor(osls: Osls, _options: unknown, { log }: Writers) {
    this.#osls = osls;
    this.#log = log;
    const all = () => this.#requireBuilt(osls.service.getAllFunctions());
    const one = () => this.#requireBuilt([osls.processedInput.options.function ?? '']);
    this.hooks = {
      'before:invoke:local:invoke': one,
      'before:deploy:function:packageFunction': one,
      'before:package:createDeploymentArtifacts': all,
      'after:package:finalize': () => this.#tellWhatWasMade(),
    };
  }

  /** The bundle is what the handler names, before its last point, whether or not with an ending. */
  #requireBuilt(functions: readonly string[]): void {
    const { serviceDir, service, classes } = this.#osls;
    const missing = functions.flatMap((key) => {
      const bundle = service.getFunction(key).handler.replace(/(\.mjs)?\.\w+$/, '.mjs');
      return existsSync(join(serviceDir, bundle)) ? [] : [`${key} is not built: there is no ${bundle}.`];
    });
    if (missing.length > 0) {
      throw new classes.Error([...missing, 'Build it first: npm run build'].join('\n'), 'NOT_BUILT');
    }
  }

  #tellWhatWasMade(): void {
    const output = this.#osls.processedInput.options.package ?? OUTPUT;
    const folder = resolve(this.#osls.serviceDir, output);
    const files = readdirSync(folder).filter((file) => file === TEMPLATE || file.endsWith('.zip'));
    const lines = files.toSorted().map((file) => {
      const size = Math.ceil(statSync(join(folder, file)).size / 1_000);
      return `  ${join(output, file).padEnd(output.length + 45)}${String(size).padStart(6)} KB`;
    });
    const title = `Packaged for stage ${this.#osls.getProvider('aws').getStage()}:`;
    this.#log.notice(['', title, ...lines].join('\n'));
  }
}
