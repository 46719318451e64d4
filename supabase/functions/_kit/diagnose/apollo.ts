import type { SystemReader } from './types.ts';

/**
 * Apollo names a parameter only in the sentence: "Please specify at least a name or domain."
 * @see https://docs.apollo.io/reference/status-codes-errors
 */
export const apollo: SystemReader = {
  refine(fault) {
    const asked = /^Please (?:specify|provide|enter|supply) (?:at least )?(?:an? |the |your )?(?:valid )?([a-z]\w{1,40})(?: address| or | and |,|\.|$)/.exec(fault.message)?.[1];
    return fault.field === null && asked !== undefined ? { field: asked } : {};
  },
};
