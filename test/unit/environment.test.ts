import { afterEach, expect, it } from 'vitest';
import { keepEnvironmentInMemory } from '../../lib/environment.ts';

const own = process.env;
afterEach(() => {
  process.env = own;
});

it('the copy of the environment holds all of it, and what is set, changed and taken away later', () => {
  keepEnvironmentInMemory();
  expect(process.env).not.toBe(own);
  expect(process.env).toEqual(own);

  // As Lambda's runtime does it for each invocation.
  process.env._X_AMZN_TRACE_ID = 'Root=1-5759e988-bd862e3fe1be46a994272793';
  expect(process.env._X_AMZN_TRACE_ID).toBe('Root=1-5759e988-bd862e3fe1be46a994272793');
  delete process.env._X_AMZN_TRACE_ID;
  expect(process.env._X_AMZN_TRACE_ID).toBeUndefined();
});
