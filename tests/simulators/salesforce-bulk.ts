import { randomUUID } from 'node:crypto';
import { parse } from 'csv-parse/sync';
import { stringify } from './salesforce-csv.ts';
import { Refused } from './salesforce-objects.ts';
import type { Fault } from './salesforce-objects.ts';

type Job = {
  id: string;
  state: string;
  object: string;
  keyField: string;
  csv: string;
  landed: string[][];
  failed: string[][];
  columns: string[];
  errorMessage: string | null;
};

export type Upsert = (values: Record<string, string | null>) => { id: string; created: boolean } | Fault;

/** Ingest jobs: https://developer.salesforce.com/docs/platform/api-asynch/guide/bulk-api-2-0-ingest.html */
export function createJobs(upsert: Upsert, isField: (name: string) => boolean) {
  const jobs = new Map<string, Job>();

  const shown = ({ id, state, object, errorMessage }: Job): object => ({
    id,
    state,
    object,
    operation: 'upsert',
    contentType: 'CSV',
    ...(errorMessage === null ? {} : { errorMessage }),
  });

  function job(id: string): Job {
    const found = jobs.get(id);
    if (!found) throw new Refused(404, 'NOT_FOUND', 'The requested resource does not exist');
    return found;
  }

  function work(one: Job): void {
    const [columns = [], ...rows]: string[][] = parse(one.csv, { bom: true });
    one.columns = columns;
    const unknown = columns.find((name) => !isField(name));
    if (unknown !== undefined) {
      Object.assign(one, { state: 'Failed', errorMessage: `InvalidBatch : Field name not found : ${unknown}` });
      return;
    }
    for (const row of rows) {
      // An empty cell leaves the field as it is.
      const values = Object.fromEntries(
        columns.flatMap((name, at) => (row[at] === '' ? [] : [[name, row[at] === '#N/A' ? null : row[at] ?? null]])),
      );
      const result = upsert(values);
      if ('id' in result) one.landed.push([result.id, String(result.created), ...row]);
      else one.failed.push(['', `${result.statusCode}:${result.message}:${result.fields.join(', ')} --`, ...row]);
    }
    one.state = 'JobComplete';
  }

  return {
    create(given: Record<string, unknown>): object {
      if (given.operation !== 'upsert' || given.contentType !== 'CSV' || typeof given.externalIdFieldName !== 'string') {
        throw new Refused(400, 'INVALIDJOB', 'InvalidJob : externalIdFieldName is required for upsert');
      }
      const made: Job = {
        id: `750${randomUUID().replaceAll('-', '').slice(0, 15)}`,
        state: 'Open',
        object: String(given.object),
        keyField: given.externalIdFieldName,
        csv: '',
        landed: [],
        failed: [],
        columns: [],
        errorMessage: null,
      };
      jobs.set(made.id, made);
      return { ...shown(made), contentUrl: `services/data/v64.0/jobs/ingest/${made.id}/batches` };
    },
    upload(id: string, csv: string): void {
      if (job(id).state !== 'Open') throw new Refused(400, 'INVALIDJOBSTATE', 'InvalidJobState : Job is not open');
      job(id).csv = csv;
    },
    move(id: string, state: string): object {
      if (job(id).state !== 'Open') {
        throw new Refused(400, 'INVALIDJOBSTATE', `Aborting or closing an already ${job(id).state} Job not allowed`);
      }
      job(id).state = state;
      return shown(job(id));
    },
    show: (id: string): object => shown(job(id)),
    /** Results in another order than the rows came in: the order is not promised. */
    results(id: string, name: string): string {
      const { landed, failed, columns } = job(id);
      if (name === 'successfulResults') return stringify([['sf__Id', 'sf__Created', ...columns], ...landed.toReversed()]);
      if (name === 'failedResults') return stringify([['sf__Id', 'sf__Error', ...columns], ...failed.toReversed()]);
      throw new Refused(404, 'NOT_FOUND', 'The requested resource does not exist');
    },
    run: () => [...jobs.values()].filter(({ state }) => state === 'UploadComplete').forEach(work),
    abort: () =>
      [...jobs.values()].filter(({ state }) => state === 'UploadComplete').forEach((one) => Object.assign(one, { state: 'Aborted' })),
    forget: () => jobs.clear(),
    states: (): string[] => [...jobs.values()].map(({ state }) => state),
  };
}
