// What a started backend writes: a process of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { test } from 'node:test';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  return port;
}

/** What the backend for tests writes, and with which code it ends, when it is asked for what ends it. */
async function run(): Promise<{ out: string; err: string; code: unknown }> {
  const port = await freePort();
  const child = spawn(process.execPath, ['--import', 'tsx', '--conditions=source', 'src/fragile.ts'], {
    env: { ...process.env, PORT: String(port), LOG_LEVEL: 'debug', ENVIRONMENT: 'staging' },
  });
  const ended = once(child, 'close');
  let [out, err] = ['', ''];
  child.stderr.on('data', (chunk) => (err += chunk));
  const started = new Promise<void>((resolve) => {
    child.stdout.on('data', (chunk) => {
      out += chunk;
      if (out.includes('"listening"')) resolve();
    });
  });
  await Promise.race([started, ended]);
  // It may end before it has answered.
  await fetch(`http://127.0.0.1:${port}/api/things/lost`).catch(() => undefined);
  const [code] = await ended;
  return { out, err, code };
}

test('all that a backend writes is lines of JSON, to the one by which it ends', async () => {
  const { out, err, code } = await run();
  const lines = out.trimEnd().split('\n').map((line) => JSON.parse(line) as Record<string, string>);
  assert.ok(lines.length > 2);
  for (const { timestamp, message, ...line } of lines) {
    assert.ok(!Number.isNaN(Date.parse(timestamp!)) && message);
    assert.deepEqual([line.service, line.environment], ['fragile', 'staging']);
  }
  assert.deepEqual([lines.at(-1)!.level, code, err], ['error', 1, '']);
  assert.match(lines.at(-1)!.trace!, /^Error: nobody waits for this\n/);
});
