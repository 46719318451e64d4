import { randomUUID } from 'node:crypto';
import { isDay, openBooks } from './books.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';

export type JiraOptions = SimulatorOptions & {
  email?: string;
  token?: string;
  project?: string;
  issueTypes?: string[];
  /** How long the search does not see what is new. */
  indexDelayMs?: number;
};

type Fields = {
  summary?: unknown;
  description?: unknown;
  labels?: unknown;
  priority?: { name?: string };
  duedate?: string;
  issuetype?: { name?: string };
  project?: { key?: string };
  [name: string]: unknown;
};
export type Issue = { key: string; fields: Fields; raw: string; at: number };

export type JiraSimulator = Simulator & {
  email: string;
  token(): string;
  issues(): readonly Issue[];
  /** The element of the next bulk call with this place answers as a server error. */
  stumble(place: number): void;
};

const MOST = 50;
const PRIORITIES = ['Highest', 'High', 'Medium', 'Low', 'Lowest'];
const CUSTOM = ['customfield_10020', 'customfield_10030'];
const KNOWN = ['summary', 'description', 'labels', 'priority', 'duedate', 'issuetype', 'project', 'assignee', ...CUSTOM];

const json = (status: number, body: unknown, headers: Record<string, string> = {}): SimulatedAnswer => ({
  status,
  headers: { 'x-request-id': randomUUID(), ...headers },
  body: JSON.stringify(body),
});
const problem = (status: number, message: string): SimulatedAnswer => json(status, { errorMessages: [message], errors: {} });

/** Whether this is a document as Jira takes one: paragraphs of text nodes that are not empty. */
function isDocument(value: unknown): boolean {
  const { type, version, content } = (value ?? {}) as {
    type?: string;
    version?: number;
    content?: { type: string; content: { type: string; text?: string }[] }[];
  };
  return type === 'doc' && version === 1 && Array.isArray(content) &&
    content.every((paragraph) =>
      paragraph.type === 'paragraph' && paragraph.content.every(
        (node) => (node.type === 'text'
          ? typeof node.text === 'string' && node.text !== '' && !node.text.includes('\n')
          : node.type === 'hardBreak'),
      )
    );
}

/** Plays the parts of Jira Cloud that take issues in bulk, find them again and say who is asking. */
export async function startJira(options: JiraOptions): Promise<JiraSimulator> {
  const books = openBooks(options);
  const email = options.email ?? 'robot@example.org';
  const project = options.project ?? 'OPS';
  const issueTypes = options.issueTypes ?? ['Task', 'Incident'];
  const issues: Issue[] = [];
  let token = options.token ?? 'simulated-jira-token';
  let stumbles: number | null = null;

  function wrong(fields: Fields): Record<string, string> | null {
    const errors: Record<string, string> = {};
    for (const name of Object.keys(fields)) {
      if (!KNOWN.includes(name)) errors[name] = `Field '${name}' cannot be set. It is not on the appropriate screen, or unknown.`;
    }
    if (fields.project?.key !== project) errors.project = 'valid project is required';
    if (!issueTypes.includes(fields.issuetype?.name ?? '')) errors.issuetype = 'Specify a valid issue type';
    const { summary, description, priority, duedate, labels } = fields;
    if (typeof summary !== 'string' || summary.trim() === '') errors.summary = 'You must specify a summary of the issue.';
    else if (summary.length > 255) errors.summary = "Summary can't exceed 255 characters.";
    else if (summary.includes('\n')) errors.summary = 'The summary is invalid because it contains newline characters.';
    if (description !== undefined && !isDocument(description)) {
      errors.description = 'Operation value must be an Atlassian Document (see the Atlassian Document Format)';
    }
    if (priority !== undefined && !PRIORITIES.includes(priority.name ?? '')) errors.priority = 'The priority selected is invalid.';
    if (duedate !== undefined && !isDay(duedate)) errors.duedate = 'Error parsing date string.';
    if (!Array.isArray(labels) || labels.some((label) => /\s/.test(String(label)))) {
      errors.labels = 'The label contains spaces which is invalid.';
    }
    if (fields.customfield_10020 !== undefined && typeof fields.customfield_10020 !== 'number') {
      errors.customfield_10020 = 'Operation value must be a number';
    }
    return Object.keys(errors).length > 0 ? errors : null;
  }

  function take(fields: Fields, raw: string): Issue {
    const issue = { key: `${project}-${issues.length + 1}`, fields, raw, at: options.clock().getTime() };
    issues.push(issue);
    const key = (fields.labels as string[]).find((label) => label.startsWith('syncward-')) ?? null;
    const amount = /"customfield_10020":(-?[\d.]+)/.exec(raw)?.[1] ?? '';
    books.take({
      id: issue.key,
      key,
      account: '',
      costCenter: null,
      amount,
      currency: null,
      date: '',
      text: String(fields.summary),
      at: options.clock().toISOString(),
    });
    return issue;
  }

  function bulk({ body }: SimulatedRequest): SimulatedAnswer {
    const { issueUpdates } = JSON.parse(body) as { issueUpdates?: { fields: Fields }[] };
    if (!Array.isArray(issueUpdates)) return problem(400, 'Unrecognized field');
    if (issueUpdates.length > MOST) {
      return problem(400, `The number of issues to create (${issueUpdates.length}) exceeds the limit of ${MOST}.`);
    }
    const created: { id: string; key: string; self: string }[] = [];
    const errors: unknown[] = [];
    const raws = body.split('{"fields":').slice(1);
    for (const [place, { fields }] of issueUpdates.entries()) {
      const faults = wrong(fields);
      if (place === stumbles) {
        errors.push({ status: 500, elementErrors: { errorMessages: ['Internal server error'], errors: {} }, failedElementNumber: place });
      } else if (faults) errors.push({ status: 400, elementErrors: { errorMessages: [], errors: faults }, failedElementNumber: place });
      else {
        const { key } = take(fields, raws[place] ?? '');
        created.push({ id: String(10_000 + created.length), key, self: `https://site.example.org/rest/api/3/issue/${key}` });
      }
    }
    stumbles = null;
    return json(created.length === 0 ? 400 : 201, { issues: created, errors });
  }

  function search({ body }: SimulatedRequest): SimulatedAnswer {
    const { jql, maxResults = 50, nextPageToken = '0', fields } = JSON.parse(body) as {
      jql: string;
      maxResults?: number;
      nextPageToken?: string;
      fields?: string[];
    };
    const [, key, list] = /^project = "(\w+)" AND labels IN \(((?:"[^"]+"(?:, )?)+)\)$/.exec(jql) ?? [];
    if (key === undefined) return problem(400, 'Error in the JQL Query: Expecting either a value, list or function.');
    if (key !== project) return problem(400, `The value '${key}' does not exist for the field 'project'.`);
    const wanted = new Set([...(list ?? '').matchAll(/"([^"]+)"/g)].map(([, label = '']) => label.toLowerCase()));
    const seenUntil = options.clock().getTime() - (options.indexDelayMs ?? 0);
    const found = issues.filter(({ at, fields: { labels } }) =>
      at <= seenUntil && (labels as string[]).some((label) => wanted.has(label.toLowerCase()))
    );
    const start = Number(nextPageToken);
    const size = Math.min(maxResults, 20);
    const page = found.slice(start, start + size).map((issue) => ({
      id: '1',
      key: issue.key,
      fields: fields?.includes('labels') ? { labels: issue.fields.labels } : {},
    }));
    return json(200, { issues: page, ...(start + size < found.length ? { nextPageToken: String(start + size) } : { isLast: true }) });
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    const { method, url, headers } = request;
    if (headers.authorization !== `Basic ${Buffer.from(`${email}:${token}`).toString('base64')}`) {
      return {
        status: 401,
        headers: { 'content-type': 'text/plain', 'x-seraph-loginreason': 'AUTHENTICATED_FAILED' },
        body: 'Client must be authenticated to access this resource.',
      };
    }
    const path = url.pathname.replace('/rest/api/3/', '');
    if (method === 'GET' && path === 'myself') {
      return json(200, { accountId: 'a1', displayName: 'Robot', emailAddress: email, active: true });
    }
    if (method === 'GET' && path === `project/${project}`) {
      return json(200, { key: project, name: 'Operations', issueTypes: issueTypes.map((name) => ({ name })) });
    }
    if (method === 'GET') return problem(404, `No project could be found with key '${path.replace('project/', '')}'.`);
    if (!headers['content-type']?.includes('application/json')) return problem(415, 'Unsupported Media Type');
    if (method === 'POST' && path === 'issue/bulk') return bulk(request);
    if (method === 'POST' && path === 'search/jql') return search(request);
    return problem(404, 'null for uri');
  }

  const vendor: Vendor = {
    name: 'Jira',
    books,
    scope: () => 'api',
    handle,
    refuse(fault) {
      if (fault === 'too_many') {
        const reset = new Date(options.clock().getTime() + 42_000).toISOString();
        return {
          ...problem(429, 'Rate limit exceeded.'),
          headers: { 'retry-after': '42', 'x-ratelimit-reset': reset, 'ratelimit-reason': 'jira-burst-based' },
        };
      }
      if (fault === 'expired_token') return problem(401, 'Client must be authenticated to access this resource.');
      return problem(fault === 'unavailable' ? 503 : 500, 'Internal server error');
    },
    facts: () => [['Project', project]],
    credential: () => token,
    rotate: (next) => (token = next ?? randomUUID()),
    actions: {},
  };
  return {
    ...await startSimulator(options, vendor),
    email,
    token: () => token,
    issues: () => issues,
    stumble: (place) => {
      stumbles = place;
    },
  };
}
