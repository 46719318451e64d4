/** A system's name for people, from its slug: `business-central` is Business Central. */
export const systemName = (slug: string): string =>
  slug.split('-').map((word) => word.slice(0, 1).toUpperCase() + word.slice(1)).join(' ');
