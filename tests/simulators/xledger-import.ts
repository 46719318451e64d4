import type { Books } from './books.ts';
import { GraphQLError } from './graphql.ts';

type Reference = { dbId?: string | number | null; dbSubId?: number | null; code?: string | null } | null;

/** The fields of an import item that the simulator reads; the rest is kept and shown as it came. */
export type Node = {
  postedDate?: string | null;
  amount?: string | number | null;
  invoiceAmount?: string | number | null;
  text?: string | null;
  extIdentifier?: string | null;
  account?: Reference;
  currency?: Reference;
  taxRule?: Reference;
  project?: Reference;
  transactionSource?: Reference;
  jobLevel?: Reference;
  glObject1?: Reference;
  glObject2?: Reference;
  [name: string]: unknown;
};

export type ImportItem = {
  dbId: string;
  node: Node;
  state: 'waiting' | 'posted' | 'refused' | 'draft';
  errors: string[];
  createdAt: Date;
  modifiedAt: Date;
};

/** Status of an import line, `jobLevel` in the interface. Only lines that are ready are judged. */
export const JOB_LEVEL = { draft: 0, waiting: 1, posted: 3, refused: 4 } as const;
const JOB_LEVEL_NAMES: Record<ImportItem['state'], string> = {
  draft: 'Not ready',
  waiting: 'Ready to run',
  posted: 'Run',
  refused: 'Error',
};

export type ImportQueue = {
  add(node: Node): ImportItem;
  /** The item, if it may still be changed; throws when it is unknown or posted. */
  changeable(dbId: string): ImportItem;
  update(item: ImportItem, node: Node): ImportItem;
  judgeDue(): void;
  judgeAll(): void;
  rerunRefused(): void;
  unknownCodes(node: Node): string[];
  find(dbIds: (string | null)[], keys: (string | null)[]): ImportItem[];
  errors(dbIds: (string | null)[]): Record<string, unknown>[];
  view(item: ImportItem): Record<string, unknown>;
  count(state: ImportItem['state']): number;
  items(): readonly ImportItem[];
};

function judge(books: Books, node: Node): string[] {
  const wrong = unknownCodes(books, node);
  if (!node.account?.code) wrong.push('Account is missing.');
  if (!node.transactionSource) wrong.push('Transaction source is missing.');
  if (node.amount === null || node.amount === undefined) wrong.push('Amount is missing.');
  if (!node.postedDate) wrong.push('Posting date is missing.');
  else if (!books.isOpen(node.postedDate)) wrong.push(`Posting date ${node.postedDate} is in a closed period.`);
  return wrong;
}

function unknownCodes(books: Books, node: Node): string[] {
  const checks: [label: string, reference: Reference | undefined, known: Set<string>][] = [
    ['account', node.account, books.accounts],
    ['cost center', node.glObject2, books.costCenters],
    ['project', node.project ?? node.glObject1, books.projects],
    ['tax rule', node.taxRule, books.taxCodes],
    ['currency', node.currency, books.currencies],
  ];
  return checks.filter(([, reference, known]) => reference?.code && !known.has(reference.code))
    .map(([label, reference]) => `Invalid ${label} code: ${reference?.code}`);
}

/** What was handed in for import, and the job that turns it into bookings or errors. */
export function importQueue(books: Books, clock: () => Date, delayMs: number): ImportQueue {
  const items: ImportItem[] = [];
  const byId = new Map<string, ImportItem>();
  const byKey = new Map<string, ImportItem[]>();
  const counts: Record<ImportItem['state'], number> = { draft: 0, waiting: 0, posted: 0, refused: 0 };
  let waiting: ImportItem[] = [];

  function move(item: ImportItem, state: ImportItem['state']): void {
    counts[item.state]--;
    item.state = state;
    counts[state]++;
    if (state === 'waiting') waiting.push(item);
  }

  function index(item: ImportItem): void {
    const key = item.node.extIdentifier;
    if (!key) return;
    const same = byKey.get(key);
    if (!same) byKey.set(key, [item]);
    else if (!same.includes(item)) same.push(item);
  }

  function judgeItem(item: ImportItem): void {
    const { node } = item;
    item.errors = judge(books, node);
    move(item, item.errors.length > 0 ? 'refused' : 'posted');
    item.modifiedAt = clock();
    if (item.state !== 'posted') return;
    books.take({
      id: item.dbId,
      key: node.extIdentifier ?? null,
      account: node.account?.code ?? '',
      costCenter: node.glObject2?.code ?? null,
      amount: String(node.amount),
      currency: node.currency?.code ?? null,
      date: node.postedDate ?? '',
      text: node.text ?? '',
      at: clock().toISOString(),
    });
  }

  function judgeUntil(time: number): void {
    // Items wait in the order they came, so the due ones are at the front.
    let due = 0;
    while (due < waiting.length && (waiting[due] as ImportItem).modifiedAt.getTime() <= time) due++;
    if (due === 0) return;
    const now = waiting.slice(0, due);
    waiting = waiting.slice(due);
    now.forEach(judgeItem);
  }

  const enter = (item: ImportItem): void => move(item, item.node.jobLevel?.dbSubId === JOB_LEVEL.waiting ? 'waiting' : 'draft');

  return {
    add(node) {
      const item: ImportItem = {
        dbId: String(5_000_001 + items.length),
        node,
        state: 'draft',
        errors: [],
        createdAt: clock(),
        modifiedAt: clock(),
      };
      items.push(item);
      byId.set(item.dbId, item);
      index(item);
      counts.draft++;
      enter(item);
      return item;
    },
    changeable(dbId) {
      const item = byId.get(dbId);
      if (!item) throw new GraphQLError(`GLImportItem with dbId ${dbId} does not exist.`);
      if (item.state === 'posted') throw new GraphQLError(`GLImportItem with dbId ${dbId} is already posted and cannot be changed.`);
      return item;
    },
    update(item, node) {
      const { dbId: _, ...changes } = node;
      item.node = { ...item.node, ...changes };
      item.errors = [];
      item.modifiedAt = clock();
      index(item);
      waiting = item.state === 'waiting' ? waiting.filter((other) => other !== item) : waiting;
      enter(item);
      return item;
    },
    judgeDue: () => judgeUntil(clock().getTime() - delayMs),
    judgeAll: () => judgeUntil(Infinity),
    rerunRefused: () => items.filter((item) => item.state === 'refused').forEach(judgeItem),
    unknownCodes: (node) => unknownCodes(books, node),
    find(dbIds, keys) {
      if (dbIds[0] !== null) return dbIds.map((dbId) => byId.get(String(dbId))).filter((item) => item !== undefined);
      if (keys[0] !== null) {
        return keys.flatMap((key) => (key === null ? [] : byKey.get(key) ?? []).filter((item) => item.node.extIdentifier === key));
      }
      return items;
    },
    errors(dbIds) {
      const among = dbIds[0] === null ? items : dbIds.map((dbId) => byId.get(String(dbId))).filter((item) => item !== undefined);
      return among.flatMap((item) =>
        item.errors.map((message, place) => ({
          dbId: String(Number(item.dbId) * 10 + place),
          createdAt: item.modifiedAt.toISOString(),
          message,
          transactionDbId: item.dbId,
          errorLevelDbId: 2,
          errorLevel: { dbId: 2, dbSubId: 2, code: 'ERROR', name: 'Error' },
        }))
      );
    },
    view: ({ dbId, node, state, createdAt, modifiedAt }) => ({
      ...node,
      dbId,
      createdAt: createdAt.toISOString(),
      modifiedAt: modifiedAt.toISOString(),
      jobLevelDbId: JOB_LEVEL[state],
      jobLevel: { dbId: JOB_LEVEL[state], dbSubId: JOB_LEVEL[state], code: String(JOB_LEVEL[state]), name: JOB_LEVEL_NAMES[state] },
    }),
    count: (state) => counts[state],
    items: () => items,
  };
}
