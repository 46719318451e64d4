import type { SystemReader } from './types.ts';

/**
 * Apollo names a parameter only in the sentence: "Please specify at least a name or domain."
 * @see https://docs.apollo.io/reference/status-codes-errors
 */
export const apollo: SystemReader = {
  refine(fault) {
    const asked = /^Please (?:specify|provide|enter|supply) (?:at least )?(?:an? |the |your )?([a-z_]{2,40})(?: or | and |,|\.|$)/.exec(fault.message)?.[1];
    return fault.field === null && asked !== undefined ? { field: asked } : {};
  },
};
