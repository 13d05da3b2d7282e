import type { DeliveryOutcome } from '../core/notice.ts';
import type { Row, Table } from '../core/ports.ts';
import { outboxKeyOf, type Queue, type QueueEntry } from './queue.ts';

/**
 * The changes of one call to the outbox: rows to commit together with their cause (findings, advice, deliveries),
 * and outcomes of notices to count.
 */
export interface NotifyTurn {
  readonly rows: readonly Row[];
  readonly deletes: readonly { readonly table: Table; readonly key: string }[];
  readonly outcomes: readonly { readonly receiver: string; readonly outcome: DeliveryOutcome }[];
}

export type OutboxTurn = ReturnType<typeof openOutboxTurn>;

/** Collects the row changes and outcomes of one call to the outbox. The last change of a key replaces earlier ones. */
export function openOutboxTurn() {
  const puts = new Map<string, Row>();
  const deletes = new Map<string, { readonly table: Table; readonly key: string }>();
  const outcomes: { readonly receiver: string; readonly outcome: DeliveryOutcome }[] = [];
  const turn = {
    put(row: Row): void {
      deletes.delete(`${row.table}/${row.key}`);
      puts.set(`${row.table}/${row.key}`, row);
    },
    delete(table: Table, key: string): void {
      puts.delete(`${table}/${key}`);
      deletes.set(`${table}/${key}`, { table, key });
    },
    remove: ({ notice }: QueueEntry) => turn.delete('outbox', outboxKeyOf(notice)),
    drop(queue: Queue, entry: QueueEntry, outcome: DeliveryOutcome): void {
      queue.entries = queue.entries.filter((one) => one !== entry);
      turn.remove(entry);
      turn.count(queue.receiver.name, outcome);
    },
    count: (receiver: string, outcome: DeliveryOutcome) => void outcomes.push({ receiver, outcome }),
    done: (): NotifyTurn => ({ rows: [...puts.values()], deletes: [...deletes.values()], outcomes }),
  };
  return turn;
}
