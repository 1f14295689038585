import assert from 'node:assert/strict';
import { test } from 'node:test';
import { databaseAddress, directAddress } from './index.ts';

const pooled = 'postgresql://user:pass@db.project.supabase.co:6543/postgres?pgbouncer=true&connection_limit=3&sslmode=require';

test('settings of the pooler are taken out of an address, others stay', () => {
  assert.deepEqual(databaseAddress(pooled, 5), {
    url: 'postgresql://user:pass@db.project.supabase.co:6543/postgres?sslmode=require',
    connections: 3,
  });
});

test('a limit lowers the number of connections and never raises it', () => {
  assert.equal(databaseAddress('postgresql://h/db?connection_limit=10', 5).connections, 5);
  assert.equal(databaseAddress('postgresql://h/db', 5).connections, 5);
});

test('a migration goes past the pooler', () => {
  assert.equal(directAddress(pooled), 'postgresql://user:pass@db.project.supabase.co:5432/postgres?sslmode=require');
  assert.equal(directAddress('postgresql://u:p@postgres:5432/chat'), 'postgresql://u:p@postgres:5432/chat');
});
