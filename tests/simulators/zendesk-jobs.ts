import { randomUUID } from 'node:crypto';

export type Result = Record<string, unknown>;
type Job = {
  id: string;
  status: 'queued' | 'completed' | 'failed';
  message: string | null;
  total: number;
  results: Result[] | null;
  work: () => Result[];
};

/** Background jobs: https://developer.zendesk.com/api-reference/ticketing/ticket-management/job_statuses/ */
export function createJobs() {
  const jobs = new Map<string, Job>();

  const shown = ({ id, status, message, total, results }: Job): { job_status: object } => ({
    job_status: {
      id,
      url: `https://acme.zendesk.com/api/v2/job_statuses/${id}.json`,
      status,
      message,
      total,
      progress: results?.length ?? null,
      results,
    },
  });
  const waiting = (): Job[] => [...jobs.values()].filter(({ status }) => status === 'queued');

  return {
    queue(total: number, work: () => Result[]): { job_status: object } {
      const job: Job = { id: `V3-${randomUUID().replaceAll('-', '')}`, status: 'queued', message: null, total, results: null, work };
      jobs.set(job.id, job);
      return shown(job);
    },
    show(id: string): { job_status: object } | null {
      const job = jobs.get(id);
      return job ? shown(job) : null;
    },
    run: () => waiting().forEach((job) => Object.assign(job, { results: job.work(), status: 'completed', message: 'Completed' })),
    /** The work is done up to a point; no results are told. */
    breakOff: () =>
      waiting().forEach((job) => {
        job.work();
        Object.assign(job, { status: 'failed', message: 'The job ended unexpectedly' });
      }),
    forget: () => jobs.clear(),
    count: () => jobs.size,
  };
}
