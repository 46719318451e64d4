import { randomUUID } from 'node:crypto';
import { openBooks } from './books.ts';
import { checkSelections, coerce, GraphQLError, parseOperation, project, resolve, typeName } from './graphql.ts';
import type { Operation, OutputType, Selection } from './graphql.ts';
import { startSimulator } from './server.ts';
import type { SimulatedAnswer, SimulatedRequest, Simulator, SimulatorOptions, Vendor } from './server.ts';
import { importQueue } from './xledger-import.ts';
import type { ImportItem, ImportQueue, Node } from './xledger-import.ts';
import { schema } from './xledger-schema.ts';
import type { Field } from './xledger-schema.ts';

export type XledgerOptions = SimulatorOptions & {
  token?: string;
  /** How long after an item came the import job judges it. */
  importDelayMs?: number;
  /** What a code Xledger does not know leads to: an error of the import job, or the refusal of the whole mutation. */
  unknownCodes?: 'later' | 'refuse';
  limits?: {
    /** Calls within a sliding window; the vendor allows 20 in 5 seconds. null: no limit. */
    burst?: { requests: number; seconds: number } | null;
    concurrency?: number | null;
    /** Credits per hour; a call costs one, and one more for every 100 nodes. */
    credits?: number | null;
  };
};

export type XledgerSimulator = Simulator & {
  graphqlUrl: string;
  token(): string;
  /** Judges everything waiting, however new. */
  runImport(): void;
  /** Judges again what the import refused, as a person can in Xledger after correcting the master data. */
  rerunRefused(): void;
  /** Everything handed in, whatever became of it. */
  items(): readonly ImportItem[];
};

/** Most nodes one mutation takes: https://xledgerukinternal.zendesk.com/hc/en-us/articles/8715787519634-GraphQL-general-tips */
const MAX_NODES = 500;
/** Most nodes one page of an answer holds, as in https://github.com/xledger/graphql-samples (Queries.cs). */
const MAX_PAGE = 10_000;

class VendorError extends GraphQLError {
  code: string | undefined;
  extensions: Record<string, unknown> | undefined;
  constructor(message: string, code?: string, extensions?: Record<string, unknown>) {
    super(message);
    this.code = code;
    this.extensions = extensions;
  }
}

const json = (body: unknown): SimulatedAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json; charset=utf-8', 'x-request-id': randomUUID() },
  body: JSON.stringify(body),
});

function failure(error: unknown): SimulatedAnswer {
  if (error instanceof VendorError) return json({ errors: [{ message: error.message, code: error.code, extensions: error.extensions }] });
  if (error instanceof GraphQLError) return json({ errors: [{ message: error.message }] });
  throw error;
}

/** The limits of one API token; throws in the vendor's words. */
function limiter(options: XledgerOptions): { check(inFlight: number): void; spend(nodes: number): void } {
  const { burst = { requests: 20, seconds: 5 }, concurrency = 10, credits = null } = options.limits ?? {};
  let recent: number[] = [];
  let spent = 0;
  let hour = 0;
  return {
    check(inFlight) {
      if (concurrency !== null && inFlight > concurrency) {
        throw new VendorError('Too many requests', 'BAD_REQUEST.CONCURRENCY_LIMIT_REACHED');
      }
      if (burst === null) return;
      const now = options.clock().getTime();
      recent = recent.filter((time) => time > now - burst.seconds * 1_000);
      if (recent.length >= burst.requests) throw new VendorError('Too many requests', 'BAD_REQUEST.BURST_RATE_LIMIT_REACHED');
      recent.push(now);
    },
    spend(nodes) {
      if (credits === null) return;
      const now = options.clock().getTime();
      if (now >= hour) [hour, spent] = [now + 3_600_000, 0];
      spent += 1 + Math.floor(nodes / 100);
      if (spent > credits) {
        throw new VendorError('Not enough credits', 'BAD_REQUEST.INSUFFICIENT_CREDITS', { resetAt: new Date(hour).toISOString() });
      }
    },
  };
}

const rootType = (name: string, fields: Record<string, Field>): OutputType => ({
  name,
  fields: Object.fromEntries(Object.entries(fields).map(([field, { output }]) => [field, output])),
});
const roots = { query: rootType('Query', schema.query), mutation: rootType('Mutation', schema.mutation) };

type Arguments = Record<string, unknown>;
type Input = { clientId?: string | null; node: Node & { dbId?: string | number } };

function argumentsOf(selection: Selection, field: Field, operation: Operation, given: Arguments): Arguments {
  const found: Arguments = {};
  for (const [name, value] of selection.args) {
    const type = Object.hasOwn(field.args, name) ? field.args[name] : undefined;
    if (!type) throw new GraphQLError(`Unknown argument \`${name}\` on field \`${selection.name}\`.`);
    const sent = resolve(value, operation, given);
    const declared = value.kind === 'variable' ? operation.variables.get(value.name) : undefined;
    if (declared && declared.replaceAll('!', '') !== typeName(type).replaceAll('!', '')) {
      throw new GraphQLError(`Argument \`${name}\` of \`${selection.name}\` expects type \`${typeName(type)}\`, not \`${declared}\`.`);
    }
    found[name] = coerce(type, sent, name);
  }
  for (const name of field.required) {
    if (found[name] === null || found[name] === undefined) {
      throw new GraphQLError(`Argument \`${name}\` of \`${selection.name}\` is required.`);
    }
  }
  return found;
}

function page(all: { node: Record<string, unknown> }[], args: Arguments): Record<string, unknown> {
  const first = Math.min(typeof args.first === 'number' ? args.first : 50, MAX_PAGE);
  const start = typeof args.after === 'string' ? Number(args.after) : 0;
  const edges = all.slice(start, start + first).map((edge, index) => ({ ...edge, cursor: String(start + index + 1) }));
  return { edges, pageInfo: { hasNextPage: start + first < all.length, hasPreviousPage: start > 0 } };
}

function executor(queue: ImportQueue, options: XledgerOptions, accounts: Set<string>): Record<string, (args: Arguments) => unknown> {
  const refuseUnknown = (node: Node): void => {
    const [wrong] = options.unknownCodes === 'refuse' ? queue.unknownCodes(node) : [];
    if (wrong) throw new VendorError(wrong, undefined, { exampleValidInputs: [...accounts].slice(0, 3).map((code) => ({ code })) });
  };
  const inputsOf = (args: Arguments): Input[] => {
    const inputs = args.inputs as Input[];
    if (inputs.length > MAX_NODES) throw new GraphQLError(`Too many inputs: ${inputs.length}. A mutation takes at most ${MAX_NODES}.`);
    inputs.forEach(({ node }) => refuseUnknown(node));
    return inputs;
  };
  const edge = (input: Input, item: ImportItem) => ({ clientId: input.clientId ?? null, node: queue.view(item) });
  return {
    addGLImportItems: (args) => ({ edges: inputsOf(args).map((input) => edge(input, queue.add(input.node))) }),
    updateGLImportItems(args) {
      const inputs = inputsOf(args);
      const items = inputs.map(({ node }) => queue.changeable(String(node.dbId)));
      return { edges: inputs.map((input, index) => edge(input, queue.update(items[index] as ImportItem, input.node))) };
    },
    glImportItems(args) {
      const { dbId, dbId_in, extIdentifier, extIdentifier_in } = (args.filter ?? {}) as Record<
        string,
        string | string[] | null | undefined
      >;
      return page(
        queue.find([dbId ?? dbId_in ?? null].flat(), [extIdentifier ?? extIdentifier_in ?? null].flat()).map((item) => ({
          node: queue.view(item),
        })),
        args,
      );
    },
    glImportItemErrors(args) {
      const { transactionDbId, transactionDbId_in } = (args.filter ?? {}) as Record<string, string | string[] | null | undefined>;
      return page(queue.errors([transactionDbId ?? transactionDbId_in ?? null].flat()).map((node) => ({ node })), args);
    },
    accounts(args) {
      const { code, code_in } = (args.filter ?? {}) as Record<string, string | string[] | null | undefined>;
      const wanted = [code ?? code_in ?? null].flat();
      const codes = wanted[0] === null ? [...accounts] : wanted.filter((one): one is string => one !== null && accounts.has(one));
      return page(codes.map((one, index) => ({ node: { dbId: String(index + 1), code: one, description: one, posting: true } })), args);
    },
  };
}

/**
 * Plays Xledger's GraphQL interface: the token, the limits, mass import of general ledger items and the job that judges
 * them afterwards. Texts of row errors are this simulator's own: the vendor publishes none.
 */
export async function startXledger(options: XledgerOptions): Promise<XledgerSimulator> {
  const books = openBooks(options);
  const queue = importQueue(books, options.clock, options.importDelayMs ?? 2_000);
  const limits = limiter(options);
  const fields = executor(queue, options, books.accounts);
  let token = options.token ?? 'xledger-demo-token';

  function run(body: string): SimulatedAnswer {
    let sent: { query?: unknown; variables?: Arguments | null };
    try {
      sent = JSON.parse(body) as typeof sent;
    } catch {
      throw new GraphQLError('The request body is not valid JSON.');
    }
    if (typeof sent.query !== 'string') throw new GraphQLError('No query was given.');
    const operation = parseOperation(sent.query);
    // Everything is checked before anything is done: a mutation that does not fit the schema stores nothing.
    const root = schema[operation.type];
    checkSelections(operation.selections, roots[operation.type]);
    const calls = operation.selections.map((selection) => ({
      selection,
      args: argumentsOf(selection, root[selection.name] as Field, operation, sent.variables ?? {}),
    }));
    limits.spend(calls.reduce((sum, { args }) => sum + (Array.isArray(args.inputs) ? args.inputs.length : 0), 0));
    return json({
      data: Object.fromEntries(
        calls.map(({ selection, args }) => [selection.alias, project(fields[selection.name]?.(args), selection.selections)]),
      ),
    });
  }

  function handle(request: SimulatedRequest): SimulatedAnswer {
    if (request.url.pathname !== '/graphql' || request.method !== 'POST') {
      return { status: 404, headers: { 'content-type': 'text/html' }, body: '<h1>404</h1>' };
    }
    try {
      const given = /^token (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
      if (given === undefined) throw new GraphQLError('Bad format for API Token. Expected header: "Authorization: token <your-token>"');
      if (given !== token) throw new GraphQLError('Invalid API Token.');
      limits.check(request.inFlight);
      queue.judgeDue();
      return run(request.body);
    } catch (error) {
      return failure(error);
    }
  }

  const vendor: Vendor = {
    name: 'Xledger',
    books,
    scope: () => 'api',
    handle,
    refuse(fault) {
      if (fault === 'too_many') return failure(new VendorError('Too many requests', 'BAD_REQUEST.BURST_RATE_LIMIT_REACHED'));
      if (fault === 'expired_token') return failure(new GraphQLError('Invalid API Token.'));
      const status = fault === 'unavailable' ? 503 : 500;
      return {
        status,
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ errors: [{ message: 'Internal server error' }] }),
      };
    },
    facts:
      () => [['Waiting for the import job', String(queue.count('waiting'))], ['Refused by the import job', String(queue.count('refused'))]],
    credential: () => token,
    rotate: (next) => (token = next ?? randomUUID().replaceAll('-', '')),
    actions: { 'run-import': () => queue.judgeAll(), 'rerun-refused': () => queue.rerunRefused() },
  };
  const simulator = await startSimulator(options, vendor);
  return {
    ...simulator,
    graphqlUrl: `${simulator.url}/graphql`,
    token: () => token,
    runImport: () => queue.judgeAll(),
    rerunRefused: () => queue.rerunRefused(),
    items: () => queue.items(),
  };
}
