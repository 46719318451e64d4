import type { UseQueryResult } from '@tanstack/react-query';
import { createContext, use } from 'react';
import type { IntegrationRow, Organization } from './rows.ts';

/** The organization the page is about, and its integrations as last read. */
export type Org = {
  org: Organization;
  overview: UseQueryResult<IntegrationRow[]>;
  /** Owners and admins may act; viewers may look. */
  mayAct: boolean;
  active: boolean;
};

export const OrgContext = createContext<Org | null>(null);

export function useOrg(): Org {
  const org = use(OrgContext);
  if (!org) throw new Error('useOrg needs an OrgContext');
  return org;
}

/** Addresses of the page; e-mails link to the same ones. */
export const paths = {
  overview: (org: string) => `/o/${org}`,
  notifications: (org: string) => `/o/${org}/notifications`,
  notificationSettings: (org: string) => `/o/${org}/notifications/settings`,
  maintenance: (org: string) => `/o/${org}/maintenance`,
  members: (org: string) => `/o/${org}/members`,
  audit: (org: string) => `/o/${org}/audit`,
  report: (org: string) => `/o/${org}/report`,
  grantReport: (org: string) => `/o/${org}/grant-report`,
  integration: (org: string, slug: string) => `/o/${org}/i/${slug}`,
  configuration: (org: string, slug: string) => `/o/${org}/i/${slug}/configuration`,
  record: (org: string, slug: string, id: string) => `/o/${org}/i/${slug}/records/${id}`,
  run: (org: string, slug: string, id: string) => `/o/${org}/i/${slug}/runs/${id}`,
  cause: (org: string, slug: string, id: string) => `/o/${org}/i/${slug}/causes/${id}`,
};
