// Records that everybody may read and add: GET api/NAME gives the newest as { NAME: [...] }, POST api/NAME adds one.
import { Records, type RecordTable } from '@manacore/shared-database';
import { accepted } from '@manacore/shared-errors';
import type { Parsed, User } from '@manacore/shared-types';
import { Body, Controller, Get, Inject, Post, type Type } from '@nestjs/common';
import { DATABASE } from './backend.ts';
import { CurrentUser } from './identity.ts';

export interface Collection<Table extends RecordTable, New> {
  table: Table;
  /** Reads what a client sent. */
  parse(input: unknown): Parsed<New>;
  /** What is stored of it; without `make`, itself. */
  make?(input: New, user: User | undefined): Table['$inferInsert'];
}

export function collection<Table extends RecordTable, New>(name: string, { table, parse, make }: Collection<Table, New>): Type {
  @Controller(`api/${name}`)
  class CollectionController {
    private readonly records: Records<Table>;

    constructor(@Inject(DATABASE) orm: unknown) {
      this.records = new Records(orm, table);
    }

    @Get()
    async list() {
      return { [name]: await this.records.newest() };
    }

    @Post()
    add(@Body() input: unknown, @CurrentUser() user?: User) {
      const read = accepted(parse(input));
      return this.records.add((make ? make(read, user) : read) as never);
    }
  }
  return CollectionController;
}
