// Accounts in the database.
import type { Database } from '@manacore/shared-database';
import { AppError } from '@manacore/shared-errors';
import type { User } from '@manacore/shared-types';
import { eq } from 'drizzle-orm';
import type { Credentials } from './credentials.ts';
import { hashPassword, isPassword } from './passwords.ts';
import * as schema from './schema.ts';

export const ACCOUNTS = Symbol('accounts');

const { users } = schema;

export class Accounts {
  constructor(private readonly orm: Database<typeof schema>['orm']) {}

  /** Throws an AppError `conflict` when the address is taken. */
  async register({ email, password }: Credentials): Promise<User> {
    const row = { email, passwordHash: await hashPassword(password) };
    const [user] = await this.orm.insert(users).values(row).onConflictDoNothing().returning({ id: users.id, email: users.email });
    if (!user) throw new AppError('conflict', 'There is an account with this address.');
    return user;
  }

  /** Undefined when the address is unknown or the password is another. */
  async find({ email, password }: Credentials): Promise<User | undefined> {
    const [row] = await this.orm.select().from(users).where(eq(users.email, email));
    return (await isPassword(password, row?.passwordHash)) && row ? { id: row.id, email: row.email } : undefined;
  }
}
