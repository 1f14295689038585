// Records of one table: added and read, newest first, and never changed.
import type { Stored } from '@manacore/shared-types';
import { desc, eq, type InferInsertModel, type InferSelectModel } from 'drizzle-orm';
import { index, timestamp, uuid, type ExtraConfigColumn, type PgColumn, type PgTable } from 'drizzle-orm/pg-core';
import type { Database } from './database.ts';

const PAGE = 50;

/** A table with the columns that `stored` gives. */
export type RecordTable = PgTable & { id: PgColumn; createdAt: PgColumn };

/** A row as clients see it: times are text. */
export type Told<Table extends RecordTable> = Stored & {
  [Column in keyof InferSelectModel<Table>]: InferSelectModel<Table>[Column] extends Date ? string : InferSelectModel<Table>[Column];
};

/** The columns of every record, for the beginning of a table. */
export const stored = {
  id: uuid('id').primaryKey().defaultRandom(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
};

/** The index of a table that is read newest first; PostgreSQL sorts nulls first when it sorts downwards. */
export function newestFirst(name: string) {
  return (table: { createdAt: ExtraConfigColumn }) => [index(`${name}_created_at`).on(table.createdAt.desc().nullsFirst())];
}

export class Records<Table extends RecordTable> {
  private readonly orm: Database['orm'];
  private readonly table: RecordTable;

  constructor(orm: unknown, table: Table) {
    this.orm = orm as Database['orm'];
    this.table = table;
  }

  async newest(limit = PAGE): Promise<Told<Table>[]> {
    const { createdAt, id } = this.table;
    const rows = await this.orm.select().from(this.table).orderBy(desc(createdAt), desc(id)).limit(limit);
    return rows.map(told<Table>);
  }

  async add(values: InferInsertModel<Table>): Promise<Told<Table>> {
    const [row] = await this.orm.insert(this.table).values(values as never).returning();
    return told<Table>(row!);
  }

  /** Undefined when no record has this value. */
  async find(column: PgColumn, value: string): Promise<Told<Table> | undefined> {
    const [row] = await this.orm.select().from(this.table).where(eq(column, value));
    return row && told<Table>(row);
  }
}

function told<Table extends RecordTable>(row: Record<string, unknown>): Told<Table> {
  const entries = Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]);
  return Object.fromEntries(entries) as Told<Table>;
}
