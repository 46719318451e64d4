import { useState } from 'react';
import type { FocusEvent } from 'react';
import type { IntegrationRow } from '../../lib/rows.ts';

/**
 * Cards keep their places while somebody points at them or stands among them with the keyboard: what came in meanwhile shows in its
 * card, and the new order follows when they leave. A change of the filter takes its order at once.
 *
 * @returns the cards in the order to show, how many wait to move, and what the list needs to know where the person is.
 */
export function useSteadyOrder(rows: readonly IntegrationRow[], filter: string) {
  const [held, setHeld] = useState<{ filter: string; order: readonly string[] } | null>(null);
  const ids = rows.map((row) => row.integration_id);
  const order = held?.filter === filter ? held.order : null;
  const place = new Map(order?.map((id, at) => [id, at]));
  const shown = order ? rows.toSorted((a, b) => (place.get(a.integration_id) ?? Infinity) - (place.get(b.integration_id) ?? Infinity)) : rows;
  const moved = shown.filter((row, at) => row.integration_id !== ids[at]).length;
  const begin = (): void => setHeld((before) => (before?.filter === filter ? before : { filter, order: ids }));
  const end = (): void => setHeld(null);
  const hold = {
    onPointerEnter: begin,
    onPointerLeave: end,
    onFocus: begin,
    onBlur: (event: FocusEvent<HTMLElement>) => {
      if (!event.currentTarget.contains(event.relatedTarget)) end();
    },
  };
  return { shown, moved, hold };
}
