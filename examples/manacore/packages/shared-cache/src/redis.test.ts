import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { createLogger } from '@manacore/shared-logger';
import { openStore } from './index.ts';

const logger = createLogger({ service: 'test', level: 'error' });

/** What a server of Redis' protocol that counts to 7 was told, a command a line; what a client says of itself is left out. */
async function listening(t: TestContext): Promise<{ port: number; told: string[] }> {
  const told: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (data) => {
      for (const command of commandsIn(data.toString())) {
        if (!/^(client|info)/.test(command)) told.push(command);
        socket.write(answer(command));
      }
    });
  }).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  return { told, port: (server.address() as AddressInfo).port };
}

/** A command is a list of texts, each with its length before it. */
function commandsIn(data: string): string[] {
  const lists = data.split(/^\*\d+\r\n/m).filter(Boolean);
  return lists.map((list) => list.split('\r\n').filter((line) => line && !line.startsWith('$')).join(' '));
}

function answer(command: string): string {
  if (command === 'info') return '$9\r\nloading:0\r\n';
  if (command === 'exec') return '*2\r\n+OK\r\n:7\r\n';
  return /^(set|incr)/.test(command) ? '+QUEUED\r\n' : '+OK\r\n';
}

test('a count has its end from its first moment: no process ends between the two', async (t) => {
  const { port, told } = await listening(t);
  const store = openStore({ host: '127.0.0.1', port }, logger);
  t.after(() => store.close());
  assert.equal(await store.increment('generations:u1:2025-11-27', 86_400), 7);
  assert.deepEqual(told, ['multi', 'set generations:u1:2025-11-27 0 EX 86400 NX', 'incr generations:u1:2025-11-27', 'exec']);
});
