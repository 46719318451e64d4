import { registerHooks } from 'node:module';

/** A piece of the driver's text and what stands in its place. */
type Repair = { file: string; from: string; to: string };

// When Postgres goes away, postgres 3.4.9 writes on a connection that is gone, in a callback where nobody can catch it: the
// process ends (porsager/postgres#1208). A write that was pending leaves a connection behind that never sends again.
const REPAIRS: Repair[] = [
  {
    file: '/postgres/src/connection.js',
    from: '    const x = socket.write(chunk, fn)\n',
    to: `    if (socket === null) {
      chunk = nextWriteTimer = null
      error(Errors.connection('CONNECTION_CLOSED', options, socket))
      return false
    }
    const x = socket.write(chunk, fn)
`,
  },
  { file: '/postgres/src/connection.js', from: '\n    clearImmediate(nextWriteTimer)\n', to: '\n    clearImmediate(nextWriteTimer)\n    chunk = nextWriteTimer = null\n' },
  // One that fails while it learns the types of arrays tells nobody but the process.
  { file: '/postgres/src/connection.js', from: 'return fetchArrayTypes()', to: 'return fetchArrayTypes().catch(() => {})' },
  // Whoever waits for a connection of their own stands in the queue until it is there: neither forgotten, nor served after a refusal.
  {
    file: '/postgres/src/index.js',
    from: 'const query = { reserve: resolve, reject }\n',
    to: 'const query = { reserve: resolve, reject: e => (queries.remove(query), reject(e)) }\n',
  },
  {
    file: '/postgres/src/index.js',
    from: '    queries.length && connect(c, queries.shift())\n',
    to: `    if (queries.length === 0) return
    const query = queries.shift()
    connect(c, query)
    query.reserve && queries.push(query)
`,
  },
  // What a transaction or a reserved connection still asks for after its connection was lost is refused, not sent on the next one.
  {
    file: '/postgres/src/index.js',
    from: 'new Promise((_, reject) => connection.onclose = reject)',
    to: 'new Promise((_, reject) => connection.onclose = e => (queries.gone = e, reject(e)))',
  },
  { file: '/postgres/src/index.js', from: '        q.catch(e => uncaughtError || (uncaughtError = e))\n', to: `        q.catch(e => uncaughtError || (uncaughtError = e))
        if (queries.gone) return q.reject(queries.gone)
` },
  { file: '/postgres/src/index.js', from: '    c.reserved.release = true\n', to: '    c.reserved.release = true\n    c.onclose = e => queue.gone = e\n' },
  { file: '/postgres/src/index.js', from: '    sql.release = () => {\n', to: '    sql.release = () => {\n      if (queue.gone) return\n      c.onclose = null\n' },
  { file: '/postgres/src/index.js', from: '    function handler(q) {\n      c.queue === full\n        ? queue.push(q)', to: `    function handler(q) {
      if (queue.gone) return q.reject(queue.gone)
      c.queue === full
        ? queue.push(q)` },
  // At every request the API looks for casts in the text of every view, once for each of its columns: that took half of its time.
  {
    file: '/@supabase/lite/dist/index.js',
    from: 'function TS(t,e,n){let r=n.views.find(i=>i.name===t);if(!r?.sql)return;let s=[',
    to: 'var castsSeen=new Map;function TS(t,e,n){let r=n.views.find(i=>i.name===t);if(!r?.sql)return;let k=castsSeen.get(r.sql);'
      + 'k||castsSeen.set(r.sql,k=new Map);k.has(e)||k.set(e,castIn(r,e));return k.get(e)}function castIn(r,e){let s=[',
  },
];

registerHooks({
  load(url, context, next) {
    const loaded = next(url, context);
    const due = REPAIRS.filter(({ file }) => url.endsWith(`/node_modules${file}`));
    return due.length === 0 || loaded.source == null ? loaded : { ...loaded, source: due.reduce(repair, textOf(loaded.source)) };
  },
});

function repair(text: string, { file, from, to }: Repair): string {
  if (!text.includes(from)) throw new Error(`${file} is not the version that scripts/stack/driver.ts repairs: look whether it still has to be.`);
  return text.replaceAll(from, to);
}

function textOf(source: string | ArrayBufferView | ArrayBuffer): string {
  return typeof source === 'string' ? source : new TextDecoder().decode(source);
}

/** The driver, repaired. Whoever imports `postgres` or `@supabase/lite` itself, or what imports it, must do so after this module has run. */
export const { default: postgres } = await import('postgres');
