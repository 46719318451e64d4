/** Fetches once for each key, and gives everybody the same promise. What could not be fetched is asked for again, not remembered. */
export function fetchOnce<Key, Value>(fetch: (key: Key) => Promise<Value>): (key: Key) => Promise<Value> {
  const known = new Map<Key, Promise<Value>>();
  return (key) => {
    const before = known.get(key);
    if (before) return before;
    const value = fetch(key);
    known.set(key, value);
    value.catch(() => known.delete(key));
    return value;
  };
}
